import { objectKeys } from '@holdfast/full-backup'
import type { Postgres } from '@holdfast/postgres'
import type { SurroundingsData } from '@holdfast/storage'
import type { Logger, Registry } from '@holdfast/telemetry'
import { OffsiteNobody } from '../domain/offsite-errors.ts'
import { StorageLocationNotFound } from '../domain/storage-errors.ts'
import type { RootKeyNames } from '../guard/root-keys.ts'
import type { Locations } from '../storage/locations.ts'
import type { Work } from '../work/work.ts'
import { type ArchiveStock, archiveStock } from './archive-stock.ts'
import { ArchiveTimes } from './archive-times.ts'
import { Destination, type DestinationEvents, type DestinationState } from './destination.ts'
import { lastErasure, noteRewritten, noteTold, noteUnreached } from './erasures.ts'
import type { Keyset, OffsiteSources } from './offsite.ts'
import { offsiteMetrics } from './offsite-metrics.ts'
import { forgetLocation, objectStore } from './store.ts'
import type { OffsiteTools, Pace } from './tools.ts'

export interface PusherParts {
  readonly postgres: Postgres
  readonly work: Pick<Work, 'run'>
  readonly locations: Pick<Locations, 'continuous' | 'access' | 'get'>
  readonly surroundings: SurroundingsData
  readonly archiveDir: string
  readonly lineageId: string
  readonly generation: number
  readonly rootKeys: RootKeyNames
  readonly release: string
  /** Of this installation; never on another machine. */
  readonly writerId: () => Promise<string>
  /** The last sequence in the archive; undefined while nobody knows. */
  readonly archived: () => bigint | undefined
  /** Derived from the root key. */
  readonly derivedRecipient: () => Promise<string>
  readonly sign: (sha256: Uint8Array) => Promise<string>
  readonly pinned: () => Promise<readonly number[]>
  readonly pace: Pace
  readonly now: () => number
  readonly logger: Logger
  readonly registry: Registry
}

/** How old what auth said of its keys may be when commits came since. */
const keysetMs = 30_000
/** A destination has that long to follow a destruction before it is said not to. */
const unreachedMs = 60_000

/** Pushes to every continuous location, each by itself. */
export class Pusher {
  readonly #parts: PusherParts
  readonly #times = new ArchiveTimes()
  readonly #destinations = new Map<string, Destination>()
  readonly #events: DestinationEvents
  #tools: OffsiteTools | undefined
  #sources: OffsiteSources | undefined
  #stock: { readonly at: number; readonly stock: Promise<ArchiveStock> } | undefined
  #keyset:
    | {
        readonly at: number
        readonly sequence: bigint
        readonly keyset: Keyset
        readonly recipients: string
      }
    | undefined
  #locationsAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined

