import { type CommandId, isUuid } from '@holdfast/domain'
import { type FieldError, invalid } from '@holdfast/errors'
import {
  type Actor,
  actorKinds,
  authenticationMethods,
  type CommandContext,
  type EventLog,
} from '@holdfast/event-log'
import { type CompensationService, holdfast } from '@holdfast/proto'
import type { Answer, Call, Handlers } from '@holdfast/service'
import { type Applied, applySteps } from './apply.ts'
import type { AnyCompensable } from './compensable.ts'
import type { Kinds } from './history.ts'
import { changesOf, type PlannedObject, type Scope } from './plan.ts'
import { PlanShelf } from './plan-shelf.ts'
import { showChanges, showPath, showValue } from './show.ts'
import { applyUndo, planUndo, type Undo, type UndoTools } from './undo.ts'

export interface CompensationParts {
  readonly log: Pick<EventLog, 'subscribe' | 'history' | 'record' | 'read' | 'safeHead'>
  /** In the order in which they are brought back. At least one, and all of one service. */
  readonly compensables: readonly AnyCompensable[]
  /** ms since 1970. */
  readonly now: () => number
}

const phase = holdfast.ops.v1.CompensationPhase
type Message = typeof CompensationService

const defaultChanges = 500
const maxChanges = 2_000
/** Of a page of changes; a message has 32 MiB. */
const maxPageBytes = 8 * 1024 * 1024
const defaultObjects = 200
const maxObjects = 1_000
const maxReason = 500

/** What a service with compensables serves. */
export function compensationHandlers(parts: CompensationParts): Handlers<Message> {
  const { log, now } = parts
  const kinds = kindsOf(parts.compensables)
  const tools: UndoTools = { log, kinds, now }
  const shelf = new PlanShelf({ log, kinds, compensables: parts.compensables, now })

  return {
    listCompensables: () => ({
      kinds: parts.compensables.map(({ kind, members, after }) => ({
        kind,
        members: Object.values(members ?? {}).map((member) => member.kind),
        after: [...after],
      })),
    }),

    async planCompensation({ scope, cursor, limit }, call) {
      const from = planCursorOf(cursor)
      const named = parseScope(scope, parts.compensables)
      const head = named.head || from.head || (await log.safeHead())
      const wanted = { ...named, head }
      requireReached(wanted, await log.safeHead())
      const plan = await shelf.plan(wanted, call.signal)
      const page = pageOfChanges(
        plan.objects,
        from,
        limit === 0 ? defaultChanges : Math.min(limit, maxChanges),
      )
      return {
        changes: page.changes,
        nextCursor: page.next && `${head}.${page.next}`,
        headSequence: Number(head),
        digest: plan.digest,
        objects: plan.objects.length,
        commits: plan.commits,
      }
    },

    async applyCompensation(request, call) {
      const scope = parseScope(request.scope, parts.compensables)
      const { cursor, limit } = request
      const first = /^\d{0,9}$/.test(cursor) ? Number(cursor) : -1
      const context = workOf(call, request.restoreId, 'restore_id', request.actor, request.reason)
      const isRemove = request.phase === phase.COMPENSATION_PHASE_REMOVE
      const faults: FieldError[] = []
      if (first < 0) faults.push(cursorFault)
      if (!isRemove && request.phase !== phase.COMPENSATION_PHASE_BRING) {
        faults.push({ field: 'phase', code: 'required', detail: 'must be named' })
      }
      if (scope.head === 0n) {
        faults.push({ field: 'scope.head_sequence', code: 'required', detail: 'must be named' })
      }
      if (faults.length > 0) throw invalid(...faults)
      requireReached(scope, await log.safeHead())
      const most = limit === 0 ? defaultObjects : Math.min(limit, maxObjects)
      const { applied, total } = await shelf.exclusively(scope, call.signal, (plan) =>
        applySteps(
          { log, now },
          plan,
          isRemove ? 'remove' : 'bring',
          { first, limit: most },
          context,
        ),
      )
      const last = applied.reduce((most, { sequence }) => (sequence > most ? sequence : most), 0n)
      if (last > 0n) call.committed(last)
      return {
        objects: applied.map(printApplied),
        nextCursor: first + most < total ? `${first + most}` : '',
        lastSequence: Number(last),
        total,
      }
    },

    async planUndo({ sequence, actorId }, call) {
      const undo = await planUndo(tools, BigInt(sequence), actorId, call.signal)
      const { one, id, name, organizationId, obstacle } = undo
      return {
        changes: printUndo(undo),
        conflicts: undo.conflicts.map((conflict) => {
          const { path } = conflict
          return {
            field: showPath(path),
            before: showValue(one, path, conflict.before),
            after: showValue(one, path, conflict.made),
            now: showValue(one, path, conflict.now),
            sequence: Number(conflict.sequence),
            atUnixMs: conflict.atUnixMs,
            actor: printActor(conflict.actor),
          }
        }),
        digest: undo.digest,
        kind: one.kind,
        id: objectIdOf(id),
        name,
        organizationId,
        code: obstacle?.code ?? '',
        detail: obstacle?.message ?? '',
      }
    },

    async applyUndo(request, call) {
      const context = workOf(call, request.undoId, 'undo_id', request.actor, request.reason)
      const digest = request.digest.length > 0 ? request.digest : undefined
      const { sequence, undo } = await applyUndo(tools, BigInt(request.sequence), digest, context)
      if (sequence > 0n) call.committed(sequence)
      return { sequence: Number(sequence), changes: printUndo(undo) }
    },
  }
}

