import type { OperationalTables } from '@holdfast/service'

/** What the migrations make; docs/architecture.md, operational tables. */
export const operationalTables: OperationalTables = {
  kept: ['backup_jobs', 'backup_removals', 'schedule_slots', 'storage_tests'],
  left: {
    imports: 'how an import went; what it changed is in the log, and its file lies on that machine',
    import_records: 'what became of each record of an import: a report, kept thirty days',
  },
}
