import type { EventLog } from '@holdfast/event-log'
import { rootFromTiles } from '@holdfast/merkle'
import type { Postgres } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'
import { checkpointAt } from '../checkpoints/checkpoint-store.ts'
import { tilesIn } from '../tree/tile-store.ts'
import { sameBytes, treeSize } from '../tree/tree-position.ts'
import { readWitnessState, type WitnessClaim } from './read-state.ts'
import {
  listWitnesses,
  liveNodes,
  storeCosignature,
  storeWitness,
  type WitnessRecord,
} from './witness-store.ts'

/** Nodes whose words wait to be looked at, and nodes looked at or challenged at once. */
const maxWaiting = 10_000
const maxAtOnce = 500
const challengeEveryMs = 15_000
/** A node not heard of for that long is not challenged, and counts as silent. It speaks once a minute. */
const silentAfterMs = 300_000

export interface DeskParts {
  readonly log: Pick<EventLog, 'lineageId' | 'signal'>
  readonly postgres: Postgres
  readonly logger: Logger
  readonly origin: string
  /** Takes in what the log signed and does not know any more; true when it is on record afterwards. */
  readonly adopt: (note: string) => Promise<boolean>
  /** ms since 1970. */
  readonly now: () => number
}

interface Seat extends WitnessRecord {
  /** Where it says it stands, proven or not: where a proof for it begins. */
  readonly claimedSize: bigint
  challengedAt: number
}

/** Listens to the nodes that cosign, and shows them what there is to cosign. */
export class WitnessDesk {
  readonly #parts: DeskParts
  /** The last word of each node. */
  readonly #waiting = new Map<string, Uint8Array>()
  #seats = new Map<string, Seat>()
  #invalid = 0

  constructor(parts: DeskParts) {
    this.#parts = parts
  }

  /** Words that said nothing, or were not signed. */
  get invalid(): number {
    return this.#invalid
  }

  /** Begins with what is on record. */
  async load(): Promise<void> {
    const records = await listWitnesses(this.#parts.postgres)
    this.#seats = new Map(
      records.map((record) => [
        record.nodeId,
        { ...record, claimedSize: record.size, challengedAt: 0 },
      ]),
    )
  }

