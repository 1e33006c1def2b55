import { type IpPacket, judge } from './evaluate.ts'
import type { Judgement, Line, ParsedPacket, Policy } from './intermediate.ts'
import type { Direction } from './model.ts'
import { icmpOf, tcp, udp } from './protocol-numbers.ts'
import { TokenBucket } from './token-bucket.ts'

/**
 * What becomes of a packet when time counts: token buckets, and on stateful devices the flows that were let
 * through. The reference for both; a kernel may forget flows earlier (its LRU is approximate), never later.
 *
 * A flow is opened by a packet that passes by a line or by default, on its device, in its direction. A packet in
 * the *other* direction between the same ends then passes without asking the rules, until the flow was silent for
 * its timeout. Packets in the opening direction always ask the rules, so a deny is never weaker for being stateful.
 * TCP, UDP and ICMP have flows; other protocols and later fragments have none and belong to none.
 */

/** Seconds a flow may be silent. */
export const flowTimeoutSeconds = {
  tcp: 3600,
  /** After FIN or RST in either direction, until a SYN in the opening direction begins anew. */
  tcpClosing: 30,
  udp: 120,
  /** All ICMP between two addresses is one flow. */
  icmp: 30,
} as const

/** Flows remembered; beyond, the one silent longest is forgotten. */
export const maxFlows = 131_072
/** Sources with a bucket of their own, over all rules; beyond, the one silent longest starts afresh. */
export const maxSourceBuckets = 65_536

const finOrRst = 0x05
const isSynOnly = (packet: IpPacket): boolean => (packet.tcpFlags & 0x12) === 0x02

interface Flow {
  readonly opened: Direction
  /** The policy under which its opening passed. */
  readonly policy: Policy
  readonly lastNs: bigint
  readonly isClosing: boolean
}

export interface TimedJudgement extends Judgement {
  /** A rate limit was exceeded: the line decided, and the verdict is to drop. */
  readonly isLimited: boolean
}

export class StatefulReference {
  readonly #nowNs: () => bigint
  readonly #flows = new Map<string, Flow>()
  readonly #buckets = new Map<string, { readonly rate: string; readonly bucket: TokenBucket }>()
  readonly #sources = new Map<string, TokenBucket>()
  #policy: Policy

  constructor(policy: Policy, nowNs: () => bigint) {
    this.#policy = policy
    this.#nowNs = nowNs
  }

  /** From the next packet on. Flows and the buckets of unchanged limits stay. */
  swap(policy: Policy): void {
    this.#policy = policy
  }

  judge(device: string, direction: Direction, packet: ParsedPacket): TimedJudgement {
    const judgement = judge(this.#policy, device, direction, packet)
    const isRuled = judgement.decidedBy === 'line' || judgement.decidedBy === 'default'
    if (packet.kind !== 'ip' || !isRuled) return { ...judgement, isLimited: false }

    const key = this.#isStateful(device) ? flowKey(device, direction, packet) : undefined
    if (key !== undefined && this.#isAnswer(key, device, direction, packet)) {
      this.#touch(key, packet, direction)
      return {
        direction,
        verdict: 'pass',
        decidedBy: 'established',
        line: undefined,
        passed: [],
        isLimited: false,
      }
    }
    const isLimited = judgement.line !== undefined && !this.#isWithin(judgement.line, packet)
    if (isLimited) return { ...judgement, verdict: 'drop', isLimited }
    if (key !== undefined && judgement.verdict === 'pass') this.#touch(key, packet, direction)
    return { ...judgement, isLimited }
  }

  #isStateful(device: string): boolean {
    return this.#policy.devices.some((one) => one.device === device && one.firewall.isStateful)
  }

  /** Whether it answers a flow opened in the other direction. A SYN opens, it answers nothing. */
  #isAnswer(key: string, device: string, direction: Direction, packet: IpPacket): boolean {
    const flow = this.#flows.get(key)
    if (flow === undefined || flow.opened === direction || isSynOnly(packet)) return false
    if (this.#isOver(flow, packet)) return false
    if (flow.policy === this.#policy) return true
    // The rules changed: is its opening still let through?
    if (judge(this.#policy, device, flow.opened, reversed(packet)).verdict === 'pass') return true
    this.#flows.delete(key)
    return false
  }

  #isOver(flow: Flow, packet: IpPacket): boolean {
    const { tcp: open, tcpClosing, udp: datagrams, icmp } = flowTimeoutSeconds
    const seconds =
      packet.protocol === tcp
        ? flow.isClosing
          ? tcpClosing
          : open
        : packet.protocol === udp
          ? datagrams
          : icmp
    return this.#nowNs() - flow.lastNs > BigInt(seconds) * 1_000_000_000n
  }

  #touch(key: string, packet: IpPacket, direction: Direction): void {
    const before = this.#flows.get(key)
    const isNew = before === undefined || this.#isOver(before, packet)
    const isAnew = isNew || (before.opened === direction && isSynOnly(packet))
    this.#flows.delete(key)
    this.#flows.set(key, {
      opened: isNew ? direction : before.opened,
      policy: this.#policy,
      lastNs: this.#nowNs(),
      isClosing: (!isAnew && before.isClosing) || (packet.tcpFlags & finOrRst) !== 0,
    })
    forgetOldest(this.#flows, maxFlows)
  }

  #isWithin(line: Line, packet: IpPacket): boolean {
    const { rate, ruleId } = line
    if (rate === undefined) return true
    const name = `${ruleId} ${rate.bucket}`
    const now = this.#nowNs()
    const shape = `${rate.pps} ${rate.burst}`
    if (rate.bucket === 'source') {
      const own = `${name} ${shape} ${packet.family} ${packet.source}`
      const bucket = this.#sources.get(own) ?? new TokenBucket(rate)
      this.#sources.delete(own)
      this.#sources.set(own, bucket)
      forgetOldest(this.#sources, maxSourceBuckets)
      return bucket.take(now)
    }
    const known = this.#buckets.get(name)
    const bucket = known?.rate === shape ? known.bucket : new TokenBucket(rate)
    this.#buckets.set(name, { rate: shape, bucket })
    return bucket.take(now)
  }
}

/** A map keeps the order of insertion; what is used is inserted again. */
function forgetOldest<T>(map: Map<string, T>, most: number): void {
  if (map.size <= most) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}

/** The same for both directions; undefined for what has no flow. */
function flowKey(device: string, direction: Direction, packet: IpPacket): string | undefined {
  const { family, protocol, isLaterFragment } = packet
  const isTracked = protocol === tcp || protocol === udp || protocol === icmpOf[family]
  if (!isTracked || isLaterFragment) return undefined
  const source = `${packet.source} ${packet.ports?.source ?? 0}`
  const destination = `${packet.destination} ${packet.ports?.destination ?? 0}`
  const ends = direction === 'ingress' ? [source, destination] : [destination, source]
  return [device, family, protocol, ...ends].join(' ')
}

const reversed = (packet: IpPacket): IpPacket => ({
  ...packet,
  source: packet.destination,
  destination: packet.source,
  ports: packet.ports && {
    source: packet.ports.destination,
    destination: packet.ports.source,
  },
})
