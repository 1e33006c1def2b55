import { uuidV5 } from '@holdfast/domain'
import {
  type Actor,
  type Commit,
  decodeCommit,
  encodeCommit,
  type PlacedCommit,
  parseSubject,
  type StoredEvent,
} from '@holdfast/event-log'
import { enrolments, isSuperAdmin, subscribers, type UserFacts, users } from './auth-kinds.ts'
import { logKeys, recoveries } from './instance-kinds.ts'
import type { Kind } from './kind.ts'
import { interfaceDeleted, interfaces, nodes } from './network-kinds.ts'

export interface RevocationFacts {
  readonly lineageId: string
  /** The new one. */
  readonly generation: number
  readonly restoreId: string
  readonly restoredAtUnixMs: number
  readonly actor: Pick<Actor, 'kind' | 'id'>
  /** Id of the `Restored` commit. */
  readonly causationId: string
}

export interface CarriedOver {
  /** To be appended behind `Restored`, in this order. */
  readonly commits: readonly PlacedCommit[]
  /** What could not be kept revoked, for people. */
  readonly notes: readonly string[]
}

/**
 * What was taken away after the restored point stays away, as ordinary commits of the new generation. Give it every
 * commit behind the point (`lost`), then every one up to it (`kept`), each in order.
 */
export interface Revocations {
  lost(commit: PlacedCommit): void
  kept(commit: PlacedCommit): void
  /** `first` is the sequence of the first commit it answers. */
  finish(first: bigint): CarriedOver
}

/** In the order their commits stand: keys of the log first, a node after its interfaces. */
const kinds = [
  logKeys,
  enrolments,
  subscribers,
  users,
  interfaces,
  nodes,
  recoveries,
] as readonly Kind<unknown>[] // each state goes back only to the kind that made it

const kindOf = new Map(kinds.map((kind) => [kind.name, kind]))
const orderOf = new Map(kinds.map((kind, at) => [kind, at]))

interface History {
  readonly kind: Kind<unknown>
  readonly subject: string
  readonly kept: StoredEvent[]
  readonly lost: StoredEvent[]
  /** Of the next event behind the restored point. */
  version: bigint
  organizationId: string | undefined
}

