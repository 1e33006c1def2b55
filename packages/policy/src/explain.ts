import { printIp } from '@holdfast/net'
import {
  deviceOf,
  type Field,
  fields,
  fits,
  type IpPacket,
  judge,
  linesOf,
  viewOf,
} from './evaluate.ts'
import type { Judgement, Line, ParsedPacket, Policy } from './intermediate.ts'
import type { Direction, PortRange } from './model.ts'
import { printPrefix } from './prefix.ts'

/** The way to a judgement, for people. */
export interface Explanation {
  readonly judgement: Judgement
  /** In the order of evaluation, up to the line that decided; what matched and what nearly did. */
  readonly steps: readonly Step[]
  /** Lines looked at in all, also the ones without a step. */
  readonly lookedAt: number
}

export interface Step {
  readonly line: Line
  readonly isMatch: boolean
  /** What kept it from matching; empty for a match. */
  readonly missed: readonly Field[]
  /** In words. */
  readonly reason: string
}

/** More are left out, the ones farthest from matching first. */
export const maxSteps = 100

export function explain(
  policy: Policy,
  device: string,
  direction: Direction,
  packet: ParsedPacket,
): Explanation {
  const judgement = judge(policy, device, direction, packet)
  const isRuled = judgement.decidedBy === 'line' || judgement.decidedBy === 'default'
  if (packet.kind !== 'ip' || !isRuled) return { judgement, steps: [], lookedAt: 0 }

  const view = viewOf(policy, deviceOf(policy, device).view)
  const lines = linesOf(view, direction, packet.family)
  const end = judgement.line === undefined ? lines.length : lines.indexOf(judgement.line) + 1
  const steps = nearest(
    oneForEachRule(lines.slice(0, end).map((line) => stepOf(line, packet))),
    maxSteps,
  )
  return { judgement, steps, lookedAt: end }
}

function stepOf(line: Line, packet: IpPacket): Step {
  const missed = fields.filter((field) => !fits(line, packet, field))
  return {
    line,
    isMatch: missed.length === 0,
    missed,
    reason: missed.map((field) => reasonOf(line, packet, field)).join('; '),
  }
}

/** A rule may be several lines, for TCP and UDP or for networks of a peer: the one that came nearest speaks for it. */
function oneForEachRule(steps: readonly Step[]): Step[] {
  const best = new Map<string, Step>()
  for (const step of steps) {
    const key = step.line.ruleId === '' ? step.line.implicit : step.line.ruleId
    const before = best.get(key)
    if (before === undefined || step.missed.length < before.missed.length) best.set(key, step)
  }
  return [...best.values()]
}

function nearest(steps: readonly Step[], most: number): Step[] {
  let room = most
  const kept = new Set<Step>()
  for (let missed = 0; missed <= fields.length && room > 0; missed++) {
    // Of equally near ones the last: nearer to the decision in order, too.
    const equals = steps.filter((step) => step.missed.length === missed).slice(-room)
    for (const step of equals) kept.add(step)
    room -= equals.length
  }
  return steps.filter((step) => kept.has(step))
}

function reasonOf(line: Line, packet: IpPacket, field: Field): string {
  const { family, ports } = packet
  switch (field) {
    case 'protocol':
      return `the protocol is ${protocolName(packet.protocol)}, not ${protocolName(line.protocol)}`
    case 'source':
      return `source ${printIp({ family, value: packet.source })} is outside ${printPrefix(family, line.source)}`
    case 'destination':
      return `destination ${printIp({ family, value: packet.destination })} is outside ${printPrefix(family, line.destination)}`
    case 'source_ports':
      return portReason('source', line.sourcePorts, ports?.source)
    case 'destination_ports':
      return portReason('destination', line.destinationPorts, ports?.destination)
  }
}

const portReason = (
  side: string,
  range: PortRange | undefined,
  port: number | undefined,
): string =>
  port === undefined
    ? `it shows no ${side} port, and the rule wants ${printRange(range)}`
    : `${side} port ${port} is outside ${printRange(range)}`

const printRange = (range: PortRange | undefined): string =>
  range === undefined
    ? 'any'
    : range.from === range.to
      ? `${range.from}`
      : `${range.from}-${range.to}`

const names: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp' }

export const protocolName = (protocol: number | undefined): string =>
  protocol === undefined ? 'any' : (names[protocol] ?? `${protocol}`)
