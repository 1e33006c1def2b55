import type { OperationalTables } from '@holdfast/service'

/** What the migrations make; docs/architecture.md, operational tables. */
export const operationalTables: OperationalTables = {
  kept: ['sessions', 'refresh_tokens', 'session_revocations', 'login_failures', 'known_sources'],
  left: {},
}
