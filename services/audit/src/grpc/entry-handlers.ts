import { invalid } from '@holdfast/errors'
import type { AccessRecorder, EventLog } from '@holdfast/event-log'
import type { Postgres, ReadScope } from '@holdfast/postgres'
import type { Projections } from '@holdfast/projections'
import { type EntryService, holdfast } from '@holdfast/proto'
import type { Call, Handlers } from '@holdfast/service'
import type { SourceDesk } from '../access/source-desk.ts'
import { EntryNotFound } from '../domain/errors.ts'
import { parsePlace, printPlace } from '../entries/cursor.ts'
import { detailsOf } from '../entries/details.ts'
import type { TrailName } from '../entries/position.ts'
import type { EntryChange } from '../objects/changes.ts'
import {
  type EntryRow,
  findEntries,
  findEntry,
  type SealedSource,
  sessionsFrom,
  sourcesOfSessions,
} from '../queries/entries.ts'
import type { EntryFilter } from '../queries/entry-filter.ts'
import type { SearchSizes } from '../queries/entry-search.ts'
import { parseEntryFilter } from './parse-entry-filter.ts'
import { printChangeOf, printEntry } from './print-entry.ts'

const permission = 'audit.log.read'
const defaultPage = 50
const maxPage = 500
const maxExport = 1_000
/** Of an answer: what of the log it is made of, and what it becomes. */
const maxBytes = 4 * 1024 * 1024

export interface EntryParts {
  readonly log: Pick<EventLog, 'read'>
  readonly postgres: Postgres
  readonly projections: () => Pick<Projections, 'reached'>
  readonly sources: SourceDesk
  readonly recorder: Pick<AccessRecorder, 'record'>
  /** 0 is without end. */
  readonly retentionMs: number
  readonly sizes?: SearchSizes
  /** ms since 1970. */
  readonly now: () => number
}

