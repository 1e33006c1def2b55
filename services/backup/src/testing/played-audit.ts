import { createHash } from 'node:crypto'
import type { AccessReader, RawMessage } from '@holdfast/event-log/admin'
import {
  consistencyProof,
  formatCheckpoint,
  formatConsistencyProof,
  formatEntryProof,
  formatOrigin,
  inclusionProof,
  leafHash,
  logExtension,
  MemoryTiles,
  signer,
  signNote,
  signTombstone,
  TileBuilder,
  TreeHead,
} from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'
import type { KeepAccessOptions } from '../access/keep-access.ts'

const { TombstoneReason } = holdfast.audit.v1

export const identity = { lineageId: '01930000-0000-7000-8000-000000000001', generation: 1 }
const seed = createHash('sha256').update('a key').digest()
export const logKey = signer(formatOrigin(identity), seed).key

/** A stream ACCESS and its tree in memory, signed as audit does. One epoch. */
export class PlayedAudit {
  readonly first: bigint
  readonly name: string
  readonly origin: string
  readonly records: RawMessage[] = []
  readonly #tiles = new MemoryTiles()
  readonly #builder = TileBuilder.empty()
  readonly #leaves: Uint8Array[] = []
  readonly notes: string[] = []
  #signedSize = 0
  /** The oldest the stream still has. */
  oldest: bigint
  ended: { because: string; keptTo: bigint } | undefined
  retentionMs = 90 * 86_400_000
  now = 1_780_000_000_000

  constructor(first = 1n) {
    this.first = first
    this.oldest = first
    this.name = `1780000000000-${first}`
    this.origin = `${formatOrigin(identity)}/access/${this.name}`
  }

  /** Somebody knocks. */
  add(count: number, payloadBytes = 40): void {
    for (let done = 0; done < count; done++) {
      const sequence = this.first + BigInt(this.records.length)
      const messageId = `record-${sequence}`
      const payload = Buffer.alloc(payloadBytes, `secret ${sequence} `)
      const header = Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${messageId}\r\n\r\n`)
      this.now += 10
      const storedAtUnixNs = BigInt(this.now) * 1_000_000n
      const subject = 'access.auth'
      this.records.push({
        sequence,
        subject,
        header,
        messageId,
        payload,
        storedAtUnixNs,
        pending: 0,
      })
      const leaf = leafHash({ sequence, subject, messageId, payload })
      this.#leaves.push(leaf)
      this.#tiles.write(this.#builder.append(leaf))
    }
    this.#tiles.write(this.#builder.partial())
  }

  sign(): string {
    this.#signedSize = this.records.length
    const text = formatCheckpoint({
      origin: this.origin,
      size: this.#builder.size,
      root: this.#builder.root(),
      extensions: [logExtension(1n)],
    })
    const note = signNote(text, signer(this.origin, seed))
    this.notes.push(note)
    return note
  }

  async proofOf(sequence: bigint): Promise<Buffer> {
    const record = this.records[Number(sequence - this.first)]
    if (!record) throw new RangeError(`no record ${sequence}`)
    const index = sequence - this.first
    const size = BigInt(this.#signedSize)
    const path = await inclusionProof({ index, size, tiles: this.#tiles.read })
    const note = this.notes.at(-1) ?? ''
    return Buffer.from(
      formatEntryProof({
        entry: record,
        proof: { index, path, note, extra: undefined },
        firstKey: logKey,
        rotations: [],
      }),
    )
  }

  async consistency(from: string, to: string): Promise<string> {
    const sizeOf = (note: string) => BigInt(note.split('\n')[1] ?? 0)
    const sizes = { fromSize: sizeOf(from), toSize: sizeOf(to) }
    const path = await consistencyProof({ ...sizes, tiles: this.#tiles.read })
    return formatConsistencyProof({ from, to, path, firstKey: logKey, rotations: [] })
  }

  readonly proofs: KeepAccessOptions['proofs'] = {
    listSigningKeys: async () =>
      new holdfast.audit.v1.ListSigningKeysResponse({ keys: [{ verifierKey: logKey.text }] }),
    listAccessEpochs: async () =>
      new holdfast.audit.v1.ListAccessEpochsResponse({
        epochs: [
          {
            epoch: this.name,
            firstSequence: Number(this.first),
            size: this.records.length,
            ...(this.notes.length > 0
              ? { checkpoint: { size: this.#signedSize, note: this.notes.at(-1) ?? '' } }
              : {}),
            endedBecause: this.ended?.because ?? '',
            keptToSequence: Number(this.ended?.keptTo ?? 0n),
          },
        ],
      }),
    getConsistencyProof: async ({ fromSize, toSize }) => {
      const sizes = { fromSize: BigInt(fromSize ?? 0), toSize: BigInt(toSize ?? 0) }
      return new holdfast.audit.v1.GetConsistencyProofResponse({
        path: [...(await consistencyProof({ ...sizes, tiles: this.#tiles.read }))],
      })
    },
    signAccessTombstone: async ({ firstSequence, lastSequence, newestAtUnixMs, reason, root }) => {
      const [first, last] = [BigInt(firstSequence ?? 0), BigInt(lastSequence ?? 0)]
      const leaves = this.#leaves.slice(Number(first - this.first), Number(last - this.first) + 1)
      const head = TreeHead.empty()
      for (const leaf of leaves) head.append(leaf)
      const isExpired = reason === TombstoneReason.TOMBSTONE_REASON_EXPIRED
      if (isExpired && Buffer.compare(head.root(), root ?? new Uint8Array()) !== 0)
        throw new Error('not the leaves of the tree')
      if (isExpired && (newestAtUnixMs ?? 0) > this.now - this.retentionMs)
        throw new Error('not that old')
      const note = signTombstone(
        {
          origin: this.origin,
          first,
          last,
          root: head.root(),
          droppedAtUnixMs: this.now,
          newestAtUnixMs: newestAtUnixMs ?? 0,
          reason: isExpired ? 'expired' : 'never_archived',
          logSize: 1n,
        },
        signer(this.origin, seed),
      )
      const all = new Uint8Array(Buffer.concat(leaves))
      return new holdfast.audit.v1.SignAccessTombstoneResponse({ note, leaves: all })
    },
  }

  readonly reader: AccessReader = {
    state: async () => ({
      created: 'then',
      first: this.oldest,
      last: this.first + BigInt(this.records.length) - 1n,
    }),
    record: async (sequence) => this.records[Number(sequence - this.first)],
    nextFrom: async (sequence) => sequence,
    follow: () => Promise.reject(new Error('nobody follows here')),
    read: (from, to) => this.#read(from, to),
    close: () => Promise.resolve(),
  }

  async *#read(from: bigint, to: bigint): AsyncGenerator<readonly RawMessage[], void> {
    yield this.records.slice(Number(from - this.first), Number(to - this.first) + 1)
  }
}
