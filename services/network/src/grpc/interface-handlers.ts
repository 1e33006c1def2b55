import { type InterfaceId, idFrom } from '@holdfast/domain'
import type { Outcome } from '@holdfast/event-log'
import { parsePage, searchable } from '@holdfast/postgres'
import type { InterfaceService } from '@holdfast/proto'
import type { Call, Handlers } from '@holdfast/service'
import { Fields, parseId } from '@holdfast/service'
import {
  createInterface,
  deleteInterface,
  type InterfacePlace,
  rotateInterfaceKey,
  updateInterface,
} from '../commands/change-interfaces.ts'
import { InterfaceNotFound } from '../domain/errors.ts'
import { renderHostConfig } from '../domain/host-config.ts'
import type { InterfaceEvent, InterfaceState } from '../domain/interface-state.ts'
import {
  type InterfaceView,
  interfaceTimes,
  interfaceWithSecrets,
  listInterfaces,
} from '../queries/interfaces.ts'
import { matchNodes } from '../queries/nodes.ts'
import { peersWithSecrets } from '../queries/peers.ts'
import { createdView } from './created-view.ts'
import { boardOf, type Edge, requirePastSecrets } from './edge.ts'
import { importInterface } from './import-interface.ts'
import { maxPage, requireListScope } from './list-scope.ts'
import { parseCreateInterface, parseKeyPair, parseUpdateInterface } from './parse-interface.ts'
import { printInterface } from './print.ts'
import { interfacePlace, resolveInterface, resolveNodeOrLocal } from './resolve.ts'

type InterfaceOutcome = Outcome<InterfaceState, InterfaceEvent>

export function interfaceHandlers(edge: Edge): Handlers<typeof InterfaceService> {
  const { tools, postgres, board } = edge

  const write = (call: Call, id: string) =>
    interfacePlace(edge, call, id, 'network.interfaces.write')

  /** The answer to a change: what the aggregate says now, with the times only the read model has. */
  async function changed(place: InterfacePlace, outcome: InterfaceOutcome, call: Call) {
    // Taken before anything is awaited: the state is the living one.
    const { settings, publicKey, revision, isDeleted, peers } = outcome.state
    const peerCount = peers.size
    call.committed(outcome.sequence)
    if (!settings || !publicKey || isDeleted) {
      throw InterfaceNotFound({ interface: place.interfaceId })
    }
    let times = await interfaceTimes(postgres, place.interfaceId)
    if (!times) {
      await edge.catchUp()
      times = await interfaceTimes(postgres, place.interfaceId)
    }
    const storedAt = outcome.timeUnixMs ?? times?.updatedAtUnixMs ?? tools.now()
    const view: InterfaceView = {
      ...(await nodeOf(place)),
      id: place.interfaceId,
      settings,
      publicKey,
      peerCount,
      createdAtUnixMs: times?.createdAtUnixMs ?? storedAt,
      updatedAtUnixMs: storedAt,
      revision,
      sequence: outcome.sequence,
    }
    return { interface: printInterface(view, board) }
  }

  async function nodeOf({ organizationId, nodeId }: InterfacePlace) {
    const [node] = await matchNodes(postgres, { organizations: '*' }, nodeId)
    return { organizationId, nodeId, nodeName: node?.settings.name ?? '' }
  }

  return {
    async createInterface(request, call) {
      const { settings, keys } = parseCreateInterface(request)
      const node = await resolveNodeOrLocal(edge, call, request.node, 'network.nodes.read')
      const { organizationId, id: nodeId } = node
      call.caller.require('network.interfaces.write', organizationId)
      const interfaceId = idFrom<InterfaceId>(call.commandId, 'interface')
      const place = { organizationId, nodeId, interfaceId }
      const wish = { settings, keys, peers: () => [] }
      const outcome = await createInterface(tools, place, wish, call.command(organizationId))
      edge.homes.remember(interfaceId, { ...place, kind: 'interface' })
      call.committed(outcome.sequence)
      return { interface: printInterface(createdView(place, node.settings.name, outcome), board) }
    },

    async getInterface(request, call) {
      const view = await resolveInterface(
        edge,
        call,
        request.interface,
        request.node,
        'network.interfaces.read',
      )
      return { interface: printInterface(view, boardOf(edge, call)) }
    },

    async listInterfaces(request, call) {
      const fields = new Fields()
      fields.takeOptional(parseId, request.nodeId, 'node_id')
      fields.check()
      const { organizationId, nodeId } = request
      const scope = requireListScope(call, 'network.interfaces.read', organizationId)
      const page = parsePage(request.limit, request.cursor, maxPage)
      const filter = { organizationId, nodeId, query: searchable(request.query) }
      const { rows, nextCursor } = await listInterfaces(postgres, scope, page, filter)
      return { interfaces: rows.map((row) => printInterface(row, boardOf(edge, call))), nextCursor }
    },

    async updateInterface(request, call) {
      const place = await write(call, request.id)
      const changes = parseUpdateInterface(request)
      const context = call.command(place.organizationId)
      return await changed(place, await updateInterface(tools, place, changes, context), call)
    },

    async deleteInterface(request, call) {
      const place = await write(call, request.id)
      const outcome = await deleteInterface(tools, place, call.command(place.organizationId))
      call.committed(outcome.sequence)
      return {}
    },

    async rotateInterfaceKey(request, call) {
      const place = await interfacePlace(edge, call, request.id, 'network.keys.rotate')
      const keys = parseKeyPair(request.privateKey)
      const context = call.command(place.organizationId)
      return await changed(place, await rotateInterfaceKey(tools, place, keys, context), call)
    },

    importInterface: (request, call) => importInterface(edge, request, call),

    async exportInterface(request, call) {
      const place = await interfacePlace(edge, call, request.id, 'network.secrets.read')
      const { interfaceId, organizationId } = place
      requirePastSecrets(call, organizationId)
      let found = await interfaceWithSecrets(postgres, interfaceId, call.at)
      if (!found && call.at === undefined) {
        await edge.catchUp()
        found = await interfaceWithSecrets(postgres, interfaceId)
      }
      if (!found) throw InterfaceNotFound({ interface: request.id })
      const open = tools.secrets.open
      const peers = await peersWithSecrets(postgres, { interfaceId }, call.at)
      const privateKey = await open(organizationId, interfaceId, 'private_key', found.privateKey)
      const hostPeers = await Promise.all(
        peers.map(async ({ id, settings, publicKey, presharedKey }) => ({
          settings,
          publicKey,
          presharedKey:
            presharedKey && (await open(organizationId, id, 'preshared_key', presharedKey)),
        })),
      )
      const { settings } = found
      // Whether a peer had expired then is a question to the clock of then.
      const past = call.at === undefined ? undefined : await tools.log.read(call.at)
      const now = past?.timeUnixMs ?? tools.now()
      const config = renderHostConfig(settings, privateKey, hostPeers, now)
      return { name: settings.name, config }
    },
  }
}
