import { Type } from '@fastify/type-provider-typebox'
import { isUuid, rfc3339 } from '@holdfast/domain'
import type { FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { sendObject } from '../http/etag.ts'
import { closed, flagIn, integerIn, named, optional, ref, textIn } from '../views/fields.ts'
import { present } from '../views/print.ts'
import {
  fieldValues,
  printStorageKind,
  printStorageLocation,
  printStorageTest,
  StorageKind,
  StorageLocation,
  StorageTest,
} from '../views/storage-location.ts'
import { empty } from './auth.ts'
import { byId, one, page, pastMany, pastOne, sendPage, text } from './list.ts'
import { existingOrganizationId, organizationId } from './resolve.ts'
import { type Routes, sendChanged, sendCreated, signedIn } from './route.ts'

const tags = ['backups']
const base = '/backups/storage-locations'
const organization = {
  organization_id: optional(named('organization', 'Acme')),
  organization: optional(named('organization', 'Acme')),
}
const name = textIn(128, 'Unique in the organization, regardless of case.', 'offsite', 1)
const config = fieldValues(
  'Open fields of the kind (GET …/types/supported). Secrets are refused here.',
  { bucket: 'holdfast-backups', endpoint: 'https://s3.example.org' },
)
const credentials = fieldValues('Secret fields of the kind; sealed, and never answered.', {
  access_key_id: 'AKIA…',
  secret_access_key: '…',
})
const settings = {
  description: optional(textIn(1000, 'Free text.', 'The other data centre')),
  is_continuous: optional(
    flagIn('Push full backups here all the time; of the whole instance only.', false),
  ),
  is_immutable: optional(
    flagIn('Objects there cannot be deleted or replaced: nothing is pruned there.', false),
  ),
  keep_daily: optional(integerIn(0, 3650, 'Continuous backups to keep, one a day.', 7)),
  keep_weekly: optional(integerIn(0, 520, 'One a week.', 5)),
  keep_monthly: optional(integerIn(0, 120, 'One a month.', 12)),
}
/** Seven days, five weeks, twelve months: what a location of continuous backups keeps unless told otherwise. */
const kept = { daily: 7, weekly: 5, monthly: 12 }

/** Writes name locations by id; people name them by name. */
async function locationId(
  { storage }: Clients,
  given: string,
  request: FastifyRequest,
): Promise<string> {
  if (isUuid(given)) return given
  const found = await storage.getStorageLocation({ location: given }, reading(request))
  return present(found.location, 'location').id ?? ''
}

const json = (values: object | undefined): string =>
  values === undefined ? '' : JSON.stringify(values)

/** Where backups are put. */
export const storageLocationRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { storage } = clients

    app.get(
      `${base}/types/supported`,
      {
        schema: {
          operationId: 'listStorageKinds',
          tags,
          summary: 'Kinds of storage and their fields',
          description: 'What a form asks for, and what config and credentials may hold.',
          security: signedIn,
          querystring: one({}),
          response: { 200: Type.Object({ items: Type.Array(ref(StorageKind)) }) },
        },
      },
      async (request, reply) => {
        const { kinds } = await storage.listStorageKinds({}, reading(request))
        return reply.send({ items: kinds.map(printStorageKind) })
      },
    )

    app.get(
      base,
      {
        schema: {
          operationId: 'listStorageLocations',
          tags,
          summary: 'Storage locations the caller may see, by name',
          security: signedIn,
          querystring: pastMany({
            ...organization,
            kind: optional(textIn(40, 'Only of this kind.', 's3', 1)),
          }),
          response: { 200: page(StorageLocation) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const options = reading(request)
        const within = query.organization_id ?? query.organization
        const found = await storage.listStorageLocations(
          {
            limit: query.limit ?? 0,
            cursor: text(query.cursor),
            organizationId: await organizationId(clients, within, request),
            kind: text(query.kind),
          },
          options,
        )
        return sendPage(request, reply, found.locations, found.nextCursor, printStorageLocation)
      },
    )

    app.post(
      base,
      {
        schema: {
          operationId: 'createStorageLocation',
          tags,
          summary: 'Create a storage location',
          description:
            'Nothing is connected to: test it afterwards. Without an organization it is of the whole instance, which takes a super-admin.',
          security: signedIn,
          body: closed({
            ...organization,
            name,
            kind: textIn(40, 'One of GET …/types/supported.', 's3', 1),
            config: optional(config),
            credentials: optional(credentials),
            ...settings,
          }),
          response: { 201: ref(StorageLocation) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const within = body.organization_id ?? body.organization
        const isContinuous = body.is_continuous ?? false
        const keep = isContinuous ? kept : { daily: 0, weekly: 0, monthly: 0 }
        const { location } = await storage.createStorageLocation(
          {
            organizationId: await existingOrganizationId(clients, within, request),
            settings: {
              name: body.name,
              kind: body.kind,
              config: json(body.config),
              description: text(body.description),
              isContinuous,
              isImmutable: body.is_immutable ?? false,
              keepDaily: body.keep_daily ?? keep.daily,
              keepWeekly: body.keep_weekly ?? keep.weekly,
              keepMonthly: body.keep_monthly ?? keep.monthly,
            },
            credentials: json(body.credentials),
          },
          options,
        )
        const made = printStorageLocation(present(location, 'location'))
        return sendCreated(reply, base.slice(1), made)
      },
    )

    app.get(
      `${base}/:id`,
      {
        schema: {
          operationId: 'getStorageLocation',
          tags,
          summary: 'One storage location, by id or name',
          security: signedIn,
          params: byId('storage location'),
          querystring: pastOne({}),
          response: { 200: ref(StorageLocation) },
        },
      },
      async (request, reply) => {
        const { location } = await storage.getStorageLocation(
          { location: request.params.id },
          reading(request),
        )
        return sendObject(request, reply, printStorageLocation(present(location, 'location')))
      },
    )

    app.patch(
      `${base}/:id`,
      {
        config: { isConditional: true },
        schema: {
          operationId: 'updateStorageLocation',
          tags,
          summary: 'Change what is named; null clears a field of config or credentials',
          description:
            'The kind stays. Secrets that are set must be given again when the change decides where they are sent.',
          security: signedIn,
          params: byId('storage location'),
          body: closed(
            {
              name: optional(name),
              config: optional(config),
              credentials: optional(credentials),
              ...settings,
            },
            { minProperties: 1 },
          ),
          response: { 200: ref(StorageLocation) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const { location } = await storage.updateStorageLocation(
          {
            id: await locationId(clients, request.params.id, request),
            name: body.name ?? null,
            config: json(body.config),
            credentials: json(body.credentials),
            description: body.description ?? null,
            isContinuous: body.is_continuous ?? null,
            isImmutable: body.is_immutable ?? null,
            keepDaily: body.keep_daily ?? null,
            keepWeekly: body.keep_weekly ?? null,
            keepMonthly: body.keep_monthly ?? null,
          },
          options,
        )
        return sendChanged(reply, printStorageLocation(present(location, 'location')))
      },
    )

    app.delete(
      `${base}/:id`,
      {
        config: { isConditional: true },
        schema: {
          operationId: 'deleteStorageLocation',
          tags,
          summary: 'Delete a storage location no schedule and no backup needs',
          description: 'What lies there stays there.',
          security: signedIn,
          params: byId('storage location'),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const own = await locationId(clients, request.params.id, request)
        await storage.deleteStorageLocation({ id: own }, options)
        return empty(reply)
      },
    )

    app.post(
      `${base}/:id/test`,
      {
        schema: {
          operationId: 'testStorageLocation',
          tags,
          summary: 'Connect, write, read, list and delete a small object, and say what came of it',
          description: 'Answers 200 whatever came of it; `is_good` tells.',
          security: signedIn,
          params: byId('storage location'),
          response: { 200: ref(StorageTest) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const own = await locationId(clients, request.params.id, request)
        const tested = await storage.testStorageLocation({ id: own }, options)
        return reply.send(printStorageTest(tested, rfc3339(Date.now())))
      },
    )
  }
