import { isUuid, newId, rfc3339 } from '@holdfast/domain'
import type { Egress } from '@holdfast/egress'
import { type DomainError, invalid } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import { type Page, type Postgres, parsePage, type ReadScope } from '@holdfast/postgres'
import type { holdfast, WebhookService } from '@holdfast/proto'
import {
  AccessDenied,
  type Call,
  Fields,
  type Handlers,
  type Permission,
  parseId,
} from '@holdfast/service'
import { webhookSettingsMessage } from '../codecs/webhook-codec.ts'
import { webhooks } from '../commands/aggregates.ts'
import {
  createWebhook,
  deleteWebhook,
  rotateSecret,
  updateWebhook,
  usualOverlapMs,
  type WebhookTools,
} from '../commands/change-webhooks.ts'
import type { WebhookState } from '../domain/webhook.ts'
import { webhookFormats } from '../domain/webhook.ts'
import { DeliveryNotFound, WebhookAmbiguous, WebhookNotFound } from '../domain/webhook-errors.ts'
import {
  type AttemptView,
  type DeliveryView,
  deliveryStates,
  emptyQueue,
  listDeliveries,
  type QueueView,
  queuesOf,
} from '../queries/webhook-deliveries.ts'
import {
  listWebhooks,
  matchWebhooks,
  type WebhookView,
  webhookToCall,
} from '../queries/webhooks.ts'
import type { Attempt } from '../webhooks/attempt.ts'
import { replayDeliveries } from '../webhooks/delivery-store.ts'
import { bodyOf } from '../webhooks/payload.ts'
import { parseSecret } from '../webhooks/signature.ts'
import { changedSettings, checkUrl, newSettings } from './webhook-parse.ts'

type WebhookMessage = holdfast.notify.v1.Webhook.$Properties
type DeliveryMessage = holdfast.notify.v1.Delivery.$Properties
type AttemptMessage = holdfast.notify.v1.Attempt.$Properties

export interface WebhookEdge {
  readonly tools: WebhookTools
  readonly log: Pick<EventLog, 'fold' | 'lineageId'>
  readonly postgres: Postgres
  readonly egress: Pick<Egress, 'refusal'>
  readonly attempt: Attempt
  readonly now: () => number
  /** Waits until the read models include all this process knows of. */
  catchUp(): Promise<void>
  /** The same for all there is. */
  catchUpToHead(): Promise<void>
  /** Something may be due. */
  onQueued(): void
}

const read: Permission = 'notify.webhooks.read'
const write: Permission = 'notify.webhooks.write'
const maxPage = 200
const maxOverlapMs = 30 * 86_400_000

