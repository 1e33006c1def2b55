import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { CommandTools } from '../commands/change-rule-set.ts'
import type { Evidence } from './evidence.ts'
import type { WithPositions } from './positions.ts'

/** What the handlers work with. */
export interface Edge {
  readonly tools: CommandTools
  readonly log: Pick<EventLog, 'head' | 'seen'>
  readonly postgres: Postgres
  readonly evidence: Evidence
  readonly withPositions: WithPositions
  /** Waits until the read models include all this process knows of. */
  catchUp(): Promise<void>
  /** The same for all there is, whoever wrote it: for what is not found and may have been made a moment ago. */
  catchUpToHead(): Promise<void>
}
