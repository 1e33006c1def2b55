import type { DesiredInterface, DesiredPeer } from './desired.ts'
import type { ObservedDevice, ObservedPeer } from './observed.ts'

/** One thing to do to one device. */
export type Step =
  | { readonly type: 'CreateDevice' }
  | { readonly type: 'RemovePeer'; readonly publicKey: string }
  | { readonly type: 'RemoveRoute'; readonly cidr: string }
  | { readonly type: 'RemoveAddress'; readonly address: string }
  | { readonly type: 'SetLink'; readonly mtu: number }
  | { readonly type: 'SetKey'; readonly privateKey: string }
  | { readonly type: 'SetListenPort'; readonly listenPort: number }
  | { readonly type: 'SetPeer'; readonly peer: DesiredPeer }
  | { readonly type: 'AddAddress'; readonly address: string }
  | { readonly type: 'AddRoute'; readonly cidr: string }

/** Endpoints as they were last configured, by public key: peers roam, and that is no drift. */
export type ConfiguredEndpoints = ReadonlyMap<string, string>

/**
 * The steps from what the kernel has to what it should have; none when they agree.
 *
 * Removals first: an allowed IP must be free before its next owner takes it, and who lost access loses it
 * before anybody gains some. A device is created when there is none and never torn down for a change. It is
 * up before it is configured, because only then does a taken port fail where somebody hears of it.
 */
export function plan(
  desired: DesiredInterface,
  observed: ObservedDevice | undefined,
  endpoints: ConfiguredEndpoints,
): readonly Step[] {
  const steps: Step[] = []
  if (!observed) steps.push({ type: 'CreateDevice' })

  for (const publicKey of observed?.peers.keys() ?? []) {
    if (!desired.peers.has(publicKey)) steps.push({ type: 'RemovePeer', publicKey })
  }
  for (const cidr of missing(observed?.routes ?? [], desired.routes)) {
    steps.push({ type: 'RemoveRoute', cidr })
  }
  for (const address of missing(observed?.addresses ?? [], desired.addresses)) {
    steps.push({ type: 'RemoveAddress', address })
  }

  if (!observed?.isUp || observed.mtu !== desired.mtu) {
    steps.push({ type: 'SetLink', mtu: desired.mtu })
  }
  if (observed?.privateKey !== desired.privateKey) {
    steps.push({ type: 'SetKey', privateKey: desired.privateKey })
  }
  // Port zero leaves the choice to the kernel.
  if (desired.listenPort !== 0 && observed?.listenPort !== desired.listenPort) {
    steps.push({ type: 'SetListenPort', listenPort: desired.listenPort })
  }
  for (const peer of desired.peers.values()) {
    const current = observed?.peers.get(peer.publicKey)
    if (!isAsWanted(peer, current, endpoints.get(peer.publicKey))) {
      steps.push({ type: 'SetPeer', peer })
    }
  }
  for (const address of missing(desired.addresses, observed?.addresses ?? [])) {
    steps.push({ type: 'AddAddress', address })
  }
  for (const cidr of missing(desired.routes, observed?.routes ?? [])) {
    steps.push({ type: 'AddRoute', cidr })
  }
  return steps
}

function isAsWanted(
  wanted: DesiredPeer,
  current: ObservedPeer | undefined,
  configuredEndpoint: string | undefined,
): boolean {
  return (
    current !== undefined &&
    current.presharedKey === wanted.presharedKey &&
    current.keepaliveSeconds === 0 &&
    sameList(current.allowedIps, wanted.allowedIps) &&
    (wanted.endpoint === undefined ||
      (current.endpoint !== undefined && configuredEndpoint === wanted.endpoint))
  )
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index])
}

/** What is in the first list and not in the second. */
function missing(some: readonly string[], others: readonly string[]): readonly string[] {
  if (sameList(some, others)) return []
  const known = new Set(others)
  return some.filter((each) => !known.has(each))
}
