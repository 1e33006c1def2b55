import { actionOf, type ObjectKind, printEventData } from '@holdfast/catalogue'
import type { Commit, StoredEvent } from '@holdfast/event-log'
import type { EventView } from './event-handler.ts'
import { eventTable } from './event-table.ts'
import { sealOf } from './flat-fields.ts'
import type { ObjectChange } from './object-change.ts'

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
