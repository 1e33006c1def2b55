import { actionOf, type ObjectKind, printEventData } from '@holdfast/catalogue'
import type { Commit, StoredEvent } from '@holdfast/event-log'
import { type EventView, eventTable } from './event-table.ts'
import { type FlatFields, type Json, sealOf } from './flat-fields.ts'

/**
 * Parts of an object that events replace as a whole: what a settings event does not name is at its default
 * afterwards, and a new key leaves the settings alone. A field is in one slot, and its path does not name it.
 */
export const slots = ['facts', 'settings', 'keys', 'more', 'state'] as const
export type Slot = (typeof slots)[number]
export type SlotFields = Readonly<Partial<Record<Slot, FlatFields>>>

export interface ObjectKey {
  readonly kind: ObjectKind
  readonly id: string
}

/** What one event does to one object. Needs nothing but the event. */
export type ObjectChange = ObjectKey &
  (
    | {
        /** It is there from now on, with exactly these fields; what it was before is gone, members excepted. */
        readonly op: 'put'
        readonly organizationId: string | undefined
        readonly parentId: string | undefined
        readonly name: string
        readonly slots: SlotFields
      }
    /** Replaces the slots it names. Nothing when there is no such object; so for members. */
    | { readonly op: 'patch'; readonly name?: string; readonly slots: SlotFields }
    | {
        readonly op: 'member'
        readonly field: string
        readonly member: string
        /** Undefined: not a member any more. */
        readonly value: Json | undefined
      }
    /** It is gone, its members too. */
    | { readonly op: 'remove' }
    /** Everything of that kind below the object is gone. */
    | { readonly op: 'removeChildren'; readonly childKind: ObjectKind }
  )

export interface EventChanges {
  readonly event: StoredEvent
  /** Undefined for events of a later release. */
  readonly action: string | undefined
  /** What it is about; its own changes come first, those of other objects follow. */
  readonly changes: readonly ObjectChange[]
}

/** What a commit does to objects, event by event. Events this release does not know change nothing. */
export const objectChanges = (commit: Commit): readonly EventChanges[] =>
  commit.events.map((event, i) => {
    const action = actionOf(commit.context, event.type)
    const handle = action && eventTable.get(`${commit.context} ${event.type}`)
    const data = handle && printEventData(commit.context, event, sealOf)
    return {
      event,
      action: action?.code,
      changes: action && handle && data ? handle(viewOf(data, commit, action.kind, i === 0)) : [],
    }
  })

function viewOf(
  data: Readonly<Record<string, unknown>>,
  { aggregateId, aggregateVersion, organizationId }: Commit,
  kind: ObjectKind,
  isFirstOfCommit: boolean,
): EventView {
  // The aggregate of an interface is `<node>.<interface>`: its own id comes last, what it is part of before it.
  const ids = aggregateId.split('.')
  return {
    data,
    kind,
    id: ids.at(-1) ?? '',
    within: ids.at(-2),
    isFirst: isFirstOfCommit && aggregateVersion === 1n,
    organizationId,
  }
}
