import { familyOf, parseIp, printIp } from '@holdfast/net'
import { type Direction, type IpPacket, packetOf, protocolName } from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'
import { Fields } from '@holdfast/service'

type PacketMessage = holdfast.rules.v1.Packet.$Properties
const { FlowDirection } = holdfast.agent.v1

const directions = ['ingress', 'egress'] as const satisfies readonly Direction[]

/** As the enum of flows numbers them; ingress when nothing is said. */
export const directionFrom = (number: number | null | undefined): Direction =>
  directions[(number ?? 0) - 1] ?? 'ingress'

export const printDirection = (direction: Direction): holdfast.agent.v1.FlowDirection =>
  direction === 'ingress'
    ? FlowDirection.FLOW_DIRECTION_INGRESS
    : FlowDirection.FLOW_DIRECTION_EGRESS

const icmp = { 4: 1, 6: 58 } as const
const numbers: ReadonlyMap<string, number> = new Map([
  ['tcp', 6],
  ['udp', 17],
])
const portProtocols: ReadonlySet<number> = new Set([6, 17])

/** A packet as somebody describes it. Throws `invalid` with every bad field, named as in the REST contract. */
export function parsePacketMessage(message: PacketMessage | null | undefined): {
  readonly packet: IpPacket
  readonly direction: Direction
} {
  const fields = new Fields()
  const m = new holdfast.rules.v1.Packet(message ?? {})
  const source = fields.take(parseIp, m.source, 'packet.src')
  const destination = fields.take(parseIp, m.destination, 'packet.dst')
  fields.check()
  if (familyOf(source) !== familyOf(destination)) {
    const detail = `src ${source} and dst ${destination} are of different families: no packet has both`
    fields.add('packet.dst', 'family_mismatch', detail)
  }
  const protocol = protocolOf(fields, m.protocol, familyOf(source))
  const sourcePort = fields.integer(m.sourcePort, 'packet.src_port', 0, 65_535)
  const destinationPort = fields.integer(m.destinationPort, 'packet.dst_port', 0, 65_535)
  const { isLaterFragment } = m
  if (sourcePort + destinationPort > 0) {
    const field = sourcePort > 0 ? 'packet.src_port' : 'packet.dst_port'
    if (!portProtocols.has(protocol)) {
      fields.add(field, 'not_applicable', `only tcp and udp have ports, not ${m.protocol}`)
    } else if (isLaterFragment) {
      fields.add(field, 'not_applicable', 'a later fragment shows no ports: leave them out')
    }
  }
  fields.check()
  const described = { source, destination, protocol, sourcePort, destinationPort, isLaterFragment }
  return { packet: packetOf(described), direction: directionFrom(m.direction) }
}

function protocolOf(fields: Fields, text: string, family: 4 | 6): number {
  const word = text.toLowerCase()
  if (word === 'icmp' || word === 'icmpv6') return icmp[family]
  const known = numbers.get(word)
  if (known !== undefined) return known
  if (/^\d{1,3}$/.test(word) && Number(word) <= 255) return Number(word)
  fields.add('packet.protocol', 'unknown', 'must be tcp, udp, icmp or a number from 0 to 255')
  return 0
}

export const printPacket = (packet: IpPacket, direction: Direction): PacketMessage => ({
  source: printIp({ family: packet.family, value: packet.source }),
  destination: printIp({ family: packet.family, value: packet.destination }),
  protocol: protocolName(packet.protocol),
  sourcePort: packet.ports?.source ?? 0,
  destinationPort: packet.ports?.destination ?? 0,
  direction: printDirection(direction),
  isLaterFragment: packet.isLaterFragment,
})