export function webhookHandlers(edge: WebhookEdge): Handlers<typeof WebhookService> {
  const { tools, postgres, log, egress } = edge

  async function shown(id: string): Promise<WebhookMessage> {
    await edge.catchUp()
    const [view] = await matchWebhooks(postgres, { organizations: '*' }, id)
    if (!view) throw WebhookNotFound({ webhook: id })
    const queue = (await queuesOf(postgres, [id])).get(id)
    return print(view, queue)
  }

  /** The webhook of a write, also one that is deleted: deleting twice is one fact. */
  async function owned(call: Call, id: string, permission: Permission): Promise<WebhookState> {
    const hidden = () => WebhookNotFound({ webhook: quoted(id) })
    if (!isUuid(id)) throw hidden()
    const { state } = await log.fold(webhooks, id, call.signal)
    if (!state.exists) throw hidden()
    requireAt(call, permission, state.organizationId, hidden)
    return state
  }

  async function living(call: Call, id: string, permission: Permission): Promise<WebhookState> {
    const state = await owned(call, id, permission)
    if (state.isDeleted) throw WebhookNotFound({ webhook: id })
    return state
  }

  const context = (call: Call, organizationId: string) =>
    call.command(organizationId === '' ? undefined : organizationId)

  return {
    async createWebhook(request, call) {
      const { organizationId } = request
      const fields = new Fields()
      fields.takeOptional(parseId, organizationId, 'organization_id')
      const settings = newSettings(settingsIn(request.settings), fields)
      const secret = fields.takeOptional(parseSecret, request.secret, 'secret')
      // Whom it belongs to before anything is resolved for them.
      if (organizationId === '' || isUuid(organizationId)) requireAt(call, write, organizationId)
      await checkUrl(egress, settings.url, fields, call.signal)
      fields.check()
      const made = await createWebhook(
        tools,
        organizationId,
        settings,
        secret === '' ? undefined : secret,
        context(call, organizationId),
      )
      call.committed(made.outcome.sequence)
      return { webhook: await shown(made.id), secret: made.secret ?? '' }
    },

    async getWebhook({ webhook }, call) {
      const scope = scopeOf(call, read)
      const search = () => matchWebhooks(postgres, scope, webhook)
      const isSearchable = webhook !== '' && webhook.length <= 200 && !webhook.includes('\0')
      let matches = isSearchable ? await search() : []
      if (matches.length === 0 && isSearchable && scope.at === undefined) {
        await edge.catchUpToHead()
        matches = await search()
      }
      if (matches.length > 1) {
        const list = matches.map(({ id, organizationId: of }) => `${of || 'instance'} (${id})`)
        throw WebhookAmbiguous({ name: webhook, matches: list.join(', ') })
      }
      const [found] = matches
      if (!found) throw WebhookNotFound({ webhook: quoted(webhook) })
      const queue = scope.at === undefined ? await queuesOf(postgres, [found.id]) : undefined
      return { webhook: print(found, queue?.get(found.id)) }
    },

    async listWebhooks(request, call) {
      const { organizationId } = request
      const fields = new Fields()
      fields.takeOptional(parseId, organizationId, 'organization_id')
      fields.check()
      if (organizationId !== '') call.caller.require(read, organizationId)
      const scope = scopeOf(call, read)
      const page = parsePage(request.limit, request.cursor, maxPage)
      const found: Page<WebhookView> = await listWebhooks(postgres, scope, organizationId, page)
      const ids = found.rows.map(({ id }) => id)
      const queues = scope.at === undefined ? await queuesOf(postgres, ids) : undefined
      return {
        webhooks: found.rows.map((view) => print(view, queues?.get(view.id))),
        nextCursor: found.nextCursor,
      }
    },

    async updateWebhook(request, call) {
      const { id } = request
      const before = await living(call, id, write)
      const fields = new Fields()
      const changes = changedSettings(request, fields)
      if (changes.url !== undefined) await checkUrl(egress, changes.url, fields, call.signal)
      fields.check()
      const { organizationId } = before
      const outcome = await updateWebhook(tools, id, before, changes, context(call, organizationId))
      if (outcome.events.length > 0) call.committed(outcome.sequence)
      return { webhook: await shown(id) }
    },

    async rotateWebhookSecret(request, call) {
      const { id } = request
      const before = await living(call, id, write)
      const fields = new Fields()
      const secret = fields.takeOptional(parseSecret, request.secret, 'secret')
      fields.integer(request.overlapMs, 'overlap_ms', 0, maxOverlapMs)
      fields.check()
      const wish = {
        secret: secret === '' ? undefined : secret,
        overlapMs: request.overlapMs === 0 ? usualOverlapMs : request.overlapMs,
      }
      const made = await rotateSecret(tools, id, before, wish, context(call, before.organizationId))
      call.committed(made.outcome.sequence)
      return { webhook: await shown(id), secret: made.secret ?? '' }
    },

    async deleteWebhook({ id }, call) {
      const before = await owned(call, id, write)
      const outcome = await deleteWebhook(tools, id, before, context(call, before.organizationId))
      if (outcome.events.length > 0) call.committed(outcome.sequence)
      return {}
    },

    async testWebhook({ id }, call) {
      await living(call, id, write)
      await edge.catchUp()
      const webhook = await webhookToCall(postgres, id)
      if (!webhook) throw WebhookNotFound({ webhook: id })
      const deliveryId = newId<string>()
      const { format } = webhook.settings
      const payload = {
        type: 'webhook.test',
        timestamp: rfc3339(edge.now()),
        data: { webhook_id: id, name: webhook.settings.name },
      }
      const body = bodyOf(payload, format, deliveryId, log.lineageId)
      const sending = { deliveryId, format: webhookFormats.indexOf(format), body }
      return { attempt: printAttempt(await edge.attempt(webhook, sending, call.signal)) }
    },

    async listDeliveries(request, call) {
      const { webhookId } = request
      await living(call, webhookId, read)
      const page = parsePage(request.limit, request.cursor, maxPage)
      const state = deliveryStates[request.state - 1]
      if (request.state !== 0 && state === undefined) {
        const detail = `must be one of ${deliveryStates.join(', ')}`
        throw invalid({ field: 'state', code: 'unknown', detail })
      }
      const found = await listDeliveries(postgres, webhookId, state, page)
      return { deliveries: found.rows.map(printDelivery), nextCursor: found.nextCursor }
    },

    async replayDeliveries({ webhookId, deliveryId }, call) {
      await living(call, webhookId, write)
      const fields = new Fields()
      fields.takeOptional(parseId, deliveryId, 'delivery_id')
      fields.check()
      const one = deliveryId === '' ? undefined : deliveryId
      const count = await replayDeliveries(postgres, webhookId, one)
      if (one !== undefined && count === 0) throw DeliveryNotFound({ delivery: one })
      edge.onQueued()
      return { count }
    },
  }
}

