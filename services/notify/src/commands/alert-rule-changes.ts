import { idFrom } from '@holdfast/domain'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import type { NameTools, Secrets } from '@holdfast/service'
import { builtinRule } from '../domain/alert-builtin.ts'
import { AlertRuleNotFound, TooManyAlertRules } from '../domain/alert-errors.ts'
import type { AlertRuleSettings } from '../domain/alert-rule.ts'
import { alertRules } from './alert-aggregates.ts'
import { claimOf, holdName, releaseName } from './alert-rule-names.ts'
import { nameKey } from './names.ts'

export interface RuleChangeTools {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'history'>
  readonly secrets: Secrets
  /** How many rules there are in an organization, or of the instance. */
  readonly count: (organizationId: string | undefined) => Promise<number>
  /** ms since 1970. */
  readonly now: () => number
}

export interface RulePlace {
  readonly id: string
  readonly organizationId: string | undefined
}

interface Stored {
  readonly id: string
  readonly sequence: bigint
}

/** In one organization, or of the instance. */
export const maxRules = 200

export interface RuleChanges {
  /** Where a rule is; also one that is deleted, for deleting twice. Throws `notify.alert_rule_not_found`. */
  place(id: string, signal: AbortSignal): Promise<RulePlace>
  settingsOf(id: string, signal: AbortSignal): Promise<AlertRuleSettings>
  create(
    organizationId: string | undefined,
    wish: Omit<AlertRuleSettings, 'mailTo'>,
    mailTo: readonly string[],
    context: CommandContext,
  ): Promise<Stored>
  update(
    place: RulePlace,
    wish: Partial<Omit<AlertRuleSettings, 'mailTo'>>,
    mailTo: readonly string[] | undefined,
    context: CommandContext,
  ): Promise<Stored>
  delete(place: RulePlace, context: CommandContext): Promise<bigint>
}

/** Rules and the names they hold. A name is claimed before it is used and given back after (commands/names.ts). */
export function ruleChanges({ log, secrets, count, now }: RuleChangeTools): RuleChanges {
  const names: NameTools = { log, now }

  const sealed = (place: RulePlace, mailTo: readonly string[]) =>
    secrets.seal(place.organizationId ?? '', place.id, 'mail_to', mailTo)

  /** Sealed anew only when it is another list: equal addresses never look equal once they are sealed. */
  async function resealed(place: RulePlace, mailTo: readonly string[], before: AlertRuleSettings) {
    const known = await secrets
      .open(place.organizationId ?? '', place.id, 'mail_to', before.mailTo)
      .catch(() => undefined)
    const isSame = known?.length === mailTo.length && known.every((one, i) => one === mailTo[i])
    return isSame ? before.mailTo : await sealed(place, mailTo)
  }

  async function settingsOf(id: string, signal?: AbortSignal): Promise<AlertRuleSettings> {
    const { state } = await log.fold(alertRules, id, signal)
    const settings = state.settings ?? builtinRule(id)?.settings
    if (!settings || state.isDeleted) throw AlertRuleNotFound({ rule: id })
    return settings
  }

  return {
    settingsOf,

    async place(id, signal) {
      const { state } = await log.fold(alertRules, id, signal)
      if (!state.settings && !builtinRule(id)) throw AlertRuleNotFound({ rule: id })
      return { id, organizationId: state.organizationId }
    },

    async create(organizationId, wish, mailTo, context) {
      if ((await count(organizationId)) >= maxRules) throw TooManyAlertRules({ max: maxRules })
      const id = idFrom<string>(context.commandId, 'alert_rule')
      const claimed = claimOf(organizationId, wish.name, id)
      await holdName(names, claimed, context)
      const settings = { ...wish, mailTo: await sealed({ id, organizationId }, mailTo) }
      const command = { type: 'CreateAlertRule', id, organizationId, settings } as const
      const { sequence } = await log.execute(alertRules, id, command, context)
      return { id, sequence }
    },

    async update(place, wish, mailTo, context) {
      const { id, organizationId } = place
      const before = await settingsOf(id, context.signal)
      const isRenamed = wish.name !== undefined && nameKey(wish.name) !== nameKey(before.name)
      if (isRenamed) await holdName(names, claimOf(organizationId, wish.name ?? '', id), context)
      const builtin = builtinRule(id)?.settings
      const { sequence } = await log.execute(
        alertRules,
        id,
        {
          type: 'UpdateAlertRule',
          id,
          change: {
            ...wish,
            ...(mailTo === undefined ? {} : { mailTo: await resealed(place, mailTo, before) }),
          },
          ...(builtin ? { builtin } : {}),
        },
        context,
      )
      if (isRenamed) await releaseName(names, claimOf(organizationId, before.name, id), context)
      return { id, sequence }
    },

    async delete({ id, organizationId }, context) {
      const isBuiltin = builtinRule(id) !== undefined
      const { sequence, state } = await log.execute(
        alertRules,
        id,
        { type: 'DeleteAlertRule', id, isBuiltin },
        context,
      )
      const name = state.settings?.name
      if (name !== undefined) await releaseName(names, claimOf(organizationId, name, id), context)
      return sequence
    },
  }
}
