import type { IpPacket } from '../evaluate.ts'
import { bits, type Family } from '../family.ts'
import type { Line, Prefix } from '../intermediate.ts'
import type { PortRange } from '../model.ts'
import { lastOf } from '../prefix.ts'
import { icmpOf, showsPorts, tcp, udp } from '../protocol-numbers.ts'
import type { Random } from './random.ts'

/**
 * A packet to try lines of one family with: 40 % a random point inside a line, 20 % the same with fields snapped
 * to a corner, 30 % each field from another line (overlaps, low priorities), 10 % random. One in twenty is a
 * fragment.
 */
export function drawPacket(random: Random, family: Family, lines: readonly Line[]): IpPacket {
  const way = lines.length === 0 ? 99 : random.below(100)
  const line = (): Line | undefined => (way < 90 ? random.pick(lines) : undefined)
  const one = line()
  const each = (): Line | undefined => (way < 60 ? one : line())
  const isCorner = (): boolean => way >= 40 && way < 60 && random.chance(0.5)
  const protocol = each()?.protocol ?? drawProtocol(random, family)
  return packetOf(random, {
    family,
    protocol,
    source: address(random, family, each()?.source, isCorner()),
    destination: address(random, family, each()?.destination, isCorner()),
    sourcePort: port(random, each()?.sourcePorts, isCorner()),
    destinationPort: port(random, each()?.destinationPorts, isCorner()),
  })
}

interface Fields {
  readonly family: Family
  readonly protocol: number
  readonly source: bigint
  readonly destination: bigint
  readonly sourcePort: number
  readonly destinationPort: number
}

function packetOf(random: Random, fields: Fields): IpPacket {
  const { family, protocol, source, destination } = fields
  const kind = random.weighted([
    ['whole', 95],
    ['first', 2],
    ['later', 3],
  ] as const)
  const hasPorts = showsPorts(protocol) && kind !== 'later'
  const header = family === 4 ? 20 : 40 + (kind === 'whole' ? 0 : 8)
  return {
    kind: 'ip',
    family,
    source,
    destination,
    protocol,
    ports: hasPorts
      ? { source: fields.sourcePort, destination: fields.destinationPort }
      : undefined,
    isFragment: kind !== 'whole',
    isLaterFragment: kind === 'later',
    tcpFlags: hasPorts && protocol === tcp ? random.pick([0x02, 0x10, 0x12, 0x18, 0x11, 0x04]) : 0,
    bytes: header + 20 + random.below(64),
  }
}

/** What stands in a header when no line says it; never an IPv6 extension header. */
const drawProtocol = (random: Random, family: Family): number =>
  random.weighted([
    [tcp, 40],
    [udp, 30],
    [icmpOf[family], 15],
    [icmpOf[family === 4 ? 6 : 4], 5],
    [47, 4],
    [50, 3],
    [132, 3],
  ])

function address(
  random: Random,
  family: Family,
  prefix: Prefix | undefined,
  isCorner: boolean,
): bigint {
  if (prefix === undefined) return random.bits(bits[family])
  if (isCorner) return random.chance(0.5) ? prefix.value : lastOf(family, prefix)
  return prefix.value | random.bits(bits[family] - prefix.length)
}

function port(random: Random, range: PortRange | undefined, isCorner: boolean): number {
  const { from, to } = range ?? { from: 0, to: 65535 }
  if (isCorner) return random.chance(0.5) ? from : to
  return random.between(from, to)
}
