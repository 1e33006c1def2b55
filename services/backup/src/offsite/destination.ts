import { DomainError } from '@holdfast/errors'
import { isRetriable } from '@holdfast/storage'
import type { Location } from '../storage/locations.ts'
import { Inventory } from './inventory.ts'
import { carry, type Place, readBackRows } from './place.ts'
import { plan, pushedSequence } from './plan.ts'
import { prune } from './prune.ts'
import type { LocationRow, ObjectStore, StoredRow } from './store.ts'
import { takeIn } from './take-in.ts'
import type { OffsiteTools } from './tools.ts'
import { keepKeyset, writeManifest } from './write-manifest.ts'

export const destinationStates = ['idle', 'pushing', 'waiting', 'verifying', 'refused'] as const

export interface DestinationState {
  readonly location: Location
  readonly pushedSequence: bigint
  /** Age of the oldest commit that is not there; 0 when all are. */
  readonly lagMs: number
  readonly pushedAtUnixMs: number
  readonly totals: { readonly objects: number; readonly bytes: number; readonly damaged: number }
  readonly manifests: number
  readonly newestManifestUnixMs: number
  readonly verifiedAtUnixMs: number
  readonly verifiedSequence: bigint
  readonly state: (typeof destinationStates)[number]
  readonly failure:
    | { readonly code: string; readonly detail: string; readonly sinceUnixMs: number }
    | undefined
  readonly retryAtUnixMs: number
  readonly keysets: number
  /** Keysets there follow destructions up to this one. */
  readonly keysetDestroyedSequence: bigint
}

export interface DestinationEvents {
  put(location: Location, bytes: number): void
  failed(location: Location): void
  damaged(location: Location, row: StoredRow, damage: string): void
}

const sampleObjects = 8
const stepsAtOnce = 256

/**
 * One location that is pushed to, in a loop of its own: nothing another location does or does not holds it up. A round
 * does what is due and may break off anywhere: the next one looks at what is on record and goes on.
 */
export class Destination {
  readonly #tools: OffsiteTools
  readonly #store: ObjectStore
  readonly #events: DestinationEvents
  readonly #ending = new AbortController()
  #location: Location
  #inventory: Inventory | undefined
  #row: LocationRow | undefined
  #oldest: { readonly sequence: bigint; readonly atUnixMs: number } | undefined
  #state: DestinationState['state'] = 'idle'
  #failure: DestinationState['failure']
  /** What failed: bringing the log there, or what else is kept there. */
  #failed: 'push' | 'upkeep' = 'push'
  #failures = 0
  #retryAt = 0
  #pushBeganAt = 0
  #lookedAt = 0
  #stockAt = 0
  #manifestAt: number | undefined
  #pushed = 0n
  #isAsked = true
  #hasMore = false
  #working: Promise<void> | undefined

  constructor(
    tools: OffsiteTools,
    location: Location,
    store: ObjectStore,
    events: DestinationEvents,
  ) {
    this.#tools = tools
    this.#location = location
    this.#store = store
    this.#events = events
  }

  get location(): Location {
    return this.#location
  }

