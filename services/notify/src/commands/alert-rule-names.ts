import type { CommandContext } from '@holdfast/event-log'
import type { NameClaim, NameTools, UsesName } from '@holdfast/service'
import { builtinRules } from '../domain/alert-builtin.ts'
import { AlertRuleNameTaken } from '../domain/alert-errors.ts'
import { alertRules } from './alert-aggregates.ts'
import { nameHolders, nameKey } from './names.ts'

export const claimOf = (
  organizationId: string | undefined,
  name: string,
  holderId: string,
): NameClaim<'alert_rule'> => ({
  kind: 'alert_rule',
  organizationId: organizationId ?? '',
  name,
  holderId,
})

/** Claims a name before it is used. Throws `notify.alert_rule_name_taken`. */
export async function holdName(
  tools: NameTools,
  claim: NameClaim<'alert_rule'>,
  context: CommandContext,
): Promise<void> {
  const { name, organizationId, holderId } = claim
  // The product's own hold their names without a commit, until somebody gives them another.
  const builtin = builtinRules.find(({ settings }) => nameKey(settings.name) === nameKey(name))
  if (organizationId === '' && builtin !== undefined && builtin.id !== holderId) {
    throw AlertRuleNameTaken({ name, heldBy: builtin.id })
  }
  const usesName: UsesName = async (holder) => {
    const { settings, isDeleted } = (await tools.log.fold(alertRules, holder, context.signal)).state
    return !isDeleted && settings !== undefined && nameKey(settings.name) === nameKey(name)
  }
  if (await nameHolders.claim(tools, claim, usesName, context)) return
  const heldBy = (await nameHolders.holder(tools, claim, context.signal)) ?? ''
  throw AlertRuleNameTaken({ name, heldBy })
}

export const releaseName = (
  tools: Pick<NameTools, 'log'>,
  claim: NameClaim<'alert_rule'>,
  context: CommandContext,
): Promise<void> => nameHolders.release(tools, claim, context)
