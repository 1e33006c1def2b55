import { assertNever, type Decider } from '@holdfast/domain'
import { AlertNotFound } from './alert-errors.ts'
import { type Severity, severityNumber } from './severity.ts'

/** What an alert says. */
export interface AlertFacts {
  /** Undefined: of the whole instance. */
  readonly organizationId: string | undefined
  /** Undefined for an alarm no rule names. */
  readonly ruleId: string | undefined
  /** An action, or an alarm's code. */
  readonly code: string
  readonly severity: Severity
  readonly title: string
  readonly detail: string
  /** Zero when it speaks of nothing in the log. */
  readonly aboutSequence: bigint
  /** How often it happened so far. */
  readonly count: bigint
}

export type AlertCommand =
  | { readonly type: 'RaiseAlert'; readonly facts: AlertFacts }
  | { readonly type: 'AcknowledgeAlert'; readonly id: string; readonly note: string }
  | { readonly type: 'ResolveAlert'; readonly id: string; readonly note: string }

export type AlertEvent =
  | {
      readonly type: 'AlertRaised'
      readonly facts: AlertFacts
      /** Worse than it was when somebody took it on: open again. */
      readonly reopens: boolean
    }
  | { readonly type: 'AlertAcknowledged'; readonly note: string }
  | { readonly type: 'AlertResolved'; readonly note: string }

export const alertStates = ['open', 'acknowledged', 'resolved'] as const
export type AlertState = (typeof alertStates)[number]

export interface Alert {
  facts: AlertFacts | undefined
  state: AlertState
  note: string
}

/**
 * Whether a repetition is worth a commit: when the alert became worse, or its count doubled. However often something
 * happens, its alert takes at most 64 commits and one for each severity.
 */
export const isWorthTelling = (
  known: Pick<AlertFacts, 'count' | 'severity'>,
  now: Pick<AlertFacts, 'count' | 'severity'>,
): boolean => isWorse(known, now) || now.count >= 2n * known.count

const isWorse = (known: Pick<AlertFacts, 'severity'>, now: Pick<AlertFacts, 'severity'>): boolean =>
  severityNumber(now.severity) > severityNumber(known.severity)

/** One thing somebody should look at, from its first occurrence until it is over. What comes after is another alert. */
export const alert: Decider<AlertCommand, AlertEvent, Alert> = {
  initial: () => ({ facts: undefined, state: 'open', note: '' }),

  decide(command, { facts, state }) {
    switch (command.type) {
      case 'RaiseAlert': {
        const raised = { type: 'AlertRaised', facts: command.facts, reopens: false } as const
        if (!facts) return [raised]
        // An occurrence on its way while somebody resolved it.
        if (state === 'resolved') return []
        if (!isWorthTelling(facts, command.facts)) return []
        return [{ ...raised, reopens: state === 'acknowledged' && isWorse(facts, command.facts) }]
      }
      case 'AcknowledgeAlert':
        if (!facts) throw AlertNotFound({ alert: command.id })
        // Twice is one fact, and what is over needs nobody to care for it.
        return state === 'open' ? [{ type: 'AlertAcknowledged', note: command.note }] : []
      case 'ResolveAlert':
        if (!facts) throw AlertNotFound({ alert: command.id })
        return state === 'resolved' ? [] : [{ type: 'AlertResolved', note: command.note }]
      default:
        return assertNever(command)
    }
  },

  evolve(alert, event) {
    switch (event.type) {
      case 'AlertRaised':
        if (event.reopens) alert.state = 'open'
        alert.facts = event.facts
        return alert
      case 'AlertAcknowledged':
        alert.state = 'acknowledged'
        alert.note = event.note || alert.note
        return alert
      case 'AlertResolved':
        alert.state = 'resolved'
        alert.note = event.note || alert.note
        return alert
      default:
        return assertNever(event)
    }
  },
}
