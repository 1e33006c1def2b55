import { CommitNotFound, NotCompensable } from '@holdfast/compensation'
import { isUuid, uuidV5 } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { Commit, EventLog } from '@holdfast/event-log'
import { type Postgres, parsePage } from '@holdfast/postgres'
import {
  type EntryService,
  type HistoryService,
  holdfast,
  type NodeService,
  type RestoreService,
} from '@holdfast/proto'
import { AccessDenied, type Call, type Client, Fields, type Handlers } from '@holdfast/service'
import { actorMessage } from '../codecs/actor.ts'
import { RestoreNotFound, RestorePointNotFound } from '../domain/restore-errors.ts'
import { findBackup } from '../queries/backups.ts'
import { findRestore, listRestores } from '../queries/restores.ts'
import {
  askingUser,
  changeKinds,
  type RestoreService as Owner,
  restoreServices,
} from '../restores/changes.ts'
import { type CompensationClient, changeFrom } from '../restores/compensators.ts'
import { planHosts } from '../restores/plan-hosts.ts'
import { type Plan, planChanges } from '../restores/plan-store.ts'
import { kindActions, pointOfCommit, pointOfEntry } from '../restores/points.ts'
import { planOf, type Restores } from '../restores/restores.ts'
import { type VerifyParts, verifyPoint } from '../restores/verify-point.ts'
import { changeMessage, planMessage, restoreMessage } from './restore-views.ts'
import { isOfInstance } from './scope.ts'

export interface RestoreHandlerParts {
  readonly log: EventLog
  readonly postgres: Postgres
  readonly restores: Restores
  readonly services: Readonly<Record<Owner, CompensationClient>>
  readonly entries: Pick<Client<typeof EntryService>, 'listEntries'>
  readonly history: Pick<Client<typeof HistoryService>, 'diffObjects'>
  readonly nodes: Pick<Client<typeof NodeService>, 'listNodes'>
  readonly verify: Omit<VerifyParts, 'log'>
  /** Read models include all there is. */
  catchUpToHead(): Promise<unknown>
}

const { Trail } = holdfast.audit.v1
type PointMessage = holdfast.backup.v1.RestorePoint.$Properties

const maxListed = 200
const maxChanges = 1_000
const maxReason = 500
const maxOnly = 50
const around = 5n
/** Making a plan mostly takes less; whoever waits longer asks again. */
const planPatienceMs = 20_000
const undoMs = 120_000

