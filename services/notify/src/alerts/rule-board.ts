import { isWithin } from '@holdfast/catalogue'
import { parseFilter } from '@holdfast/filter'
import type { Postgres } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'
import type { AlertRuleSettings } from '../domain/alert-rule.ts'
import { everyRule } from '../queries/alert-rules.ts'

/** A rule as it watches. */
export interface LiveRule {
  readonly id: string
  /** Undefined: watches all organizations and the instance. */
  readonly organizationId: string | undefined
  readonly settings: AlertRuleSettings
  matches(facts: Readonly<Record<string, unknown>>): boolean
}

export interface RuleBoard {
  /** Reads the rules anew. */
  reload(): Promise<void>
  /** Enabled rules that name the action and watch the organization. */
  forAction(code: string, organizationId: string | undefined): readonly LiveRule[]
  byId(id: string): LiveRule | undefined
  /** Undefined when no rule names the alarm: then it speaks for itself. */
  forAlarm(code: string, organizationId: string | undefined): readonly LiveRule[] | undefined
}

/** The rules in memory, found by code without looking at each. */
export function ruleBoard(postgres: Postgres, logger: Logger): RuleBoard {
  let rules: readonly LiveRule[] = []
  let byAction = new Map<string, readonly LiveRule[]>()

  const live = (id: string, organizationId: string | undefined, settings: AlertRuleSettings) => {
    let matches: LiveRule['matches'] = () => true
    if (settings.filter !== '') {
      try {
        matches = parseFilter(settings.filter).matches
      } catch (error) {
        // Of a release that knew more; it was good when it was stored.
        logger.error({ err: error, ruleId: id }, 'an alert rule has a filter that cannot be read')
        matches = () => false
      }
    }
    return { id, organizationId, settings, matches }
  }

  const watches = (rule: LiveRule, organizationId: string | undefined): boolean =>
    rule.organizationId === undefined || rule.organizationId === organizationId

  return {
    async reload() {
      const all = await everyRule(postgres)
      rules = all.map(({ id, organizationId, settings }) => live(id, organizationId, settings))
      byAction = new Map()
    },
    forAction(code, organizationId) {
      let naming = byAction.get(code)
      if (!naming) {
        naming = rules.filter(
          ({ settings }) => settings.isEnabled && isWithin(code, settings.actions),
        )
        byAction.set(code, naming)
      }
      return naming.length === 0 ? naming : naming.filter((rule) => watches(rule, organizationId))
    },
    byId: (id) => rules.find((rule) => rule.id === id),
    forAlarm(code, organizationId) {
      const naming = rules.filter(
        (rule) => isWithin(code, rule.settings.alarms) && watches(rule, organizationId),
      )
      // A disabled rule says that nobody wants to hear of it; one organization says so for itself alone.
      return naming.length === 0 ? undefined : naming.filter(({ settings }) => settings.isEnabled)
    },
  }
}
