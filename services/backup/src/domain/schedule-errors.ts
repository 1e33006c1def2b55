import { defineError } from '@holdfast/errors'

/** Also raised for what the caller may not know of. */
export const ScheduleNotFound = defineError(
  'backup.schedule_not_found',
  'not_found',
  (d: { schedule: string }) => `there is no schedule ${d.schedule}`,
)
/** Ids follow from commands, so this is a command that comes again after everybody has forgotten it. */
export const ScheduleExists = defineError(
  'backup.schedule_exists',
  'conflict',
  (d: { schedule: string }) => `schedule ${d.schedule} exists already`,
)
export const ScheduleNameTaken = defineError(
  'backup.schedule_name_taken',
  'conflict',
  (d: { name: string }) => `there is a schedule named ${d.name} already`,
)
