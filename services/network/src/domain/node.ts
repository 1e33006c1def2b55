import { assertNever, type Decider, type InterfaceId, type OrganizationId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { DeviceName, HostName, InterfaceName } from '@holdfast/net'
import type { FirewallSettings } from '@holdfast/policy'
import {
  DeviceIsUplink,
  InterfaceNameTaken,
  ListenPortTaken,
  NodeExists,
  NodeNotEmpty,
  NodeNotFound,
  NoFreeListenPort,
} from './errors.ts'
import { requireRevision } from './revision.ts'
import { isSameSettings } from './settings.ts'

/** What an interface occupies on its host. */
export interface Claim {
  readonly name: InterfaceName
  readonly listenPort: number
}

/** A device towards the outside on which rules hold. Somebody else's: it may be absent, and comes and goes. */
export interface Uplink {
  readonly device: DeviceName
  readonly firewall: FirewallSettings
}

/** What may be changed about a node. */
export interface NodeSettings {
  readonly name: string
  /** Empty outside any site. */
  readonly siteId: string
  /** Where peers reach the host; empty when nobody said. */
  readonly endpointHost: HostName | ''
  /** By device, each once. */
  readonly uplinks: readonly Uplink[]
}

/** Who a node is; never changes. */
export interface NodeIdentity {
  readonly organizationId: OrganizationId
  /** X25519, 32 bytes: what its secrets are sealed to. */
  readonly enrolmentKey: Uint8Array
  readonly natsPublicKey: string
  readonly hostname: string
  readonly platform: string
}

export type NodeCommand =
  | { type: 'EnrollNode'; identity: NodeIdentity; settings: NodeSettings }
  | { type: 'UpdateNode'; changes: Partial<NodeSettings>; expectedRevision?: bigint }
  | { type: 'DeleteNode'; expectedRevision?: bigint }
  | {
      /** Holds a name and a port for an interface, beside what it holds already. Port 0: the lowest free one. */
      type: 'ClaimInterface'
      interfaceId: InterfaceId
      name: InterfaceName
      listenPort: number
    }
  | {
      /** Leaves an interface with exactly what it uses; undefined: with nothing, for it does not exist. */
      type: 'SettleClaim'
      interfaceId: InterfaceId
      claim: Claim | undefined
    }

export type NodeEvent =
  | {
      type: 'NodeEnrolled'
      organizationId: OrganizationId
      siteId: string
      name: string
      enrolmentKey: Uint8Array
      natsPublicKey: string
      hostname: string
      platform: string
    }
  | ({ type: 'NodeUpdated' } & NodeSettings)
  | { type: 'NodeDeleted' }
  | { type: 'InterfaceClaimed'; interfaceId: InterfaceId; name: InterfaceName; listenPort: number }
  | { type: 'InterfaceReleased'; interfaceId: InterfaceId }

/**
 * A host with an agent.
 *
 * It owns what must be unique on the host: an interface's name and UDP port. An interface claims both
 * here before it is created or renamed (docs/adr/0006), so for a moment, or after a crash between the two
 * commits, it may hold two claims; `SettleClaim` leaves it with the one in use.
 */
export interface NodeState {
  exists: boolean
  isDeleted: boolean
  identity: NodeIdentity | undefined
  settings: NodeSettings
  /** Changes of the settings so far; claims do not count. What clients know as the node's revision. */
  revision: bigint
  /** Oldest first; one but for a rename under way. */
  claims: Map<InterfaceId, readonly Claim[]>
}

const firstPort = 51820
const lastPort = 65535

export const node: Decider<NodeCommand, NodeEvent, NodeState> = {
  initial: () => ({
    exists: false,
    isDeleted: false,
    identity: undefined,
    settings: { name: '', siteId: '', endpointHost: '', uplinks: [] },
    revision: 0n,
    claims: new Map(),
  }),

  decide(command, state) {
    if (command.type === 'EnrollNode') return enroll(command, state)
    if (command.type === 'DeleteNode' && state.isDeleted) return []
    if (!state.exists || state.isDeleted)
      throw NodeNotFound({ node: state.settings.name || 'like that' })

    switch (command.type) {
      case 'UpdateNode': {
        requireRevision(command.expectedRevision, state.revision)
        const settings = { ...state.settings, ...command.changes }
        if (isSameSettings(settings, state.settings)) return []
        requireForeign(settings.uplinks, state)
        return [{ type: 'NodeUpdated', ...settings }]
      }
      case 'DeleteNode':
        requireRevision(command.expectedRevision, state.revision)
        if (state.claims.size > 0) {
          const heldBy = [...state.claims.keys()].join(',')
          throw NodeNotEmpty({ interfaces: state.claims.size, heldBy })
        }
        return [{ type: 'NodeDeleted' }]
      case 'ClaimInterface':
        return claim(command, state)
      case 'SettleClaim': {
        const { interfaceId, claim: used } = command
        const held = state.claims.get(interfaceId)
        if (!used) return held ? [{ type: 'InterfaceReleased', interfaceId }] : []
        if (held?.length === 1 && held[0] && isSame(held[0], used)) return []
        return [{ type: 'InterfaceClaimed', interfaceId, ...used }]
      }
      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'NodeEnrolled':
        state.exists = true
        state.revision++
        state.settings = { name: event.name, siteId: event.siteId, endpointHost: '', uplinks: [] }
        state.identity = {
          organizationId: event.organizationId,
          enrolmentKey: event.enrolmentKey,
          natsPublicKey: event.natsPublicKey,
          hostname: event.hostname,
          platform: event.platform,
        }
        return state
      case 'NodeUpdated':
        state.revision++
        state.settings = {
          name: event.name,
          siteId: event.siteId,
          endpointHost: event.endpointHost,
          uplinks: event.uplinks,
        }
        return state
      case 'NodeDeleted':
        state.isDeleted = true
        state.revision++
        return state
      case 'InterfaceClaimed': {
        const claimed: Claim = { name: event.name, listenPort: event.listenPort }
        const held = state.claims.get(event.interfaceId) ?? []
        // Claiming what one holds already says that the other claim is not needed any more.
        const kept = held.some((one) => isSame(one, claimed)) ? [] : held
        state.claims.set(event.interfaceId, [...kept, claimed])
        return state
      }
      case 'InterfaceReleased':
        state.claims.delete(event.interfaceId)
        return state
      default:
        return assertNever(event)
    }
  },
}

function enroll(
  command: Extract<NodeCommand, { type: 'EnrollNode' }>,
  state: NodeState,
): readonly NodeEvent[] {
  const { identity, settings } = command
  if (!state.exists) {
    const { organizationId, enrolmentKey, natsPublicKey, hostname, platform } = identity
    const { name, siteId } = settings
    return [
      {
        type: 'NodeEnrolled',
        organizationId,
        siteId,
        name,
        enrolmentKey,
        natsPublicKey,
        hostname,
        platform,
      },
    ]
  }
  // An agent that lost the answer asks again with the keys it has.
  const known = state.identity
  const isSameNode =
    !state.isDeleted &&
    known?.natsPublicKey === identity.natsPublicKey &&
    known.enrolmentKey.length === identity.enrolmentKey.length &&
    known.enrolmentKey.every((byte, i) => byte === identity.enrolmentKey[i])
  if (!isSameNode) throw NodeExists({ node: state.settings.name })
  return []
}

function claim(
  { interfaceId, name, listenPort }: Extract<NodeCommand, { type: 'ClaimInterface' }>,
  state: NodeState,
): readonly NodeEvent[] {
  // A name is an InterfaceName, which every device name may be.
  if (state.settings.uplinks.some(({ device }) => String(device) === name))
    throw DeviceIsUplink({ device: name })
  const ports = new Set<number>()
  for (const [holder, claims] of state.claims) {
    if (holder === interfaceId) continue
    for (const held of claims) {
      if (held.name === name) throw InterfaceNameTaken({ name, heldBy: holder })
      if (held.listenPort === listenPort) throw ListenPortTaken({ listenPort, heldBy: holder })
      ports.add(held.listenPort)
    }
  }
  const wanted = { name, listenPort: listenPort === 0 ? lowestFreePort(ports) : listenPort }
  const own = state.claims.get(interfaceId) ?? []
  if (own.some((held) => isSame(held, wanted))) return []
  return [{ type: 'InterfaceClaimed', interfaceId, ...wanted }]
}

/** An interface of ours has a firewall of its own; its device must not be judged twice. */
function requireForeign(uplinks: readonly Uplink[], { claims }: NodeState): void {
  const names = new Set<string>([...claims.values()].flat().map(({ name }) => name))
  const fields = uplinks.flatMap(({ device }, i) =>
    names.has(device)
      ? [
          {
            field: `uplinks[${i}].device`,
            code: 'is_interface',
            detail: `${device} is an interface of the node: its firewall is set there`,
          },
        ]
      : [],
  )
  if (fields.length > 0) throw invalid(...fields)
}

function lowestFreePort(taken: ReadonlySet<number>): number {
  for (let port = firstPort; port <= lastPort; port++) if (!taken.has(port)) return port
  throw NoFreeListenPort({ from: firstPort, to: lastPort })
}

/** Whether two flat objects of one shape hold the same values. */
const isSame = <T extends object>(a: T, b: T): boolean =>
  // as: keys of an object of type T
  (Object.keys(a) as (keyof T)[]).every((key) => a[key] === b[key])
