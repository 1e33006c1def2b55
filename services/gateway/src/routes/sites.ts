import { Type } from '@fastify/type-provider-typebox'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { sendObject } from '../http/etag.ts'
import { closed, named, optional, ref, textIn } from '../views/fields.ts'
import { printSite, Site } from '../views/organization.ts'
import { present } from '../views/print.ts'
import { empty } from './auth.ts'
import { byId, page, pastMany, pastOne, sendPage, text } from './list.ts'
import { organizationId, siteId } from './resolve.ts'
import { type Routes, sendChanged, sendCreated, signedIn } from './route.ts'

const tags = ['sites']
const name = textIn(128, '1 to 128 characters. Ids tell apart what shares a name.', 'Berlin', 1)
const description = textIn(1000, 'Free text.', 'Second floor')
/** `organization_id` and `organization` say the same; the second takes a name. */
const organization = {
  organization_id: optional(named('organization', 'Acme')),
  organization: optional(named('organization', 'Acme')),
}

/** Sites of an organization. */
export const siteRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { organizations } = clients

    app.get(
      '/sites',
      {
        schema: {
          operationId: 'listSites',
          tags,
          summary: 'Sites the caller may see, by name',
          security: signedIn,
          querystring: pastMany({
            ...organization,
            q: optional(textIn(256, 'Part of the name.', 'ber')),
          }),
          response: { 200: page(Site) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const options = reading(request)
        const within = query.organization_id ?? query.organization
        const found = await organizations.listSites(
          {
            limit: query.limit ?? 0,
            cursor: text(query.cursor),
            organizationId: await organizationId(clients, within, request),
            query: text(query.q),
          },
          options,
        )
        return sendPage(request, reply, found.sites, found.nextCursor, printSite)
      },
    )

    app.post(
      '/sites',
      {
        schema: {
          operationId: 'createSite',
          tags,
          summary: 'Create a site',
          description: "In the caller's only organization when none is named.",
          security: signedIn,
          body: closed({ ...organization, name, description: optional(description) }),
          response: { 201: ref(Site) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const within = body.organization_id ?? body.organization
        const made = await organizations.createSite(
          {
            organizationId: await organizationId(clients, within, request),
            name: body.name,
            description: text(body.description),
          },
          options,
        )
        return sendCreated(reply, 'sites', printSite(present(made.site, 'site')))
      },
    )

    app.get(
      '/sites/:id',
      {
        schema: {
          operationId: 'getSite',
          tags,
          summary: 'One site, by id or name',
          security: signedIn,
          params: byId('site'),
          querystring: pastOne({ organization: optional(named('organization', 'Acme')) }),
          response: { 200: ref(Site) },
        },
      },
      async (request, reply) => {
        const options = reading(request)
        const found = await organizations.getSite(
          {
            site: request.params.id,
            organizationId: await organizationId(clients, request.query.organization, request),
          },
          options,
        )
        return sendObject(request, reply, printSite(present(found.site, 'site')))
      },
    )

    app.patch(
      '/sites/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'updateSite',
          tags,
          summary: 'Rename or describe a site',
          security: signedIn,
          params: byId('site'),
          body: closed(
            { name: optional(name), description: optional(description) },
            { minProperties: 1 },
          ),
          response: { 200: ref(Site) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const changed = await organizations.updateSite(
          {
            id: await siteId(clients, request.params.id, '', request),
            name: request.body.name ?? null,
            description: request.body.description ?? null,
          },
          options,
        )
        return sendChanged(reply, printSite(present(changed.site, 'site')))
      },
    )

    app.delete(
      '/sites/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'deleteSite',
          tags,
          summary: 'Delete a site',
          security: signedIn,
          params: byId('site'),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const id = await siteId(clients, request.params.id, '', request)
        await organizations.deleteSite({ id }, options)
        return empty(reply)
      },
    )
  }