  /** It was changed; maybe for the better. */
  update(location: Location): void {
    if (JSON.stringify(location) === JSON.stringify(this.#location)) return
    this.#location = location
    // Maybe it is another place now, with nothing there.
    this.#stockAt = 0
    this.wake()
  }

  wake(): void {
    this.#isAsked = true
    this.#retryAt = 0
  }

  /** Everything there is read back, beginning now. */
  async verify(): Promise<void> {
    await this.#note({ verifyingSinceUnixMs: this.#tools.now() })
    this.#stockAt = 0
    this.wake()
  }

  /** Begins a round when one is due. Call every second or so. */
  tick(): void {
    if (this.#working || this.#ending.signal.aborted || !this.#isDue()) return
    this.#working = this.#round().finally(() => {
      this.#working = undefined
    })
  }

  /** What is under way is dropped. */
  async stop(): Promise<void> {
    this.#ending.abort(new Error('the off-site copy stops'))
    await this.#working
  }

  state(): DestinationState {
    const inventory = this.#inventory
    const row = this.#row
    return {
      location: this.#location,
      pushedSequence: this.#pushed,
      lagMs: this.#lagMs(),
      pushedAtUnixMs: row?.pushedAtUnixMs ?? 0,
      totals: inventory?.totals() ?? { objects: 0, bytes: 0, damaged: 0 },
      manifests: inventory?.of('manifest').length ?? 0,
      newestManifestUnixMs: inventory?.newestManifestUnixMs ?? 0,
      verifiedAtUnixMs: row?.verifiedAtUnixMs ?? 0,
      verifiedSequence: row?.verifiedSequence ?? 0n,
      state: this.#state,
      failure: this.#failure,
      retryAtUnixMs: this.#failure ? this.#retryAt : 0,
      keysets: inventory?.of('keyset').length ?? 0,
      keysetDestroyedSequence: row?.keysetDestroyedSequence ?? 0n,
    }
  }

  #lagMs(): number {
    const { times, now } = this.#tools
    if (this.#tools.archived() <= this.#pushed) return 0
    const known =
      this.#oldest && this.#oldest.sequence > this.#pushed ? this.#oldest.atUnixMs : undefined
    const since = known ?? times.firstAfter(this.#pushed)
    return since === undefined ? 0 : Math.max(0, now() - since)
  }

  #isDue(): boolean {
    const { pace, archived, now } = this.#tools
    const at = now()
    const isNew =
      archived() > this.#pushed && (at < this.#pushBeganAt || at - this.#pushBeganAt >= pace.pushMs)
    // The log goes on while the rest waits.
    if (this.#isWaiting()) return isNew && this.#failed === 'upkeep'
    return (
      isNew ||
      this.#isAsked ||
      this.#hasMore ||
      this.#failure !== undefined ||
      at < this.#lookedAt ||
      at - this.#lookedAt >= pace.lookMs
    )
  }

  /** A clock that was put back makes nobody wait longer. */
  #isWaiting(): boolean {
    const { pace, now } = this.#tools
    const left = this.#retryAt - now()
    return left > 0 && left <= pace.maxRetryMs
  }

  /** Never rejects. */
  async #round(): Promise<void> {
    const { tools } = { tools: this.#tools }
    this.#isAsked = false
    this.#lookedAt = tools.now()
    let hasPushed = false
    try {
      const place = await this.#open()
      await this.#stock(place)
      await this.#push(place)
      hasPushed = true
      if (this.#failed === 'push') this.#recovered()
      else if (this.#isWaiting()) {
        this.#state = 'waiting'
        return
      }
      await this.#keepUp(place)
      this.#state = 'idle'
      this.#hasMore = await this.#readBack(place)
      this.#recovered()
      if (!this.#hasMore) this.#state = 'idle'
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#fail(error, hasPushed ? 'upkeep' : 'push')
    }
  }

  #recovered(): void {
    this.#failures = 0
    this.#failure = undefined
    this.#failed = 'push'
  }

  #fail(error: unknown, failed: 'push' | 'upkeep'): void {
    const { now, pace, logger } = this.#tools
    const { name } = this.#location
    this.#hasMore = false
    this.#failures++
    this.#failed = failed
    const pause = Math.min(pace.maxRetryMs, pace.minRetryMs * 2 ** (this.#failures - 1))
    this.#retryAt = now() + Math.round(pause * (0.75 + Math.random() / 4))
    const isKnown = error instanceof DomainError
    this.#failure = {
      code: isKnown ? error.code : 'internal',
      detail: isKnown ? error.message : 'for a reason of our own; see the log of backup',
      sinceUnixMs: this.#failure?.sinceUnixMs ?? now(),
    }
    const isPassing = !isKnown || isRetriable(error) || error.kind === 'unavailable'
    this.#state = isPassing ? 'waiting' : 'refused'
    this.#events.failed(this.#location)
    logger[isKnown ? 'warn' : 'error'](
      { err: error, location: name, attempt: this.#failures },
      'the off-site copy waits',
    )
  }

  async #open(): Promise<Place> {
    const { archived, generation, work, stock } = this.#tools
    const { signal } = this.#ending
    this.#row ??= await this.#store.location()
    if (!this.#inventory) {
      this.#inventory = await Inventory.open(this.#store)
      this.#pushed = pushedSequence(this.#inventory.rows(), generation)
      if (archived() > this.#pushed) {
        // What came before this process began is as old as its commit says.
        const { directory } = await stock()
        const from = this.#pushed + 1n
        const atUnixMs = await work.run('offsite.stored-at', { directory, from }, { signal })
        this.#oldest = { sequence: from, atUnixMs }
      }
    }
    return {
      tools: this.#tools,
      location: this.#location,
      inventory: this.#inventory,
      store: this.#store,
      signal,
      onPut: ({ name, bytes }) => {
        this.#events.put(this.#location, bytes)
        if (name.kind === 'segment' || name.kind === 'tail') this.#count()
      },
      onDamage: (row, damage) => {
        this.#events.damaged(this.#location, row, damage)
        this.#count()
      },
    }
  }

  #count(): void {
    if (this.#inventory)
      this.#pushed = pushedSequence(this.#inventory.rows(), this.#tools.generation)
  }

  async #stock(place: Place): Promise<void> {
    const { now, pace } = this.#tools
    const age = now() - this.#stockAt
    if (this.#stockAt > 0 && age >= 0 && age < pace.stockMs) return
    await takeIn(place)
    this.#count()
    this.#stockAt = now()
  }

  async #push(place: Place): Promise<void> {
    const { tools, inventory } = place
    const { keys, lineageId, generation, pace } = tools
    this.#pushBeganAt = tools.now()
    const stock = await tools.stock()
    const now = () =>
      plan({
        ...{ keys, lineageId, generation, stock },
        archived: tools.archived(),
        standing: inventory,
        tailBytes: pace.tailBytes,
      })
    for (let { steps } = now(); steps.length > 0; { steps } = now()) {
      this.#state = 'pushing'
      await carry(place, steps.slice(0, stepsAtOnce))
      // What came meanwhile has its own turn.
      if (steps.length <= stepsAtOnce) break
    }
    await inventory.retire(now().retire)
    await this.#note({ pushedAtUnixMs: tools.now() })
  }

  /** Keyset, manifest, retention. */
  async #keepUp(place: Place): Promise<void> {
    const { tools, inventory } = place
    const keyset = await tools.keyset()
    const before = this.#row?.keysetDestroyedSequence ?? 0n
    if (keyset) {
      const isOutdated = keyset.destroyedSequence > before
      const hadOlder = inventory.of('keyset').length > 0 && isOutdated
      if (await keepKeyset(place, keyset, isOutdated)) {
        // In this order: what a crash leaves out is done again.
        if (hadOlder) await tools.rewritten(this.#location.id, keyset.destroyedSequence)
        await this.#note({ keysetDestroyedSequence: keyset.destroyedSequence })
      }
    }
    if (this.#isManifestDue(inventory)) {
      this.#state = 'pushing'
      await writeManifest(place, keyset)
      this.#manifestAt = performance.now()
    }
    await prune(place)
  }

  #isManifestDue(inventory: Inventory): boolean {
    const { now, pace } = this.#tools
    const newest = inventory.of('manifest').at(-1)
    if (newest?.damage !== '') return true
    const spare = ['config', 'tables'] as const
    if (spare.some((kind) => (inventory.newest(kind)?.damage ?? '') !== '')) return true
    // Of a clock that was ahead: as old as this process knows it to be.
    const age = Math.max(
      now() - Number(newest.first),
      this.#manifestAt === undefined ? 0 : performance.now() - this.#manifestAt,
    )
    if (age >= pace.idleManifestMs) return true
    // Put anew it has another SHA-256, and no manifest names that.
    const isReplaced = [...inventory.rows()].some(
      ({ kind, namedFrom, namedTo, putAtUnixMs }) =>
        kind !== 'manifest' &&
        namedFrom !== undefined &&
        namedTo === undefined &&
        putAtUnixMs > newest.putAtUnixMs,
    )
    if (isReplaced) return true
    const isNew = [...inventory.rows()].some(
      ({ kind, namedFrom, namedTo }) =>
        kind !== 'manifest' && namedFrom === undefined && namedTo === undefined,
    )
    return isNew && age >= pace.manifestMs
  }

