import { type Cidr, ipNumber, parseCidr, parseIp, take } from '@holdfast/net'
import type { IpPacket } from '../evaluate.ts'
import type { PortRange, Protocol, Rule, RuleSet } from '../model.ts'
import { showsPorts } from '../protocol-numbers.ts'
import { Random } from './random.ts'

/** Filter sets as ClassBench writes them, with actions drawn from a seed because the sets have none. */

export interface ClassBenchSet {
  readonly ruleSet: RuleSet
  /** Number of the line, from 0, each rule comes from; rules are in the order of lines. */
  readonly lineOf: ReadonlyMap<string, number>
  /** Lines with a protocol no rule can name. */
  readonly skipped: ReadonlySet<number>
}

const linePattern =
  /^@(\S+)\s+(\S+)\s+(\d+) : (\d+)\s+(\d+) : (\d+)\s+0x([0-9a-f]{2})\/0x([0-9a-f]{2})/i

export function readClassBench(text: string, seed: number): ClassBenchSet {
  const random = new Random(seed)
  const rules: Rule[] = []
  const lineOf = new Map<string, number>()
  const skipped = new Set<number>()
  for (const [number, line] of text.split('\n').entries()) {
    if (line === '') continue
    const match = linePattern.exec(line)
    if (match === null) throw new SyntaxError(`line ${number + 1} is no ClassBench rule: ${line}`)
    const [, source = '', destination = '', ...rest] = match
    const [sourceFrom, sourceTo, destinationFrom, destinationTo] = rest.slice(0, 4).map(Number)
    const protocol = protocolOf(rest[4] ?? '', rest[5] ?? '')
    const sourcePorts = rangeOf(sourceFrom, sourceTo)
    const destinationPorts = rangeOf(destinationFrom, destinationTo)
    if (protocol === undefined) {
      skipped.add(number)
      continue
    }
    const rule = {
      id: random.uuid(),
      order: number + 1,
      settings: {
        name: `line-${number}`,
        action: random.chance(0.5) ? 'allow' : 'deny',
        direction: 'ingress',
        protocol,
        source: cidr(source),
        destination: cidr(destination),
        sourcePorts: protocol === 'icmp' ? undefined : sourcePorts,
        destinationPorts: protocol === 'icmp' ? undefined : destinationPorts,
        rate: undefined,
        priority: 100,
        isActive: true,
        continues: false,
        logs: false,
        target: { kind: 'everything' },
        expiresAtUnixMs: 0,
        tags: [],
        description: '',
      },
    } satisfies Rule
    lineOf.set(rule.id, number)
    rules.push(rule)
  }
  return { ruleSet: { rules, isLockoutAllowed: true }, lineOf, skipped }
}

const cidr = (text: string): Cidr => take(parseCidr, text, 'line')

/** Undefined for all ports: such a line also means packets without any. */
const rangeOf = (from = 0, to = 65535): PortRange | undefined =>
  from === 0 && to === 65535 ? undefined : { from, to }

const numbers: Readonly<Record<string, Protocol>> = { '06': 'tcp', '11': 'udp', '01': 'icmp' }

const protocolOf = (number: string, mask: string): Protocol | undefined =>
  mask === '00' ? 'any' : numbers[number]

export interface TracedPacket {
  readonly packet: IpPacket
  /** Number of the first line that matches, from 0; -1 when none does. */
  readonly expected: number
}

/** A trace of IPv4 headers: `src dst sport dport proto expected`. */
export function readTrace(text: string): TracedPacket[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [source = '', destination = '', ...numbers] = line.split(/\s+/)
      const [sourcePort = 0, destinationPort = 0, protocol = 0, expected = -1] = numbers.map(Number)
      return {
        expected,
        packet: {
          kind: 'ip',
          family: 4,
          source: address(source),
          destination: address(destination),
          protocol,
          ports: showsPorts(protocol)
            ? { source: sourcePort, destination: destinationPort }
            : undefined,
          isFragment: false,
          isLaterFragment: false,
          tcpFlags: 0,
          bytes: 60,
        },
      }
    })
}

const address = (text: string): bigint =>
  /^\d+$/.test(text) ? BigInt(text) : ipNumber(take(parseIp, text, 'address')).value