export function entryHandlers(parts: EntryParts): Handlers<typeof EntryService> {
  const { log, postgres, sources, retentionMs, now } = parts
  const sizes = parts.sizes ? { sizes: parts.sizes } : {}

  async function filterOf(
    asked: holdfast.audit.v1.EntryFilter.$Properties | null | undefined,
    call: Call,
  ): Promise<{ readonly filter: EntryFilter; readonly scope: ReadScope }> {
    const { organizationId, address, ...parsed } = parseEntryFilter(asked, {
      now: now(),
      retentionMs,
    })
    if (organizationId !== '') call.caller.require(permission, organizationId)
    const scope = { organizations: call.caller.organizations(permission) }
    const organizations = organizationId === '' ? scope.organizations : [organizationId]
    if (address === '') return { scope, filter: { ...parsed, organizations, source: undefined } }
    const tag = await sources.tagOf(address)
    const sessions = await sessionsFrom(postgres, tag, call.signal)
    return { scope, filter: { ...parsed, organizations, source: { tag, sessions } } }
  }

  /** Who reads the trail stands in the trail: what was asked, never what for. */
  function note(rpc: string, { caller }: Call, organizationId = ''): void {
    if (caller.kind !== 'user' || caller.userId === undefined) return
    const where = caller.organizations(permission)
    const only = where !== '*' && where.length === 1 ? where[0] : organizationId
    parts.recorder.record({
      action: 'audit_read',
      result: 'success',
      isFrequent: true,
      target: rpc,
      userId: caller.userId,
      ...(caller.sessionId === undefined ? {} : { sessionId: caller.sessionId }),
      ...(only ? { organizationId: only } : {}),
    })
  }

  async function print(rows: readonly EntryRow[], signal: AbortSignal) {
    const sessions = new Set(rows.flatMap((row) => (ownSource(row) ? [] : (row.session_id ?? []))))
    const ofSessions = await sourcesOfSessions(postgres, [...sessions], signal)
    const sealed = rows.map((row): SealedSource | undefined => {
      const source = ownSource(row) ?? ofSessions.get(row.session_id ?? '')
      return source && { ...source, userId: userOf(row) }
    })
    const known = sealed.flatMap((source) => source ?? [])
    const opened = new Map(
      (await sources.open(known)).map((text, at) => [known[at], text] as const),
    )
    return rows.map((row, at) => printEntry(row, opened.get(sealed[at]) ?? ''))
  }

  const details = async (rows: readonly EntryRow[]) => {
    const sequences = rows.flatMap(({ trail, sequence }) => (trail === 'log' ? [sequence] : []))
    if (sequences.length === 0) return new Map<bigint, ReturnType<typeof cutChanges>>()
    const last = sequences.reduce((a, b) => (a > b ? a : b))
    // What they were before is in another read model.
    await parts.projections().reached(last)
    const found = await detailsOf(log, postgres, sequences, maxBytes)
    return new Map(found.map(({ changes }, at) => [sequences[at] ?? 0n, cutChanges(changes)]))
  }

  return {
    async listEntries(request, call) {
      const { filter, scope } = await filterOf(request.filter, call)
      if (request.limit > maxPage) {
        const detail = `must be from 1 to ${maxPage}`
        throw invalid({ field: 'limit', code: 'out_of_range', detail })
      }
      const page = {
        after: parsePlace(request.cursor),
        limit: request.limit || defaultPage,
        isAscending: false,
        ...sizes,
      }
      note('ListEntries', call, request.filter?.organizationId ?? '')
      const { rows, nextCursor } = await findEntries(postgres, scope, filter, page, call.signal)
      return { entries: await print(rows, call.signal), nextCursor }
    },

    async getEntry(request, call) {
      const trail: TrailName | undefined = ([undefined, 'log', 'access'] as const)[request.trail]
      if (!trail) throw invalid({ field: 'trail', code: 'one_of', detail: 'must be log or access' })
      const { sequence } = request
      if (!Number.isSafeInteger(sequence) || sequence < 0) {
        throw invalid({ field: 'sequence', code: 'out_of_range', detail: 'must be below 2^53' })
      }
      note('GetEntry', call)
      const scope = { organizations: call.caller.organizations(permission) }
      const row = await findEntry(postgres, scope, trail, BigInt(sequence), call.signal)
      if (!row) throw EntryNotFound({ sequence: String(sequence) })
      const [entry] = await print([row], call.signal)
      const changes = (await details([row])).get(row.sequence)
      return { entry: { ...entry, changes: changes?.changes ?? [] } }
    },

    async exportEntries(request, call) {
      const { filter, scope } = await filterOf(request.filter, call)
      const page = {
        after: parsePlace(request.cursor),
        limit: maxExport,
        isAscending: true,
        ...sizes,
      }
      note('ExportEntries', call, request.filter?.organizationId ?? '')
      const { rows, nextCursor } = await findEntries(postgres, scope, filter, page, call.signal)
      const changes = await details(rows)
      const printed = await print(rows, call.signal)
      const entries: holdfast.audit.v1.Entry.$Properties[] = []
      let bytes = 0
      for (const [at, row] of rows.entries()) {
        const found = row.trail === 'log' ? changes.get(row.sequence) : undefined
        // Beyond what one answer is made of: the next begins here.
        const isCut = row.trail === 'log' && !found
        bytes += found?.bytes ?? 200
        if (entries.length > 0 && (isCut || bytes > maxBytes)) break
        entries.push({ ...printed[at], changes: found?.changes ?? [] })
      }
      const last = rows[entries.length - 1]
      const isWhole = entries.length === rows.length
      return { entries, nextCursor: isWhole ? nextCursor : last ? printPlace(last) : '' }
    },
  }
}

/** Who was recognized; the owner of the session, too. */
const userOf = (row: EntryRow): string | undefined =>
  (row.trail === 'access' ? row.user_id : row.actor_id) ?? undefined

const ownSource = (row: EntryRow): Omit<SealedSource, 'userId'> | undefined =>
  row.trail === 'access' && row.source_sealed
    ? { recordId: row.record_id, sealed: row.source_sealed }
    : undefined

/** As many changes of one commit as an answer holds; the entry's count says how many there are. */
function cutChanges(changes: readonly EntryChange[]): {
  readonly changes: holdfast.audit.v1.EntryChange.$Properties[]
  readonly bytes: number
} {
  const printed: holdfast.audit.v1.EntryChange.$Properties[] = []
  let bytes = 0
  for (const change of changes) {
    const message = printChangeOf(change)
    bytes += holdfast.audit.v1.EntryChange.encode(message).len + 4
    if (bytes > maxBytes && printed.length > 0) break
    printed.push(message)
  }
  return { changes: printed, bytes }
}
