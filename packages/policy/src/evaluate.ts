import type { Family } from './family.ts'
import {
  type DevicePolicy,
  type Judgement,
  type Line,
  maxContinues,
  type ParsedPacket,
  type Policy,
  type View,
} from './intermediate.ts'
import type { Direction, PortRange, Verdict } from './model.ts'
import { prefixHas } from './prefix.ts'

/**
 * The reference evaluator: what rules mean, without time. It is slow on purpose; README.md says the same in words,
 * and every enforcement is tested against it.
 */

export type IpPacket = Extract<ParsedPacket, { kind: 'ip' }>

export function judge(
  policy: Policy,
  device: string,
  direction: Direction,
  packet: ParsedPacket,
): Judgement {
  const { firewall, view } = deviceOf(policy, device)
  const none = { line: undefined, passed: [], direction }
  switch (packet.kind) {
    case 'other':
      return { ...none, verdict: 'pass', decidedBy: 'not-ip' }
    case 'unparsable':
      return { ...none, verdict: firewall.unparsableVerdict, decidedBy: 'unparsable' }
    case 'ip': {
      if (packet.isFragment && firewall.dropsFragments) {
        return { ...none, verdict: 'drop', decidedBy: 'fragment' }
      }
      const { line, passed } = decide(
        linesOf(viewOf(policy, view), direction, packet.family),
        packet,
      )
      return line === undefined
        ? { line, passed, direction, verdict: firewall.defaultVerdict, decidedBy: 'default' }
        : { line, passed, direction, verdict: verdictOf(line), decidedBy: 'line' }
    }
  }
}

function decide(lines: readonly Line[], packet: IpPacket): Pick<Judgement, 'line' | 'passed'> {
  const passed: Line[] = []
  for (const line of lines) {
    if (!matches(line, packet)) continue
    if (!line.continues) return { line, passed }
    if (passed.length < maxContinues) passed.push(line)
  }
  return { line: undefined, passed }
}

export const fields = [
  'protocol',
  'source',
  'destination',
  'source_ports',
  'destination_ports',
] as const
export type Field = (typeof fields)[number]

/** The line is of the packet's family. Small numbers are compared first: most lines fail there already. */
export const matches = (line: Line, packet: IpPacket): boolean =>
  (line.protocol === undefined || line.protocol === packet.protocol) &&
  portIn(line.destinationPorts, packet.ports?.destination) &&
  portIn(line.sourcePorts, packet.ports?.source) &&
  prefixHas(packet.family, line.source, packet.source) &&
  prefixHas(packet.family, line.destination, packet.destination)

/** One field of `matches`: a line matches when all its fields fit. */
export function fits(line: Line, packet: IpPacket, field: Field): boolean {
  switch (field) {
    case 'protocol':
      return line.protocol === undefined || line.protocol === packet.protocol
    case 'source':
      return prefixHas(packet.family, line.source, packet.source)
    case 'destination':
      return prefixHas(packet.family, line.destination, packet.destination)
    case 'source_ports':
      return portIn(line.sourcePorts, packet.ports?.source)
    case 'destination_ports':
      return portIn(line.destinationPorts, packet.ports?.destination)
  }
}

const portIn = (range: PortRange | undefined, port: number | undefined): boolean =>
  range === undefined || (port !== undefined && port >= range.from && port <= range.to)

/** A rate limit counts as not exceeded. */
export const verdictOf = ({ action }: Line): Verdict => (action === 'deny' ? 'drop' : 'pass')

export function deviceOf(policy: Policy, device: string): DevicePolicy {
  const found = policy.devices.find((one) => one.device === device)
  if (found === undefined) throw new RangeError(`the policy knows no device ${device}`)
  return found
}

export function viewOf(policy: Policy, index: number): View {
  const view = policy.views[index]
  if (view === undefined) throw new RangeError(`the policy has no view ${index}`)
  return view
}

export function linesOf(view: View, direction: Direction, family: Family): readonly Line[] {
  if (direction === 'ingress') return family === 4 ? view.ingress4 : view.ingress6
  return family === 4 ? view.egress4 : view.egress6
}
