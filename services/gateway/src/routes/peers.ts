import { Type } from '@fastify/type-provider-typebox'
import { isUuid } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
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
  timeInOrNull,
  words,
} from '../views/fields.ts'
import { Peer, peerStatuses, printPeer } from '../views/peer.ts'
import { present } from '../views/print.ts'
import { empty } from './auth.ts'
import { listOf } from './interfaces.ts'
import { byId, page, pastMany, pastOne, sendPage, text } from './list.ts'
import { interfaceId, organizationId, peerId } from './resolve.ts'
import { type Routes, sendChanged, sendCreated, signedIn } from './route.ts'

const tags = ['peers']
const name = textIn(
  128,
  '1 to 128 characters, unique on the interface regardless of case.',
  'laptop',
  1,
)
const publicKey = textIn(
  44,
  'Base64. Bring it and the server never sees the private key.',
  exampleKey,
)
const presharedKey = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  maxLength: 44,
  description:
    'Base64. Absent: generated when the key pair is. Empty or null: none. `generate`: generated.',
  examples: ['generate'],
})
const settings = {
  addresses: listIn(64, 'Single addresses; allocated when absent.', '10.10.0.2', 'fd10::2'),
  allowed_ips: listIn(256, 'Further networks behind the peer.', '192.168.7.0/24'),
  client_allowed_ips: listIn(
    256,
    "What the peer routes through the interface; the interface's choice when empty.",
    '10.0.0.0/8',
  ),
  endpoint: textIn(320, 'Where the host reaches the peer: host:port.', '203.0.113.7:51820'),
  keepalive_seconds: integerIn(0, 65_535, '25 when absent; zero is off.', 25),
  dns: listIn(32, "DNS servers; the interface's when empty.", '10.10.0.1'),
  expires_at: timeInOrNull('The host drops the peer at this moment; null is never.'),
  description: textIn(1000, 'Free text.', 'Work laptop'),
  is_enabled: flagIn('A disabled peer is not on the host.', true),
}
const create = {
  name,
  addresses: optional(settings.addresses),
  public_key: optional(publicKey),
  allowed_ips: optional(settings.allowed_ips),
  client_allowed_ips: optional(settings.client_allowed_ips),
  endpoint: optional(settings.endpoint),
  keepalive_seconds: optional(settings.keepalive_seconds),
  preshared_key: optional(presharedKey),
  expires_at: optional(settings.expires_at),
  dns: optional(settings.dns),
  description: optional(settings.description),
  is_enabled: optional(settings.is_enabled),
}
const CreatePeer = closed(create)
const onInterface = closed({ interface: optional(named('interface', 'wg0')) })