export function restoreHandlers(parts: RestoreHandlerParts): Handlers<typeof RestoreService> {
  const { log, postgres, restores, services } = parts

  async function commitAt(sequence: number): Promise<Commit> {
    const head = await log.safeHead()
    const isThere = Number.isSafeInteger(sequence) && sequence >= 1 && BigInt(sequence) <= head
    const commit = isThere ? await log.read(BigInt(sequence)) : undefined
    if (!commit) throw RestorePointNotFound({ sequence: `${sequence}`, head: `${head}` })
    return commit
  }

  /** What a backup holds is not where its completion stands. */
  async function withHeld(point: PointMessage): Promise<PointMessage> {
    if (point.action !== 'backup.backup.completed') return point
    const scope = { organizations: '*' } as const
    const backup = await findBackup(postgres, scope, point.objectId ?? '')
    return backup ? { ...point, holdsSequence: Number(backup.sequence) } : point
  }

  async function shownPlan(plan: Plan, call: Call) {
    const hosts = await planHosts(parts.nodes, plan.reach, call.accessToken, call.signal)
    return planMessage(plan, hosts, await laterCommits(plan))
  }

  /** An undo takes along what was done since. */
  async function laterCommits({ undoes, state, headSequence }: Plan): Promise<number> {
    if (undoes === '' || state !== 'ready') return 0
    const undone = await findRestore(postgres, undoes)
    return undone ? Math.max(0, Number(headSequence - undone.endedSequence)) : 0
  }

  async function restoreOf(id: string) {
    const view = isUuid(id) ? await findRestore(postgres, id) : undefined
    if (!view) throw RestoreNotFound({ restore: id.slice(0, 40) })
    return view
  }

  return {
    async listRestorePoints(request, call) {
      requireInstance(call)
      const found = await parts.entries.listEntries(
        {
          filter: {
            trail: Trail.TRAIL_LOG,
            actions: [...(kindActions.get(request.kind) ?? [])],
            organizationId: request.organizationId,
            fromUnixMs: request.fromUnixMs,
            toUnixMs: request.toUnixMs,
            query: request.query,
          },
          limit: parsePage(request.limit, '', maxListed).limit,
          cursor: request.cursor,
        },
        asCaller(call),
      )
      return {
        points: await Promise.all(found.entries.map((entry) => withHeld(pointOfEntry(entry)))),
        nextCursor: found.nextCursor,
      }
    },

    async getRestorePoint({ sequence }, call) {
      requireInstance(call)
      const commit = await commitAt(sequence)
      const head = await log.safeHead()
      const first = commit.sequence > around ? commit.sequence - around : 1n
      const last = commit.sequence + around < head ? commit.sequence + around : head
      const sequences = Array.from(
        { length: Number(last - first) + 1 },
        (_, i) => first + BigInt(i),
      )
      const [near, counted] = await Promise.all([
        Promise.all(sequences.map((at) => log.read(at))),
        parts.history.diffObjects(
          { fromSequence: 0, toSequence: sequence, limit: 1 },
          asCaller(call),
        ),
      ])
      return {
        point: await withHeld(pointOfCommit(commit)),
        counts: counted.counts.map((one) => ({ kind: one.kind ?? '', count: one.created ?? 0 })),
        isCut: counted.isCut,
        around: near.flatMap((one) => (one ? [pointOfCommit(one)] : [])),
        headSequence: Number(head),
      }
    },

    async verifyRestorePoint({ sequence }, call) {
      requireInstance(call)
      const upTo = sequence === 0 ? await log.safeHead() : (await commitAt(sequence)).sequence
      const found = await verifyPoint({ ...parts.verify, log }, upTo, call.signal)
      return {
        sequence: Number(upTo),
        isGood: found.findings.length === 0,
        findings: [...found.findings],
        commits: Number(found.commits),
        checkpointSize: Number(found.checkpointSize),
        root: found.root,
        archiveKeyFingerprint: found.archiveKeyFingerprint,
        keyFingerprint: found.keyFingerprint,
        keysOpen: found.keysOpen,
        tookMs: found.tookMs,
      }
    },

    async createRestorePlan({ toSequence, scope }, call) {
      requireInstance(call)
      const commit = await commitAt(toSequence)
      const plan = await restores.plan(
        {
          id: uuidV5(call.commandId, 'plan'),
          toSequence: commit.sequence,
          ...parseScope(scope),
          actor: call.caller.actor,
        },
        planPatienceMs,
        call.signal,
      )
      return { plan: await shownPlan(plan, call) }
    },

    async getRestorePlan({ id }, call) {
      requireInstance(call)
      return { plan: await shownPlan(await planOf(postgres, id), call) }
    },

    async listPlanChanges(request, call) {
      requireInstance(call)
      const { change, kind, cursor } = request
      const fields = new Fields()
      if (request.limit > maxChanges) fields.integer(request.limit, 'limit', 1, maxChanges)
      if (change !== '' && !changeKinds.some((one) => one === change))
        fields.add('change', 'unknown', `must be one of ${changeKinds.join(', ')}`)
      if (kind.length > 64 || kind.includes('\0')) fields.add('kind', 'malformed', 'is no kind')
      if (!/^\d{0,9}$/.test(cursor))
        fields.add('cursor', 'cursor_invalid', 'is not a cursor of this list')
      fields.check()
      const { planId } = await planOf(postgres, request.id)
      const limit = request.limit || 100
      const after = cursor === '' ? -1 : Number(cursor)
      const found = await planChanges(postgres, planId, { after, limit, change, kind })
      const shown = found.slice(0, limit)
      return {
        changes: shown.map((one) => changeMessage(one.change)),
        nextCursor: found.length > limit ? `${shown.at(-1)?.place ?? ''}` : '',
      }
    },

    async applyRestorePlan({ planId, reason, allowWithoutRollback }, call) {
      requireInstance(call)
      const id = await restores.apply(
        planId,
        { ...askedBy(call, reason), allowsWithoutRollback: allowWithoutRollback },
        call.signal,
      )
      return { restore: restoreMessage(await restoreOf(id)) }
    },

    async listRestores({ limit, cursor }, call) {
      requireInstance(call)
      await parts.catchUpToHead()
      const page = await listRestores(postgres, parsePage(limit, cursor, maxListed))
      return { restores: page.rows.map(restoreMessage), nextCursor: page.nextCursor }
    },

    async getRestore({ id }, call) {
      requireInstance(call)
      return { restore: restoreMessage(await restoreOf(id)) }
    },

    async undoRestore({ id, reason, isDryRun, allowWithoutRollback }, call) {
      requireInstance(call)
      await parts.catchUpToHead()
      const undone = await restoreOf(id)
      const wish = await restores.undoing(undone.id)
      if (isDryRun) {
        const planned = { ...wish, id: uuidV5(call.commandId, 'plan'), actor: call.caller.actor }
        const plan = await restores.plan(planned, planPatienceMs, call.signal)
        return { plan: await shownPlan(plan, call) }
      }
      const begun = await restores.begin(
        { ...wish, ...askedBy(call, reason), allowsWithoutRollback: allowWithoutRollback },
        call.signal,
      )
      return { restore: restoreMessage(await restoreOf(begun)) }
    },

    async undoCommit({ sequence, isDryRun, reason }, call) {
      requireInstance(call)
      const commit = await commitAt(sequence)
      const service = restoreServices.find((one) => one === commit.context)
      if (!service) {
        if (commit.context === '') throw CommitNotFound({ sequence: commit.sequence })
        throw NotCompensable({ sequence: commit.sequence, kind: commit.aggregateType })
      }
      const client = services[service]
      const point = pointOfCommit(commit)
      const options = { signal: call.signal, timeoutMs: undoMs }
      const changesOf = (changes: readonly holdfast.ops.v1.CompensationChange.$Properties[]) =>
        changes.map((change) => changeMessage(changeFrom(service, change)))
      if (isDryRun) {
        const plan = await client.planUndo(
          { sequence, actorId: askingUser(call.caller.actor) },
          options,
        )
        const blocked = plan.code === '' ? [] : [blockedUndo(service, plan)]
        return {
          commit: point,
          changes: [...changesOf(plan.changes), ...blocked],
          conflicts: plan.conflicts.map((conflict) => conflictMessage(plan, conflict)),
        }
      }
      const { reason: why } = askedBy(call, reason)
      const done = await client.applyUndo(
        {
          undoId: uuidV5(call.commandId, 'undo'),
          sequence,
          actor: actorMessage(call.caller.actor),
          reason: `undo of ${sequence}${why === '' ? '' : `: ${why}`}`.slice(0, maxReason),
        },
        options,
      )
      if (done.sequence > 0) call.committed(BigInt(done.sequence))
      return { sequence: done.sequence, commit: point, changes: changesOf(done.changes) }
    },
  }
}

