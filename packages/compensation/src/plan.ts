import type { DomainError } from '@holdfast/errors'
import type { AnyCompensable, Outlook } from './compensable.ts'
import type { Traveller } from './converge.ts'
import { digestOf } from './digest.ts'
import { ClaimKept, ParentMissing } from './errors.ts'
import { isRecord, isSame } from './facts.ts'
import { type Folded, foldTouched, type HistoryLog, type Kinds, touchedIn } from './history.ts'
import { obstacleOf } from './obstacle.ts'
import { inOrder } from './order.ts'
import { type ShownChange, showChanges } from './show.ts'

/** What is to be brought back. */
export interface Scope {
  readonly to: bigint
  readonly head: bigint
  /** Empty: all. A kind takes in its members. */
  readonly kinds: readonly string[]
  /** Empty: all. */
  readonly organizationId: string
  /** Only what a commit with this reason has touched since; empty: everything. */
  readonly touchedBy: string
  /** Of the user who asks; empty: nobody is named. */
  readonly actorId: string
}

/** An object that would be different. Its state is that of the head, or later: whoever brings it moves it on. */
export interface PlannedObject extends Traveller {
  readonly name: string
  readonly organizationId: string
  readonly now: object | undefined
  /** Undefined: it is to be gone. */
  readonly target: object | undefined
  readonly notes: readonly string[]
  /** What stands in the way, as far as can be told before it is tried. */
  readonly obstacle: DomainError | undefined
}

/** One thing to do to one object. */
export interface Step {
  readonly object: PlannedObject
  /** `park`: with other names for a while. */
  readonly deed: 'remove' | 'park' | 'bring'
}

export interface Plan {
  readonly scope: Scope
  /** In the order of bringing. */
  readonly objects: readonly PlannedObject[]
  readonly outlook: Outlook
  /** Levels of steps; those of one level do not wait for each other. Blocked ones are among them, to be told of. */
  readonly remove: readonly (readonly Step[])[]
  readonly bring: readonly (readonly Step[])[]
  /** Whether nothing in the plan has a claim or is to have it. */
  isFree(claim: string): boolean
  /** Whether something else is to have it. */
  isWanted(object: PlannedObject, claim: string): boolean
  readonly digest: Uint8Array
  readonly commits: number
}

export interface PlanTools {
  readonly log: HistoryLog
  readonly kinds: Kinds
  readonly compensables: readonly AnyCompensable[]
  /** ms since 1970. */
  readonly now: () => number
}

/**
 * What would be different, and what stands in the way. Memory goes by the objects that were touched since: their facts then
 * and now, which share what is the same; never by the length of the log.
 */
export async function makePlan(tools: PlanTools, scope: Scope, signal: AbortSignal): Promise<Plan> {
  const { log, kinds } = tools
  const touched = await touchedIn(log, kinds, scope, scope.touchedBy, signal)
  const inScope = new Map(
    [...touched.bySubject].filter(([, one]) => isWanted(one, scope.kinds) !== 'not'),
  )
  const folded = await foldTouched(log, kinds, scope, inScope, signal)
  const wanted = folded.flatMap((one) => {
    const found = different(one, scope, tools.now())
    return found ? [found] : []
  })
  const objects = await judged(tools, wanted, scope.actorId)
  const { remove, bring, ...claims } = stepsOf(kinds, objects)
  return {
    scope,
    objects: inRankOrder(kinds, objects),
    outlook: outlookOf(objects),
    remove,
    bring,
    ...claims,
    digest: planDigest(objects),
    commits: touched.commits,
  }
}

/** Whether a scope takes in a kind as a whole, some of its members only, or nothing of it. */
function isWanted(one: AnyCompensable, kinds: readonly string[]): 'whole' | 'members' | 'not' {
  if (kinds.length === 0 || kinds.includes(one.kind)) return 'whole'
  const members = Object.values(one.members ?? {})
  return members.some(({ kind }) => kinds.includes(kind)) ? 'members' : 'not'
}

