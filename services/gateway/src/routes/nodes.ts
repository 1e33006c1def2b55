import { Type } from '@fastify/type-provider-typebox'
import { invalid } from '@holdfast/errors'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { sendObject } from '../http/etag.ts'
import {
  closed,
  component,
  exampleKey,
  id,
  integerIn,
  named,
  optional,
  ref,
  textIn,
  textOut,
  time,
} from '../views/fields.ts'
import { firewallMessage, uplinksIn } from '../views/firewall.ts'
import { Node, printNode } from '../views/node.ts'
import { momentOf, present } from '../views/print.ts'
import { empty } from './auth.ts'
import { byId, page, pastMany, pastOne, sendPage, text } from './list.ts'
import { nodeId, organizationId, siteId, siteOfNode } from './resolve.ts'
import { anyone, prefix, type Routes, sendChanged, signedIn } from './route.ts'

const tags = ['nodes']

export const EnrollToken = component('EnrollToken', {
  token: textOut('Works once. Shown this once.', 'hf_et_…'),
  expires_at: time('Until when it works.'),
  organization_id: id('Organization the node will belong to.'),
})

export const Enrolment = component('Enrolment', {
  node_id: id('Id of the node.'),
  organization_id: id('Organization it belongs to.'),
  node_name: textOut('Name of the node.', 'gw-berlin'),
  nats_user_jwt: textOut(
    "The node's identity at the log.",
    'eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5…',
  ),
  nats_servers: Type.Array(Type.String(), {
    description: 'Where the agent connects.',
    examples: [['vpn.example.org:4222']],
  }),
  ca_certificate: textOut('PEM, the CA of those servers.', '-----BEGIN CERTIFICATE-----…'),
  lineage_id: id('The log the node obeys.'),
  generation: Type.Integer({ description: 'Generation of that log.', examples: [1] }),
  log_verifier_key: textOut(
    'The first key of the log, which the agent pins as a witness; empty when it could not be learned now.',
    'holdfast/019a…/1+c2fcb2d4+AW…',
  ),
})

