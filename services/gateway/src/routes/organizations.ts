import { Type } from '@fastify/type-provider-typebox'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { sendObject } from '../http/etag.ts'
import { closed, optional, ref, textIn } from '../views/fields.ts'
import { Organization, printOrganization } from '../views/organization.ts'
import { present } from '../views/print.ts'
import { empty } from './auth.ts'
import { byId, page, pastMany, pastOne, sendPage, text } from './list.ts'
import { organizationId } from './resolve.ts'
import { type Routes, sendChanged, sendCreated, signedIn } from './route.ts'

const tags = ['organizations']
const name = textIn(128, '1 to 128 characters. Ids tell apart what shares a name.', 'Acme', 1)
const description = textIn(1000, 'Free text.', 'Head office and branches')

/** Organizations isolate: nothing of one is visible to another's people. */
export const organizationRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { organizations } = clients

    app.get(
      '/organizations',
      {
        schema: {
          operationId: 'listOrganizations',
          tags,
          summary: 'Organizations the caller belongs to, by name',
          security: signedIn,
          querystring: pastMany({ q: optional(textIn(256, 'Part of the name.', 'ac')) }),
          response: { 200: page(Organization) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const found = await organizations.listOrganizations(
          { limit: query.limit ?? 0, cursor: text(query.cursor), query: text(query.q) },
          reading(request),
        )
        return sendPage(request, reply, found.organizations, found.nextCursor, printOrganization)
      },
    )

    app.post(
      '/organizations',
      {
        schema: {
          operationId: 'createOrganization',
          tags,
          summary: 'Create an organization',
          security: signedIn,
          body: closed({ name, description: optional(description) }),
          response: { 201: ref(Organization) },
        },
      },
      async (request, reply) => {
        const made = await organizations.createOrganization(
          { name: request.body.name, description: text(request.body.description) },
          writing(request, reply),
        )
        const printed = printOrganization(present(made.organization, 'organization'))
        return sendCreated(reply, 'organizations', printed)
      },
    )

    app.get(
      '/organizations/:id',
      {
        schema: {
          operationId: 'getOrganization',
          tags,
          summary: 'One organization, by id or name',
          security: signedIn,
          params: byId('organization'),
          querystring: pastOne({}),
          response: { 200: ref(Organization) },
        },
      },
      async (request, reply) => {
        const found = await organizations.getOrganization(
          { organization: request.params.id },
          reading(request),
        )
        return sendObject(
          request,
          reply,
          printOrganization(present(found.organization, 'organization')),
        )
      },
    )

    app.patch(
      '/organizations/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'updateOrganization',
          tags,
          summary: 'Rename or describe an organization',
          security: signedIn,
          params: byId('organization'),
          body: closed(
            { name: optional(name), description: optional(description) },
            { minProperties: 1 },
          ),
          response: { 200: ref(Organization) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const changed = await organizations.updateOrganization(
          {
            id: await organizationId(clients, request.params.id, request),
            name: request.body.name ?? null,
            description: request.body.description ?? null,
          },
          options,
        )
        return sendChanged(reply, printOrganization(present(changed.organization, 'organization')))
      },
    )

    app.delete(
      '/organizations/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'deleteOrganization',
          tags,
          summary: 'Delete an organization without sites and nodes',
          security: signedIn,
          params: byId('organization'),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const id = await organizationId(clients, request.params.id, request)
        await organizations.deleteOrganization({ id }, options)
        return empty(reply)
      },
    )
  }
