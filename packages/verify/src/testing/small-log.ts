import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { type ArchivedCommit, openArchive, writeCheckpointNote } from '@holdfast/archive'
import {
  addSignatures,
  consistencyProof,
  cosignText,
  formatCheckpoint,
  formatConsistencyProof,
  formatEntryProof,
  formatOrigin,
  inclusionProof,
  type Leaf,
  leafHash,
  MemoryTiles,
  type Rotation,
  rootFromTiles,
  type Signer,
  signer,
  signNote,
  signRotation,
  TileBuilder,
  witnessName,
  writeBundle,
} from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'

const { Commit, EventList } = holdfast.log.v1
const { SigningKeyIntroduced, SigningKeyRotated } = holdfast.audit.v1

/** Bytes that look random and are the same in every run. */
const bytesOf = (name: string, length: number): Uint8Array =>
  new Uint8Array(createHash('sha512').update(name).digest().subarray(0, length))

export const uuidOf = (name: string): string => {
  const hex = Buffer.from(bytesOf(name, 16)).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}
const uuidBytes = (id: string): Uint8Array =>
  new Uint8Array(Buffer.from(id.replaceAll('-', ''), 'hex'))

export const identity = { lineageId: uuidOf('lineage'), generation: 1 }
export const origin = formatOrigin(identity)
const signing = (name: string): Signer => signer(origin, bytesOf(`key ${name}`, 32))
const witness = (name: string): Signer =>
  signer(
    witnessName(identity.lineageId, uuidOf(name)),
    bytesOf(`key ${name}`, 32),
    'cosignature/v1',
  )
/** The first key of the log, the one it handed over to, and one that is none of its own. */
export const keys = { first: signing('first'), second: signing('second'), stranger: signing('x') }
export const witnesses = { anna: witness('anna'), ben: witness('ben') }

interface CommitSpec {
  readonly context: string
  readonly type: string
  readonly aggregate: string
  readonly version: number
  readonly events: readonly { type: string; data: Uint8Array }[]
  readonly isCompressed?: boolean
  readonly lineageId?: string
  readonly generation?: number
}

/** An entry as a service would have stored it. */
export function entryOf(sequence: bigint, spec: CommitSpec): Leaf {
  const commitId = uuidOf(`commit ${sequence} ${spec.aggregate}`)
  const events = spec.events.map((event) => ({ ...event, schema: 1 }))
  const list = EventList.encode({ events }).finish()
  const payload = Commit.encode({
    format: 1,
    commitId: uuidBytes(commitId),
    lineageId: uuidBytes(spec.lineageId ?? identity.lineageId),
    generation: spec.generation ?? identity.generation,
    aggregateType: spec.type,
    aggregateId: spec.aggregate,
    aggregateVersion: spec.version,
    actor: { kind: 3, id: spec.context },
    commandId: uuidBytes(uuidOf(`command ${sequence}`)),
    correlationId: uuidBytes(uuidOf(`correlation ${sequence}`)),
    timeUnixUs: 1_700_000_000_000_000 + Number(sequence),
    ...(spec.isCompressed
      ? { compressedEvents: deflateRawSync(list), inflatedBytes: list.length }
      : { events }),
  }).finish()
  const subject = `evt.${spec.context}.${spec.type}.${spec.aggregate}`
  return { sequence, subject, messageId: commitId, payload: new Uint8Array(payload) }
}

const [a, b, c] = [uuidOf('a'), uuidOf('b'), uuidOf('c')]
const keyAggregate = { context: 'audit', type: 'signing_key', aggregate: uuidOf('signing_key') }
const event = (type: string, data = 'x') => ({ type, data: Buffer.from(data) })
/** Signed by the first key up to its last checkpoint of size 4. */
export const rotation: Rotation = signRotation(keys.first, keys.second.key, 4n)

export const introduced = (sequence: bigint, publicKey = keys.first.key.publicKey): Leaf =>
  entryOf(sequence, {
    ...keyAggregate,
    version: 1,
    events: [
      { type: 'SigningKeyIntroduced', data: SigningKeyIntroduced.encode({ publicKey }).finish() },
    ],
  })
export const rotated = (
  sequence: bigint,
  { statement, signature }: Rotation = rotation,
  newPublicKey = keys.second.key.publicKey,
): Leaf =>
  entryOf(sequence, {
    ...keyAggregate,
    version: 2,
    events: [
      {
        type: 'SigningKeyRotated',
        data: SigningKeyRotated.encode({ statement, signature, newPublicKey }).finish(),
      },
    ],
  })

