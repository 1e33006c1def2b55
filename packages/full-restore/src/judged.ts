import type { Actor } from '@holdfast/event-log'
import type { LogFacts } from './log-facts.ts'
import type { OpenedSource } from './source.ts'
import type { Trusted } from './trust.ts'

/** Who restores, as the log will say. */
export type RestoreActor = Pick<Actor, 'kind' | 'id'>

/** A backup that was read from its first byte to its last and found right. */
export interface Judged {
  readonly opened: OpenedSource
  readonly facts: LogFacts
  readonly cut: ReturnType<LogFacts['end']>
  readonly trusted: Trusted
}
