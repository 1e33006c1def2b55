import type { Checkpoint, Commit } from '@holdfast/event-log'
import { type Postgres, sql, type Transaction } from '@holdfast/postgres'
import { Fold, foldCommits, lastBefore, type Poison } from './fold.ts'
import { addBuild, advance, type Build, checkpointAt, origin, setState } from './ledger.ts'
import { createTables, finishTables, nextBuild, schemaName } from './schema.ts'
import type { LogReader, Projection } from './types.ts'

/** Rows of one projection held in memory before they go to the tables. About 100 MB. */
const maxRowsInMemory = 150_000

export interface Built {
  readonly build: Build
  /** Where it had to stop. */
  readonly poison: Poison | undefined
}

/**
 * Reads the log once, from its first commit to its present end, and makes fresh tables of it for these projections:
 * rows are folded in memory and copied in, then keys and indexes are built. Readers still see the old ones;
 * see `switchTo`.
 */
export async function buildReadModels(
  deps: { readonly log: LogReader; readonly postgres: Postgres; readonly service: string },
  projections: readonly Projection[],
  signal: AbortSignal,
): Promise<readonly Built[]> {
  const makings = projections.map((projection) => new Making(deps, projection))
  await foldLog(deps.log, makings, await deps.log.head(), signal)
  const built: Built[] = []
  for (const making of makings) built.push(await whole(deps, making, signal))
  return built
}

/** Up to a sequence, and possibly a little further. */
async function foldLog(
  log: LogReader,
  makings: readonly Making[],
  until: bigint,
  signal: AbortSignal,
): Promise<void> {
  if (until === 0n) return
  const reached = new AbortController()
  await log.subscribe(
    { from: 1n, name: 'rebuild', signal: AbortSignal.any([signal, reached.signal]) },
    async (commits) => {
      if (reached.signal.aborted) return
      for (const making of makings) await making.take(commits)
      const last = commits.at(-1)
      if (last && last.sequence >= until) reached.abort()
    },
  )
  signal.throwIfAborted()
}

/** A commit that failed half way has left its first half in memory: then the log is read again, up to it. */
async function whole(
  deps: { readonly log: LogReader; readonly postgres: Postgres; readonly service: string },
  making: Making,
  signal: AbortSignal,
): Promise<Built> {
  if (!making.isSpoilt) return making.finish()
  const { poison } = making
  const end = (poison?.sequence ?? 1n) - 1n
  const again = new Making(deps, making.projection, end)
  await foldLog(deps.log, [again], end, signal)
  return { ...(await again.finish()), poison }
}

class Making {
  readonly projection: Projection
  readonly #deps: { readonly postgres: Postgres; readonly service: string }
  readonly #end: bigint | undefined
  readonly #memory: Fold
  #checkpoint: Checkpoint = origin
  #last: Commit | undefined
  #poison: Poison | undefined
  /** Set once the rows outgrew the memory. */
  #build: Build | undefined

  /** Takes nothing beyond `end`. */
  constructor(
    deps: { readonly postgres: Postgres; readonly service: string },
    projection: Projection,
    end?: bigint,
  ) {
    this.#deps = deps
    this.projection = projection
    this.#end = end
    this.#memory = new Fold(projection, 'empty')
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
        for (const change of this.projection.changes(commit)) this.#memory.apply(change)
      } catch (error) {
        this.#poison = { sequence: commit.sequence, error }
        return
      }
      this.#last = commit
    }
    if (this.#memory.size > maxRowsInMemory) this.#build = await this.#materialize('filling')
  }

  async finish(): Promise<Built> {
    const filled = this.#build
    if (!filled) return { build: await this.#materialize('building'), poison: this.#poison }
    const build: Build = { ...filled, state: 'building', checkpoint: this.#checkpoint }
    await this.#tx((tx) => setState(tx, this.#deps.service, build, 'building'))
    return { build, poison: this.#poison }
  }

  async #materialize(state: Build['state']): Promise<Build> {
    const { postgres, service } = this.#deps
    const projection = this.projection
    if (this.#last) this.#checkpoint = checkpointAt(this.#last)
    const build = await this.#tx(async (tx) => {
      const number = await nextBuild(tx, service, projection)
      const schema = schemaName(service, projection, number)
      await createTables(tx, schema, projection)
      for (const rows of this.#memory.tables.values()) {
        const table = sql.identifier(schema, rows.table.name)
        await tx.copyIn(table, rows.table.columns, rows.puts.values(), { freeze: true })
      }
      await finishTables(tx, schema, projection, postgres.readerRole)
      const made: Build = {
        name: projection.name,
        version: projection.version,
        build: number,
        schema,
        state,
        checkpoint: this.#checkpoint,
      }
      await addBuild(tx, service, projection, made)
      return made
    })
    for (const rows of this.#memory.tables.values()) rows.clear()
    return build
  }

  async #add(build: Build, commits: readonly Commit[]): Promise<void> {
    const folded = foldCommits(this.projection, commits)
    this.#poison = folded.poison
    const last = lastBefore(commits, folded.poison)
    if (!last) return
    const to = checkpointAt(last)
    await this.#tx(async (tx) => {
      for (const fold of folded.folds) await fold.write(tx, build.schema)
      const moves = [{ build, from: this.#checkpoint, to }]
      if (!(await advance(tx, this.#deps.service, moves))) {
        throw new Error(`somebody else is at work on ${build.schema}`)
      }
    })
    this.#checkpoint = to
  }

  #tx<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#deps.postgres.tx(work, { statementTimeoutMs: 0 })
  }
}
