import type { RuleSetEvent } from '../domain/rule-set-state.ts'

/** How many rules a commit created, updated and deleted. */
export function countedChanges(events: readonly RuleSetEvent[]): {
  readonly created: number
  readonly updated: number
  readonly deleted: number
} {
  const counts = { created: 0, updated: 0, deleted: 0 }
  for (const { type } of events) {
    if (type === 'RuleCreated') counts.created++
    else if (type === 'RuleUpdated') counts.updated++
    else if (type === 'RuleDeleted') counts.deleted++
  }
  return counts
}

/** The application a commit began; undefined when it began none. */
export function applicationIn(events: readonly RuleSetEvent[]) {
  const [first] = events
  return first?.type === 'ChangeSetApplied' ? first : undefined
}
