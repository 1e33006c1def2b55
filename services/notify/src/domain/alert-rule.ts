import { assertNever, type Decider } from '@holdfast/domain'
import { AlertRuleBuiltin, AlertRuleExists, AlertRuleNotFound } from './alert-errors.ts'
import type { Sealed } from './sealed.ts'
import type { Severity } from './severity.ts'

export interface AlertRuleSettings {
  readonly name: string
  readonly severity: Severity
  /** Action codes or their beginnings, of the log or of ACCESS. */
  readonly actions: readonly string[]
  /** Empty: none. */
  readonly filter: string
  /** Raises when so many matched within the window; 0 and 1 mean each. */
  readonly threshold: number
  readonly windowMs: number
  /** Addresses, sealed for the rule. */
  readonly mailTo: readonly Sealed[]
  readonly isEnabled: boolean
  readonly description: string
  /** Alarm codes or their beginnings; then `actions` is empty. */
  readonly alarms: readonly string[]
}

export type AlertRuleCommand =
  | {
      readonly type: 'CreateAlertRule'
      readonly id: string
      readonly organizationId: string | undefined
      readonly settings: AlertRuleSettings
    }
  | {
      readonly type: 'UpdateAlertRule'
      readonly id: string
      readonly change: Partial<AlertRuleSettings>
      /** Of a rule that comes with the product: what it says before anybody changed it. */
      readonly builtin?: AlertRuleSettings
    }
  | { readonly type: 'DeleteAlertRule'; readonly id: string; readonly isBuiltin: boolean }

export type AlertRuleEvent =
  | {
      readonly type: 'AlertRuleCreated'
      readonly organizationId: string | undefined
      readonly settings: AlertRuleSettings
    }
  | { readonly type: 'AlertRuleUpdated'; readonly settings: AlertRuleSettings }
  | { readonly type: 'AlertRuleDeleted' }

/** What raises an alert. A rule that comes with the product is in the log only once somebody has changed it. */
export interface AlertRule {
  exists: boolean
  isDeleted: boolean
  organizationId: string | undefined
  settings: AlertRuleSettings | undefined
}

export const alertRule: Decider<AlertRuleCommand, AlertRuleEvent, AlertRule> = {
  initial: () => ({
    exists: false,
    isDeleted: false,
    organizationId: undefined,
    settings: undefined,
  }),

  decide(command, { exists, isDeleted, settings }) {
    switch (command.type) {
      case 'CreateAlertRule':
        if (exists || isDeleted) throw AlertRuleExists({ rule: command.id })
        return [
          {
            type: 'AlertRuleCreated',
            organizationId: command.organizationId,
            settings: command.settings,
          },
        ]

      case 'UpdateAlertRule': {
        const before = settings ?? command.builtin
        if (!before || isDeleted) throw AlertRuleNotFound({ rule: command.id })
        const after = { ...before, ...command.change }
        if (isSameSettings(before, after)) return []
        return exists
          ? [{ type: 'AlertRuleUpdated', settings: after }]
          : [{ type: 'AlertRuleCreated', organizationId: undefined, settings: after }]
      }

      case 'DeleteAlertRule':
        if (command.isBuiltin) throw AlertRuleBuiltin({ rule: command.id })
        if (isDeleted) return [] // twice is one fact
        if (!exists) throw AlertRuleNotFound({ rule: command.id })
        return [{ type: 'AlertRuleDeleted' }]

      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'AlertRuleCreated': // again, too, when a restore brings it back
        state.exists = true
        state.isDeleted = false
        state.organizationId = event.organizationId
        state.settings = event.settings
        return state
      case 'AlertRuleUpdated':
        state.settings = event.settings
        return state
      case 'AlertRuleDeleted':
        state.exists = false
        state.isDeleted = true
        return state
      default:
        return assertNever(event)
    }
  },
}

/** The same texts in the same order; sealed values are compared as they are. */
export function isSameSettings(a: AlertRuleSettings, b: AlertRuleSettings): boolean {
  const keys = Object.keys(a) as (keyof AlertRuleSettings)[] // as: a literal of that type
  return keys.every((key) => {
    const [one, other] = [a[key], b[key]]
    if (!Array.isArray(one) || !Array.isArray(other)) return one === other
    return one.length === other.length && one.every((item, i) => item === other[i])
  })
}
