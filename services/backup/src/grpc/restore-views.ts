import { holdfast } from '@holdfast/proto'
import type { RestoreView } from '../queries/restores.ts'
import type { Carried, Counts, ObjectChange } from '../restores/changes.ts'
import { type Plan, plansKeptDays } from '../restores/plan-store.ts'

const { PlanStatus, RestoreStatus } = holdfast.backup.v1

const planStatus = {
  making: PlanStatus.PLAN_STATUS_MAKING,
  ready: PlanStatus.PLAN_STATUS_READY,
  failed: PlanStatus.PLAN_STATUS_FAILED,
} as const
const restoreStatus = {
  pending: RestoreStatus.RESTORE_STATUS_PENDING,
  running: RestoreStatus.RESTORE_STATUS_RUNNING,
  completed: RestoreStatus.RESTORE_STATUS_COMPLETED,
  failed: RestoreStatus.RESTORE_STATUS_FAILED,
} as const

const countsMessage = (counts: Counts) => ({ ...counts })

/** `hosts`: by name, of whoever may know. */
export const planMessage = (
  plan: Plan,
  hosts: readonly holdfast.backup.v1.PlanHost.$Properties[],
  laterCommits: number,
): holdfast.backup.v1.RestorePlan.$Properties => ({
  id: plan.planId,
  status: planStatus[plan.state],
  toSequence: Number(plan.toSequence),
  toUnixMs: plan.toUnixMs,
  headSequence: Number(plan.headSequence),
  scope: { only: [...plan.only], organizationId: plan.organizationId },
  digest: plan.digest,
  counts: countsMessage(plan.counts),
  kinds: Object.entries(plan.kinds)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, counts]) => ({ kind, counts: countsMessage(counts) })),
  hosts: [...hosts],
  warnings: [
    ...plan.warnings,
    ...(hosts.length > 0
      ? [
          {
            code: 'hosts',
            count: hosts.length,
            detail: `The configuration of ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'} changes.`,
          },
        ]
      : []),
    ...(laterCommits > 0
      ? [
          {
            code: 'later_changes',
            count: laterCommits,
            detail: `${laterCommits} ${laterCommits === 1 ? 'commit was' : 'commits were'} made after that restore ended; what they changed goes back as well.`,
          },
        ]
      : []),
  ],
  estimatedMs: plan.estimatedMs,
  isEstimateMeasured: plan.isMeasured,
  createdAtUnixMs: plan.createdAtUnixMs,
  expiresAtUnixMs: plan.createdAtUnixMs + plansKeptDays * 86_400_000,
  undoes: plan.undoes,
  failureCode: plan.failureCode,
  failureDetail: plan.failureDetail,
  actor: { kind: plan.actor.kind, id: plan.actor.id },
})

export const changeMessage = (change: ObjectChange): holdfast.backup.v1.PlanChange.$Properties => ({
  service: change.service,
  kind: change.kind,
  id: change.id,
  name: change.name,
  organizationId: change.organizationId,
  change: change.change,
  fields: [...change.fields],
  code: change.code,
  reason: change.reason,
})

const blockedMessage = (one: Carried): holdfast.backup.v1.PlanChange.$Properties => ({
  kind: one.kind,
  id: one.id,
  name: one.name,
  organizationId: one.organizationId,
  change: one.outcome,
  code: one.code,
  reason: one.reason,
})

export const restoreMessage = (view: RestoreView): holdfast.backup.v1.Restore.$Properties => ({
  id: view.id,
  status: restoreStatus[view.status],
  toSequence: Number(view.toSequence),
  scope: { only: [...view.only], organizationId: view.organizationId },
  reason: view.reason,
  actor: { kind: view.actorKind, id: view.actorId },
  planId: view.planId,
  digest: view.digest,
  undoes: view.undoes,
  undoneBy: view.undoneBy,
  rollbackSequence: Number(view.rollbackSequence),
  checkpointSize: Number(view.checkpointSize),
  isWithoutRollback: view.withoutRollback !== '',
  rollbackKeptUntilUnixMs: view.keptUntilUnixMs,
  progress: view.progress,
  step: view.step,
  counts: countsMessage(view.counts),
  blocked: view.blocked.map(blockedMessage),
  createdAtUnixMs: view.createdAtUnixMs,
  startedAtUnixMs: view.startedAtUnixMs,
  endedAtUnixMs: view.endedAtUnixMs,
  endedSequence: Number(view.endedSequence),
  failureCode: view.failureCode,
  failureDetail: view.failureDetail,
  isRolledBack: view.isRolledBack,
  attempts: view.attempts,
  trouble: view.trouble,
})
