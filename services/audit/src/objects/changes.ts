import { deedsOf, type Target } from '@holdfast/catalogue'
import type { Commit } from '@holdfast/event-log'
import type { Queryable } from '@holdfast/postgres'
import type { ObjectKey } from './object-change.ts'
import { type EventChanges, objectChanges } from './object-changes.ts'
import {
  applyChange,
  diffFields,
  type FieldDiff,
  fieldsOf,
  type ObjectState,
} from './object-state.ts'
import { type Moment, statesAt } from './read-states.ts'

/** What one event of a commit did. */
export interface EntryChange {
  /** Event type. */
  readonly event: string
  readonly action: string
  readonly target: Target
  /** Fields of the target that changed; none for an event of a later release. */
  readonly fields: readonly FieldDiff[]
}

/** What a commit changed, event by event. The projection of objects must include it. Reads all organizations. */
export async function changesOf(
  postgres: Queryable,
  commit: Commit,
): Promise<readonly EntryChange[]> {
  const [changes = []] = await changesOfMany(postgres, [commit])
  return changes
}

/** The same for many commits, in their order, in two statements whatever their number. */
export async function changesOfMany(
  postgres: Queryable,
  commits: readonly Commit[],
): Promise<readonly (readonly EntryChange[])[]> {
  const events = commits.map(objectChanges)
  const moments = new Map<string, Moment>()
  commits.forEach(({ sequence }, n) => {
    for (const { changes } of events[n] ?? []) {
      for (const { kind, id } of changes) {
        const moment = { kind, id, at: sequence - 1n }
        moments.set(`${n} ${keyOf(moment)}`, moment)
      }
    }
  })
  const states = await statesAt(postgres, [...moments.values()])
  const before = new Map([...moments.keys()].map((key, i) => [key, states[i]]))
  return commits.map((commit, n) => {
    const objects = new Map<string, ObjectState | undefined>()
    for (const { changes } of events[n] ?? []) {
      for (const key of changes.map(keyOf)) objects.set(key, before.get(`${n} ${key}`))
    }
    return entryChanges(commit, events[n] ?? [], objects)
  })
}

/** `objects`: what they were before the commit; afterwards, what they are after it. */
function entryChanges(
  commit: Commit,
  events: readonly EventChanges[],
  objects: Map<string, ObjectState | undefined>,
): readonly EntryChange[] {
  return deedsOf(commit).map(({ event, action, target }, i) => {
    const changes = events[i]?.changes ?? []
    const shown = changes.find(({ kind, id }) => kind === target.kind && id === target.id)
    const was = shown && objects.get(keyOf(shown))
    for (const change of changes) {
      const key = keyOf(change)
      objects.set(key, applyChange(objects.get(key), change))
    }
    const is = shown && objects.get(keyOf(shown))
    const name = target.name || is?.name || was?.name || ''
    return {
      event,
      action,
      target: { ...target, name },
      fields: diffFields(fieldsOf(was), fieldsOf(is)),
    }
  })
}

const keyOf = ({ kind, id }: ObjectKey): string => `${kind} ${id}`