const scopeOf = (call: Call, permission: Permission): ReadScope => ({
  organizations: call.caller.organizations(permission),
  ...(call.at === undefined ? {} : { at: call.at }),
})

/** What is of the instance takes a permission that is not bound to one organization. */
function requireAt(
  { caller }: Call,
  permission: Permission,
  organizationId: string,
  hidden?: () => DomainError,
): void {
  if (organizationId !== '') caller.require(permission, organizationId, hidden)
  else if (caller.organizations(permission) !== '*')
    throw hidden ? hidden() : AccessDenied({ permission })
}

function settingsIn(m: holdfast.notify.v1.WebhookSettings.$Properties | null | undefined) {
  if (!m) throw invalid({ field: 'settings', code: 'required', detail: 'must not be empty' })
  // as: a decoded message has every field
  return m as holdfast.notify.v1.WebhookSettings
}

const quoted = (text: string): string =>
  text === '' ? '(no name)' : text.length > 60 ? `${text.slice(0, 60)}…` : text

function print(view: WebhookView, queue: QueueView = emptyQueue): WebhookMessage {
  return {
    id: view.id,
    organizationId: view.organizationId,
    settings: webhookSettingsMessage(view.settings),
    suspendedBecause: view.suspendedBecause,
    createdAtUnixMs: view.createdAtUnixMs,
    updatedAtUnixMs: view.updatedAtUnixMs,
    revision: Number(view.revision),
    pending: queue.pending,
    dead: queue.dead,
    lastSuccessUnixMs: queue.lastSuccessUnixMs,
    lastFailure: queue.lastFailure,
  }
}

const printAttempt = ({ atUnixMs, status, durationMs, failure }: AttemptView): AttemptMessage => ({
  atUnixMs,
  status,
  durationMs,
  failure,
})

const printDelivery = (one: DeliveryView): DeliveryMessage => {
  const recentAttempts = one.recent.map(printAttempt)
  return {
    id: one.id,
    webhookId: one.webhookId,
    type: one.type,
    sequence: Number(one.sequence),
    state: deliveryStates.indexOf(one.state) + 1,
    attempts: one.attempts,
    createdAtUnixMs: one.createdAtUnixMs,
    nextAttemptUnixMs: one.nextAttemptUnixMs,
    lastAttempt: recentAttempts.at(-1) ?? null,
    recentAttempts,
  }
}
