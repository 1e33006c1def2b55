/** What the reply subject of a delivered message tells about it. */
export interface DeliveryPosition {
  /** Position in the stream. */
  readonly streamSequence: bigint
  /** Position among what this consumer delivered, from 1, without holes. */
  readonly consumerSequence: number
  /** When the server stored it, ms since 1970. */
  readonly storedAtUnixMs: number
  /** The same in ns, exact, as decimal digits. */
  readonly storedAtUnixNs: string
  /** How many more match. */
  readonly pending: number
}

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>`, or the
 * newer form with domain and account hash after `ACK` and perhaps a random token at the end.
 * Undefined for anything else.
 */
export function parseAckSubject(subject: string): DeliveryPosition | undefined {
  if (!subject.startsWith('$JS.ACK.')) return undefined
  const tokens = subject.split('.')
  const isOld = tokens.length === 9
  if (!isOld && tokens.length < 11) return undefined
  const first = isOld ? 5 : 7
  const streamSequence = Number(tokens[first])
  const consumerSequence = Number(tokens[first + 1])
  const storedAtUnixNs = tokens[first + 2] ?? ''
  const storedAtUnixMs = Math.floor(Number(storedAtUnixNs) / 1_000_000)
  const pending = Number(tokens[first + 3])
  if (!(streamSequence > 0 && consumerSequence > 0 && storedAtUnixMs >= 0 && pending >= 0)) {
    return undefined
  }
  return {
    streamSequence: BigInt(streamSequence),
    consumerSequence,
    storedAtUnixMs,
    storedAtUnixNs,
    pending,
  }
}