  /** Keeps it for the next `work`; of one node the last word only. */
  take(nodeId: string, data: Uint8Array): void {
    if (this.#waiting.size >= maxWaiting && !this.#waiting.has(nodeId)) return
    this.#waiting.set(nodeId, new Uint8Array(data))
  }

  /** Nodes that refuse, with their words. */
  refusing(): readonly { readonly nodeId: string; readonly refusal: string }[] {
    return [...this.#seats.values()].filter(({ refusal }) => refusal !== '')
  }

  /** How many nodes have cosigned `size`, and what the others do. */
  count(size: bigint): Readonly<Record<'current' | 'behind' | 'refusing' | 'silent', number>> {
    const counts = { current: 0, behind: 0, refusing: 0, silent: 0 }
    for (const seat of this.#seats.values()) {
      if (seat.refusal !== '') counts.refusing += 1
      else if (this.#isSilent(seat)) counts.silent += 1
      else if (seat.size < size) counts.behind += 1
      else counts.current += 1
    }
    return counts
  }

  /** Looks at what came. Throws what the database throws; words not looked at are said again. */
  async work(): Promise<void> {
    const words = [...this.#waiting].slice(0, maxAtOnce)
    if (words.length === 0) return
    for (const [nodeId] of words) this.#waiting.delete(nodeId)
    const { postgres, origin, log } = this.#parts
    const ids = words.map(([nodeId]) => nodeId)
    const live = await liveNodes(postgres, ids)
    for (const [nodeId, data] of words) {
      if (!live.has(nodeId)) this.#seats.delete(nodeId)
      else {
        const claim = readWitnessState(data, { origin, lineageId: log.lineageId, nodeId })
        if (claim) await this.#hear(nodeId, claim)
        else this.#invalid += 1
      }
    }
  }

  /** Shows the checkpoint of `size` to those that have not cosigned it, each at most every 15 s. */
  async challenge(size: bigint, make: (fromSize: bigint) => Promise<Uint8Array>): Promise<void> {
    const { log, logger, now } = this.#parts
    const due = this.#due(size)
      .sort((one, other) => one.challengedAt - other.challengedAt)
      .slice(0, maxAtOnce)
    for (const seat of due) {
      seat.challengedAt = now()
      log.signal(`ctl.audit.witness.${seat.nodeId}`, await make(seat.claimedSize))
    }
    if (due.length > 0) logger.debug({ nodes: due.length, size: size.toString() }, 'challenged')
  }

  /** Whether `challenge` would show it to anybody. */
  hasDue(size: bigint): boolean {
    return this.#due(size).length > 0
  }

  #due(size: bigint): Seat[] {
    const now = this.#parts.now()
    return [...this.#seats.values()].filter(
      (seat) =>
        (seat.claimedSize < size || (seat.refusal !== '' && seat.claimedSize === size)) &&
        seat.challengedAt + challengeEveryMs <= now &&
        !this.#isSilent(seat),
    )
  }

  #isSilent({ heardAt }: Seat): boolean {
    return heardAt.getTime() + silentAfterMs < this.#parts.now()
  }

  async #hear(nodeId: string, claim: WitnessClaim): Promise<void> {
    const { postgres, logger, origin, now } = this.#parts
    const before = this.#seats.get(nodeId)
    const heardAt = new Date(now())
    const hasChanged = before !== undefined && !sameBytes(before.publicKey, claim.key.publicKey)
    if (hasChanged)
      logger.warn({ nodeId, key: claim.key.text }, 'a witness speaks with another key than before')
    const doubt = await this.#doubt(claim)
    const refusal = claim.refusal || doubt
    if (refusal !== '' && refusal !== before?.refusal)
      logger.error({ nodeId, refusal }, 'a witness does not agree with the log')
    const isProven = claim.cosignature !== undefined && doubt === ''
    const proven = isProven ? claim : before
    const cosignedAt = isProven ? timeOf(claim, heardAt) : before?.cosignedAt
    const seat: Seat = {
      nodeId,
      publicKey: claim.key.publicKey,
      keyChangedAt: hasChanged ? heardAt : before?.keyChangedAt,
      size: proven?.size ?? 0n,
      root: proven?.root ?? new Uint8Array(),
      cosignedAt,
      refusal,
      heardAt,
      claimedSize: claim.size,
      challengedAt: before?.challengedAt ?? 0,
    }
    await postgres.tx(async (tx) => {
      await storeWitness(tx, seat)
      if (!isProven || !claim.cosignature || !cosignedAt) return
      const { line } = claim.cosignature
      const known = await checkpointAt(tx, origin, claim.size)
      if (known) await storeCosignature(tx, origin, { nodeId, size: claim.size, line, cosignedAt })
    })
    this.#seats.set(nodeId, seat)
  }

  /** What speaks against what a node says it saw; empty when it is what we signed, or would sign. */
  async #doubt({ size, root, note, cosignature }: WitnessClaim): Promise<string> {
    if (size === 0n || !cosignature) return ''
    const { postgres, origin, adopt } = this.#parts
    const known = await checkpointAt(postgres, origin, size)
    if (known && sameBytes(known.root, root)) return ''
    if (note !== undefined && (await adopt(note))) return ''
    if (known) return `it cosigned another log of ${size} commits`
    return await postgres.tx(
      async (tx) => {
        if (size > ((await treeSize(tx, origin)) ?? 0n))
          return `it says it saw ${size} commits, more than the log has`
        return sameBytes(await rootFromTiles(size, tilesIn(tx)), root)
          ? ''
          : `it cosigned another log of ${size} commits`
      },
      { isolation: 'repeatable read', readOnly: true },
    )
  }
}

/** The clock of a host may say anything; beyond the year 9999 nothing can be printed. */
const timeOf = ({ cosignature }: WitnessClaim, heardAt: Date): Date => {
  const seconds = cosignature?.timeSeconds ?? 0n
  return seconds > 0n && seconds < 253_402_300_800n ? new Date(Number(seconds) * 1000) : heardAt
}
