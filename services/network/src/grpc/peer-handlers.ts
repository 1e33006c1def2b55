import { idFrom, isUuid, type PeerId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { Outcome } from '@holdfast/event-log'
import { parsePage, searchable } from '@holdfast/postgres'
import type { PeerService } from '@holdfast/proto'
import type { Call, Handlers } from '@holdfast/service'
import { Fields, parseId } from '@holdfast/service'
import type { InterfacePlace } from '../commands/change-interfaces.ts'
import {
  addPeer,
  removePeer,
  rotatePeerKey,
  rotatePeerPresharedKey,
  updatePeer,
} from '../commands/change-peers.ts'
import { renderClientConfig } from '../domain/client-config.ts'
import { PeerNotFound } from '../domain/errors.ts'
import type { InterfaceEvent, InterfaceState } from '../domain/interface-state.ts'
import { peerStatuses } from '../domain/peer-status.ts'
import { peerSources } from '../queries/peer-sources.ts'
import { listPeers, type PeerView, peerTimes } from '../queries/peers.ts'
import type { StatusBoard } from '../status/status-board.ts'
import { boardOf, type Edge, requirePastSecrets } from './edge.ts'
import { maxPage, requireListScope } from './list-scope.ts'
import {
  parseCreatePeer,
  parsePresharedKey,
  parsePublicKey,
  parseUpdatePeer,
} from './parse-peer.ts'
import { printPeer } from './print.ts'
import { interfacePlace, peerPlace, resolvePeer } from './resolve.ts'

type InterfaceOutcome = Outcome<InterfaceState, InterfaceEvent>

export function peerHandlers(edge: Edge): Handlers<typeof PeerService> {
  const { tools, postgres, board } = edge
  const print = (view: PeerView, shown: StatusBoard | undefined = board) => ({
    peer: printPeer(view, shown, tools.now()),
  })

  /** The answer to a change: what the aggregate says now, with the times only the read model has. */
  async function changed(
    place: InterfacePlace,
    peerId: PeerId,
    outcome: InterfaceOutcome,
    call: Call,
  ) {
    // Taken before anything is awaited: the state is the living one.
    const peer = outcome.state.peers.get(peerId)
    const interfaceName = outcome.state.settings?.name ?? ''
    call.committed(outcome.sequence)
    if (!peer) throw PeerNotFound({ peer: peerId })
    let times = await peerTimes(postgres, peerId)
    if (!times) {
      await edge.catchUp()
      times = await peerTimes(postgres, peerId)
    }
    const storedAt = outcome.timeUnixMs ?? times?.updatedAtUnixMs ?? tools.now()
    const { organizationId, nodeId, interfaceId } = place
    const { settings, publicKey, hasPrivateKey, hasPresharedKey, revision } = peer
    return print({
      id: peerId,
      organizationId,
      nodeId,
      interfaceId,
      interfaceName,
      settings,
      publicKey,
      hasPrivateKey,
      hasPresharedKey,
      createdAtUnixMs: times?.createdAtUnixMs ?? storedAt,
      updatedAtUnixMs: storedAt,
      revision,
      sequence: outcome.sequence,
    })
  }

  const presentSource = peerSources(postgres)
  const sourceOf = (id: string, at?: bigint) =>
    at === undefined ? presentSource(id) : peerSources(postgres, at)(id)

  /** A peer the caller may read, by its id. Once its home is known this takes no query. */
  async function readablePlace(call: Call, id: string) {
    const { place, peerId } = await peerPlace(edge, call, id, 'network.peers.read')
    return { id: peerId, organizationId: place.organizationId }
  }

  return {
    async createPeer(request, call) {
      const place = await interfacePlace(edge, call, request.interfaceId, 'network.peers.write')
      const wish = parseCreatePeer(request)
      const peerId = idFrom<PeerId>(call.commandId, 'peer')
      const outcome = await addPeer(tools, place, peerId, wish, call.command(place.organizationId))
      edge.homes.remember(peerId, { ...place, kind: 'peer' })
      call.committed(outcome.sequence)
      return print(addedView(place, outcome))
    },

    async getPeer(request, call) {
      const { peer, interface: on } = request
      const found = await resolvePeer(edge, call, peer, on, 'network.peers.read')
      return print(found, boardOf(edge, call))
    },

    async listPeers(request, call) {
      const fields = new Fields()
      fields.takeOptional(parseId, request.interfaceId, 'interface_id')
      fields.check()
      const { organizationId, interfaceId } = request
      const scope = requireListScope(call, 'network.peers.read', organizationId)
      const page = parsePage(request.limit, request.cursor, maxPage)
      const status = peerStatuses[request.status - 1]
      if (status !== undefined && call.at !== undefined) throw noPastStatus()
      if (status !== undefined) await edge.flushStatus()
      const now = tools.now()
      const filter = { organizationId, interfaceId, query: searchable(request.query), status, now }
      const { rows, nextCursor } = await listPeers(postgres, scope, page, filter)
      return { peers: rows.map((row) => printPeer(row, boardOf(edge, call), now)), nextCursor }
    },

    async updatePeer(request, call) {
      const { place, peerId } = await peerPlace(edge, call, request.id, 'network.peers.write')
      const changes = parseUpdatePeer(request)
      const context = call.command(place.organizationId)
      const outcome = await updatePeer(tools, place, peerId, changes, context)
      return await changed(place, peerId, outcome, call)
    },

    async deletePeer(request, call) {
      const { place, peerId } = await peerPlace(edge, call, request.id, 'network.peers.write')
      const outcome = await removePeer(tools, place, peerId, call.command(place.organizationId))
      call.committed(outcome.sequence)
      return {}
    },

    async getPeerConfig(request, call) {
      const { peer: wanted, interface: on } = request
      const { id, organizationId } =
        on === '' && isUuid(wanted)
          ? await readablePlace(call, wanted)
          : await resolvePeer(edge, call, wanted, on, 'network.peers.read')
      const hidden = () => PeerNotFound({ peer: id })
      call.caller.require('network.secrets.read', organizationId, hidden)
      requirePastSecrets(call, organizationId, hidden)
      let source = await sourceOf(id, call.at)
      if (!source && call.at === undefined) {
        await edge.catchUp()
        source = await sourceOf(id)
      }
      if (!source) throw hidden()
      const { peer, hub } = source
      const { privateKey, presharedKey, settings } = peer
      const { open } = tools.secrets
      const config = renderClientConfig({
        interface: { settings: hub.settings, publicKey: hub.publicKey },
        peer: {
          settings,
          privateKey:
            privateKey && (await open(organizationId, peer.id, 'private_key', privateKey)),
          presharedKey:
            presharedKey && (await open(organizationId, peer.id, 'preshared_key', presharedKey)),
        },
        nodeEndpointHost: hub.nodeEndpointHost,
      })
      return { peerId: peer.id, peerName: settings.name, interfaceName: hub.settings.name, config }
    },

    async rotatePeerKey(request, call) {
      const { place, peerId } = await peerPlace(edge, call, request.id, 'network.keys.rotate')
      const brought = parsePublicKey(request.publicKey)
      const context = call.command(place.organizationId)
      const outcome = await rotatePeerKey(tools, place, peerId, brought, context)
      return await changed(place, peerId, outcome, call)
    },

    async rotatePeerPresharedKey(request, call) {
      const { place, peerId } = await peerPlace(edge, call, request.id, 'network.keys.rotate')
      const wish = parsePresharedKey(request.presharedKey)
      const context = call.command(place.organizationId)
      const outcome = await rotatePeerPresharedKey(tools, place, peerId, wish, context)
      return await changed(place, peerId, outcome, call)
    },
  }
}

/** Whether a peer is connected is what hosts say now, and nothing keeps. */
const noPastStatus = () =>
  invalid({
    field: 'status',
    code: 'not_with_at',
    detail: 'cannot be asked of the past: the log does not know who was connected',
  })

/** What an addition made, from its own fact: a repeated addition gives the same answer. */
function addedView(
  { organizationId, nodeId, interfaceId }: InterfacePlace,
  { events, state, timeUnixMs = 0, sequence }: InterfaceOutcome,
): PeerView {
  const [added] = events
  if (added?.type !== 'PeerAdded') throw new Error('an addition is a PeerAdded')
  return {
    id: added.peerId,
    organizationId,
    nodeId,
    interfaceId,
    interfaceName: state.settings?.name ?? '',
    settings: added.settings,
    publicKey: added.publicKey,
    hasPrivateKey: added.privateKey !== undefined,
    hasPresharedKey: added.presharedKey !== undefined,
    createdAtUnixMs: timeUnixMs,
    updatedAtUnixMs: timeUnixMs,
    revision: 1n,
    sequence,
  }
}