/** Peers of an interface. */
export const peerRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { peers } = clients

    const filters = {
      q: optional(textIn(256, 'Part of the name, an address or the start of a public key.', 'lap')),
      status: optional(words(peerStatuses, 'Only peers in this state.')),
    }
    const listed = async (
      request: FastifyRequest,
      reply: FastifyReply,
      query: {
        limit?: number
        cursor?: string
        q?: string
        status?: (typeof peerStatuses)[number]
      },
      within: { organization?: string | undefined; interface?: string | undefined },
    ) => {
      const options = reading(request)
      const found = await peers.listPeers(
        {
          limit: query.limit ?? 0,
          cursor: text(query.cursor),
          organizationId: await organizationId(clients, within.organization, request),
          interfaceId: await interfaceId(clients, within.interface, undefined, request),
          query: text(query.q),
          status: query.status === undefined ? 0 : peerStatuses.indexOf(query.status) + 1,
        },
        options,
      )
      return sendPage(request, reply, found.peers, found.nextCursor, printPeer)
    }
    const created = async (
      request: FastifyRequest,
      reply: FastifyReply,
      on: string,
      body: Static<typeof CreatePeer>,
    ) => {
      const options = writing(request, reply)
      const id = await interfaceId(clients, on, undefined, request)
      const made = await peers.createPeer(
        {
          interfaceId: id,
          name: body.name,
          addresses: body.addresses ?? [],
          publicKey: text(body.public_key),
          allowedIps: body.allowed_ips ?? [],
          clientAllowedIps: body.client_allowed_ips ?? [],
          endpoint: text(body.endpoint),
          keepaliveSeconds: body.keepalive_seconds ?? null,
          presharedKey: emptied(body.preshared_key),
          expiresAtUnixMs: momentIn(body.expires_at) ?? 0,
          dns: body.dns ?? [],
          description: text(body.description),
          isEnabled: body.is_enabled ?? null,
        },
        options,
      )
      return sendCreated(reply, 'peers', printPeer(present(made.peer, 'peer')))
    }

    app.get(
      '/peers',
      {
        schema: {
          operationId: 'listPeers',
          tags,
          summary: 'Peers the caller may see, oldest first',
          security: signedIn,
          querystring: pastMany(
            {
              organization_id: optional(named('organization', 'Acme')),
              interface_id: optional(named('interface', 'wg0')),
              interface: optional(named('interface', 'wg0')),
              ...filters,
            },
            1000,
          ),
          response: { 200: page(Peer) },
        },
      },
      async (request, reply) => {
        const { query } = request
        return listed(request, reply, query, {
          organization: query.organization_id,
          interface: query.interface_id ?? query.interface,
        })
      },
    )

    app.get(
      '/interfaces/:id/peers',
      {
        schema: {
          operationId: 'listInterfacePeers',
          tags,
          summary: 'Peers of one interface, oldest first',
          security: signedIn,
          params: byId('interface'),
          querystring: pastMany(filters, 1000),
          response: { 200: page(Peer) },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        const found = await listed(request, reply, request.query, { interface: id })
        // What is not there has no peers either: tell the two apart.
        if (found.items.length === 0 && isUuid(id)) {
          await clients.interfaces.getInterface({ interface: id, node: '' }, reading(request))
        }
        return found
      },
    )

    app.post(
      '/interfaces/:id/peers',
      {
        schema: {
          operationId: 'createInterfacePeer',
          tags,
          summary: 'Add a peer to this interface',
          description: 'Addresses are allocated and keys generated when none are given.',
          security: signedIn,
          params: byId('interface'),
          body: CreatePeer,
          response: { 201: ref(Peer) },
        },
      },
      async (request, reply) => created(request, reply, request.params.id, request.body),
    )

    app.post(
      '/peers',
      {
        schema: {
          operationId: 'createPeer',
          tags,
          summary: 'Add a peer',
          description: 'Addresses are allocated and keys generated when none are given.',
          security: signedIn,
          body: closed({
            interface_id: optional(named('interface', 'wg0')),
            interface: optional(named('interface', 'wg0')),
            ...create,
          }),
          response: { 201: ref(Peer) },
        },
      },
      async (request, reply) => {
        const on = request.body.interface_id ?? request.body.interface
        if (on === undefined) {
          throw invalid({ field: 'interface_id', code: 'required', detail: 'is required' })
        }
        return created(request, reply, on, request.body)
      },
    )

    app.get(
      '/peers/:id',
      {
        schema: {
          operationId: 'getPeer',
          tags,
          summary: 'One peer, by id or name',
          security: signedIn,
          params: byId('peer'),
          querystring: pastOne({ interface: optional(named('interface', 'wg0')) }),
          response: { 200: ref(Peer) },
        },
      },
      async (request, reply) => {
        const { peer } = await peers.getPeer(
          { peer: request.params.id, interface: text(request.query.interface) },
          reading(request),
        )
        return sendObject(request, reply, printPeer(present(peer, 'peer')))
      },
    )

    app.patch(
      '/peers/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'updatePeer',
          tags,
          summary: 'Change a peer in place',
          security: signedIn,
          params: byId('peer'),
          querystring: onInterface,
          body: closed(
            {
              name: optional(name),
              addresses: optional(settings.addresses),
              allowed_ips: optional(settings.allowed_ips),
              client_allowed_ips: optional(settings.client_allowed_ips),
              endpoint: optional(settings.endpoint),
              keepalive_seconds: optional(settings.keepalive_seconds),
              dns: optional(settings.dns),
              is_enabled: optional(settings.is_enabled),
              expires_at: optional(settings.expires_at),
              description: optional(settings.description),
            },
            { minProperties: 1 },
          ),
          response: { 200: ref(Peer) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const changed = await peers.updatePeer(
          {
            id: await peerId(clients, request.params.id, request.query.interface, request),
            name: body.name ?? null,
            addresses: listOf(body.addresses),
            allowedIps: listOf(body.allowed_ips),
            clientAllowedIps: listOf(body.client_allowed_ips),
            endpoint: body.endpoint ?? null,
            keepaliveSeconds: body.keepalive_seconds ?? null,
            dns: listOf(body.dns),
            isEnabled: body.is_enabled ?? null,
            expiresAtUnixMs: momentIn(body.expires_at),
            description: body.description ?? null,
          },
          options,
        )
        return sendChanged(reply, printPeer(present(changed.peer, 'peer')))
      },
    )

    app.delete(
      '/peers/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'deletePeer',
          tags,
          summary: 'Remove a peer',
          security: signedIn,
          params: byId('peer'),
          querystring: onInterface,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const on = request.query.interface
        const id = await peerId(clients, request.params.id, on, request)
        await peers.deletePeer({ id }, options)
        return empty(reply)
      },
    )

    app.post(
      '/peers/:id/rotate-key',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'rotatePeerKey',
          tags,
          summary: 'Give the peer a new key pair, or the public key it brings',
          security: signedIn,
          params: byId('peer'),
          querystring: onInterface,
          body: optional(closed({ public_key: optional(publicKey) })),
          response: { 200: ref(Peer) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const on = request.query.interface
        const changed = await peers.rotatePeerKey(
          {
            id: await peerId(clients, request.params.id, on, request),
            publicKey: text(request.body?.public_key),
          },
          options,
        )
        return sendChanged(reply, printPeer(present(changed.peer, 'peer')))
      },
    )

    app.post(
      '/peers/:id/rotate-psk',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'rotatePeerPresharedKey',
          tags,
          summary: 'Give the peer a new preshared key, or take it away',
          security: signedIn,
          params: byId('peer'),
          querystring: onInterface,
          body: optional(
            closed({
              preshared_key: optional(
                Type.Unsafe<string | null>({
                  type: ['string', 'null'],
                  maxLength: 44,
                  description: 'Base64; generated when absent, taken away when empty or null.',
                  examples: [exampleKey],
                }),
              ),
            }),
          ),
          response: { 200: ref(Peer) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const on = request.query.interface
        const changed = await peers.rotatePeerPresharedKey(
          {
            id: await peerId(clients, request.params.id, on, request),
            presharedKey: emptied(request.body?.preshared_key),
          },
          options,
        )
        return sendChanged(reply, printPeer(present(changed.peer, 'peer')))
      },
    )
  }

/** Null in JSON takes away, which the message says with an empty text; absence stays absence. */
const emptied = (value: string | null | undefined): string | null =>
  value === null ? '' : (value ?? null)

/** A time as the message carries it: absent stays absent, null is never (zero). */
const momentIn = (value: string | null | undefined): number | null =>
  value === undefined ? null : value === null ? 0 : Date.parse(value)
