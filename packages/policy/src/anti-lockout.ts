import { hostRoute, parseIp, readNetwork, take } from '@holdfast/net'
import type { Family } from './family.ts'
import type { Line, Prefix } from './intermediate.ts'
import type { Direction, HostFacts, PortRange } from './model.ts'
import { anyPrefix } from './prefix.ts'
import { tcp, udp } from './protocol-numbers.ts'

/** Facts do not change, and the next policy is to have the very same lines: then only others are compiled again. */
const known = new WeakMap<HostFacts, Map<string, readonly Line[]>>()

/**
 * Lines no rule asked for, before all others: WireGuard's ports on the uplinks, and the agent's own connection on
 * every device. Without them one careless rule cuts a host off from everybody who could take it back.
 */
export function implicitLines(
  facts: HostFacts,
  kind: 'wireguard' | 'uplink',
  direction: Direction,
  family: Family,
): readonly Line[] {
  const ofHost = known.get(facts) ?? new Map<string, readonly Line[]>()
  known.set(facts, ofHost)
  const key = `${kind} ${direction} ${family}`
  const lines = ofHost.get(key) ?? linesOf(facts, kind, direction, family)
  ofHost.set(key, lines)
  return lines
}

function linesOf(
  facts: HostFacts,
  kind: 'wireguard' | 'uplink',
  direction: Direction,
  family: Family,
): readonly Line[] {
  const lines: Line[] = []
  if (kind === 'uplink') {
    const ports = new Set(facts.interfaces.map((one) => one.listenPort).filter((port) => port > 0))
    for (const port of [...ports].sort((a, b) => a - b)) {
      const own = { from: port, to: port }
      lines.push(
        direction === 'ingress'
          ? allowed(`listen-port:${port}`, udp, { destinationPorts: own })
          : allowed(`listen-port:${port}`, udp, { sourcePorts: own }),
      )
    }
  }
  for (const { address, port } of facts.control) {
    const ip = take(parseIp, address, 'control')
    const network = readNetwork(hostRoute(ip))
    if (network.family !== family) continue
    const there = { value: network.first, length: network.prefixLength }
    const ports = { from: port, to: port }
    lines.push(
      direction === 'ingress'
        ? allowed(`control:${ip}:${port}`, tcp, { source: there, sourcePorts: ports })
        : allowed(`control:${ip}:${port}`, tcp, {
            destination: there,
            destinationPorts: ports,
          }),
    )
  }
  return lines
}

function allowed(
  implicit: string,
  protocol: number,
  match: {
    readonly source?: Prefix
    readonly destination?: Prefix
    readonly sourcePorts?: PortRange
    readonly destinationPorts?: PortRange
  },
): Line {
  return {
    ruleId: '',
    implicit,
    source: match.source ?? anyPrefix,
    destination: match.destination ?? anyPrefix,
    protocol,
    sourcePorts: match.sourcePorts,
    destinationPorts: match.destinationPorts,
    action: 'allow',
    continues: false,
    logs: false,
    rate: undefined,
  }
}
