import type { OperationalTables } from '@holdfast/service'

/** What the migrations make; docs/architecture.md, operational tables. */
export const operationalTables: OperationalTables = {
  kept: ['sessions', 'refresh_tokens', 'session_revocations', 'login_failures', 'known_sources'],
  left: {},
  notRestored: {
    sessions: 'a restore revives no session: everybody signs in again',
    refresh_tokens: 'as their sessions',
    session_revocations:
      'of sessions that do not come back; the keys of their tokens are retired, too',
  },
}
