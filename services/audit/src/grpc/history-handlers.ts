import type { ObjectKind } from '@holdfast/catalogue'
import { isUuid } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { AccessRecorder, EventLog } from '@holdfast/event-log'
import { type PageWish, type Postgres, parsePage, sequenceOf, toPage } from '@holdfast/postgres'
import type { Projections } from '@holdfast/projections'
import type { HistoryService, holdfast } from '@holdfast/proto'
import type { Call, Handlers } from '@holdfast/service'
import { Fields, parseId } from '@holdfast/service'
import { ObjectNotFound } from '../domain/errors.ts'
import { authorsOf } from '../objects/authorship.ts'
import { blameObject } from '../objects/blame-object.ts'
import {
  type Differences,
  type DifferingObject,
  type DiffPosition,
  describeDifferences,
  differingObjects,
} from '../objects/diff-objects.ts'
import { findObject, nameOf, parseKind } from '../objects/find-object.ts'
import { deletingAction, listVersions } from '../objects/list-versions.ts'
import { forever } from '../objects/read-states.ts'

const permission = 'audit.log.read'
const maxPage = 500
const maxDiffPage = 1_000
const defaultDiffPage = 100

export interface HistoryParts {
  readonly log: Pick<EventLog, 'safeHead'>
  readonly postgres: Postgres
  readonly projections: () => Pick<Projections, 'reached'>
  /** Told who reads the history. */
  readonly recorder: Pick<AccessRecorder, 'record'>
}

export function historyHandlers(parts: HistoryParts): Handlers<typeof HistoryService> {
  const { log, postgres } = parts

  const scopeOf = ({ caller }: Call) => ({ organizations: caller.organizations(permission) })

  /** Who reads history stands in ACCESS: what was asked, never what for. */
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

  return {
    async listVersions(request, call) {
      const wish = parsePage(request.limit, request.cursor, maxPage)
      const before = wish.after && sequenceOf(wish.after)
      const kind = parseKind(request.kind, 'kind')
      const { target, found } = await postgres.read(
        scopeOf(call),
        async (tx) => {
          const object = await findObject(tx, request.object, kind, present)
          const name = await nameOf(tx, object)
          return {
            target: { ...object, name },
            found: await listVersions(tx, object, before, wish.limit + 1),
          }
        },
        { signal: call.signal },
      )
      const authorOf = await authorsOf(
        postgres,
        found.map(({ sequence }) => sequence),
      )
      note('ListVersions', call)
      const { rows, nextCursor } = toPage(found, wish, ({ sequence }) => ({
        key: sequence.toString(),
        id: target.id,
      }))
      return {
        target,
        versions: rows.map(({ number, sequence, kind: change, fields, action }) => {
          const { by, actions } = authorOf(sequence)
          const done = action || deletingAction(target.kind, actions)
          return { number, by, kind: change, action: done, fields: [...fields] }
        }),
        nextCursor,
      }
    },

    async getBlame(request, call) {
      const kind = parseKind(request.kind, 'kind')
      const at = call.at ?? present
      const blame = await postgres.read(
        scopeOf(call),
        async (tx) => await blameObject(tx, await findObject(tx, request.object, kind, at), at),
        { signal: call.signal },
      )
      if (!blame) throw ObjectNotFound({ object: request.object.slice(0, 60) })
      const { state, isDeleted, fields } = blame
      const authorOf = await authorsOf(
        postgres,
        fields.map(({ sequence }) => sequence),
      )
      note('GetBlame', call, state.organizationId)
      return {
        target: { kind: state.kind, id: state.id, name: state.name },
        organizationId: state.organizationId ?? '',
        isDeleted,
        fields: fields.map(({ field, value, sequence, previous }) => ({
          field,
          value,
          previous,
          by: authorOf(sequence).by,
        })),
      }
    },

    async diffObjects(request, call) {
      const asked = parseDiff(request)
      const { organizationId, kinds } = asked
      if (organizationId !== undefined) call.caller.require(permission, organizationId)
      const { after, to: pinned } = parseDiffCursor(asked.page)
      const head = await log.safeHead()
      const to = pinned ?? (asked.to === 0n ? head : asked.to)
      checkSpan(asked.from, to, head)
      await parts.projections().reached(to, call.signal)
      const span = { from: asked.from, to }
      const { found, objects } = await postgres.read(
        scopeOf(call),
        async (tx) => {
          const found = await differingObjects(
            tx,
            span,
            { organizationId, kinds },
            after,
            asked.page.limit,
            { unscoped: postgres },
          )
          const shown = found.page.slice(0, asked.page.limit)
          return { found, objects: await describeDifferences(tx, span, shown) }
        },
        { signal: call.signal },
      )
      const authorOf = await authorsOf(
        postgres,
        objects.map(({ sequence }) => sequence),
      )
      note('DiffObjects', call, organizationId)
      return {
        objects: objects.map((object) => ({
          target: { kind: object.kind, id: object.id, name: object.name },
          organizationId: object.organizationId ?? '',
          change: object.change,
          fields: [...object.fields],
          by: authorOf(object.sequence).by,
          commits: Number(object.commits),
        })),
        nextCursor: toPage(found.page, asked.page, (last) => diffPosition(last, to)).nextCursor,
        counts: countsByKind(found),
        toSequence: Number(to),
        isCut: found.isCut,
      }
    },
  }
}