function different(folded: Folded, scope: Scope, nowUnixMs: number): PlannedObject | undefined {
  const { one, id, subject, state, revision, earlier } = folded
  const now = one.facts(state)
  const about = now ?? earlier
  if (!about) return undefined
  const { name, organizationId } = one.about(about, id)
  if (scope.organizationId !== '' && organizationId !== scope.organizationId) return undefined
  const { target, obstacle } = targetOf(one, now, earlier, scope.kinds, nowUnixMs)
  if (isSame(now, target)) return undefined
  return {
    one,
    id,
    subject,
    name,
    organizationId,
    now,
    target,
    notes: (target && one.notes?.(target, now)) ?? [],
    obstacle,
    state,
    revision,
    seen: new Map(),
  }
}

function targetOf(
  one: AnyCompensable,
  now: object | undefined,
  earlier: object | undefined,
  kinds: readonly string[],
  nowUnixMs: number,
): Pick<PlannedObject, 'target' | 'obstacle'> {
  const aimed = aimAt(one, earlier, now, nowUnixMs)
  if (isWanted(one, kinds) === 'whole') return { target: aimed, obstacle: undefined }
  // Members alone: what they live in stays as it is.
  if (!now && !aimed) return { target: undefined, obstacle: undefined }
  if (!now || !aimed) {
    const fields = membersOf(one, kinds)
    const holds = fields.some((field) => {
      const members: unknown = Reflect.get(now ?? aimed ?? {}, field)
      return isRecord(members) && Object.keys(members).length > 0
    })
    if (!holds) return { target: now, obstacle: undefined }
    return { target: aimed, obstacle: ParentMissing({ kind: one.kind }) }
  }
  const target: Record<string, unknown> = { ...now }
  for (const field of membersOf(one, kinds)) target[field] = Reflect.get(aimed, field)
  return { target, obstacle: undefined }
}

/** What of a target can be had. */
export function aimAt(
  one: AnyCompensable,
  target: object | undefined,
  now: object | undefined,
  nowUnixMs: number,
): object | undefined {
  if (target) return one.aim ? one.aim(target, now, nowUnixMs) : target
  return now && one.remains?.(now, nowUnixMs)
}

const membersOf = (one: AnyCompensable, kinds: readonly string[]): readonly string[] =>
  Object.entries(one.members ?? {}).flatMap(([field, { kind }]) =>
    kinds.includes(kind) ? [field] : [],
  )

/** Asks each kind, in the order of kinds, what stands in the way of each object. */
async function judged(
  tools: PlanTools,
  wanted: readonly PlannedObject[],
  actorId: string,
): Promise<readonly PlannedObject[]> {
  let done: readonly PlannedObject[] = []
  const judgedKinds = new Set<AnyCompensable>()
  for (const one of tools.compensables) {
    const mine = wanted.filter((object) => object.one === one)
    if (mine.length === 0) continue
    // Kinds that come later are in the outlook too, though nobody knows yet what stands in their way.
    const others = wanted.filter((object) => !judgedKinds.has(object.one))
    const around = await one.surroundings?.(mine, outlookOf([...done, ...others]), actorId)
    const nowUnixMs = tools.now()
    judgedKinds.add(one)
    done = [
      ...done,
      ...mine.map((object) => {
        if (object.obstacle) return object
        const { id, state, target } = object
        const obstacle = obstacleOf(() =>
          one.compensate({ id, now: state, target, around, nowUnixMs }),
        )
        return { ...object, obstacle }
      }),
    ]
  }
  return withKeptClaims(done)
}

const claimsOf = ({ one, id }: PlannedObject, facts: object | undefined): readonly string[] =>
  (facts && one.claims?.(facts, id)) ?? []

