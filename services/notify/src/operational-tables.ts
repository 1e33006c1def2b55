import type { OperationalTables } from '@holdfast/service'

/** What the migrations make; docs/architecture.md, operational tables. */
export const operationalTables: OperationalTables = {
  kept: [
    'webhook_position',
    'webhook_queues',
    'webhook_deliveries',
    'alert_positions',
    'alert_windows',
    'alert_cases',
    'mail_notices',
    'mails',
    'publisher_position',
  ],
  left: {},
}
