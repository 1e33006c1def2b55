import type { Outlook } from '@holdfast/compensation'
import type { EventLog } from '@holdfast/event-log'
import { organizations } from '../commands/aggregates.ts'

/** Which of these are not there, and will not be when the plan is carried out. */
export async function missingOrganizations(
  log: Pick<EventLog, 'fold'>,
  outlook: Outlook,
  ids: Iterable<string>,
): Promise<ReadonlySet<string>> {
  const missing = new Set<string>()
  for (const id of new Set(ids)) {
    const planned = outlook.planned('organization', id)
    const isThere = planned
      ? planned.target !== undefined
      : (await log.fold(organizations, id)).state.exists
    if (!isThere) missing.add(id)
  }
  return missing
}
