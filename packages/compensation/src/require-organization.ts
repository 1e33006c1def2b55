import { type EventLog, subjectOf } from '@holdfast/event-log'
import { ParentMissing } from './errors.ts'

/**
 * Throws `restore.parent_missing`. Asks auth's own history, not a read model: the organization may have come back a moment
 * ago. Safe or not does not matter, for what is stored because of it comes later.
 */
export async function requireOrganization(
  log: Pick<EventLog, 'history'>,
  id: string,
): Promise<void> {
  let isThere = false
  for await (const { events } of log.history(subjectOf('auth', 'organization', id))) {
    for (const { type } of events) {
      if (type === 'OrganizationCreated') isThere = true
      if (type === 'OrganizationDeleted') isThere = false
    }
  }
  if (!isThere) throw ParentMissing({ kind: 'organization' })
}