const a_ = { context: 'network', type: 'interface', aggregate: a }
const b_ = { context: 'auth', type: 'user', aggregate: b }
const c_ = { context: 'rules', type: 'rule_set', aggregate: c }
/** Ten commits on four aggregates; the key is rotated by the sixth. */
export const smallEntries: readonly Leaf[] = [
  introduced(1n),
  entryOf(2n, { ...a_, version: 1, events: [event('InterfaceCreated')] }),
  entryOf(3n, { ...a_, version: 2, events: [event('PeerAdded'), event('PeerAdded', 'y')] }),
  entryOf(4n, { ...b_, version: 1, events: [event('UserCreated', 'é')] }),
  entryOf(5n, { ...a_, version: 4, events: [event('PeerRemoved')] }),
  rotated(6n),
  entryOf(7n, { ...c_, version: 1, events: [event('RuleAdded')], isCompressed: true }),
  entryOf(8n, { ...a_, version: 5, events: [event('PeerAdded')] }),
  entryOf(9n, { ...b_, version: 2, events: [event('UserLocked')] }),
  entryOf(10n, { ...a_, version: 6, events: [event('PeerRemoved')] }),
]

export interface NoteSpec {
  readonly size: bigint
  readonly by: Signer
  readonly cosigners?: readonly Signer[]
}
export const smallNotes: readonly NoteSpec[] = [
  { size: 4n, by: keys.first, cosigners: [witnesses.anna, witnesses.ben] },
  { size: 8n, by: keys.second, cosigners: [witnesses.anna] },
  { size: 10n, by: keys.second, cosigners: [witnesses.anna, witnesses.ben] },
]

/** Its first six commits, for tests that look at every byte. */
export const tinyLog = () =>
  logOf(smallEntries.slice(0, 6), [
    { size: 4n, by: keys.first, cosigners: [witnesses.anna] },
    { size: 6n, by: keys.second, cosigners: [witnesses.anna] },
  ])

/** A log with everything a server could hand out of it. */
export async function logOf(
  entries: readonly Leaf[] = smallEntries,
  specs: readonly NoteSpec[] = smallNotes,
  rotations: readonly Rotation[] = [rotation],
) {
  const tiles = new MemoryTiles()
  const builder = TileBuilder.empty()
  for (const entry of entries) tiles.write(builder.append(leafHash(entry)))
  tiles.write(builder.partial())
  const consistency = (fromSize: bigint, toSize: bigint) =>
    consistencyProof({ fromSize, toSize, tiles: tiles.read })
  const noteOf = async ({ size, by, cosigners = [] }: NoteSpec): Promise<string> => {
    const text = formatCheckpoint({ origin, size, root: await rootFromTiles(size, tiles.read) })
    return addSignatures(
      signNote(text, by),
      ...cosigners.map((one) => cosignText(text, one, 1_700_000_000n + size)),
    )
  }
  const notes = await Promise.all(specs.map(noteOf))
  const firstKey = keys.first.key
  const lastNote = notes.at(-1) ?? ''

  async function bundle(first = 1n, last = BigInt(entries.length)): Promise<Buffer> {
    const left = (await TileBuilder.restore(first - 1n, tiles.read)).head().state().hashes
    const lines: string[] = []
    for await (const line of writeBundle({
      header: { ...identity, first, last, left, firstKey, rotations },
      entries: entries.slice(Number(first) - 1, Number(last)),
      checkpoints: notes,
      consistency,
    }))
      lines.push(line)
    return Buffer.from(lines.join(''))
  }

  async function entry(sequence: bigint): Promise<Buffer> {
    const stored = entries[Number(sequence) - 1]
    if (!stored) throw new RangeError(`no entry ${sequence}`)
    const index = sequence - 1n
    const size = specs.at(-1)?.size ?? 0n
    const path = await inclusionProof({ index, size, tiles: tiles.read })
    const proof = { index, path, note: lastNote, extra: undefined }
    return Buffer.from(formatEntryProof({ entry: stored, proof, firstKey, rotations }))
  }

  async function consistencyOf(from: number, to: number): Promise<string> {
    const [older, newer] = [specs[from], specs[to]]
    if (!older || !newer) throw new RangeError('no such checkpoint')
    const path = await consistency(older.size, newer.size)
    const pair = { from: notes[from] ?? '', to: notes[to] ?? '' }
    return formatConsistencyProof({ ...pair, path, firstKey, rotations })
  }

  /** Into a directory on the disk; `sealEvery` commits a segment is closed, never without. */
  async function archive(directory: string, sealEvery?: number): Promise<void> {
    const archive = await openArchive({
      directory,
      identity: { ...identity, rootKeyFingerprint: 'test' },
    })
    for (const [i, one] of entries.entries()) {
      await archive.append([archivedOf(one)])
      if (sealEvery !== undefined && (i + 1) % sealEvery === 0) await archive.seal()
    }
    await archive.close()
    for (const [i, note] of notes.entries())
      await writeCheckpointNote(directory, identity.lineageId, specs[i]?.size ?? 0n, note)
  }

  return { entries, notes, noteOf, bundle, entry, consistencyOf, archive }
}

export const archivedOf = (entry: Leaf): ArchivedCommit => ({
  ...entry,
  headers: Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${entry.messageId}\r\n\r\n`),
  storedAtUnixNs: 1_700_000_000_000_000_000n + entry.sequence,
})
