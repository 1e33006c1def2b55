// The words of a recorded flow, as columns and proto spell them. In the order of the proto enums.

export const verdicts = ['pass', 'drop', 'limited', 'default_drop', 'unparsable'] as const
export type Verdict = (typeof verdicts)[number]

export const directions = ['ingress', 'egress'] as const
export type Direction = (typeof directions)[number]

/** What one node saw of one flow, mostly within a second. Ids are UUIDs, or empty. */
export interface Flow {
  /** ms since 1970. */
  readonly firstUnixMs: number
  readonly lastUnixMs: number
  readonly verdict: Verdict
  readonly direction: Direction
  readonly protocol: string
  readonly source: string
  readonly destination: string
  /** Undefined where the protocol has none, or a fragment hides them. */
  readonly sourcePort: number | undefined
  readonly destinationPort: number | undefined
  readonly packets: number
  readonly bytes: number
  readonly device: string
  readonly ruleId: string
  readonly interfaceId: string
  readonly peerId: string
}

/** A batch as it may be stored: everything in it has been looked at. */
export interface FlowBatch {
  readonly nodeId: string
  /** A run of the agent. */
  readonly instanceId: string
  /** From 1. */
  readonly number: number
  /** By our clock, ms since 1970. */
  readonly storedAtUnixMs: number
  /** Hex, or empty. */
  readonly policyVersion: string
  readonly flows: readonly Flow[]
  /** Records that made no sense. */
  readonly malformedFlows: number
  /** What the node itself had no room for. */
  readonly lostFlows: number
  readonly lostPackets: number
  /** The host's clock was off: its times were moved to ours. */
  readonly isShifted: boolean
}

const names = new Map([
  [1, 'icmp'],
  [2, 'igmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [47, 'gre'],
  [50, 'esp'],
  [51, 'ah'],
  [58, 'icmpv6'],
  [89, 'ospf'],
  [132, 'sctp'],
])
const numbers = new Map([...names].map(([number, name]) => [name, number]))

/** The usual name of an IP protocol, its number for the others. */
export const protocolName = (number: number): string => names.get(number) ?? String(number)
export const protocolNumber = (name: string): number => numbers.get(name) ?? Number(name)
