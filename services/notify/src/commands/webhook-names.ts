import type { CommandContext } from '@holdfast/event-log'
import type { NameClaim, NameTools, UsesName } from '@holdfast/service'
import { WebhookNameTaken } from '../domain/webhook-errors.ts'
import { webhooks } from './aggregates.ts'
import { nameHolders, nameKey } from './names.ts'

export const claimOf = (
  organizationId: string,
  name: string,
  holderId: string,
): NameClaim<'webhook'> => ({ kind: 'webhook', organizationId, name, holderId })

/** The name first, then the webhook: whoever has it need not ask the others (docs/adr/0021). */
export async function holdName(
  tools: NameTools,
  claim: NameClaim<'webhook'>,
  context: CommandContext,
): Promise<void> {
  const { name } = claim
  const usesName: UsesName = async (holderId) => {
    const { state } = await tools.log.fold(webhooks, holderId, context.signal)
    if (!state.exists || state.isDeleted) return false
    return nameKey(state.settings.name) === nameKey(name)
  }
  if (await nameHolders.claim(tools, claim, usesName, context)) return
  const heldBy = (await nameHolders.holder(tools, claim, context.signal)) ?? ''
  throw WebhookNameTaken({ name, heldBy })
}

export const releaseName = (
  tools: Pick<NameTools, 'log'>,
  claim: NameClaim<'webhook'>,
  context: CommandContext,
): Promise<void> => nameHolders.release(tools, claim, context)