  /** A slice of what is to be read back; true: there is more. */
  async #readBack(place: Place): Promise<boolean> {
    const { now, pace } = this.#tools
    const { inventory } = place
    const row = this.#row
    if (!row) return false
    if (row.verifyingSinceUnixMs === 0 && now() - row.verifiedAtUnixMs >= pace.verifyMs)
      await this.#note({ verifyingSinceUnixMs: now() })
    const since = this.#row?.verifyingSinceUnixMs ?? 0
    const all = [...inventory.rows()]
    const isNeverRead = ({ verifiedAtUnixMs, kind, namedFrom, damage }: StoredRow): boolean =>
      verifiedAtUnixMs === 0 && damage === '' && (kind === 'manifest' || namedFrom !== undefined)
    let wanted = all.filter(isNeverRead)
    if (since > 0)
      wanted.push(...all.filter((each) => !isNeverRead(each) && each.verifiedAtUnixMs < since))
    const isSampling = wanted.length === 0 && now() - row.sampledAtUnixMs >= pace.sampleMs
    if (isSampling) wanted = sample(all, sampleObjects)
    const slice: StoredRow[] = []
    for (let bytes = 0; slice.length < wanted.length && bytes < pace.sliceBytes; ) {
      const next = wanted[slice.length]
      if (!next) break
      slice.push(next)
      bytes += next.bytes
    }
    if (slice.length > 0) this.#state = 'verifying'
    const bad = await readBackRows(place, slice)
    if (isSampling) await this.#note({ sampledAtUnixMs: now() })
    // What was found is put right at once where it can be.
    if (bad.length > 0) this.#isAsked = true
    if (slice.length < wanted.length) return true
    if (since > 0) {
      await this.#note({
        verifyingSinceUnixMs: 0,
        verifiedAtUnixMs: now(),
        verifiedSequence: pushedSequence(
          all.map(({ key }) => inventory.get(key)).filter((each) => each !== undefined),
          this.#tools.generation,
        ),
      })
    }
    return bad.length > 0
  }

  async #note(change: Partial<LocationRow>): Promise<void> {
    this.#row ??= await this.#store.location()
    await this.#store.note(change)
    this.#row = { ...this.#row, ...change }
  }
}

function sample<T>(all: readonly T[], count: number): T[] {
  const left = [...all]
  const drawn: T[] = []
  while (drawn.length < count && left.length > 0)
    drawn.push(...left.splice(Math.floor(Math.random() * left.length), 1))
  return drawn
}
