import type { Alarm } from '@holdfast/service'

/** Something that happened and that a rule may speak of. */
export interface Occurrence {
  /** An action of the log or of ACCESS, or an alarm's code. */
  readonly code: string
  /** Undefined: of the instance. */
  readonly organizationId: string | undefined
  /** Tells apart what it can befall: an aggregate, a read model, a volume. */
  readonly key: string
  /** Names this very occurrence; alerts take their id from the first one. */
  readonly id: string
  /** ms since 1970. */
  readonly at: number
  /** How often; a record of ACCESS may sum up several. */
  readonly count: number
  /** Zero when it is not in the log. */
  readonly sequence: bigint
  /** One line for people. */
  readonly title: string
  readonly detail: string
  /** What filters see. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** An alarm somebody sent, or we found ourselves. */
export interface Heard {
  readonly alarm: Alarm
  /** Who says so: the service of `ctl.<service>.alarm`. */
  readonly source: string
}