function blockedUndo(
  service: Owner,
  plan: holdfast.ops.v1.PlanUndoResponse,
): holdfast.backup.v1.PlanChange.$Properties {
  const { kind, id, name, organizationId, code, detail } = plan
  return { service, kind, id, name, organizationId, change: 'blocked', code, reason: detail }
}

const conflictMessage = (
  { kind, id, name }: holdfast.ops.v1.PlanUndoResponse,
  conflict: holdfast.ops.v1.UndoConflict.$Properties,
): holdfast.backup.v1.UndoConflict.$Properties => ({
  ...{ kind, id, name },
  field: conflict.field ?? '',
  before: conflict.before ?? '',
  made: conflict.after ?? '',
  now: conflict.now ?? '',
  bySequence: conflict.sequence ?? 0,
  by: actorOf(conflict.actor),
})

function actorOf(m: holdfast.log.v1.Actor.$Properties | null | undefined) {
  const kinds = ['', 'user', 'api_key', 'service', 'node']
  return { kind: kinds[m?.kind ?? 0] ?? '', id: m?.id ?? '' }
}

const asCaller = ({ accessToken, signal, minSequence }: Call) => ({
  signal,
  ...(accessToken === undefined ? {} : { accessToken }),
  ...(minSequence === undefined ? {} : { minSequence }),
})

/** All of it concerns every organization. */
function requireInstance(call: Call): void {
  if (!isOfInstance(call, 'backup.restore')) throw AccessDenied({ permission: 'backup.restore' })
}

/** The same restore when the same request comes again. */
function askedBy(call: Call, reason: string) {
  if (reason.length > maxReason || reason.includes('\0')) {
    const detail = `must have ${maxReason} characters at most`
    throw invalid({ field: 'reason', code: 'too_long', detail })
  }
  return {
    id: uuidV5(call.commandId, 'restore'),
    reason: reason || (call.command().reason ?? ''),
    actor: call.caller.actor,
    correlationId: call.correlationId,
  }
}

function parseScope(scope: holdfast.backup.v1.RestoreScope.$Properties | null | undefined) {
  const only = [...new Set(scope?.only ?? [])]
  const organization = scope?.organizationId ?? ''
  const fields = new Fields()
  if (only.length > maxOnly) fields.add('only', 'too_many', `takes ${maxOnly} at most`)
  if (only.some((word) => !/^[a-z_]{1,64}$/.test(word)))
    fields.add('only', 'malformed', 'are kinds of objects and names of services')
  if (organization !== '' && !isUuid(organization))
    fields.add('organization_id', 'malformed', 'must be a UUID')
  fields.check()
  return { only, organization }
}