export function revocations(facts: RevocationFacts): Revocations {
  const histories = new Map<string, History>()
  /** Nodes deleted behind the point: their interfaces go with them. */
  const deletedNodes = new Set<string>()

  const historyOf = (subject: string, kind: Kind<unknown>): History => {
    const known = histories.get(subject)
    if (known) return known
    const history: History = {
      ...{ kind, subject, kept: [], lost: [] },
      version: 1n,
      organizationId: undefined,
    }
    histories.set(subject, history)
    return history
  }
  const kindFor = (subject: string): Kind<unknown> | undefined => {
    const parts = parseSubject(subject)
    return parts && kindOf.get(`${parts.context}.${parts.aggregateType}`)
  }
  const read = (commit: PlacedCommit): Commit => decodeCommit(commit)

  return {
    lost(commit) {
      const kind = kindFor(commit.subject)
      if (!kind) return
      const { events, organizationId, aggregateId } = read(commit)
      const history = historyOf(commit.subject, kind)
      history.lost.push(...events)
      history.organizationId ??= organizationId
      if (kind.name === nodes.name && events.some(({ type }) => type === 'NodeDeleted'))
        deletedNodes.add(aggregateId)
    },
    kept(commit) {
      const kind = kindFor(commit.subject)
      if (!kind) return
      const isWanted =
        histories.has(commit.subject) || kind.needsAll === true || isOnDeletedNode(commit.subject)
      if (!isWanted) return
      const { events, organizationId, aggregateVersion } = read(commit)
      const history = historyOf(commit.subject, kind)
      history.kept.push(...events)
      history.version = aggregateVersion + BigInt(events.length)
      history.organizationId ??= organizationId
    },
    finish(first) {
      const decided = [...histories.values()].map(decide)
      const notes = [...keepAnAdministrator(decided), ...tellReturned(decided)]
      const commits = decided
        .filter(({ events }) => events.length > 0)
        .sort((a, b) => (orderOf.get(a.history.kind) ?? 0) - (orderOf.get(b.history.kind) ?? 0))
        .map(({ history, events }, at) => commitOf(history, events, first + BigInt(at)))
      return { commits, notes }
    },
  }

  function isOnDeletedNode(subject: string): boolean {
    if (deletedNodes.size === 0 || !subject.startsWith(`evt.${interfaces.name}.`)) return false
    return deletedNodes.has(subject.split('.')[3] ?? '')
  }

  function decide(history: History): Decided {
    const { kind, kept, lost } = history
    const fold = (events: readonly StoredEvent[]): unknown => {
      const state = kind.initial()
      for (const each of events) kind.evolve(state, each)
      return state
    }
    const then = fold(kept)
    if (isOnDeletedNode(history.subject)) {
      const { exists, isDeleted } = then as ReturnType<typeof interfaces.initial> // of that kind
      return {
        history,
        then,
        end: undefined,
        events: exists && !isDeleted ? [interfaceDeleted] : [],
      }
    }
    const end = fold([...kept, ...lost])
    return { history, then, end, events: kind.carry(then, end) }
  }

  function commitOf(history: History, events: readonly StoredEvent[], sequence: bigint) {
    const { subject, version, organizationId } = history
    const parts = parseSubject(subject)
    if (!parts) throw new RangeError(`not a subject: ${subject}`)
    const { lineageId, generation, restoreId, restoredAtUnixMs, actor, causationId } = facts
    const commitId = uuidV5(restoreId, subject)
    const bytes = encodeCommit({
      ...{ commitId, lineageId, generation, organizationId, actor, causationId, events },
      aggregateType: parts.aggregateType,
      aggregateId: parts.aggregateId,
      aggregateVersion: version,
      commandId: uuidV5(restoreId, `${subject} stays revoked`),
      correlationId: restoreId,
      timeUnixUs: BigInt(restoredAtUnixMs) * 1000n,
      reason: `was so after the restored point; restore ${restoreId}`,
    })
    return { sequence, subject, commitId, bytes }
  }
}

interface Decided {
  readonly history: History
  readonly then: unknown
  /** Undefined of what goes with its node. */
  readonly end: unknown
  events: readonly StoredEvent[]
}

/** An instance nobody can administer is no use: where nobody would be left, those who were it at the point stay it. */
function keepAnAdministrator(decided: readonly Decided[]): readonly string[] {
  const people = decided
    .filter(({ history }) => history.kind.name === users.name)
    .map((each) => {
      const state = users.initial()
      for (const event of [...each.history.kept, ...each.events]) users.evolve(state, event)
      // as: of that kind
      return { each, before: each.then as UserFacts, after: state }
    })
  const wereAny = people.some(({ before }) => isSuperAdmin(before))
  if (!wereAny || people.some(({ after }) => isSuperAdmin(after))) return []
  const notes: string[] = []
  for (const { each, before, after } of people) {
    if (!isSuperAdmin(before) || after.isErased) continue
    each.events = each.events.filter(
      ({ type }) => type !== 'UserDisabled' && type !== 'RoleRevoked',
    )
    const id = each.history.subject.slice(each.history.subject.lastIndexOf('.') + 1)
    notes.push(
      `user ${id} was disabled or lost the role of super-admin after the restored point, and keeps it: nobody else would be left to administer the instance`,
    )
  }
  if (notes.length === 0)
    notes.push('no super-admin is left: everybody who was one has been erased since')
  return notes
}

/** Peers are configuration, and are as they were at the point: who lost access that way has it again. */
function tellReturned(decided: readonly Decided[]): readonly string[] {
  let count = 0
  for (const { history, then, end } of decided) {
    if (history.kind.name !== interfaces.name || end === undefined) continue
    const [before, after] = [then, end] as ReturnType<typeof interfaces.initial>[] // of that kind
    if (!before?.exists || before.isDeleted || !after) continue
    for (const id of before.peers.keys())
      if (!before.removed.has(id) && after.removed.has(id)) count += 1
  }
  return count === 0
    ? []
    : [
        `peers that were removed after the restored point are there again, with access: ${count}; remove those that shall have none`,
      ]
}
