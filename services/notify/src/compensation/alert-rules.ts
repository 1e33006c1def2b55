import {
  type Compensable,
  isSame,
  type SealedFact,
  sealedFact,
  sealedIn,
} from '@holdfast/compensation'
import type { NameTools, Secrets } from '@holdfast/service'
import { alertRules } from '../commands/alert-aggregates.ts'
import { claimOf, holdName, nameUser, releaseName } from '../commands/alert-rule-names.ts'
import { nameKey } from '../commands/names.ts'
import { builtinRule } from '../domain/alert-builtin.ts'
import { AlertRuleNameTaken } from '../domain/alert-errors.ts'
import {
  type AlertRule,
  type AlertRuleEvent,
  type AlertRuleSettings,
  alertRule,
} from '../domain/alert-rule.ts'
import { checkRule } from '../grpc/alert-fields.ts'
import { type Obstacles, obstacles, type Surveyed } from './obstacles.ts'

export interface AlertRuleFacts extends Omit<AlertRuleSettings, 'mailTo'> {
  /** Undefined: of the whole instance. */
  readonly organizationId: string | undefined
  readonly mailTo: readonly SealedFact[]
}

export interface AlertRulePast {
  rule: AlertRule
  /** What it says before anybody changes it; undefined for one that does not come with the product. */
  readonly builtin: AlertRuleSettings | undefined
}

/**
 * What raises alerts; the alerts it has raised stay. A rule of the product is always there: before its first change it is
 * what it comes as, and that is what it goes back to.
 */
export function alertRulesCompensable(
  tools: NameTools & { readonly secrets: Secrets },
): Compensable<AlertRulePast, AlertRuleFacts, AlertRuleEvent, Obstacles> {
  const surveyed: Surveyed<AlertRuleFacts> = {
    kind: 'alert_rule',
    field: 'mail_to',
    secrets: tools.secrets,
    organizationOf: ({ organizationId = '' }) => organizationId,
    sealedOf: ({ mailTo }) => mailTo,
    claimOf: nameClaim,
    holderOf: (facts, id) => nameUser(tools, nameOf(facts, id)),
    nameTaken: ({ name }, heldBy) => AlertRuleNameTaken({ name, heldBy }),
  }
  return {
    kind: 'alert_rule',
    aggregate: alertRules,
    after: [],
    initial: (id) => ({ rule: alertRule.initial(), builtin: builtinRule(id)?.settings }),
    evolve(past, event) {
      past.rule = alertRule.evolve(past.rule, event)
      return past
    },
    facts: alertRuleFacts,
    about: ({ name, organizationId = '' }) => ({ name, organizationId }),

    surroundings: (wanted, outlook) => obstacles(surveyed, wanted, outlook),

    compensate({ id, now: past, target, around }) {
      const now = alertRuleFacts(past)
      if (!target) return now ? [{ type: 'AlertRuleDeleted' }] : []
      if (isSame(now, target)) return []
      const obstacle = around.get(id)
      if (obstacle) throw obstacle
      const { organizationId, mailTo, ...rest } = target
      const settings: AlertRuleSettings = { ...rest, mailTo: mailTo.map(sealedIn) }
      checkRule(settings) // after one change is undone, its fields may contradict each other
      return past.rule.exists
        ? [{ type: 'AlertRuleUpdated', settings }]
        : [{ type: 'AlertRuleCreated', organizationId, settings }]
    },

    claims: (facts) => [nameClaim(facts)],
    park: (now, id) => ({ ...now, name: `restoring ${id}` }),
    async hold(id, { before, after }, context) {
      if (!after || (before && nameClaim(before) === nameClaim(after))) return
      await holdName(tools, nameOf(after, id), context)
    },
    async settle(id, { before, after }, context) {
      if (!before || (after && nameClaim(before) === nameClaim(after))) return
      await releaseName(tools, nameOf(before, id), context)
    },
  }
}

function alertRuleFacts({ rule, builtin }: AlertRulePast): AlertRuleFacts | undefined {
  const settings = rule.exists ? rule.settings : builtin
  if (!settings) return undefined
  const { organizationId } = rule
  return { organizationId, ...settings, mailTo: settings.mailTo.map(sealedFact) }
}

const nameOf = ({ organizationId, name }: AlertRuleFacts, id: string) =>
  claimOf(organizationId, name, id)

const nameClaim = ({ organizationId = '', name }: AlertRuleFacts): string =>
  `alert_rule/${organizationId}/${nameKey(name)}`
