import { printUrl } from '@holdfast/catalogue'
import {
  type Compensable,
  isSame,
  type SealedFact,
  sealedFact,
  sealedIn,
} from '@holdfast/compensation'
import type { NameTools, Secrets } from '@holdfast/service'
import { webhooks } from '../commands/aggregates.ts'
import { usualOverlapMs } from '../commands/change-webhooks.ts'
import { nameKey } from '../commands/names.ts'
import { claimOf, holdName, nameUser, releaseName } from '../commands/webhook-names.ts'
import {
  type WebhookEvent,
  type WebhookSettings,
  type WebhookState,
  webhook,
} from '../domain/webhook.ts'
import { WebhookNameTaken } from '../domain/webhook-errors.ts'
import { type Obstacles, obstacles, type Surveyed } from './obstacles.ts'

export interface WebhookFacts extends WebhookSettings {
  /** Empty: of the whole instance. */
  readonly organizationId: string
  readonly secret: SealedFact
}

/**
 * Where others are told of events, secrets included. Suspension is not of them: it says how the endpoint is, so it stays, and
 * a webhook that comes back is given another chance. What waited for it went with it.
 */
export function webhooksCompensable(
  tools: NameTools & { readonly secrets: Secrets },
): Compensable<WebhookState, WebhookFacts, WebhookEvent, Obstacles> {
  const surveyed: Surveyed<WebhookFacts> = {
    kind: 'webhook',
    field: 'secret',
    secrets: tools.secrets,
    organizationOf: ({ organizationId }) => organizationId,
    sealedOf: ({ secret }) => [secret],
    claimOf: nameClaim,
    holderOf: (facts, id) => nameUser(tools, nameOf(facts, id)),
    nameTaken: ({ name }, heldBy) => WebhookNameTaken({ name, heldBy }),
  }
  return {
    kind: 'webhook',
    aggregate: webhooks,
    after: [],
    initial: webhook.initial,
    evolve: webhook.evolve,
    facts: webhookFacts,
    about: ({ name, organizationId }) => ({ name, organizationId }),
    show: (path, value) =>
      path[0] === 'url' && typeof value === 'string' ? printUrl(value) : value,

    surroundings: (wanted, outlook) => obstacles(surveyed, wanted, outlook),

    compensate({ id, now: state, target, around, nowUnixMs }) {
      const now = webhookFacts(state)
      if (!target) return now ? [{ type: 'WebhookDeleted' }] : []
      if (isSame(now, target)) return []
      const obstacle = around.get(id)
      if (obstacle) throw obstacle
      const { organizationId, secret: fact, ...settings } = target
      const secret = sealedIn(fact)
      if (!now) return [{ type: 'WebhookCreated', organizationId, settings, secret }]
      const events: WebhookEvent[] = []
      const { secret: present, organizationId: _, ...before } = now
      if (!isSame(before, settings)) events.push({ type: 'WebhookUpdated', settings })
      if (!isSame(present, fact)) {
        const oldUntilUnixMs = nowUnixMs + usualOverlapMs
        const oldSecret = sealedIn(present)
        events.push({ type: 'WebhookSecretRotated', secret, oldUntilUnixMs, oldSecret })
      }
      return events
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

function webhookFacts(state: WebhookState): WebhookFacts | undefined {
  const { exists, isDeleted, organizationId, settings, secret } = state
  if (!exists || isDeleted || !secret) return undefined
  return { organizationId, ...settings, secret: sealedFact(secret) }
}

const nameOf = ({ organizationId, name }: WebhookFacts, id: string) =>
  claimOf(organizationId, name, id)

const nameClaim = ({ organizationId, name }: WebhookFacts): string =>
  `webhook/${organizationId}/${nameKey(name)}`