/** Hosts with an agent. */
export const nodeRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { nodes, enrolment } = clients

    app.get(
      '/nodes',
      {
        schema: {
          operationId: 'listNodes',
          tags,
          summary: 'Nodes the caller may see, by name',
          security: signedIn,
          querystring: pastMany({
            organization_id: optional(named('organization', 'Acme')),
            q: optional(textIn(256, 'Part of the name.', 'gw')),
          }),
          response: { 200: page(Node) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const options = reading(request)
        const found = await nodes.listNodes(
          {
            limit: query.limit ?? 0,
            cursor: text(query.cursor),
            organizationId: await organizationId(clients, query.organization_id, request),
            query: text(query.q),
          },
          options,
        )
        return sendPage(request, reply, found.nodes, found.nextCursor, printNode)
      },
    )

    app.post(
      '/nodes/enroll-tokens',
      {
        schema: {
          operationId: 'createEnrollToken',
          tags,
          summary: 'Make a single-use token that enrolls a host',
          security: signedIn,
          body: optional(
            closed({
              organization_id: optional(named('organization', 'Acme')),
              organization: optional(named('organization', 'Acme')),
              site_id: optional(named('site', 'Berlin')),
              node_name: optional(
                textIn(128, 'Name of the node; the host name when absent.', 'gw-berlin'),
              ),
              ttl_seconds: optional(
                integerIn(60, 604_800, 'How long it works; 3600 when absent.', 3600),
              ),
            }),
          ),
          response: { 201: ref(EnrollToken) },
        },
      },
      async (request, reply) => {
        const body = request.body ?? {}
        const options = writing(request, reply)
        const organization = await organizationId(
          clients,
          body.organization_id ?? body.organization,
          request,
        )
        const made = await enrolment.createEnrolmentToken(
          {
            organizationId: organization,
            siteId: await siteId(clients, body.site_id, organization, request),
            nodeName: text(body.node_name),
            ttlSeconds: body.ttl_seconds ?? 0,
          },
          options,
        )
        return reply.code(201).send({
          token: made.token,
          expires_at: momentOf(made.expiresAtUnixMs),
          organization_id: made.organizationId,
        })
      },
    )

    app.post(
      '/nodes/enroll',
      {
        config: { isPublic: true, isSignIn: true, isUnkeyed: true },
        schema: {
          operationId: 'enrollNode',
          tags,
          summary: 'Register an agent with a token',
          description:
            'For agents: the token is the authorization. The same keys get the same answer.',
          security: anyone,
          body: closed({
            token: textIn(512, 'From `POST /nodes/enroll-tokens`.', 'hf_et_…', 1),
            enrolment_key: textIn(
              44,
              "The node's X25519 public key, base64 of 32 bytes.",
              exampleKey,
              1,
            ),
            nats_public_key: textIn(128, 'NATS user nkey, `U…`.', 'UBX…', 1),
            hostname: optional(textIn(255, 'Host name.', 'gw1')),
            platform: optional(textIn(128, 'Operating system and architecture.', 'linux/amd64')),
          }),
          response: { 201: ref(Enrolment) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const made = await nodes.enrollNode(
          {
            token: body.token,
            enrolmentKey: key32(body.enrolment_key),
            natsPublicKey: body.nats_public_key,
            hostname: text(body.hostname),
            platform: text(body.platform),
          },
          writing(request, reply),
        )
        reply.header('location', `${prefix}/nodes/${made.nodeId}`)
        return reply.code(201).send({
          node_id: made.nodeId,
          organization_id: made.organizationId,
          node_name: made.nodeName,
          nats_user_jwt: made.natsUserJwt,
          nats_servers: made.natsServers,
          ca_certificate: made.caCertificate,
          lineage_id: made.lineageId,
          generation: made.generation,
          log_verifier_key: made.logVerifierKey ?? '',
        })
      },
    )

    app.get(
      '/nodes/:id',
      {
        schema: {
          operationId: 'getNode',
          tags,
          summary: 'One node, by id or name',
          security: signedIn,
          params: byId('node'),
          querystring: pastOne({}),
          response: { 200: ref(Node) },
        },
      },
      async (request, reply) => {
        const { node } = await nodes.getNode({ node: request.params.id }, reading(request))
        return sendObject(request, reply, printNode(present(node, 'node')))
      },
    )

    app.patch(
      '/nodes/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'updateNode',
          tags,
          summary: 'Rename a node, move it to a site, set its public host name or its uplinks',
          security: signedIn,
          params: byId('node'),
          body: closed(
            {
              name: optional(textIn(128, 'Unique in the organization.', 'gw-berlin', 1)),
              site_id: optional(
                Type.Unsafe<string | null>({
                  type: ['string', 'null'],
                  maxLength: 256,
                  description: 'Id or name of the site; null takes the node out of its site.',
                  examples: ['Berlin'],
                }),
              ),
              endpoint_host: optional(
                textIn(255, 'Host name or address; empty takes it away.', 'vpn.example.org'),
              ),
              uplinks: optional(uplinksIn),
            },
            { minProperties: 1 },
          ),
          response: { 200: ref(Node) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const id = await nodeId(clients, request.params.id, request)
        const { node } = await nodes.updateNode(
          {
            id,
            name: body.name ?? null,
            siteId:
              body.site_id === undefined
                ? null
                : await siteOfNode(clients, body.site_id ?? '', id, request),
            endpointHost: body.endpoint_host ?? null,
            uplinks:
              body.uplinks === undefined
                ? null
                : {
                    uplinks: body.uplinks.map(({ device, ...firewall }) => ({
                      device,
                      firewall: firewallMessage(firewall),
                    })),
                  },
          },
          options,
        )
        return sendChanged(reply, printNode(present(node, 'node')))
      },
    )

    app.delete(
      '/nodes/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'deleteNode',
          tags,
          summary: 'Delete a node without interfaces and withdraw its identity',
          security: signedIn,
          params: byId('node'),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const id = await nodeId(clients, request.params.id, request)
        await nodes.deleteNode({ id }, options)
        return empty(reply)
      },
    )
  }

/** Base64 in JSON is bytes in the message; which 32 bytes are a key is for network to say. */
function key32(base64: string): Uint8Array {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length !== 32 || bytes.toString('base64') !== base64) {
    throw invalid({ field: 'enrolment_key', code: 'format', detail: 'must be base64 of 32 bytes' })
  }
  return bytes
}
