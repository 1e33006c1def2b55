import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { ChangeUsers } from '../commands/change-users.ts'
import type { CreateUser } from '../commands/create-user.ts'
import type { OrganizationCommands } from '../commands/organizations.ts'

/** What contributors work with. */
export interface SnapshotParts {
  readonly log: Pick<EventLog, 'fold'>
  readonly postgres: Postgres
  readonly sites: Pick<OrganizationCommands, 'createSite' | 'updateSite'>
  readonly createUser: CreateUser
  readonly changeUsers: ChangeUsers
  /** The hash of a password nobody knows. */
  readonly unknowablePassword: () => Promise<string>
  /** Waits until the read models include that commit, or everything that is safe; answers as of what. */
  readonly caughtUp: (at?: bigint) => Promise<bigint>
}

/** The longest page of a section. */
export const maxPage = 1000