function kindsOf(compensables: readonly AnyCompensable[]): Kinds {
  const byType = new Map(compensables.map((one) => [one.aggregate.type, one]))
  const contexts = new Set(compensables.map((one) => one.aggregate.context))
  const [context] = contexts
  if (context === undefined || contexts.size > 1 || byType.size < compensables.length) {
    throw new Error('compensables are those of one service, each aggregate once')
  }
  const ranks = new Map(compensables.map((one, rank) => [one, rank]))
  for (const [rank, { kind, after }] of compensables.entries()) {
    const early = compensables.slice(0, rank).map((one) => one.kind)
    const missing = after.find((other) => !early.includes(other))
    if (missing !== undefined) throw new Error(`${kind} comes after ${missing}`)
  }
  return {
    context,
    rank: (one) => ranks.get(one) ?? 0,
    of: (aggregateType) => byType.get(aggregateType),
  }
}

const cursorFault: FieldError = {
  field: 'cursor',
  code: 'cursor_invalid',
  detail: 'is not one of this list',
}

function parseScope(
  scope: holdfast.ops.v1.CompensationScope.$Properties | null | undefined,
  compensables: readonly AnyCompensable[],
): Scope {
  if (!scope) throw invalid({ field: 'scope', code: 'required', detail: 'must not be empty' })
  const { toSequence, headSequence, kinds, organizationId, touchedBy, actorId } =
    new holdfast.ops.v1.CompensationScope(scope)
  const known = new Set<string>(
    compensables.flatMap(({ kind, members }) => [
      kind,
      ...Object.values(members ?? {}).map((member) => member.kind),
    ]),
  )
  const faults = kinds.flatMap((kind, at) =>
    known.has(kind)
      ? []
      : [{ field: `scope.kinds[${at}]`, code: 'unknown', detail: 'is no kind of this service' }],
  )
  if (organizationId !== '' && !isUuid(organizationId)) {
    faults.push({ field: 'scope.organization_id', code: 'id_invalid', detail: 'is not an id' })
  }
  if (faults.length > 0) throw invalid(...faults)
  return {
    to: BigInt(toSequence),
    head: BigInt(headSequence),
    kinds: [...new Set(kinds)].sort(),
    organizationId,
    touchedBy,
    actorId,
  }
}

/** A plan up to what may still vanish would be a plan for another history. */
function requireReached({ to, head }: Scope, safe: bigint): void {
  const late = (field: string): FieldError => ({
    field: `scope.${field}`,
    code: 'not_reached',
    detail: `must be ${safe} at most: the log goes no further`,
  })
  if (head > safe) throw invalid(late('head_sequence'))
  if (to > head) throw invalid(late('to_sequence'))
}

interface PlanCursor {
  readonly head: bigint
  readonly object: number
  readonly row: number
}

