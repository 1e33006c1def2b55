import { Type } from '@fastify/type-provider-typebox'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { sendObject } from '../http/etag.ts'
import {
  closed,
  exampleKey,
  flagIn,
  integerIn,
  listIn,
  named,
  optional,
  ref,
  textIn,
} from '../views/fields.ts'
import { firewallIn, firewallMessage } from '../views/firewall.ts'
import { Interface, printInterface } from '../views/interface.ts'
import { present } from '../views/print.ts'
import { empty } from './auth.ts'
import { byId, page, pastMany, pastOne, sendPage, text } from './list.ts'
import { interfaceId, nodeId, organizationId } from './resolve.ts'
import { type Routes, sendChanged, sendCreated, signedIn } from './route.ts'

const tags = ['interfaces']
const onNode = closed({ node: optional(named('node', 'gw-berlin')) })
const name = Type.String({
  pattern: '^[a-z][a-z0-9_-]{0,14}$',
  description: 'Unique on the node.',
  examples: ['wg0'],
})
const settings = {
  addresses: listIn(
    64,
    "The host's own addresses with their prefix length.",
    '10.10.0.1/24',
    'fd10::1/64',
  ),
  listen_port: integerIn(1, 65_535, 'UDP port; the lowest free one from 51820 when absent.', 51820),
  mtu: integerIn(576, 9000, 'Bytes; 1420 when absent.', 1420),
  dns: listIn(32, 'DNS servers for clients.', '10.10.0.1'),
  endpoint: textIn(320, 'Where clients reach it: host or host:port.', 'vpn.example.org:51820'),
  client_allowed_ips: listIn(
    256,
    "What clients route through it; the interface's own networks when empty.",
    '10.10.0.0/24',
  ),
  address_quarantine_seconds: integerIn(
    0,
    31_536_000,
    "How long a removed peer's address stays unused; 3600 when absent.",
    3600,
  ),
}
const privateKey = textIn(44, 'Base64; generated when absent.', exampleKey)