/** Whoever needs what a blocked one keeps is blocked too, and so on. */
function withKeptClaims(objects: readonly PlannedObject[]): readonly PlannedObject[] {
  const kept = new Map<string, PlannedObject>()
  const keep = (object: PlannedObject): void => {
    for (const claim of claimsOf(object, object.now)) kept.set(claim, object)
  }
  const result = new Map(objects.map((object) => [object.subject, object]))
  for (const object of objects) if (object.obstacle) keep(object)
  for (let isAny = kept.size > 0; isAny; ) {
    isAny = false
    for (const object of result.values()) {
      if (object.obstacle) continue
      const holder = claimsOf(object, object.target)
        .map((claim) => kept.get(claim))
        .find((found) => found !== undefined && found.subject !== object.subject)
      if (!holder) continue
      const obstacle = ClaimKept({ kind: holder.one.kind, name: holder.name || holder.id })
      const blocked = { ...object, obstacle }
      result.set(object.subject, blocked)
      keep(blocked)
      isAny = true
    }
  }
  return [...result.values()]
}

function outlookOf(objects: readonly PlannedObject[]): Outlook {
  const byKey = new Map(objects.map((object) => [`${object.one.kind} ${object.id}`, object]))
  return {
    planned(kind, id) {
      const found = byKey.get(`${kind} ${id}`)
      return found && { now: found.now, target: found.obstacle ? found.now : found.target }
    },
  }
}

const inRankOrder = (kinds: Kinds, objects: readonly PlannedObject[]): readonly PlannedObject[] =>
  [...objects].sort(
    (a, b) => kinds.rank(a.one) - kinds.rank(b.one) || (a.subject < b.subject ? -1 : 1),
  )

function stepsOf(
  kinds: Kinds,
  objects: readonly PlannedObject[],
): Pick<Plan, 'remove' | 'bring' | 'isFree' | 'isWanted'> {
  const sorted = inRankOrder(kinds, objects)
  const gone = sorted.filter(({ target }) => !target).reverse()
  const ranks = [...new Set(gone.map(({ one }) => kinds.rank(one)))]
  const remove = ranks.map((rank) =>
    gone
      .filter(({ one }) => kinds.rank(one) === rank)
      .map((object): Step => ({ object, deed: 'remove' })),
  )

  const moved = sorted.filter(({ target, obstacle }) => target && !obstacle)
  // They stay as they are, and are told of.
  const blocked = sorted.filter(({ target, obstacle }) => target && obstacle)
  const bySubject = new Map(moved.map((object) => [object.subject, object]))
  const { parked, levels } = inOrder(
    moved.map((object) => ({
      id: object.subject,
      rank: kinds.rank(object.one) + (isLate(object) ? 0.5 : 0),
      holds: claimsOf(object, object.now),
      wants: claimsOf(object, object.target),
      canPark: object.one.park !== undefined,
    })),
  )
  const steps = (subjects: readonly string[], deed: Step['deed']): readonly Step[] =>
    subjects.flatMap((subject) => {
      const object = bySubject.get(subject)
      return object ? [{ object, deed }] : []
    })
  const held = new Set(objects.flatMap((object) => claimsOf(object, object.now)))
  const takers = new Map<string, PlannedObject>()
  for (const object of objects) {
    for (const claim of claimsOf(object, object.target)) takers.set(claim, object)
  }
  return {
    remove,
    bring: [
      ...(parked.length > 0 ? [steps(parked, 'park')] : []),
      ...levels.map((level) => steps(level, 'bring')),
      ...(blocked.length > 0 ? [blocked.map((object): Step => ({ object, deed: 'bring' }))] : []),
    ],
    isFree: (claim) => !held.has(claim) && !takers.has(claim),
    isWanted: (object, claim) => takers.has(claim) && takers.get(claim)?.subject !== object.subject,
  }
}

const isLate = ({ one, now, target }: PlannedObject): boolean =>
  one.isLate?.({ before: now, after: target }) === true

/** The same for as long as the same objects would become the same other ones. */
function planDigest(objects: readonly PlannedObject[]): Uint8Array {
  const sorted = [...objects].sort((a, b) => (a.subject < b.subject ? -1 : 1))
  return digestOf(
    (function* () {
      for (const { subject, now, target, obstacle } of sorted) {
        yield [subject, now ?? null, target ?? null, obstacle?.code ?? '']
      }
    })(),
  )
}

/** Rows of an object for people. */
export const changesOf = ({ one, id, now, target }: PlannedObject): readonly ShownChange[] => [
  ...showChanges(one, id, now, target),
]
