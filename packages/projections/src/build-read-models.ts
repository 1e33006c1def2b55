import type { Checkpoint, Commit } from '@holdfast/event-log'

import type { Postgres, Transaction } from '@holdfast/postgres'
import { ProjectionPoisoned } from './errors.ts'
import { foldCommits, lastBefore, type Poison, writeFolded } from './fold.ts'
import { addBuild, advance, type Build, checkpointAt, origin, setState } from './ledger.ts'
import { MemoryFold } from './memory-fold.ts'
import { createTables, discardBuild, finishTables, nextBuild, schemaName } from './schema.ts'
import type { LogReader, Projection } from './types.ts'

/** What is held in memory of one projection before it goes to the tables. About 100 MB. */
const inMemory = {
  rows: 150_000,
  /** Versions of rows that have ended. */
  versions: 50_000,
}

export interface Built {
  readonly build: Build
  /** Where it had to stop. */
  readonly poison: Poison | undefined
}

export interface BuildOptions {
  readonly log: LogReader
  readonly postgres: Postgres
  readonly service: string
  readonly limits?: typeof inMemory
}

type Deps = Required<BuildOptions>

/**
 * Reads the log once, from its first commit to its present end, and makes fresh tables of it for these projections:
 * rows are folded in memory and copied in, then keys and indexes are built. Readers still see the old ones;
 * see `switchTo`.
 */
export async function buildReadModels(
  given: BuildOptions,
  projections: readonly Projection[],
  signal: AbortSignal,
): Promise<readonly Built[]> {
  const deps = { limits: inMemory, ...given }
  const makings = projections.map((projection) => new Making(deps, projection))
  try {
    await foldLog(deps.log, makings, await deps.log.head(), signal)
    const built: Built[] = []
    for (const making of makings) built.push(await whole(deps, making, signal))
    return built
  } catch (error) {
    for (const making of makings) await making.abandon()
    throw error
  }
}

/**
 * Makes tables of the log up to a sequence, for nobody to see: the build stays `filling`, so that a start drops it
 * should we die before we can. Throws `projection.poisoned` when a commit cannot be taken in.
 */
export async function buildForComparison(
  given: BuildOptions,
  projection: Projection,
  end: bigint,
  signal: AbortSignal,
  onProgress: (sequence: bigint) => void,
): Promise<Build> {
  const making = new Making({ limits: inMemory, ...given }, projection, end)
  try {
    await foldLog(given.log, [making], end, signal, onProgress)
    if (making.poison) throw poisoned(projection, making.poison)
    const { build, poison } = await making.finish('filling')
    if (poison) throw poisoned(projection, poison)
    return build
  } catch (error) {
    await making.abandon()
    throw error
  }
}

export const poisoned = ({ name }: Projection, { sequence, error }: Poison) =>
  ProjectionPoisoned({ name, sequence }, error)

/** Up to a sequence, and possibly a little further. */
async function foldLog(
  log: LogReader,
  makings: readonly Making[],
  until: bigint,
  signal: AbortSignal,
  onProgress: (sequence: bigint) => void = () => undefined,
): Promise<void> {
  if (until === 0n) return
  await readLog(log, { from: 1n, until, name: 'rebuild', signal }, async (commits) => {
    for (const making of makings) await making.take(commits)
    onProgress(commits.at(-1)?.sequence ?? 0n)
  })
}

export interface Stretch {
  readonly from: bigint
  readonly until: bigint
  readonly name: string
  readonly signal: AbortSignal
}

/** Reads the log from a sequence to another, and possibly a little further. */
export async function readLog(
  log: LogReader,
  { from, until, name, signal }: Stretch,
  take: (commits: readonly Commit[]) => Promise<void>,
): Promise<void> {
  const reached = new AbortController()
  await log.subscribe(
    { from, name, signal: AbortSignal.any([signal, reached.signal]) },
    async (commits) => {
      if (reached.signal.aborted) return
      await take(commits)
      const last = commits.at(-1)
      if (last && last.sequence >= until) reached.abort()
    },
  )
  signal.throwIfAborted()
}

/** A commit that failed half way has left its first half in memory: then the log is read again, up to it. */
async function whole(deps: Deps, making: Making, signal: AbortSignal): Promise<Built> {
  if (!making.isSpoilt) return making.finish()
  await making.abandon()
  const { poison } = making
  const end = (poison?.sequence ?? 1n) - 1n
  const again = new Making(deps, making.projection, end)
  await foldLog(deps.log, [again], end, signal)
  return { ...(await again.finish()), poison }
}

