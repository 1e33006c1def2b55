import type { Commit } from '@holdfast/event-log'

// What the watch has to know of the history of alerts and rules themselves; ids suffice, so nothing is decoded.

const isOwn = ({ context, aggregateType }: Commit, type: string): boolean =>
  context === 'notify' && aggregateType === type

/** The alert this commit resolves, if it does. */
export const resolvedIn = (commit: Commit): readonly string[] =>
  isOwn(commit, 'alert') && commit.events.some(({ type }) => type === 'AlertResolved')
    ? [commit.aggregateId]
    : []

export const rulesChangedIn = (commit: Commit): boolean => isOwn(commit, 'alert_rule')

/** Ids of alert rules that are gone with this commit. */
export const rulesDeletedIn = (commit: Commit): readonly string[] =>
  rulesChangedIn(commit) && commit.events.some(({ type }) => type === 'AlertRuleDeleted')
    ? [commit.aggregateId]
    : []
