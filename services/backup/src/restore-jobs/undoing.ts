import type { Actor } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { holdfast } from '@holdfast/proto'
import { organizationsFor } from '../queries/organizations.ts'
import type { Carried, ChangeKind, Counts } from '../restores/changes.ts'
import { findPlan, type Plan, planChanges } from '../restores/plan-store.ts'
import type { Restores, RestoreView } from '../restores/restores.ts'
import { RestoreJobLost } from './restore-job-errors.ts'
import type { RestoreJobRow } from './restore-job-store.ts'

type Section = holdfast.backup.v1.ImportSection.$Properties

export interface UndoWish {
  /** Of the job that undoes; the restore, or the plan, has it too. */
  readonly id: string
  /** The one that is to be undone. */
  readonly jobId: string
  /** The log before its first write. */
  readonly toSequence: bigint
  /** Empty: of the instance. */
  readonly organizationId: string
  readonly isDryRun: boolean
  readonly allowsWithoutRollback: boolean
  readonly actor: Actor
  readonly correlationId: string
}

/** How an undoing goes. */
export interface UndoStanding {
  readonly status: 'running' | 'completed' | 'failed' | 'interrupted'
  readonly progress: number
  /** Before the undoing itself: it can be undone too. */
  readonly rollbackSequence: number
  readonly failureCode: string
  readonly failureDetail: string
  readonly warnings: readonly string[]
  readonly sections: Section[]
  readonly endedAtUnixMs: number
}

/** Takes back what a restore job did: what its commits touched, and nothing else. */
export interface Undoing {
  begin(wish: UndoWish, signal: AbortSignal): Promise<void>
  standing(row: RestoreJobRow, isWhole: boolean): Promise<UndoStanding>
}

const nothing: UndoStanding = {
  status: 'running',
  progress: 0,
  rollbackSequence: 0,
  failureCode: '',
  failureDetail: '',
  warnings: [],
  sections: [],
  endedAtUnixMs: 0,
}

/** A row whose restore never began: its process ended in between. */
const lostMs = 60_000
const maxShown = 1_000

/** By a restore of the live instance to the moment before the job's first write (docs/restore.md). */
export function undoingBy(
  restores: Pick<Restores, 'begin' | 'plan' | 'get'>,
  postgres: Postgres,
): Undoing {
  return {
    async begin(wish, signal) {
      const { id, jobId, toSequence, organizationId, actor } = wish
      const organization = organizationId === '' ? {} : { organization: organizationId }
      // All of its commits name it.
      const scope = { ...{ id, toSequence, actor }, ...organization, touchedBy: `import ${jobId}` }
      if (wish.isDryRun) {
        await restores.plan(scope, 0, signal)
        return
      }
      const { allowsWithoutRollback, correlationId } = wish
      const reason = `undo of restore job ${jobId}`
      await restores.begin({ ...scope, reason, allowsWithoutRollback, correlationId }, signal)
    },

    async standing(row, isWhole) {
      if (row.isDryRun) {
        const plan = await findPlan(postgres, row.id)
        if (!plan) return lost(row)
        return { ...ofPlan(plan), sections: isWhole ? await planSections(postgres, plan) : [] }
      }
      const view = await restores.get(row.id)
      if (!view) return lost(row)
      return { ...ofRestore(view), sections: isWhole ? await sections(postgres, view) : [] }
    },
  }
}

function lost({ createdAtUnixMs }: RestoreJobRow): UndoStanding {
  if (Date.now() - createdAtUnixMs < lostMs) return nothing
  const { code, message } = RestoreJobLost({})
  return { ...nothing, status: 'failed', failureCode: code, failureDetail: message }
}

const ofPlan = (plan: Plan): UndoStanding => ({
  ...nothing,
  status: plan.state === 'ready' ? 'completed' : plan.state === 'failed' ? 'failed' : 'running',
  progress: plan.state === 'ready' ? 100 : 5,
  failureCode: plan.failureCode,
  failureDetail: plan.failureDetail,
  warnings: plan.warnings.map(({ detail }) => detail),
})

const ofRestore = (view: RestoreView): UndoStanding => ({
  ...nothing,
  status: view.status === 'pending' ? 'running' : view.status,
  progress: view.progress,
  rollbackSequence: Number(view.rollbackSequence),
  failureCode: view.failureCode,
  failureDetail: view.failureDetail,
  endedAtUnixMs: view.endedAtUnixMs,
})

async function planSections(postgres: Postgres, plan: Plan): Promise<Section[]> {
  const shown = await planChanges(postgres, plan.planId, {
    ...{ after: -1, limit: maxShown, change: '', kind: '' },
  })
  const carried = shown.map(({ change: { change, ...of } }) => ({ ...of, outcome: change }))
  const names = await organizationNames(postgres)
  return Object.entries(plan.kinds).map(([kind, counts]) =>
    section(
      kind,
      '',
      counts,
      carried.filter((one) => one.kind === kind),
      names,
    ),
  )
}

async function sections(postgres: Postgres, view: RestoreView): Promise<Section[]> {
  const names = await organizationNames(postgres)
  const carried = [...view.blocked, ...view.changed]
  return view.groups.map(({ kind, organizationId, counts }) => {
    const isOf = (one: Carried) => one.kind === kind && one.organizationId === organizationId
    return section(kind, names.get(organizationId) ?? '', counts, carried.filter(isOf), names)
  })
}

const organizationNames = async (postgres: Postgres): Promise<ReadonlyMap<string, string>> =>
  new Map((await organizationsFor(postgres, '')).map(({ id, name }) => [id, name]))

const words: Readonly<Record<ChangeKind | 'unchanged', string>> = {
  create: 'created',
  update: 'updated',
  delete: 'removed',
  blocked: 'refused',
  unchanged: 'unchanged',
}

const section = (
  name: string,
  organization: string,
  { create, update, delete: removed, blocked }: Counts,
  carried: readonly Carried[],
  names: ReadonlyMap<string, string>,
): Section => ({
  ...{ name, organization, removed },
  status: 'ok',
  records: create + update + removed + blocked,
  created: create,
  updated: update,
  refused: blocked,
  issues: carried.slice(0, 100).map((one, record) => ({
    ...{ record, section: name, name: one.name },
    organization: names.get(one.organizationId) ?? '',
    outcome: words[one.outcome],
    code: one.code,
    detail: one.reason,
  })),
})
