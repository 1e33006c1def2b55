import { Type } from '@fastify/type-provider-typebox'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { closed, named, optional, ref, textIn } from '../views/fields.ts'
import { present } from '../views/print.ts'
import {
  NewSubscriber,
  printSubscriber,
  Subscriber,
  SubscriberCredentials,
} from '../views/subscriber.ts'
import { byId, page, pastMany, sendPage, text } from './list.ts'
import { organizationId } from './resolve.ts'
import { prefix, type Routes, signedIn } from './route.ts'

const tags = ['subscribers']
const action = textIn(128, 'An action code, or its beginning up to a dot.', 'network.peer', 1)

/** Programs outside that follow events over NATS: docs/subscribers.md. */
export const subscriberRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { subscribers } = clients

    app.get(
      '/subscribers',
      {
        schema: {
          operationId: 'listSubscribers',
          tags,
          summary: 'External subscribers, by name',
          security: signedIn,
          querystring: pastMany({ organization_id: optional(named('organization', 'Acme')) }),
          response: { 200: page(Subscriber) },
        },
      },
      async (request, reply) => {
        const { limit = 0, cursor, organization_id } = request.query
        const where = await organizationId(clients, organization_id, request)
        const asked = { limit, cursor: text(cursor), organizationId: where }
        const found = await subscribers.listSubscribers(asked, reading(request))
        return sendPage(request, reply, found.subscribers, found.nextCursor, printSubscriber)
      },
    )

    app.post(
      '/subscribers',
      {
        schema: {
          operationId: 'createSubscriber',
          tags,
          summary: 'Let a program outside follow events over NATS',
          description:
            'The credentials are shown this once. They read the events they are for and nothing else.',
          security: signedIn,
          body: closed({
            name: textIn(128, 'For people.', 'siem', 1),
            organization_id: optional(named('organization', 'Acme')),
            actions: optional(
              Type.Array(action, {
                maxItems: 20,
                description:
                  'What it reads; everything when absent. GET /audit/actions lists the codes.',
              }),
            ),
          }),
          response: { 201: ref(NewSubscriber) },
        },
      },
      async (request, reply) => {
        const { name, organization_id, actions = [] } = request.body
        const options = writing(request, reply)
        const where = await organizationId(clients, organization_id, request)
        const made = await subscribers.createSubscriber(
          { name, actions, organizationId: where },
          options,
        )
        return reply
          .code(201)
          .header('location', `${prefix}/subscribers`)
          .header('cache-control', 'no-store')
          .send({
            subscriber: printSubscriber(present(made.subscriber, 'subscriber')),
            credentials: made.credentials,
            servers: made.servers,
            ca_certificate: made.caCertificate,
            stream: made.stream,
          })
      },
    )

    app.post(
      '/subscribers/:id/rotate',
      {
        schema: {
          operationId: 'rotateSubscriber',
          tags,
          summary: 'New credentials; the old ones end within seconds',
          security: signedIn,
          params: byId('subscriber'),
          response: { 200: ref(SubscriberCredentials) },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        const made = await subscribers.rotateSubscriber({ id }, writing(request, reply))
        return reply.header('cache-control', 'no-store').send({
          subscriber: printSubscriber(present(made.subscriber, 'subscriber')),
          credentials: made.credentials,
        })
      },
    )

    app.delete(
      '/subscribers/:id',
      {
        schema: {
          operationId: 'revokeSubscriber',
          tags,
          summary: 'End a subscriber, its open connection included',
          security: signedIn,
          params: byId('subscriber'),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await subscribers.revokeSubscriber({ id: request.params.id }, writing(request, reply))
        return reply.code(204).send(null)
      },
    )
  }
