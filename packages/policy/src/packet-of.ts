import { invalid } from '@holdfast/errors'
import { ipNumber, parseIp, take } from '@holdfast/net'
import type { IpPacket } from './evaluate.ts'
import { showsPorts } from './protocol-numbers.ts'

/** A packet as somebody describes it: for simulations and recorded flows. */
export interface PacketDescription {
  /** Addresses of one family. */
  readonly source: string
  readonly destination: string
  /** As in the IP header. */
  readonly protocol: number
  /** Only with TCP and UDP; zero when not said. */
  readonly sourcePort?: number
  readonly destinationPort?: number
  readonly isLaterFragment?: boolean
  readonly tcpFlags?: number
}

/** Throws `invalid`, naming the field. */
export function packetOf(described: PacketDescription): IpPacket {
  const source = ipNumber(take(parseIp, described.source, 'source'))
  const destination = ipNumber(take(parseIp, described.destination, 'destination'))
  if (source.family !== destination.family) {
    throw invalid({
      field: 'destination',
      code: 'address_family',
      detail: `${described.source} and ${described.destination} are not of one family`,
    })
  }
  const isLaterFragment = described.isLaterFragment ?? false
  return {
    kind: 'ip',
    family: source.family,
    source: source.value,
    destination: destination.value,
    protocol: described.protocol,
    ports:
      showsPorts(described.protocol) && !isLaterFragment
        ? { source: described.sourcePort ?? 0, destination: described.destinationPort ?? 0 }
        : undefined,
    isFragment: isLaterFragment,
    isLaterFragment,
    tcpFlags: described.tcpFlags ?? 0,
    bytes: 0,
  }
}
