import type { CommandContext } from '@holdfast/event-log'
import type { NameClaim, NameTools, UsesName } from '@holdfast/service'
import { WebhookNameTaken } from '../domain/webhook-errors.ts'
import { webhooks } from './aggregates.ts'
import { nameHolders, nameKey } from './names.ts'

type Claim = NameClaim<'webhook'>

export const claimOf = (organizationId: string, name: string, holderId: string): Claim => ({
  kind: 'webhook',
  organizationId,
  name,
  holderId,
})

const usesName =
  ({ log }: Pick<NameTools, 'log'>, name: string, signal?: AbortSignal): UsesName =>
  async (holderId) => {
    const { exists, isDeleted, settings } = (await log.fold(webhooks, holderId, signal)).state
    return exists && !isDeleted && nameKey(settings.name) === nameKey(name)
  }

/** The name first, then the webhook: whoever has it need not ask the others (docs/adr/0021). */
export async function holdName(
  tools: NameTools,
  claim: Claim,
  context: CommandContext,
): Promise<void> {
  const { name } = claim
  const uses = usesName(tools, name, context.signal)
  if (await nameHolders.claim(tools, claim, uses, context)) return
  const heldBy = (await nameHolders.holder(tools, claim, context.signal)) ?? ''
  throw WebhookNameTaken({ name, heldBy })
}

/** Who goes by a name now. */
export async function nameUser(
  tools: Pick<NameTools, 'log'>,
  claim: Claim,
): Promise<string | undefined> {
  const holder = await nameHolders.holder(tools, claim)
  return holder !== undefined && (await usesName(tools, claim.name)(holder)) ? holder : undefined
}

export const releaseName = (
  tools: Pick<NameTools, 'log'>,
  claim: Claim,
  context: CommandContext,
): Promise<void> => nameHolders.release(tools, claim, context)
