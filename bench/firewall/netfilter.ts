// The same lines for iptables and nftables. Every action is "accept", so that what is measured beside it also lets all
// packets through to one and the same place.
import type { Line } from '@holdfast/policy'
import { lastOf, printPrefix } from '../../packages/policy/src/prefix.ts'

const udpAndTcp: readonly number[] = [6, 17]
const named: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp' }

/** Drops what arrives, behind everything that is measured. */
export const sink = `table ip hf_sink {
  chain prerouting { type filter hook prerouting priority 100; policy drop; }
}
`

/** For `iptables-restore`: a chain that is asked before the sink. */
export function iptablesRules(lines: readonly Line[]): string {
  const rules = lines.map((line) => {
    const words = ['-A PREROUTING']
    if (line.source.length > 0) words.push('-s', printPrefix(4, line.source))
    if (line.destination.length > 0) words.push('-d', printPrefix(4, line.destination))
    if (line.protocol !== undefined) words.push('-p', named[line.protocol] ?? `${line.protocol}`)
    if (line.sourcePorts) words.push('--sport', `${line.sourcePorts.from}:${line.sourcePorts.to}`)
    if (line.destinationPorts) {
      words.push('--dport', `${line.destinationPorts.from}:${line.destinationPorts.to}`)
    }
    return `${words.join(' ')} -j ACCEPT`
  })
  return `*raw\n:PREROUTING ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`
}

const range = (from: number | string, to: number | string): string =>
  from === to ? `${from}` : `${from}-${to}`

/** For `nft -f`: one rule after the other. */
export function nftList(lines: readonly Line[]): string {
  const rules = lines.map((line) => {
    const words: string[] = []
    if (line.source.length > 0) words.push('ip saddr', printPrefix(4, line.source))
    if (line.destination.length > 0) words.push('ip daddr', printPrefix(4, line.destination))
    const name = line.protocol === undefined ? undefined : named[line.protocol]
    const { sourcePorts, destinationPorts } = line
    if (sourcePorts) words.push(`${name} sport`, range(sourcePorts.from, sourcePorts.to))
    if (destinationPorts) {
      words.push(`${name} dport`, range(destinationPorts.from, destinationPorts.to))
    }
    if (name !== undefined && !sourcePorts && !destinationPorts) words.push('ip protocol', name)
    return `    ${words.join(' ')} accept`
  })
  return `${sink}table ip hf_rules {
  chain prerouting {
    type filter hook prerouting priority 0;
${rules.join('\n')}
  }
}
`
}

interface Box {
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/** For `nft -f`: one lookup in one map. It holds no two lines that overlap, so the later of two is left out. */
export function nftMap(lines: readonly Line[]): { readonly text: string; readonly kept: number } {
  const kept: Box[] = []
  for (const line of lines) {
    const box = boxOf(line)
    if (!kept.some((other) => overlap(box, other))) kept.push(box)
  }
  const elements = kept.map(({ from, to }) => {
    const fields = from.map((low, i) => {
      const high = to[i] ?? low
      return i < 2 ? range(address(low), address(high)) : range(low, high)
    })
    return `      ${fields.join(' . ')} : accept`
  })
  const text = `${sink}table ip hf_rules {
  map lines {
    type ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service : verdict
    flags interval
    elements = {
${elements.join(',\n')}
    }
  }
  chain prerouting {
    type filter hook prerouting priority 0;
    ip saddr . ip daddr . ip protocol . th sport . th dport vmap @lines
  }
}
`
  return { text, kept: kept.length }
}

const address = (value: number): string =>
  [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')

function boxOf({ source, destination, protocol, sourcePorts, destinationPorts }: Line): Box {
  const hasPorts = protocol !== undefined && udpAndTcp.includes(protocol)
  return {
    from: [
      Number(source.value),
      Number(destination.value),
      protocol ?? 0,
      (hasPorts ? sourcePorts?.from : undefined) ?? 0,
      (hasPorts ? destinationPorts?.from : undefined) ?? 0,
    ],
    to: [
      Number(lastOf(4, source)),
      Number(lastOf(4, destination)),
      protocol ?? 255,
      (hasPorts ? sourcePorts?.to : undefined) ?? 65_535,
      (hasPorts ? destinationPorts?.to : undefined) ?? 65_535,
    ],
  }
}

function overlap(a: Box, b: Box): boolean {
  for (let i = 0; i < 5; i++) {
    if ((a.from[i] ?? 0) > (b.to[i] ?? 0) || (b.from[i] ?? 0) > (a.to[i] ?? 0)) return false
  }
  return true
}
