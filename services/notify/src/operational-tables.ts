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
  // Nothing that happened before is told again: every reader begins at the end, and what waited was the old instance's to send.
  notRestored: {
    webhook_position: 'it begins at the end of the log',
    webhook_queues: 'what waited there is not sent',
    webhook_deliveries:
      "what waited there is not sent, and what was sent was the old instance's to tell",
    alert_positions: 'they begin at the end of the log',
    alert_windows: 'what was counted there ended with the instance',
    alert_cases: 'an alert that still holds is noticed again',
    mail_notices: 'what waited there is not sent',
    mails: 'what waited there is not sent',
    publisher_position: 'it begins at the end of the log',
  },
}
