import { type Postgres, type ReadScope, sql } from '@holdfast/postgres'
import { behind, mergePlaces, type Place, printPlace } from '../entries/cursor.ts'
import { startOf, type TrailName } from '../entries/position.ts'
import { accessConditions, type EntryFilter, logConditions } from './entry-filter.ts'
import { type Condition, findPositions, type Range, type SearchSizes } from './entry-search.ts'

export interface LogEntryRow {
  readonly trail: 'log'
  readonly sequence: bigint
  readonly position: bigint
  readonly organization_id: string | null
  readonly actor_id: string
  readonly session_id: string | null
  readonly target_id: string
  readonly correlation_id: string
  readonly command_id: string
  readonly event_count: number
  readonly actor_kind: string
  readonly actor_name: string | null
  readonly method: string | null
  readonly action: string
  readonly target_kind: string
  readonly target_name: string | null
  readonly reason: string | null
}

export interface AccessEntryRow {
  readonly trail: 'access'
  readonly record_id: string
  readonly sequence: bigint
  readonly position: bigint
  readonly organization_id: string | null
  readonly user_id: string | null
  readonly session_id: string | null
  readonly count: bigint
  readonly window_ms: bigint
  readonly accounts: bigint
  readonly source_sealed: Buffer | null
  readonly action: string
  readonly result: 'success' | 'failure' | 'denied'
  readonly code: string | null
  readonly target: string | null
}

export type EntryRow = LogEntryRow | AccessEntryRow

export interface EntryPage {
  readonly rows: readonly EntryRow[]
  /** Empty after the last page. */
  readonly nextCursor: string
}

/** Later than any. */
const end = 2n ** 63n - 1n

const logColumns = sql.raw(
  'sequence, position, organization_id, actor_id, session_id, target_id, correlation_id, command_id, event_count, actor_kind, actor_name, method, action, target_kind, target_name, reason',
)
const accessColumns = sql.raw(
  'record_id, sequence, position, organization_id, user_id, session_id, count, window_ms, accounts, source_sealed, action, result, code, target',
)

/** A page of the entries that meet the filter, both trails merged by time. */
export async function findEntries(
  postgres: Postgres,
  scope: ReadScope,
  filter: EntryFilter,
  page: {
    readonly after: Place | undefined
    readonly limit: number
    readonly isAscending: boolean
    readonly sizes?: SearchSizes
  },
  signal: AbortSignal,
): Promise<EntryPage> {
  const { after, limit, isAscending, sizes } = page
  const range: Range = {
    from: startOf(filter.fromUnixMs),
    to: filter.toUnixMs === 0 ? end : startOf(filter.toUnixMs),
  }
  const search = async (trail: TrailName, conditions: readonly Condition[] | undefined) => {
    const left = behind(range, after, trail, isAscending)
    if (conditions === undefined || left.from >= left.to) return []
    const table = trail === 'log' ? sql`audit.entries` : sql`audit.access_entries`
    const wish = {
      table,
      conditions,
      range: left,
      limit: limit + 1,
      isAscending,
      ...(sizes ? { sizes } : {}),
    }
    return await findPositions(postgres, wish, signal)
  }
  const [ofLog, ofAccess] = await Promise.all([
    search('log', logConditions(filter)),
    search('access', accessConditions(filter)),
  ])
  const places = mergePlaces(ofLog, ofAccess, limit, isAscending)
  const last = places.at(-1)
  const hasMore = ofLog.length + ofAccess.length > limit
  return {
    rows: await readRows(postgres, scope, places, signal),
    nextCursor: hasMore && last ? printPlace(last) : '',
  }
}

/** The rows at these places, in their order; under row-level security: what the scope does not cover is not there. */
async function readRows(
  postgres: Postgres,
  scope: ReadScope,
  places: readonly Place[],
  signal: AbortSignal,
): Promise<readonly EntryRow[]> {
  if (places.length === 0) return []
  const positions = (trail: TrailName) =>
    places.filter((place) => place.trail === trail).map(({ position }) => position)
  const found = await postgres.read(
    scope,
    async (tx) => ({
      log: await tx.query<Omit<LogEntryRow, 'trail'>>(sql`
        select ${logColumns} from audit.entries where position = any (${positions('log')}::bigint[])`),
      access: await tx.query<Omit<AccessEntryRow, 'trail'>>(sql`
        select ${accessColumns} from audit.access_entries
        where position = any (${positions('access')}::bigint[])`),
    }),
    { signal },
  )
  const rows = new Map<string, EntryRow>([
    ...found.log.map((row) => [`log ${row.position}`, { trail: 'log', ...row }] as const),
    ...found.access.map((row) => [`access ${row.position}`, { trail: 'access', ...row }] as const),
  ])
  return places.flatMap(({ trail, position }) => rows.get(`${trail} ${position}`) ?? [])
}

/** One entry, if the scope covers it. Of several records with one number, the newest: the stream was made anew. */
export async function findEntry(
  postgres: Postgres,
  scope: ReadScope,
  trail: TrailName,
  sequence: bigint,
  signal: AbortSignal,
): Promise<EntryRow | undefined> {
  return await postgres.read(
    scope,
    async (tx): Promise<EntryRow | undefined> => {
      if (trail === 'log') {
        const [row] = await tx.query<Omit<LogEntryRow, 'trail'>>(
          sql`select ${logColumns} from audit.entries where sequence = ${sequence}`,
        )
        return row && { trail, ...row }
      }
      const [row] = await tx.query<Omit<AccessEntryRow, 'trail'>>(sql`
        select ${accessColumns} from audit.access_entries where sequence = ${sequence}
        order by position desc limit 1`)
      return row && { trail, ...row }
    },
    { signal },
  )
}

/** Sessions that were seen at a source; the last ones when there are very many. */
export async function sessionsFrom(
  postgres: Postgres,
  tag: Uint8Array,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const rows = await postgres.query<{ session_id: string }>(
    sql`
    select session_id from audit.session_sources where source_tag = ${tag}
    order by last_position desc limit 20000`,
    { signal },
  )
  return rows.map(({ session_id }) => session_id)
}

export interface SealedSource {
  readonly recordId: string
  readonly sealed: Uint8Array
  /** Whoever was recognized: it may be sealed with a key of theirs. */
  readonly userId: string | undefined
}

/** Where sessions signed in: their first source. */
export async function sourcesOfSessions(
  postgres: Postgres,
  sessions: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Omit<SealedSource, 'userId'>>> {
  if (sessions.length === 0) return new Map()
  const rows = await postgres.query<{
    session_id: string
    record_id: string
    source_sealed: Buffer
  }>(
    sql`
    select distinct on (session_id) session_id, record_id, source_sealed from audit.session_sources
    where session_id = any (${sessions}::uuid[]) and source_sealed is not null
    order by session_id, position`,
    { signal },
  )
  return new Map(
    rows.map(({ session_id, record_id, source_sealed }) => [
      session_id,
      { recordId: record_id, sealed: source_sealed },
    ]),
  )
}
