import type { OperationalTables } from '@holdfast/service'

/** What the migrations make; docs/architecture.md, operational tables. */
export const operationalTables: OperationalTables = {
  kept: ['backup_jobs', 'backup_removals', 'schedule_slots', 'storage_tests'],
  left: {},
}