function planCursorOf(cursor: string): PlanCursor {
  if (cursor === '') return { head: 0n, object: 0, row: 0 }
  const [, head, object, row] = /^(\d{1,15})\.(\d{1,9})\.(\d{1,9})$/.exec(cursor) ?? []
  if (head === undefined) throw invalid(cursorFault)
  return { head: BigInt(head), object: Number(object), row: Number(row) }
}

type Change = NonNullable<Answer<Message['planCompensation']>['changes']>[number]

/** Some rows of a plan. `next` is empty at its end. */
function pageOfChanges(
  objects: readonly PlannedObject[],
  from: PlanCursor,
  limit: number,
): { readonly changes: Change[]; readonly next: string } {
  const changes: Change[] = []
  let bytes = 0
  let { row } = from
  for (let at = from.object; at < objects.length; at++, row = 0) {
    const object = objects[at]
    const rows = object ? changesOf(object) : []
    for (; row < rows.length; row++) {
      if (changes.length >= limit || bytes > maxPageBytes) return { changes, next: `${at}.${row}` }
      const shown = rows[row]
      if (!object || !shown) continue
      const printed = printChange(object, shown, object.obstacle)
      const isTold = row === 0 && !object.obstacle
      const change = isTold ? { ...printed, detail: object.notes.join(' ') } : printed
      bytes += JSON.stringify(change).length
      changes.push(change)
    }
  }
  return { changes, next: '' }
}

const objectIdOf = (aggregateId: string): string => aggregateId.split('.').at(-1) ?? aggregateId

function printChange(
  { id, organizationId }: Pick<PlannedObject, 'id' | 'organizationId'>,
  { change, fields, ...shown }: ReturnType<typeof changesOf>[number],
  obstacle: PlannedObject['obstacle'],
): Change {
  return {
    ...shown,
    change: obstacle ? 'blocked' : change,
    fields: [...fields],
    aggregateId: id,
    organizationId,
    code: obstacle?.code ?? '',
    detail: obstacle?.message ?? '',
  }
}

const printUndo = (undo: Undo): Change[] =>
  [...showChanges(undo.one, undo.id, undo.now, undo.target)].map((shown) =>
    printChange(undo, shown, undo.obstacle),
  )

const printApplied = ({ object, outcome, sequence, obstacle }: Applied) => ({
  kind: object.one.kind,
  id: objectIdOf(object.id),
  name: object.name,
  organizationId: object.organizationId,
  outcome,
  sequence: Number(sequence),
  code: obstacle?.code ?? '',
  detail: obstacle?.message ?? '',
})

const printActor = ({ kind, id, method, sessionId }: Actor) => ({
  kind: actorKinds.indexOf(kind) + 1,
  id,
  method: method === undefined ? 0 : authenticationMethods.indexOf(method) + 1,
  sessionId: sessionId ?? '',
})

/** The context of a work's commits: in the name of a person, and naming the work as their cause. */
function workOf(
  call: Call,
  workId: string,
  field: string,
  actor: holdfast.log.v1.Actor.$Properties | null | undefined,
  reason: string,
): CommandContext {
  const { kind: kindNumber = 0, id = '', method: methodNumber = 0, sessionId = '' } = actor ?? {}
  const kind = actorKinds[(kindNumber ?? 0) - 1]
  const method = authenticationMethods[(methodNumber ?? 0) - 1]
  const faults: FieldError[] = []
  if (!isUuid(workId)) faults.push({ field, code: 'id_invalid', detail: 'is not an id' })
  if (!kind || !id) {
    faults.push({ field: 'actor', code: 'required', detail: 'must say who asked for it' })
  }
  if (reason.length > maxReason) {
    const detail = `must have ${maxReason} characters at most`
    faults.push({ field: 'reason', code: 'too_long', detail })
  }
  if (faults.length > 0 || !kind || !id) throw invalid(...faults)
  const { requestHash: _, expectedRevision: __, organizationId: ___, ...rest } = call.command()
  return {
    ...rest,
    commandId: workId as CommandId, // as: an id, checked above
    isKeyed: false,
    actor: {
      kind,
      id,
      ...(method === undefined ? {} : { method }),
      ...(sessionId ? { sessionId } : {}),
    },
    correlationId: workId,
    causationId: workId,
    reason,
  }
}
