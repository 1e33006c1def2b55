import { cidr, nodeIdOf, organizationId } from '../domain/fixtures.ts'
import type { Host } from '../topology/host.ts'
import { defaultFirewall } from '../topology/network-events.ts'

// Hosts as values. Ids follow from a number, so that a failure prints the same every time.

export { nodeIdOf }
export const interfaceIdOf = (n: number): string => nodeIdOf(n).replace('-8140-', '-8150-')
export const peerIdOf = (n: number): string => nodeIdOf(n).replace('-8140-', '-8160-')

/** Host number n, gw-n: interface wgn with one peer, laptop-n at 10.20.n.2, and, when asked for, uplink eth0. */
export function host(n: number, more: { readonly hasUplink?: boolean } = {}): Host {
  const interfaceId = interfaceIdOf(n)
  const peer = { id: peerIdOf(n), prefixes: [cidr(`10.20.${n}.2/32`)] }
  return {
    organizationId,
    name: `gw-${n}`,
    facts: {
      nodeId: nodeIdOf(n),
      siteId: '',
      interfaces: [
        {
          id: interfaceId,
          device: `wg${n}`,
          listenPort: 51_820,
          firewall: defaultFirewall,
          peers: [peer],
        },
      ],
      uplinks: more.hasUplink ? [{ device: 'eth0', firewall: defaultFirewall }] : [],
      control: [],
    },
    interfaceNames: new Map([[interfaceId, `wg${n}`]]),
    peers: new Map([[peer.id, { name: `laptop-${n}`, interfaceId }]]),
  }
}