  constructor(parts: PusherParts) {
    this.#parts = parts
    const { logger } = parts
    this.#events = {
      ...offsiteMetrics(parts.registry, () => this.states()),
      damaged: (location, { key }, damage) =>
        logger.error({ location: location.name, key, damage }, 'an object off-site is damaged'),
    }
  }

  /** Nothing happens before. */
  from(sources: OffsiteSources): void {
    this.#sources = sources
    this.#timer ??= setInterval(() => this.#tick(), this.#parts.pace.tickMs)
  }

  states(): readonly DestinationState[] {
    return [...this.#destinations.values()].map((each) => each.state())
  }

  /** Undefined: nothing is pushed there. */
  destination(locationId: string): Destination | undefined {
    return this.#destinations.get(locationId)
  }

  /** Recipients changed, say. */
  wake(): void {
    this.#keyset = undefined
    this.#locationsAt = Number.NEGATIVE_INFINITY
    for (const each of this.#destinations.values()) each.wake()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#looking
    await Promise.all([...this.#destinations.values()].map((each) => each.stop()))
  }

  #tick(): void {
    const { now, archived, pace } = this.#parts
    const sequence = archived()
    if (sequence === undefined) return
    this.#times.see(sequence, now())
    if (now() - this.#locationsAt >= pace.locationsMs && !this.#looking) {
      this.#locationsAt = now()
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined
      })
    }
    for (const each of this.#destinations.values()) each.tick()
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { locations, postgres, logger } = this.#parts
    try {
      const tools = await this.#ready()
      const wanted = await locations.continuous()
      for (const location of wanted) {
        const known = this.#destinations.get(location.id)
        if (known) known.update(location)
        else
          this.#destinations.set(
            location.id,
            new Destination(tools, location, objectStore(postgres, location.id), this.#events),
          )
      }
      for (const [id, each] of [...this.#destinations]) {
        if (wanted.some((location) => location.id === id)) continue
        this.#destinations.delete(id)
        await each.stop()
        const isGone = await locations.get(id).then(
          () => false,
          (error: unknown) => StorageLocationNotFound.is(error),
        )
        if (isGone) await forgetLocation(postgres, id)
      }
      await this.#judgeErasures()
    } catch (error) {
      logger.warn({ err: error }, 'cannot look for continuous locations')
    }
  }

  async #ready(): Promise<OffsiteTools> {
    const parts = this.#parts
    const { lineageId, generation, archiveDir, now } = parts
    this.#tools ??= {
      ...parts,
      keys: objectKeys(lineageId),
      writerId: await parts.writerId(),
      times: this.#times,
      archived: () => parts.archived() ?? 0n,
      stock: () => {
        if (!this.#stock || now() - this.#stock.at >= parts.pace.tickMs)
          this.#stock = { at: now(), stock: archiveStock(archiveDir, lineageId, generation) }
        return this.#stock.stock
      },
      access: ({ id }) => parts.locations.access(id),
      recipients: () => this.#recipients(),
      keyset: () => this.#keysetNow(),
      sources: () => this.#given(),
      rewritten: async (locationId, sequence) => {
        await noteRewritten(parts.postgres, sequence, locationId)
        this.#locationsAt = Number.NEGATIVE_INFINITY
      },
    }
    return this.#tools
  }

  #given(): OffsiteSources {
    if (!this.#sources) throw new Error('nobody has said what to copy')
    return this.#sources
  }

  async #recipients() {
    try {
      const derived = await this.#parts.derivedRecipient()
      return { derived, operators: await this.#given().recipients() }
    } catch (error) {
      throw OffsiteNobody({}, error)
    }
  }

  /** One answer of auth serves all destinations. */
  async #keysetNow(): Promise<Keyset | undefined> {
    const { now, archived, logger } = this.#parts
    const { derived, operators } = await this.#recipients()
    // The derived one too: after a rotation of the root key all keys go there anew.
    const recipients = [derived, ...operators].sort().join(' ')
    const sequence = archived() ?? 0n
    const known = this.#keyset
    const isOld = !known || (known.sequence < sequence && now() - known.at >= keysetMs)
    if (known && !isOld && known.recipients === recipients) return known.keyset
    try {
      const keyset = await this.#given().keyset(operators, AbortSignal.timeout(30_000))
      if (!keyset) return known?.keyset
      const isSame = known && known.recipients === recipients && sameBytes(known.keyset, keyset)
      this.#keyset = { at: now(), sequence, recipients, keyset: isSame ? known.keyset : keyset }
      return this.#keyset.keyset
    } catch (error) {
      logger.warn({ err: error }, 'the keys cannot be had now')
      // Sealed to others than are wanted now: none is better.
      return known?.recipients === recipients ? known.keyset : undefined
    }
  }

  /** Which locations keep a key that was destroyed; told as an event when that changes. */
  async #judgeErasures(): Promise<void> {
    const { postgres, now } = this.#parts
    const destroyed = this.#keyset?.keyset.destroyedSequence ?? 0n
    if (destroyed === 0n) return
    const outdated = this.states().filter(
      ({ keysets, keysetDestroyedSequence }) => keysets > 0 && keysetDestroyedSequence < destroyed,
    )
    const isLost = ({ location, failure }: DestinationState): boolean =>
      location.isImmutable || (failure !== undefined && now() - failure.sinceUnixMs >= unreachedMs)
    // The others are about to follow.
    if (outdated.every(isLost)) {
      const last = await lastErasure(postgres)
      if (outdated.length > 0 || last?.destroyedSequence === destroyed)
        await noteUnreached(
          postgres,
          destroyed,
          outdated.map(({ location }) => location.id),
        )
      const erasure = await lastErasure(postgres)
      if (!erasure || erasure.isTold) return
      await this.#given().keysetsRewritten({
        destroyedSequence: erasure.destroyedSequence,
        locationIds: erasure.rewritten,
        unreachedLocationIds: erasure.unreached,
      })
      await noteTold(postgres, erasure)
    }
  }
}

const sameBytes = (a: Keyset, b: Keyset): boolean =>
  Buffer.from(a.contentSha256).equals(Buffer.from(b.contentSha256)) &&
  a.destroyedSequence === b.destroyedSequence
