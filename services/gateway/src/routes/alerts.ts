import { Type } from '@fastify/type-provider-typebox'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { sendObject } from '../http/etag.ts'
import { Alert, alertSeverities, alertStates, numberOf, printAlert } from '../views/alert.ts'
import { closed, id, integerOut, named, optional, ref, textIn, words } from '../views/fields.ts'
import { present } from '../views/print.ts'
import { page, pastMany, pastOne, sendPage, text } from './list.ts'
import { organizationId } from './resolve.ts'
import { type Routes, sendChanged, signedIn } from './route.ts'

const tags = ['alerts']
const params = closed({ id: id('Alert id.') })
const body = closed({
  note: optional(textIn(500, 'What others should know.', 'Replacing the disk')),
})

/** The inbox of alerts. */
export const alertRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { alerts } = clients

    app.get(
      '/alerts',
      {
        schema: {
          operationId: 'listAlerts',
          tags,
          summary: 'Alerts the caller may see, newest first',
          description: '`open` counts the open ones, whatever the filter.',
          security: signedIn,
          querystring: pastMany({
            organization_id: optional(named('organization', 'Acme')),
            organization: optional(named('organization', 'Acme')),
            state: optional(words(alertStates, 'Only those that stand there.')),
            severity: optional(words(alertSeverities, 'Only those this bad, and worse.')),
          }),
          response: {
            200: Type.Object({
              ...page(Alert).properties,
              open: integerOut('Open alerts the caller may see.', 2),
            }),
          },
        },
      },
      async (request, reply) => {
        const { query } = request
        const options = reading(request)
        const within = query.organization_id ?? query.organization
        const found = await alerts.listAlerts(
          {
            limit: query.limit ?? 0,
            cursor: text(query.cursor),
            organizationId: await organizationId(clients, within, request),
            state: numberOf(alertStates, query.state),
            severity: numberOf(alertSeverities, query.severity),
          },
          options,
        )
        const items = found.alerts ?? []
        return {
          ...sendPage(request, reply, items, found.nextCursor, printAlert),
          open: Number(found.open ?? 0),
        }
      },
    )

    app.get(
      '/alerts/:id',
      {
        schema: {
          operationId: 'getAlert',
          tags,
          summary: 'One alert',
          security: signedIn,
          params,
          querystring: pastOne({}),
          response: { 200: ref(Alert) },
        },
      },
      async (request, reply) => {
        const found = await alerts.getAlert({ id: request.params.id }, reading(request))
        return sendObject(request, reply, printAlert(present(found.alert, 'alert')))
      },
    )

    app.post(
      '/alerts/:id/acknowledge',
      {
        schema: {
          operationId: 'acknowledgeAlert',
          tags,
          summary: 'Say that you have seen an alert and take care of it',
          security: signedIn,
          params,
          body,
          response: { 200: ref(Alert) },
        },
      },
      async (request, reply) => {
        const changed = await alerts.acknowledgeAlert(
          { id: request.params.id, note: text(request.body.note) },
          writing(request, reply),
        )
        return sendChanged(reply, printAlert(present(changed.alert, 'alert')))
      },
    )

    app.post(
      '/alerts/:id/resolve',
      {
        schema: {
          operationId: 'resolveAlert',
          tags,
          summary: 'Say that what an alert spoke of is over',
          description: 'When it happens again, it is another alert.',
          security: signedIn,
          params,
          body,
          response: { 200: ref(Alert) },
        },
      },
      async (request, reply) => {
        const changed = await alerts.resolveAlert(
          { id: request.params.id, note: text(request.body.note) },
          writing(request, reply),
        )
        return sendChanged(reply, printAlert(present(changed.alert, 'alert')))
      },
    )
  }
