import type { NodeId, OrganizationId } from '@holdfast/domain'
import { isNatsUserKey } from '@holdfast/event-log'
import { accept, type HostName, type Parser, parseHostName, parseName, refuse } from '@holdfast/net'
import { parsePage, searchable } from '@holdfast/postgres'
import type { holdfast, NodeService } from '@holdfast/proto'
import type { Handlers } from '@holdfast/service'
import { Fields, parseId } from '@holdfast/service'
import { deleteNode, enrollNode, requireUsableKey, updateNode } from '../commands/change-nodes.ts'
import { NodeNotFound } from '../domain/errors.ts'
import type { NodeSettings } from '../domain/node.ts'
import { listNodes, matchNodes, type NodeView } from '../queries/nodes.ts'
import { boardOf, type Edge } from './edge.ts'
import { maxPage, requireListScope } from './list-scope.ts'
import { parseUplinks } from './parse-firewall.ts'
import { printNode } from './print.ts'
import { nodePlace, resolveNode } from './resolve.ts'

const parseNatsKey: Parser<string> = (text) =>
  isNatsUserKey(text) ? accept(text) : refuse('key_invalid', 'is not a NATS user key (U…)')

export function nodeHandlers(edge: Edge): Handlers<typeof NodeService> {
  const { tools, postgres, board } = edge

  /** A node as it is after a command, before the read model knows. */
  async function viewAfter(
    nodeId: NodeId,
    settings: NodeSettings,
    revision: bigint,
  ): Promise<NodeView> {
    const scope = { organizations: '*' } as const
    let [row] = await matchNodes(postgres, scope, nodeId)
    if (!row) {
      await edge.catchUp()
      row = (await matchNodes(postgres, scope, nodeId))[0]
    }
    if (!row) throw NodeNotFound({ node: nodeId })
    return { ...row, settings, revision }
  }

  return {
    async enrollNode(request, call) {
      const fields = new Fields()
      fields.take(parseNatsKey, request.natsPublicKey, 'nats_public_key')
      if (request.token === '') fields.add('token', 'required', 'must not be empty')
      fields.check()
      const enrolmentKey = new Uint8Array(request.enrolmentKey)
      requireUsableKey(enrolmentKey)

      const { natsPublicKey, token } = request
      const redeemed = await edge.enrolment.redeemEnrolmentToken(
        { token, natsPublicKey },
        { commandId: call.commandId, correlationId: call.correlationId, signal: call.signal },
      )
      const nodeId = redeemed.nodeId as NodeId // as: minted by auth
      const organizationId = redeemed.organizationId as OrganizationId // as: minted by auth
      const hostname = printable(request.hostname)
      const outcome = await enrollNode(
        tools,
        nodeId,
        {
          organizationId,
          enrolmentKey,
          natsPublicKey,
          hostname,
          platform: printable(request.platform),
        },
        {
          name: nameFor(redeemed.nodeName, hostname, nodeId),
          siteId: redeemed.siteId,
          endpointHost: '',
          uplinks: [],
        },
        call.command(organizationId),
      )
      const { name } = outcome.state.settings
      edge.homes.remember(nodeId, {
        kind: 'node',
        organizationId,
        nodeId,
        interfaceId: undefined,
      })
      call.committed(outcome.sequence)
      const { natsServers, caCertificate, lineageId, generation } = edge.door
      return {
        nodeId,
        organizationId,
        nodeName: name,
        natsUserJwt: redeemed.natsUserJwt,
        natsServers: [...natsServers],
        caCertificate,
        lineageId,
        generation,
        logVerifierKey: await edge.logVerifierKey(),
      }
    },

    async getNode(request, call) {
      const node = await resolveNode(edge, call, request.node, 'network.nodes.read')
      return { node: printNode(node, boardOf(edge, call), tools.now()) }
    },

    async listNodes(request, call) {
      const scope = requireListScope(call, 'network.nodes.read', request.organizationId)
      const page = parsePage(request.limit, request.cursor, maxPage)
      const { rows, nextCursor } = await listNodes(postgres, scope, page, {
        organizationId: request.organizationId,
        query: searchable(request.query),
      })
      const now = tools.now()
      return { nodes: rows.map((row) => printNode(row, boardOf(edge, call), now)), nextCursor }
    },

    async updateNode(request, call) {
      const place = await nodePlace(edge, call, request.id, 'network.nodes.write')
      const changes = parseChanges(request)
      const { nodeId, organizationId } = place
      const outcome = await updateNode(tools, nodeId, changes, call.command(organizationId))
      const { settings, revision } = outcome.state
      call.committed(outcome.sequence)
      return {
        node: printNode(await viewAfter(nodeId, settings, revision), board, tools.now()),
      }
    },

    async deleteNode(request, call) {
      const { nodeId, organizationId } = await nodePlace(
        edge,
        call,
        request.id,
        'network.nodes.write',
      )
      const outcome = await deleteNode(tools, nodeId, call.command(organizationId))
      const natsPublicKey = outcome.state.identity?.natsPublicKey ?? ''
      call.committed(outcome.sequence)
      // After the fact, and again when the deletion is repeated: withdrawing twice is one withdrawal.
      await edge.enrolment.revokeNode(
        { nodeId, natsPublicKey },
        { correlationId: call.correlationId, signal: call.signal },
      )
      return {}
    },
  }
}

function parseChanges(request: {
  readonly name?: string | null | undefined
  readonly siteId?: string | null | undefined
  readonly endpointHost?: string | null | undefined
  readonly uplinks?: holdfast.network.v1.UplinkList.$Properties | null | undefined
}): Partial<NodeSettings> {
  const fields = new Fields()
  const changes: { -readonly [K in keyof NodeSettings]?: NodeSettings[K] } = {}
  if (typeof request.name === 'string') changes.name = fields.take(parseName, request.name, 'name')
  if (typeof request.siteId === 'string') {
    changes.siteId = fields.takeOptional(parseId, request.siteId, 'site_id')
  }
  if (typeof request.endpointHost === 'string') {
    const host: HostName | '' = fields.takeOptional(
      parseHostName,
      request.endpointHost,
      'endpoint_host',
    )
    changes.endpointHost = host
  }
  if (request.uplinks) changes.uplinks = parseUplinks(fields, request.uplinks.uplinks ?? [])
  fields.check()
  return changes
}

/** What the token says, else what the host calls itself, else something that tells it apart. */
function nameFor(told: string, hostname: string, nodeId: string): string {
  for (const candidate of [told, hostname]) {
    const name = parseName(candidate)
    if (name.ok) return name.value
  }
  return `node-${nodeId.slice(-8)}`
}

/** An agent's word about itself, fit to be shown. */
const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
  text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').slice(0, 253)