/** Later than any commit, and before `forever`: what holds now. */
const present = forever - 1n

function parseDiff(request: holdfast.audit.v1.DiffObjectsRequest) {
  const fields = new Fields()
  const sequence = (value: number, field: string) =>
    fields.integer(value, field, 0, Number.MAX_SAFE_INTEGER)
  const from = sequence(request.fromSequence, 'from_sequence')
  const to = sequence(request.toSequence, 'to_sequence')
  const organizationId = fields.takeOptional(parseId, request.organizationId, 'organization_id')
  if (request.kinds.length > 50) fields.add('kinds', 'too_many', 'takes 50 at most')
  fields.check()
  return {
    from: BigInt(from),
    to: BigInt(to),
    organizationId: organizationId || undefined,
    kinds: request.kinds.flatMap((kind) => parseKind(kind, 'kinds') ?? []),
    page: parsePage(request.limit || defaultDiffPage, request.cursor, maxDiffPage),
  }
}

function checkSpan(from: bigint, to: bigint, head: bigint): void {
  if (to > head) {
    const detail = `the log ends at ${head}`
    throw invalid({ field: 'to_sequence', code: 'out_of_range', detail })
  }
  if (from > to) {
    const detail = 'must not be beyond to_sequence'
    throw invalid({ field: 'from_sequence', code: 'range_reversed', detail })
  }
}

/** Also the end of the span: `now` stays what it was on the first page. */
const diffPosition = ({ kind, name, id }: DifferingObject, to: bigint) => ({
  key: `${to} ${kind} ${name}`,
  id,
})

function parseDiffCursor({ after }: PageWish): {
  readonly after: DiffPosition | undefined
  readonly to: bigint | undefined
} {
  if (!after) return { after: undefined, to: undefined }
  const [, to = '', kind = '', name = ''] =
    /^([0-9]{1,18}) ([a-z_]{1,40}) (.*)$/s.exec(after.key) ?? []
  if (to === '' || !isUuid(after.id)) {
    const detail = 'is not a cursor of this list: start again without one'
    throw invalid({ field: 'cursor', code: 'cursor_invalid', detail })
  }
  // as: a kind we do not know compares as text all the same
  return { after: { kind: kind as ObjectKind, name, id: after.id }, to: BigInt(to) }
}

function countsByKind({ counts }: Differences): holdfast.audit.v1.DiffCount.$Properties[] {
  const byKind = new Map<string, { created: number; changed: number; deleted: number }>()
  for (const { kind, change, objects } of counts) {
    const known = byKind.get(kind) ?? { created: 0, changed: 0, deleted: 0 }
    byKind.set(kind, { ...known, [change]: Number(objects) })
  }
  return [...byKind].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, of]) => ({ kind, ...of }))
}
