import type { OperationalTables } from '@holdfast/service'

/** What the migrations make; docs/architecture.md, operational tables. */
export const operationalTables: OperationalTables = {
  kept: ['backup_jobs', 'backup_removals', 'offsite_erasures', 'schedule_slots', 'storage_tests'],
  notRestored: {
    backup_jobs:
      'what was under way ended with the instance, and is given up where the log knows of it',
    backup_removals:
      'the old instance may be alive: what it wanted to remove is not ours to remove',
  },
  left: {
    offsite_locations: 'how far each off-site copy has come: found again at the locations',
    offsite_objects: 'what stands off-site: found again at the locations by their listing',
    imports: 'how an import went; what it changed is in the log, and its file lies on that machine',
    restore_jobs: 'how far the restore under way is; that it began and how it ended is in the log',
    restore_plan_changes: 'a plan is of one moment of one instance, and can be made again',
    restore_plans: 'a plan is of one moment of one instance, and can be made again',
    recipient_challenges: 'a day at most, and a new one is asked for',
    snapshot_restores:
      'how restores of snapshots went; what they go back to when they are undone is in the log',
    validation_slots: 'looked at anew: a run too many does no harm',
    validation_tasks: 'a turn of a validation; the next run looks at everything again',
    import_records: 'what became of each record of an import: a report, kept thirty days',
  },
}