class Making {
  readonly projection: Projection
  readonly #deps: Deps
  readonly #end: bigint | undefined
  readonly #memory: MemoryFold
  #checkpoint: Checkpoint = origin
  #last: Commit | undefined
  #poison: Poison | undefined
  /** Set once versions of rows outgrew the memory: there are bare tables, and only those versions in them. */
  #bare: Build | undefined
  /** Set once the rows outgrew the memory. */
  #build: Build | undefined

  /** Takes nothing beyond `end`. */
  constructor(deps: Deps, projection: Projection, end?: bigint) {
    this.#deps = deps
    this.projection = projection
    this.#end = end
    this.#memory = new MemoryFold(projection)
  }

  get poison(): Poison | undefined {
    return this.#poison
  }

  get isSpoilt(): boolean {
    return this.#poison !== undefined && this.#build === undefined
  }

  async take(batch: readonly Commit[]): Promise<void> {
    const end = this.#end
    const commits = end === undefined ? batch : batch.filter(({ sequence }) => sequence <= end)
    if (this.#poison) return
    if (this.#build) return this.#add(this.#build, commits)
    for (const commit of commits) {
      try {
        this.#memory.take(commit.sequence, this.projection.changes(commit))
      } catch (error) {
        this.#poison = { sequence: commit.sequence, error }
        return
      }
      this.#last = commit
    }
    if (this.#memory.rows > this.#deps.limits.rows) this.#build = await this.#materialize('filling')
    else if (this.#memory.closedVersions > this.#deps.limits.versions) await this.#unload()
  }

  async finish(state: 'building' | 'filling' = 'building'): Promise<Built> {
    const filled = this.#build
    if (!filled) return { build: await this.#materialize(state), poison: this.#poison }
    const build: Build = { ...filled, state, checkpoint: this.#checkpoint }
    await this.#tx((tx) => setState(tx, this.#deps.service, build, state))
    return { build, poison: this.#poison }
  }

  /** Takes away what it has written and not finished, if the database lets us; a start does it otherwise. */
  async abandon(): Promise<void> {
    const written = this.#build ?? this.#bare
    if (!written) return
    await this.#tx((tx) => discardBuild(tx, this.#deps.service, written)).catch(() => undefined)
  }

  async #unload(): Promise<void> {
    this.#bare ??= await this.#tx((tx) => this.#begin(tx))
    const { schema } = this.#bare
    await this.#tx((tx) => this.#memory.writeClosed(tx, schema))
  }

  async #begin(tx: Transaction): Promise<Build> {
    const { service } = this.#deps
    const { name, version } = this.projection
    const build = await nextBuild(tx, service, this.projection)
    const schema = schemaName(service, this.projection, build)
    await createTables(tx, schema, this.projection)
    const made: Build = { name, version, build, schema, state: 'filling', checkpoint: origin }
    await addBuild(tx, service, this.projection, made)
    return made
  }

  async #materialize(state: Build['state']): Promise<Build> {
    const { postgres, service } = this.#deps
    if (this.#last) this.#checkpoint = checkpointAt(this.#last)
    const build = await this.#tx(async (tx) => {
      const begun = this.#bare ?? (await this.#begin(tx))
      await this.#memory.write(tx, begun.schema, { isFresh: this.#bare === undefined })
      await finishTables(tx, begun.schema, this.projection, postgres.readerRole)
      await this.#memory.redact(tx, begun.schema)
      const moves = [{ build: begun, from: origin, to: this.#checkpoint }]
      if (!(await advance(tx, service, moves))) throw new Error(busy(begun))
      await setState(tx, service, begun, state)
      return { ...begun, state, checkpoint: this.#checkpoint }
    })
    this.#memory.clear()
    return build
  }

  async #add(build: Build, commits: readonly Commit[]): Promise<void> {
    const folded = foldCommits(this.projection, commits)
    this.#poison = folded.poison
    const last = lastBefore(commits, folded.poison)
    if (!last) return
    const to = checkpointAt(last)
    await this.#tx(async (tx) => {
      await writeFolded(tx, build.schema, folded)
      const moves = [{ build, from: this.#checkpoint, to }]
      if (!(await advance(tx, this.#deps.service, moves))) throw new Error(busy(build))
    })
    this.#checkpoint = to
  }

  #tx<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#deps.postgres.tx(work, { statementTimeoutMs: 0 })
  }
}

const busy = ({ schema }: Build): string => `somebody else is at work on ${schema}`
