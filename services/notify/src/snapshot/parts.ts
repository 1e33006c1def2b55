import type { Egress } from '@holdfast/egress'
import type { Postgres } from '@holdfast/postgres'
import type { RuleChanges } from '../commands/alert-rule-changes.ts'
import type { WebhookTools } from '../commands/change-webhooks.ts'

/** What contributors work with. */
export interface SnapshotParts {
  readonly postgres: Postgres
  readonly webhooks: WebhookTools
  readonly egress: Pick<Egress, 'refusal'>
  readonly rules: Pick<RuleChanges, 'create' | 'update'>
  /** Rules changed: from now on they watch as they say. */
  readonly rulesChanged: () => Promise<void>
  /** Waits until the read models include that commit, or everything that is safe; answers as of what. */
  readonly caughtUp: (at?: bigint) => Promise<bigint>
}

/** The longest page of a section. */
export const maxPage = 1000
