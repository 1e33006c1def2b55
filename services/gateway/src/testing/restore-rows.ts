import { holdfast } from '@holdfast/proto'
import type { RouteRow } from './backup-rows.ts'

// What route-table.test.ts knows of restores on the live instance.

const id = 'f0b5a1de-0000-7000-8000-0000000000ff'
const v1 = holdfast.backup.v1
const point = new v1.RestorePoint({ sequence: 7, kind: 1, action: 'network.peer.removed' })
const plan = new v1.RestorePlan({
  id,
  status: 2,
  toSequence: 6,
  counts: { create: 1 },
  kinds: [{ kind: 'peer', counts: { create: 1 } }],
  hosts: [{ nodeId: id, name: 'gw', changes: 1 }],
})
const change = new v1.PlanChange({
  kind: 'peer',
  id,
  change: 'update',
  fields: [{ field: 'name', before: '"a"', after: '"b"' }],
})
const restore = new v1.Restore({ id, status: 2, blocked: [change], rollbackSequence: 9 })

export const restoreFakes = {
  restores: {
    listRestorePoints: async () => new v1.ListRestorePointsResponse({ points: [point] }),
    getRestorePoint: async () =>
      new v1.GetRestorePointResponse({
        point,
        counts: [{ kind: 'peer', count: 3 }],
        around: [point],
      }),
    verifyRestorePoint: async () =>
      new v1.VerifyRestorePointResponse({ sequence: 7, isGood: true, root: Buffer.alloc(32) }),
    createRestorePlan: async () => new v1.CreateRestorePlanResponse({ plan }),
    getRestorePlan: async () => new v1.GetRestorePlanResponse({ plan }),
    listPlanChanges: async () => new v1.ListPlanChangesResponse({ changes: [change] }),
    applyRestorePlan: async () => new v1.ApplyRestorePlanResponse({ restore }),
    listRestores: async () => new v1.ListRestoresResponse({ restores: [restore] }),
    getRestore: async () => new v1.GetRestoreResponse({ restore }),
    undoRestore: async ({ isDryRun }: holdfast.backup.v1.UndoRestoreRequest.$Properties) =>
      isDryRun ? new v1.UndoRestoreResponse({ plan }) : new v1.UndoRestoreResponse({ restore }),
    undoCommit: async () =>
      new v1.UndoCommitResponse({
        sequence: 8,
        commit: point,
        changes: [change],
        conflicts: [{ kind: 'peer', id, field: 'name', now: '"c"' }],
      }),
  },
}

export const restoreServices = { restores: 'RestoreService' } as const

export const restoreRows: readonly RouteRow[] = [
  [
    'GET',
    '/restores/points?kind=backup&q=nightly&from=2026-04-23T03:00:00Z',
    undefined,
    'restores.listRestorePoints',
    200,
  ],
  ['GET', '/restores/points/7', undefined, 'restores.getRestorePoint', 200],
  ['POST', '/restores/points/7/verify', undefined, 'restores.verifyRestorePoint', 200],
  ['POST', '/restores/plans', { before_sequence: '7' }, 'restores.createRestorePlan', 201],
  [
    'POST',
    '/restores/plans',
    { to_sequence: '7', only: ['peer'], organization_id: id },
    'restores.createRestorePlan',
    201,
  ],
  ['GET', `/restores/plans/${id}`, undefined, 'restores.getRestorePlan', 200],
  [
    'GET',
    `/restores/plans/${id}/changes?change=update&kind=peer`,
    undefined,
    'restores.listPlanChanges',
    200,
  ],
  ['POST', '/restores', { plan_id: id, reason: 'x' }, 'restores.applyRestorePlan', 202],
  ['GET', '/restores', undefined, 'restores.listRestores', 200],
  ['GET', `/restores/${id}`, undefined, 'restores.getRestore', 200],
  ['POST', `/restores/${id}/undo`, {}, 'restores.undoRestore', 202],
  ['POST', `/restores/${id}/undo`, { dry_run: true }, 'restores.undoRestore', 201],
  ['POST', '/undo', { sequence: '7', dry_run: true }, 'restores.undoCommit', 200],
]
