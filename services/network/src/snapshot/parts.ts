import type { Postgres } from '@holdfast/postgres'
import type { Outcome } from '@holdfast/snapshot'
import type { CommandTools } from '../commands/command-tools.ts'

/** What contributors work with. */
export interface SnapshotParts {
  readonly tools: CommandTools
  readonly postgres: Postgres
  /** Waits until the read models include that commit, or everything that is safe; answers as of what. */
  caughtUp(at?: bigint): Promise<bigint>
}

/** The longest page of a section. */
export const maxPage = 1000

export const notEnrolled = (name: string, node: string): Outcome => ({
  outcome: 'skipped',
  name,
  code: 'network.node_not_enrolled',
  detail: `no node ${node} is enrolled here: enroll it under that name and import again, or name a target node that takes its interfaces`,
})
