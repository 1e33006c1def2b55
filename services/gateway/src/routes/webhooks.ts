import { Type } from '@fastify/type-provider-typebox'
import { isUuid } from '@holdfast/domain'
import type { FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { etagOf, sendObject } from '../http/etag.ts'
import {
  closed,
  exampleId,
  flagIn,
  integerIn,
  integerOut,
  listIn,
  named,
  optional,
  ref,
  textIn,
  words,
} from '../views/fields.ts'
import { present } from '../views/print.ts'
import {
  deliveryStates,
  printAttempt,
  printDelivery,
  printWebhook,
  Webhook,
  WebhookAttempt,
  WebhookDelivery,
  WebhookSecret,
  webhookFormats,
  webhookSeverities,
} from '../views/webhook.ts'
import { empty } from './auth.ts'
import { byId, many, page, pastMany, pastOne, sendPage, text } from './list.ts'
import { existingOrganizationId, organizationId } from './resolve.ts'
import { prefix, type Routes, sendChanged, signedIn } from './route.ts'

const tags = ['webhooks']
const organization = {
  organization_id: optional(named('organization', 'Acme')),
  organization: optional(named('organization', 'Acme')),
}
const name = textIn(128, 'Unique in the organization, regardless of case.', 'siem', 1)
const url = textIn(
  2000,
  'https:// and on the public internet, unless the operator allows more.',
  'https://hooks.example.org/holdfast',
  1,
)
const secret = optional(
  textIn(128, '`whsec_` and base64 of 24 to 64 bytes; made when absent.', 'whsec_…', 1),
)
const settings = {
  actions: optional(
    listIn(50, 'Action codes or their beginnings up to a dot; empty: all.', 'network.peer'),
  ),
  filter: optional(
    textIn(1000, 'Filter expression (docs/webhooks.md); empty: none.', 'data.actor.kind == "user"'),
  ),
  is_enabled: optional(flagIn('False: nothing is queued or delivered. True also resumes.', true)),
  description: optional(textIn(1000, 'Free text.', 'Security team')),
  alerts_from: optional(
    Type.Unsafe<(typeof webhookSeverities)[number] | null>({
      type: ['string', 'null'],
      enum: [...webhookSeverities, null],
      description: 'From which severity on alerts are delivered too; null: none.',
      examples: ['error'],
    }),
  ),
  format: optional(words(webhookFormats, 'Shape of the body; standard when absent.')),
}
const severityNumber = (word: (typeof webhookSeverities)[number] | null): number =>
  word === null ? 0 : webhookSeverities.indexOf(word) + 1

/** Writes name webhooks by id; people name them by name. */
async function webhookId(
  { webhooks }: Clients,
  given: string,
  request: FastifyRequest,
): Promise<string> {
  if (isUuid(given)) return given
  const found = await webhooks.getWebhook({ webhook: given }, reading(request))
  return present(found.webhook, 'webhook').id ?? ''
}

/** Endpoints that are told of events. */
export const webhookRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { webhooks } = clients

    app.get(
      '/webhooks',
      {
        schema: {
          operationId: 'listWebhooks',
          tags,
          summary: 'Webhooks the caller may see, by name',
          security: signedIn,
          querystring: pastMany(organization),
          response: { 200: page(Webhook) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const options = reading(request)
        const within = query.organization_id ?? query.organization
        const found = await webhooks.listWebhooks(
          {
            limit: query.limit ?? 0,
            cursor: text(query.cursor),
            organizationId: await organizationId(clients, within, request),
          },
          options,
        )
        return sendPage(request, reply, found.webhooks, found.nextCursor, printWebhook)
      },
    )

    app.post(
      '/webhooks',
      {
        schema: {
          operationId: 'createWebhook',
          tags,
          summary: 'Create a webhook; its secret is shown this once',
          description:
            'It is told of what happens from then on. Without an organization it is of the whole instance, which takes a super-admin.',
          security: signedIn,
          body: closed({ ...organization, name, url, ...settings, secret }),
          response: { 201: ref(WebhookSecret) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const within = body.organization_id ?? body.organization
        const made = await webhooks.createWebhook(
          {
            organizationId: await existingOrganizationId(clients, within, request),
            settings: {
              name: body.name,
              url: body.url,
              actions: body.actions ?? [],
              filter: text(body.filter),
              isEnabled: body.is_enabled ?? true,
              description: text(body.description),
              alertsFrom: severityNumber(body.alerts_from ?? null),
              format: webhookFormats.indexOf(body.format ?? 'standard'),
            },
            secret: text(body.secret),
          },
          options,
        )
        const webhook = printWebhook(present(made.webhook, 'webhook'))
        return reply
          .code(201)
          .header('location', `${prefix}/webhooks/${webhook.id}`)
          .header('etag', etagOf(webhook.revision))
          .header('cache-control', 'no-store')
          .send({ webhook, secret: made.secret })
      },
    )

    app.get(
      '/webhooks/:id',
      {
        schema: {
          operationId: 'getWebhook',
          tags,
          summary: 'One webhook, by id or name, and how its queue stands',
          security: signedIn,
          params: byId('webhook'),
          querystring: pastOne({}),
          response: { 200: ref(Webhook) },
        },
      },
      async (request, reply) => {
        const { webhook } = await webhooks.getWebhook(
          { webhook: request.params.id },
          reading(request),
        )
        return sendObject(request, reply, printWebhook(present(webhook, 'webhook')))
      },
    )

    app.patch(
      '/webhooks/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'updateWebhook',
          tags,
          summary: 'Change what is named; is_enabled true also ends a suspension',
          security: signedIn,
          params: byId('webhook'),
          body: closed(
            { name: optional(name), url: optional(url), ...settings },
            { minProperties: 1 },
          ),
          response: { 200: ref(Webhook) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const { webhook } = await webhooks.updateWebhook(
          {
            id: await webhookId(clients, request.params.id, request),
            name: body.name ?? null,
            url: body.url ?? null,
            actions: body.actions === undefined ? null : { actions: body.actions },
            filter: body.filter ?? null,
            isEnabled: body.is_enabled ?? null,
            description: body.description ?? null,
            alertsFrom: body.alerts_from === undefined ? null : severityNumber(body.alerts_from),
            format: body.format === undefined ? null : webhookFormats.indexOf(body.format),
          },
          options,
        )
        return sendChanged(reply, printWebhook(present(webhook, 'webhook')))
      },
    )

    app.delete(
      '/webhooks/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'deleteWebhook',
          tags,
          summary: 'Delete a webhook; what waits for it is dropped',
          security: signedIn,
          params: byId('webhook'),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const own = await webhookId(clients, request.params.id, request)
        await webhooks.deleteWebhook({ id: own }, options)
        return empty(reply)
      },
    )

    app.post(
      '/webhooks/:id/rotate-secret',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'rotateWebhookSecret',
          tags,
          summary: 'New secret; the old one signs along for a while',
          security: signedIn,
          params: byId('webhook'),
          body: optional(
            closed({
              secret,
              overlap_seconds: optional(
                integerIn(0, 2_592_000, 'How long both sign; a day when absent.', 86_400),
              ),
            }),
          ),
          response: { 200: ref(WebhookSecret) },
        },
      },
      async (request, reply) => {
        const body = request.body ?? {}
        const options = writing(request, reply)
        const seconds = body.overlap_seconds
        const made = await webhooks.rotateWebhookSecret(
          {
            id: await webhookId(clients, request.params.id, request),
            secret: text(body.secret),
            // Zero says "a day" to the service; no overlap at all is a millisecond.
            overlapMs: seconds === undefined ? 0 : Math.max(1, seconds * 1000),
          },
          options,
        )
        const webhook = printWebhook(present(made.webhook, 'webhook'))
        return reply
          .header('etag', etagOf(webhook.revision))
          .header('cache-control', 'no-store')
          .send({ webhook, secret: made.secret })
      },
    )

    app.post(
      '/webhooks/:id/test',
      {
        schema: {
          operationId: 'testWebhook',
          tags,
          summary: 'Send `webhook.test` at once, past the queue, and say what came of it',
          description: 'Answers 200 whatever the endpoint says; `failure` tells.',
          security: signedIn,
          params: byId('webhook'),
          response: { 200: ref(WebhookAttempt) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const own = await webhookId(clients, request.params.id, request)
        const { attempt } = await webhooks.testWebhook({ id: own }, options)
        return reply.send(printAttempt(present(attempt, 'attempt')))
      },
    )

    app.get(
      '/webhooks/:id/deliveries',
      {
        schema: {
          operationId: 'listWebhookDeliveries',
          tags,
          summary: 'What was and is to be delivered, newest first',
          security: signedIn,
          params: byId('webhook'),
          querystring: many({ state: optional(words(deliveryStates, 'Only those.')) }),
          response: { 200: page(WebhookDelivery) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const options = reading(request)
        const found = await webhooks.listDeliveries(
          {
            webhookId: await webhookId(clients, request.params.id, request),
            state: query.state === undefined ? 0 : deliveryStates.indexOf(query.state) + 1,
            limit: query.limit ?? 0,
            cursor: text(query.cursor),
          },
          options,
        )
        return sendPage(request, reply, found.deliveries, found.nextCursor, printDelivery)
      },
    )

    app.post(
      '/webhooks/:id/replay',
      {
        schema: {
          operationId: 'replayWebhookDeliveries',
          tags,
          summary: 'Send dead messages, or one of any state, again with their ids',
          description: 'They go to the end of the queue, in their order.',
          security: signedIn,
          params: byId('webhook'),
          body: optional(
            closed({
              delivery_id: optional(
                textIn(36, 'This one; all that are dead when absent.', exampleId, 1),
              ),
            }),
          ),
          response: {
            200: Type.Object({ count: integerOut('Messages that are sent again.', 3) }),
          },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const { count } = await webhooks.replayDeliveries(
          {
            webhookId: await webhookId(clients, request.params.id, request),
            deliveryId: text(request.body?.delivery_id),
          },
          options,
        )
        return reply.send({ count: Number(count) })
      },
    )
  }
