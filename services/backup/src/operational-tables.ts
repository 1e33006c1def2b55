import type { OperationalTables } from '@holdfast/service'

/** What the migrations make; docs/architecture.md, operational tables. */
export const operationalTables: OperationalTables = {
  kept: ['backup_jobs', 'backup_removals', 'offsite_erasures', 'schedule_slots', 'storage_tests'],
  left: {
    offsite_locations: 'how far each off-site copy has come: found again at the locations',
    offsite_objects: 'what stands off-site: found again at the locations by their listing',
    imports: 'how an import went; what it changed is in the log, and its file lies on that machine',
    recipient_challenges: 'a day at most, and a new one is asked for',
    import_records: 'what became of each record of an import: a report, kept thirty days',
  },
}
