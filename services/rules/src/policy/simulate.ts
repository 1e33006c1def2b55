import { invalid } from '@holdfast/errors'
import { type Direction, type ParsedPacket, readPcap } from '@holdfast/policy'
import type { holdfast } from '@holdfast/proto'
import { deviceInQuestion } from './device-in-question.ts'
import { judgePacket, policies } from './judge-packet.ts'
import { namesOf, type Situation } from './situation.ts'

type Verdict = holdfast.rules.v1.PacketVerdict.$Properties

const maxCaptureBytes = 4 * 1024 * 1024
/** What one answer holds, and what is judged in a moment. */
const maxPackets = 20_000
const maxDistinct = 5_000
/** Distinct packets of a capture whose way is shown; of the others the outcome is. */
const maxTraced = 100

/** The packets of a capture in pcap format. Throws `invalid` or `policy.capture_unreadable`. */
export function packetsOf(capture: Uint8Array): readonly ParsedPacket[] {
  const refuse = (detail: string) =>
    invalid({ field: 'capture', code: 'too_large', detail: `${detail}: cut it into parts` })
  if (capture.length > maxCaptureBytes) throw refuse('may have 4 MiB at most')
  const packets = readPcap(capture)
  if (packets.length > maxPackets) throw refuse(`may have ${maxPackets} packets at most`)
  return packets.map(({ packet }) => packet)
}

/** What becomes of packets on one device, each by itself: a rate limit counts as not exceeded. Throws `invalid`. */
export function simulate(
  situation: Situation,
  where: { readonly interface: string; readonly node: string },
  packets: readonly ParsedPacket[],
  direction: Direction,
): readonly Verdict[] {
  const { host, device } = deviceInQuestion(situation.hosts, where)
  const policy = policies(situation)(host)
  const names = namesOf(situation.ruleSet.rules)
  // Most packets of a capture are of few flows.
  const known = new Map<string, Verdict>()
  return packets.map((packet) => {
    const key = keyOf(packet)
    const before = known.get(key)
    if (before) return before
    if (known.size >= maxDistinct) {
      const detail = `may have ${maxDistinct} different packets at most: cut it into parts`
      throw invalid({ field: 'capture', code: 'too_many', detail })
    }
    const judged = judgePacket(policy, device, direction, packet, names)
    const verdict = known.size < maxTraced ? judged : { ...judged, trace: [] }
    known.set(key, verdict)
    return verdict
  })
}

/** What rules look at. */
function keyOf(packet: ParsedPacket): string {
  if (packet.kind !== 'ip') return packet.kind === 'other' ? 'other' : packet.reason
  const { source, destination, protocol, ports, isFragment, isLaterFragment } = packet
  const { source: from = '', destination: to = '' } = ports ?? {}
  return [source, destination, protocol, from, to, isFragment, isLaterFragment].join(' ')
}