/** WireGuard interfaces of a node. */
export const interfaceRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { interfaces } = clients

    app.get(
      '/interfaces',
      {
        schema: {
          operationId: 'listInterfaces',
          tags,
          summary: 'Interfaces the caller may see, by name',
          security: signedIn,
          querystring: pastMany({
            organization_id: optional(named('organization', 'Acme')),
            node_id: optional(named('node', 'gw-berlin')),
            node: optional(named('node', 'gw-berlin')),
            q: optional(textIn(256, 'Part of the name.', 'wg')),
          }),
          response: { 200: page(Interface) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const options = reading(request)
        const found = await interfaces.listInterfaces(
          {
            limit: query.limit ?? 0,
            cursor: text(query.cursor),
            organizationId: await organizationId(clients, query.organization_id, request),
            nodeId: await nodeId(clients, query.node_id ?? query.node, request),
            query: text(query.q),
          },
          options,
        )
        return sendPage(request, reply, found.interfaces, found.nextCursor, printInterface)
      },
    )

    app.post(
      '/interfaces',
      {
        schema: {
          operationId: 'createInterface',
          tags,
          summary: 'Create an interface',
          description:
            'On the only (or the local) node when none is named. The key pair is generated unless brought.',
          security: signedIn,
          body: closed({
            name,
            node_id: optional(named('node', 'gw-berlin')),
            node: optional(named('node', 'gw-berlin')),
            addresses: settings.addresses,
            listen_port: optional(settings.listen_port),
            mtu: optional(settings.mtu),
            dns: optional(settings.dns),
            endpoint: optional(settings.endpoint),
            client_allowed_ips: optional(settings.client_allowed_ips),
            private_key: optional(privateKey),
            address_quarantine_seconds: optional(settings.address_quarantine_seconds),
            firewall: optional(firewallIn),
          }),
          response: { 201: ref(Interface) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const made = await interfaces.createInterface(
          {
            name: body.name,
            node: body.node_id ?? body.node ?? '',
            addresses: body.addresses,
            listenPort: body.listen_port ?? 0,
            mtu: body.mtu ?? 0,
            dns: body.dns ?? [],
            endpoint: text(body.endpoint),
            clientAllowedIps: body.client_allowed_ips ?? [],
            privateKey: text(body.private_key),
            addressQuarantineSeconds: body.address_quarantine_seconds ?? null,
            firewall: body.firewall === undefined ? null : firewallMessage(body.firewall),
          },
          writing(request, reply),
        )
        return sendCreated(
          reply,
          'interfaces',
          printInterface(present(made.interface, 'interface')),
        )
      },
    )

    app.get(
      '/interfaces/:id',
      {
        schema: {
          operationId: 'getInterface',
          tags,
          summary: 'One interface, by id or name',
          security: signedIn,
          params: byId('interface'),
          querystring: pastOne({ node: optional(named('node', 'gw-berlin')) }),
          response: { 200: ref(Interface) },
        },
      },
      async (request, reply) => {
        const found = await interfaces.getInterface(
          { interface: request.params.id, node: text(request.query.node) },
          reading(request),
        )
        return sendObject(request, reply, printInterface(present(found.interface, 'interface')))
      },
    )

    app.patch(
      '/interfaces/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'updateInterface',
          tags,
          summary: 'Change an interface in place',
          description:
            'The device is never torn down for it. Of `firewall`, only what is named changes.',
          security: signedIn,
          params: byId('interface'),
          querystring: onNode,
          body: closed(
            {
              name: optional(name),
              addresses: optional(settings.addresses),
              listen_port: optional(settings.listen_port),
              mtu: optional(settings.mtu),
              dns: optional(settings.dns),
              endpoint: optional(settings.endpoint),
              client_allowed_ips: optional(settings.client_allowed_ips),
              is_enabled: optional(flagIn('Up or down.', true)),
              address_quarantine_seconds: optional(settings.address_quarantine_seconds),
              firewall: optional(firewallIn),
            },
            { minProperties: 1 },
          ),
          response: { 200: ref(Interface) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const changed = await interfaces.updateInterface(
          {
            id: await interfaceId(clients, request.params.id, request.query.node, request),
            name: body.name ?? null,
            addresses: listOf(body.addresses),
            listenPort: body.listen_port ?? null,
            mtu: body.mtu ?? null,
            dns: listOf(body.dns),
            endpoint: body.endpoint ?? null,
            clientAllowedIps: listOf(body.client_allowed_ips),
            isEnabled: body.is_enabled ?? null,
            addressQuarantineSeconds: body.address_quarantine_seconds ?? null,
            firewall: body.firewall === undefined ? null : firewallMessage(body.firewall),
          },
          options,
        )
        return sendChanged(reply, printInterface(present(changed.interface, 'interface')))
      },
    )

    app.delete(
      '/interfaces/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'deleteInterface',
          tags,
          summary: 'Delete an interface with its peers',
          security: signedIn,
          params: byId('interface'),
          querystring: onNode,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const { node } = request.query
        const id = await interfaceId(clients, request.params.id, node, request)
        await interfaces.deleteInterface({ id }, options)
        return empty(reply)
      },
    )

    app.post(
      '/interfaces/:id/rotate-key',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'rotateInterfaceKey',
          tags,
          summary: 'Give the interface a new key pair',
          description: 'Every peer needs its new configuration.',
          security: signedIn,
          params: byId('interface'),
          querystring: onNode,
          body: optional(closed({ private_key: optional(privateKey) })),
          response: { 200: ref(Interface) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const { node } = request.query
        const changed = await interfaces.rotateInterfaceKey(
          {
            id: await interfaceId(clients, request.params.id, node, request),
            privateKey: text(request.body?.private_key),
          },
          options,
        )
        return sendChanged(reply, printInterface(present(changed.interface, 'interface')))
      },
    )
  }

/** A list that is absent stays as it is; an empty one empties. */
export const listOf = (values: string[] | undefined): { values: string[] } | null =>
  values === undefined ? null : { values }
