import type { Actor } from '@holdfast/event-log'

/** Services that keep objects, in the order in which things are brought back: what others need comes first. */
export const restoreServices = ['auth', 'network', 'rules', 'notify', 'backup'] as const
export type RestoreService = (typeof restoreServices)[number]

export const changeKinds = ['create', 'update', 'delete', 'blocked'] as const
export type ChangeKind = (typeof changeKinds)[number]

export interface ChangedField {
  /** snake_case, dotted when nested. */
  readonly field: string
  /** JSON; empty: absent. */
  readonly before: string
  readonly after: string
}

/** What a restore does to one object, or would. */
export interface ObjectChange {
  readonly service: RestoreService
  readonly kind: string
  readonly id: string
  /** Empty for people. */
  readonly name: string
  readonly organizationId: string
  /** As in its subject: `<node>.<interface>`. */
  readonly aggregateId: string
  readonly change: ChangeKind
  readonly fields: readonly ChangedField[]
  /** Why it is blocked: a code, and for people. */
  readonly code: string
  readonly reason: string
}

export type Counts = Readonly<Record<ChangeKind, number>>

export const noCounts: Counts = { create: 0, update: 0, delete: 0, blocked: 0 }

export const addCounts = (a: Counts, b: Counts): Counts => ({
  create: a.create + b.create,
  update: a.update + b.update,
  delete: a.delete + b.delete,
  blocked: a.blocked + b.blocked,
})

/** One more of that. */
export const countOne = (counts: Counts, change: ChangeKind): Counts => ({
  ...counts,
  [change]: counts[change] + 1,
})

export const changesIn = ({ create, update, delete: gone }: Counts): number =>
  create + update + gone

/** What is restored, and where to. */
export interface Scope {
  readonly toSequence: bigint
  /** Kinds of objects and services; empty: all. */
  readonly only: readonly string[]
  /** Empty: of the whole instance. */
  readonly organizationId: string
  /** Only what commits with this reason touched since; empty: everything. */
  readonly touchedBy: string
  /** The user who asks, who must not lock themselves out; empty: no user. */
  readonly actorId: string
}

export const askingUser = ({ kind, id }: Actor): string => (kind === 'user' ? id : '')

export const phases = ['remove', 'bring'] as const
export type Phase = (typeof phases)[number]

/** Whose restore it is, for the commits of services. */
export interface Cause {
  /** The ids of commands follow from it: the same one changes nothing twice. */
  readonly restoreId: string
  readonly actor: Actor
  readonly reason: string
}

export interface PlanPage {
  readonly changes: readonly ObjectChange[]
  /** Hex, over everything this service would change; the same on each page. */
  readonly digest: string
}

/** One object of a phase, and what came of it. */
export interface Carried {
  readonly kind: string
  readonly id: string
  readonly name: string
  readonly organizationId: string
  readonly outcome: ChangeKind | 'unchanged'
  readonly code: string
  readonly reason: string
}

export interface PhasePage {
  readonly objects: readonly Carried[]
  /** Objects of the phase in all. */
  readonly total: number
}

/** What services do for a restore, one service at a time (holdfast.ops.v1.CompensationService). */
export interface Compensators {
  /** Throws restore.scope_unknown for a word of `only` that nobody knows. */
  check(only: readonly string[], signal: AbortSignal): Promise<void>
  /** What would change, page after page; none when the scope names nothing of the service. */
  plan(
    service: RestoreService,
    scope: Scope,
    headSequence: bigint,
    signal: AbortSignal,
  ): AsyncIterable<PlanPage>
  /** Carries out one phase to its end, page after page. Again, it changes nothing twice. */
  apply(
    step: { readonly service: RestoreService; readonly phase: Phase },
    scope: Scope,
    headSequence: bigint,
    cause: Cause,
    signal: AbortSignal,
  ): AsyncIterable<PhasePage>
}

/** What came of a phase, or of all of them. */
export interface PhaseResult {
  readonly counts: Counts
  /** By kind and organization. */
  readonly groups: readonly ResultGroup[]
  /** The first hundred of each. */
  readonly changed: readonly Carried[]
  readonly blocked: readonly Carried[]
}
export interface ResultGroup {
  readonly kind: string
  readonly organizationId: string
  readonly counts: Counts
}

export const noResult: PhaseResult = { counts: noCounts, groups: [], changed: [], blocked: [] }
const maxShown = 100

export function addCarried(result: PhaseResult, objects: readonly Carried[]): PhaseResult {
  let { counts } = result
  const groups = new Map(result.groups.map((group) => [groupKey(group), group]))
  const changed = [...result.changed]
  const blocked = [...result.blocked]
  for (const object of objects) {
    const { outcome } = object
    if (outcome === 'unchanged') continue
    counts = countOne(counts, outcome)
    const key = groupKey(object)
    const { kind, organizationId } = object
    const group = groups.get(key) ?? { kind, organizationId, counts: noCounts }
    groups.set(key, { ...group, counts: countOne(group.counts, outcome) })
    const shown = outcome === 'blocked' ? blocked : changed
    if (shown.length < maxShown) shown.push(object)
  }
  return { counts, groups: [...groups.values()], changed, blocked }
}

export function addResults(all: readonly PhaseResult[]): PhaseResult {
  const groups = new Map<string, ResultGroup>()
  for (const group of all.flatMap((one) => one.groups)) {
    const key = groupKey(group)
    const counts = addCounts(groups.get(key)?.counts ?? noCounts, group.counts)
    groups.set(key, { ...group, counts })
  }
  return {
    counts: all.reduce((sum, one) => addCounts(sum, one.counts), noCounts),
    groups: [...groups.values()],
    changed: all.flatMap((one) => one.changed).slice(0, maxShown),
    blocked: all.flatMap((one) => one.blocked).slice(0, maxShown),
  }
}

const groupKey = ({ kind, organizationId }: { kind: string; organizationId: string }): string =>
  `${kind} ${organizationId}`
