import { type Cidr, hostRoute, printIp } from '@holdfast/net'
import { bits, type Family, families } from '../family.ts'
import type { FirewallSettings, HostFacts, InterfaceFacts, PeerFacts } from '../model.ts'
import { printPrefix } from '../prefix.ts'
import { Random } from './random.ts'

export const passing: FirewallSettings = {
  defaultVerdict: 'pass',
  isStateful: false,
  dropsFragments: false,
  unparsableVerdict: 'drop',
}

export interface FactsOptions {
  readonly seed: number
  /** Default 2. */
  readonly interfaces?: number
  /** Of each interface; default 4. */
  readonly peers?: number
  /** Default 1. */
  readonly uplinks?: number
  /** Draw the firewall settings of devices too; otherwise `passing`. */
  readonly variesFirewall?: boolean
}

/** A host: wg0, wg1… and up0, up1…; its peers have addresses, networks behind them, and one of them the rest. */
export function generateFacts(options: FactsOptions): HostFacts {
  const random = new Random(options.seed)
  const firewall = (): FirewallSettings =>
    options.variesFirewall === true ? drawFirewall(random) : passing
  return {
    nodeId: random.uuid(),
    siteId: random.uuid(),
    interfaces: Array.from(
      { length: options.interfaces ?? 2 },
      (_, i): InterfaceFacts => ({
        id: random.uuid(),
        device: `wg${i}`,
        listenPort: 51820 + i,
        firewall: firewall(),
        peers: Array.from({ length: options.peers ?? 4 }, (_, j) => drawPeer(random, i, j)),
      }),
    ),
    uplinks: Array.from({ length: options.uplinks ?? 1 }, (_, i) => ({
      device: `up${i}`,
      firewall: firewall(),
    })),
    control: [
      { address: '192.0.2.10', port: 8443 },
      { address: '2001:db8:ffff::10', port: 8443 },
    ],
  }
}

const drawFirewall = (random: Random): FirewallSettings => ({
  defaultVerdict: random.chance(0.5) ? 'pass' : 'drop',
  isStateful: false,
  dropsFragments: random.chance(0.3),
  unparsableVerdict: random.chance(0.7) ? 'drop' : 'pass',
})

function drawPeer(random: Random, network: number, index: number): PeerFacts {
  const own: Cidr[] = [
    hostRoute(printIp({ family: 4, value: 0x0a640000n + BigInt(network * 65536 + index + 2) })),
    hostRoute(
      printIp({ family: 6, value: (0xfd64n << 112n) + BigInt(network * 65536 + index + 2) }),
    ),
  ]
  const behind = families
    .filter(() => random.chance(0.4))
    .map((family) => printPrefix(family, drawNetwork(random, family)))
  const rest: Cidr[] =
    index === 0 && random.chance(0.5)
      ? families.map((family) => printPrefix(family, { value: 0n, length: 0 }))
      : []
  return { id: random.uuid(), prefixes: [...own, ...behind, ...rest] }
}

function drawNetwork(random: Random, family: Family): { value: bigint; length: number } {
  const length = family === 4 ? random.between(12, 28) : random.between(40, 64)
  const value = (random.bits(length) << BigInt(bits[family] - length)) as bigint
  return { value, length }
}
