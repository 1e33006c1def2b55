import type { FirewallSettings } from '@holdfast/policy'
import type { holdfast } from '@holdfast/proto'
import { verdictNumber } from '../codecs/firewall.ts'
import { peerStatus, peerStatuses } from '../domain/peer-status.ts'
import type { InterfaceView } from '../queries/interfaces.ts'
import type { NodeView } from '../queries/nodes.ts'
import type { PeerView } from '../queries/peers.ts'
import { type InterfaceFigures, onlineForMs, type StatusBoard } from '../status/status-board.ts'

type V1 = typeof holdfast.network.v1
type NodeMessage = holdfast.network.v1.Node.$Properties
type InterfaceMessage = holdfast.network.v1.Interface.$Properties
type FirewallMessage = holdfast.network.v1.FirewallSettings.$Properties
type PeerMessage = holdfast.network.v1.Peer.$Properties
type EnforcementState = V1['EnforcementState'][keyof V1['EnforcementState']]

/** In the order of the proto enum. */
const enforcement = { pending: 1, enforced: 2, failed: 3 } as const

/** What hosts say is of the present: of a past state only what the log says is printed. */
const unknown = 0

/** `now` in ms since 1970. Without a board: of a past state. */
export function printNode(
  node: NodeView,
  board: StatusBoard | undefined,
  now: number,
): NodeMessage {
  const figures = board?.node(node.id)
  return {
    id: node.id,
    organizationId: node.organizationId,
    siteId: node.settings.siteId,
    name: node.settings.name,
    endpointHost: node.settings.endpointHost,
    hostname: node.hostname,
    platform: node.platform,
    createdAtUnixMs: node.createdAtUnixMs,
    revision: Number(node.revision),
    lastSeenUnixMs: figures?.lastSeenUnixMs ?? 0,
    isOnline: figures !== undefined && figures.lastSeenUnixMs > now - onlineForMs,
    agentVersion: figures?.agentVersion ?? '',
    appliedSequence: figures?.appliedSequence ?? 0,
    uplinks: node.settings.uplinks.map(({ device, firewall }) => ({
      device,
      firewall: printFirewall(firewall),
    })),
    firewall: figures?.firewall ?? null,
  }
}

const printFirewall = (settings: FirewallSettings): FirewallMessage => ({
  defaultVerdict: verdictNumber(settings.defaultVerdict),
  isStateful: settings.isStateful,
  dropsFragments: settings.dropsFragments,
  unparsableVerdict: verdictNumber(settings.unparsableVerdict),
})

/** Without a board: of a past state. */
export function printInterface(
  view: InterfaceView,
  board: StatusBoard | undefined,
): InterfaceMessage {
  const { settings } = view
  const figures = board?.interface(view.nodeId, view.id)
  return {
    id: view.id,
    organizationId: view.organizationId,
    nodeId: view.nodeId,
    nodeName: view.nodeName,
    name: settings.name,
    addresses: [...settings.addresses],
    listenPort: settings.listenPort,
    mtu: settings.mtu,
    dns: [...settings.dns],
    endpoint: settings.endpoint,
    clientAllowedIps: [...settings.clientAllowedIps],
    isEnabled: settings.isEnabled,
    publicKey: view.publicKey,
    peerCount: view.peerCount,
    createdAtUnixMs: view.createdAtUnixMs,
    updatedAtUnixMs: view.updatedAtUnixMs,
    revision: Number(view.revision),
    addressQuarantineSeconds: settings.addressQuarantineSeconds,
    firewall: printFirewall(settings.firewall),
    enforcement: {
      state: board ? enforcementState(figures, view.sequence) : unknown,
      appliedSequence: figures?.appliedSequence ?? 0,
      desiredSequence: Number(view.sequence),
      error: figures?.error ?? '',
      reportedAtUnixMs: figures?.reportedAtUnixMs ?? 0,
      driver: figures?.driver ?? '',
      driftRepaired: figures?.driftRepaired ?? 0,
    },
  }
}

/** `now` in ms since 1970: a peer expires by the clock and not by an event. Without a board: of a past state. */
export function printPeer(
  view: PeerView,
  board: StatusBoard | undefined,
  now: number,
): PeerMessage {
  const { settings } = view
  const figures = board?.peer(view)
  const latestHandshakeUnixMs = figures?.latestHandshakeUnixMs ?? 0
  const status = peerStatus(settings, latestHandshakeUnixMs, now)
  return {
    id: view.id,
    organizationId: view.organizationId,
    nodeId: view.nodeId,
    interfaceId: view.interfaceId,
    interfaceName: view.interfaceName,
    name: settings.name,
    publicKey: view.publicKey,
    addresses: [...settings.addresses],
    allowedIps: [...settings.allowedIps],
    clientAllowedIps: [...settings.clientAllowedIps],
    endpoint: settings.endpoint,
    keepaliveSeconds: settings.keepaliveSeconds,
    dns: [...settings.dns],
    isEnabled: settings.isEnabled,
    expiresAtUnixMs: settings.expiresAtUnixMs,
    hasPresharedKey: view.hasPresharedKey,
    hasPrivateKey: view.hasPrivateKey,
    description: settings.description,
    createdAtUnixMs: view.createdAtUnixMs,
    updatedAtUnixMs: view.updatedAtUnixMs,
    revision: Number(view.revision),
    status: board ? peerStatuses.indexOf(status) + 1 : unknown,
    latestHandshakeUnixMs,
    rxBytes: figures?.rxBytes ?? 0,
    txBytes: figures?.txBytes ?? 0,
    observedEndpoint: figures?.endpoint ?? '',
    enforcement: board
      ? enforcementState(board.interface(view.nodeId, view.interfaceId), view.sequence)
      : unknown,
  }
}

/** Saved and enforced are two facts: the second is only the host's to tell, and only of what it has applied. */
function enforcementState(
  figures: InterfaceFigures | undefined,
  desired: bigint,
): EnforcementState {
  if (!figures) return enforcement.pending
  if (figures.error !== '') return enforcement.failed
  const hasApplied = BigInt(figures.appliedSequence) >= desired
  return figures.isEnforced && hasApplied ? enforcement.enforced : enforcement.pending
}
