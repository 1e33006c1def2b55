import { idFrom } from '@holdfast/domain'
import type { CommandContext, EventLog, Outcome } from '@holdfast/event-log'
import type { Secrets } from '@holdfast/service'
import type { WebhookEvent, WebhookSettings, WebhookState } from '../domain/webhook.ts'
import { newSecret, type WebhookSecret } from '../webhooks/signature.ts'
import { webhooks } from './aggregates.ts'
import { claimOf, holdName, releaseName } from './webhook-names.ts'

export interface WebhookTools {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'history'>
  readonly secrets: Secrets
  /** ms since 1970. */
  readonly now: () => number
}

/** How long the secret before signs along when nobody says. */
export const usualOverlapMs = 86_400_000

type WebhookOutcome = Outcome<WebhookState, WebhookEvent>

export interface Created {
  readonly id: string
  readonly outcome: WebhookOutcome
  /** Undefined for a command that comes again: a secret is shown once. */
  readonly secret: WebhookSecret | undefined
}

/** `secret` undefined: one is made. */
export async function createWebhook(
  tools: WebhookTools,
  organizationId: string,
  settings: WebhookSettings,
  wished: WebhookSecret | undefined,
  context: CommandContext,
): Promise<Created> {
  const id = idFrom<string>(context.commandId, 'webhook')
  await holdName(tools, claimOf(organizationId, settings.name, id), context)
  const secret = wished ?? newSecret()
  const sealed = await sealOne(tools, organizationId, id, secret)
  const command = { type: 'CreateWebhook' as const, id, organizationId, settings, secret: sealed }
  const outcome = await tools.log.execute(webhooks, id, command, context)
  return { id, outcome, secret: outcome.isRepeated ? undefined : secret }
}

export async function updateWebhook(
  tools: WebhookTools,
  id: string,
  before: WebhookState,
  changes: Partial<WebhookSettings>,
  context: CommandContext,
): Promise<WebhookOutcome> {
  const { organizationId } = before
  const oldName = before.settings.name
  const { name } = changes
  const isRenamed = name !== undefined && name.toLowerCase() !== oldName.toLowerCase()
  if (isRenamed) await holdName(tools, claimOf(organizationId, name, id), context)
  const { own, expected } = revisionOf(context)
  const command = { type: 'UpdateWebhook' as const, id, changes, ...expected }
  const outcome = await tools.log.execute(webhooks, id, command, own)
  if (isRenamed) await releaseName(tools, claimOf(organizationId, oldName, id), context)
  return outcome
}

export async function rotateSecret(
  tools: WebhookTools,
  id: string,
  { organizationId }: WebhookState,
  wish: { readonly secret: WebhookSecret | undefined; readonly overlapMs: number },
  context: CommandContext,
): Promise<Omit<Created, 'id'>> {
  const secret = wish.secret ?? newSecret()
  const { own, expected } = revisionOf(context)
  const command = {
    type: 'RotateSecret' as const,
    id,
    secret: await sealOne(tools, organizationId, id, secret),
    oldUntilUnixMs: tools.now() + wish.overlapMs,
    ...expected,
  }
  const outcome = await tools.log.execute(webhooks, id, command, own)
  return { outcome, secret: outcome.isRepeated ? undefined : secret }
}

export async function deleteWebhook(
  tools: WebhookTools,
  id: string,
  { organizationId, settings }: WebhookState,
  context: CommandContext,
): Promise<WebhookOutcome> {
  const { name } = settings // the state is the living one
  const { own, expected } = revisionOf(context)
  const outcome = await tools.log.execute(
    webhooks,
    id,
    { type: 'DeleteWebhook' as const, id, ...expected },
    own,
  )
  await releaseName(tools, claimOf(organizationId, name, id), context)
  return outcome
}

/** What clients know as a revision is checked by the domain, and not by the log. */
function revisionOf(context: CommandContext) {
  const { expectedRevision, ...own } = context
  return { own, expected: expectedRevision === undefined ? {} : { expectedRevision } }
}

async function sealOne(
  { secrets }: WebhookTools,
  organizationId: string,
  id: string,
  secret: WebhookSecret,
) {
  const [sealed] = await secrets.seal(organizationId, id, 'secret', [secret])
  if (!sealed) throw new Error('nothing was sealed')
  return sealed
}
