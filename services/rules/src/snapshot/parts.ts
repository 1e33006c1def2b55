import type { Postgres } from '@holdfast/postgres'
import type { CommandTools } from '../commands/change-rule-set.ts'

/** What contributors work with. */
export interface SnapshotParts {
  readonly tools: CommandTools
  readonly postgres: Postgres
  /** Waits until the read models include that commit, or everything that is safe; answers as of what. */
  caughtUp(at?: bigint): Promise<bigint>
}

/** The longest page of a section. */
export const maxPage = 1000
