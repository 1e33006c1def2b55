import type { DesiredInterface } from '../reconcile/desired.ts'
import type { ObservedDevice, ObservedPeer } from '../reconcile/observed.ts'
import type { Step } from '../reconcile/plan.ts'
import type { Host } from './host.ts'

/** A host in memory that records what was asked of it. */
export interface FakeHost extends Host {
  readonly devices: Map<string, ObservedDevice>
  readonly steps: (Step | { readonly type: 'DeleteDevice'; readonly device: string })[]
  /** Makes the next calls of `apply` and `create` fail, until it is undefined again. */
  failure: Error | undefined
  /** How often the whole device was read. */
  reads: number
}

/** What one step makes of a device: the meaning of a plan, without a kernel. */
export function carriedOut(device: ObservedDevice, step: Step): ObservedDevice {
  switch (step.type) {
    case 'CreateDevice':
      return device
    case 'RemovePeer': {
      const peers = new Map(device.peers)
      peers.delete(step.publicKey)
      return { ...device, peers }
    }
    case 'SetPeer':
      return { ...device, peers: withPeer(device.peers, step.peer) }
    case 'RemoveRoute':
      return { ...device, routes: device.routes.filter((route) => route !== step.cidr) }
    case 'AddRoute':
      return { ...device, routes: [...device.routes, step.cidr].sort() }
    case 'RemoveAddress':
      return { ...device, addresses: device.addresses.filter((each) => each !== step.address) }
    case 'AddAddress':
      return { ...device, addresses: [...device.addresses, step.address].sort() }
    case 'SetLink':
      return { ...device, isUp: true, mtu: step.mtu }
    case 'SetKey':
      return { ...device, privateKey: step.privateKey }
    case 'SetListenPort':
      return { ...device, listenPort: step.listenPort }
  }
}

/** As WireGuard does it: an allowed IP moves silently from whoever held it. */
function withPeer(
  before: ReadonlyMap<string, ObservedPeer>,
  peer: DesiredInterface['peers'] extends ReadonlyMap<string, infer P> ? P : never,
): ReadonlyMap<string, ObservedPeer> {
  const peers = new Map<string, ObservedPeer>()
  for (const [key, other] of before) {
    const allowedIps = other.allowedIps.filter((cidr) => !peer.allowedIps.includes(cidr))
    peers.set(key, { ...other, allowedIps })
  }
  const known = before.get(peer.publicKey)
  peers.set(peer.publicKey, {
    publicKey: peer.publicKey,
    presharedKey: peer.presharedKey,
    endpoint: peer.endpoint ?? known?.endpoint,
    allowedIps: peer.allowedIps,
    latestHandshakeUnixMs: known?.latestHandshakeUnixMs ?? 0,
    rxBytes: known?.rxBytes ?? 0,
    txBytes: known?.txBytes ?? 0,
    keepaliveSeconds: 0,
  })
  return peers
}

export const emptyDevice = (device: string, ifindex: number): ObservedDevice => ({
  device,
  ifindex,
  kind: 'wireguard',
  isUp: false,
  mtu: 1420,
  addresses: [],
  routes: [],
  privateKey: '',
  publicKey: '',
  listenPort: 0,
  peers: new Map(),
})

export function fakeHost(): FakeHost {
  let ifindex = 1
  const host: FakeHost = {
    devices: new Map(),
    steps: [],
    failure: undefined,
    reads: 0,
    async read(device) {
      host.reads++
      return host.devices.get(device)
    },
    async readPeers(before) {
      const now = host.devices.get(before.device)
      if (!now) throw new Error('no such device')
      const { privateKey, publicKey, listenPort, peers } = now
      return { ...before, privateKey, publicKey, listenPort, peers }
    },
    async create(device) {
      if (host.failure) throw host.failure
      if (host.devices.has(device)) throw new Error('the device exists')
      host.steps.push({ type: 'CreateDevice' })
      host.devices.set(device, emptyDevice(device, ++ifindex))
    },
    async apply(desired, steps) {
      if (host.failure) throw host.failure
      const before = host.devices.get(desired.device)
      if (!before) throw new Error('no such device')
      host.steps.push(...steps)
      let after = before
      for (const step of steps) {
        after = carriedOut(after, step)
        if (step.type === 'SetKey') after = { ...after, publicKey: desired.publicKey }
      }
      host.devices.set(desired.device, after)
    },
    async delete(device) {
      if (host.failure) throw host.failure
      if (host.devices.delete(device)) host.steps.push({ type: 'DeleteDevice', device })
    },
  }
  return host
}
