import type { CommandContext } from '@holdfast/event-log'
import type { NameClaim, NameTools, UsesName } from '@holdfast/service'
import { builtinRules } from '../domain/alert-builtin.ts'
import { AlertRuleNameTaken } from '../domain/alert-errors.ts'
import { alertRules } from './alert-aggregates.ts'
import { nameHolders, nameKey } from './names.ts'

type Claim = NameClaim<'alert_rule'>

export const claimOf = (
  organizationId: string | undefined,
  name: string,
  holderId: string,
): Claim => ({ kind: 'alert_rule', organizationId: organizationId ?? '', name, holderId })

/** The product's own hold their names without a commit, whatever somebody calls them. */
function builtinOf({ organizationId, name, holderId }: Claim): string | undefined {
  if (organizationId !== '') return undefined
  const found = builtinRules.find(({ settings }) => nameKey(settings.name) === nameKey(name))
  return found?.id === holderId ? undefined : found?.id
}

const usesName =
  ({ log }: Pick<NameTools, 'log'>, name: string, signal?: AbortSignal): UsesName =>
  async (holderId) => {
    const { settings, isDeleted } = (await log.fold(alertRules, holderId, signal)).state
    return !isDeleted && settings !== undefined && nameKey(settings.name) === nameKey(name)
  }

/** Claims a name before it is used. Throws `notify.alert_rule_name_taken`. */
export async function holdName(
  tools: NameTools,
  claim: Claim,
  context: CommandContext,
): Promise<void> {
  const { name } = claim
  const builtin = builtinOf(claim)
  if (builtin !== undefined) throw AlertRuleNameTaken({ name, heldBy: builtin })
  const uses = usesName(tools, name, context.signal)
  if (await nameHolders.claim(tools, claim, uses, context)) return
  const heldBy = (await nameHolders.holder(tools, claim, context.signal)) ?? ''
  throw AlertRuleNameTaken({ name, heldBy })
}

/** Who goes by a name now. */
export async function nameUser(
  tools: Pick<NameTools, 'log'>,
  claim: Claim,
): Promise<string | undefined> {
  const builtin = builtinOf(claim)
  if (builtin !== undefined) return builtin
  const holder = await nameHolders.holder(tools, claim)
  return holder !== undefined && (await usesName(tools, claim.name)(holder)) ? holder : undefined
}

export const releaseName = (
  tools: Pick<NameTools, 'log'>,
  claim: Claim,
  context: CommandContext,
): Promise<void> => nameHolders.release(tools, claim, context)
