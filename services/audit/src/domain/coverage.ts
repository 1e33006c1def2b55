/** What is known of a time and a node, or of the stream as a whole (`nodeName` undefined). */
export interface Completeness {
  readonly nodeName: string | undefined
  readonly batches: number
  readonly lostFlows: number
  readonly lostPackets: number
  readonly missingBatches: number
  readonly malformedBatches: number
  readonly malformedFlows: number
  readonly shiftedBatches: number
  readonly refusedFlows: number
  readonly unreadBatches: number
}

export interface CoverageFacts {
  /** ms since 1970. */
  readonly fromUnixMs: number
  readonly toUnixMs: number
  /** Of the oldest flow there is; undefined when there is none. */
  readonly keptSinceUnixMs: number | undefined
  readonly nodes: readonly Completeness[]
  /** Summaries that did not fit into the answer. */
  readonly isCut: boolean
}

const time = (unixMs: number): string => `${new Date(unixMs).toISOString().slice(0, 19)}Z`
const count = (value: number, one: string, many = `${one}s`): string =>
  `${value} ${value === 1 ? one : many}`

/** In words, what the flows of a time do not tell. Losses are counted by ten minutes. */
export function coverage(facts: CoverageFacts): readonly string[] {
  const { fromUnixMs, toUnixMs, keptSinceUnixMs, nodes, isCut } = facts
  const words = [`recorded flows from ${time(fromUnixMs)} to ${time(toUnixMs)}`]
  if (keptSinceUnixMs === undefined) words.push('no flows are kept')
  else if (keptSinceUnixMs > fromUnixMs) {
    words.push(`flows are kept since ${time(keptSinceUnixMs)}: nothing is known of before`)
  }
  words.push('what no rule logs leaves no record')
  for (const one of nodes) words.push(...about(one))
  if (isCut) words.push('flows with the fewest packets were left out: there were too many')
  return words
}

function about(one: Completeness): readonly string[] {
  const { nodeName, batches } = one
  if (nodeName === undefined) {
    return [
      ...(one.unreadBatches > 0
        ? [`${count(one.unreadBatches, 'report')} of nodes went before being stored`]
        : []),
      ...(one.malformedBatches > 0
        ? [`${count(one.malformedBatches, 'report')} made no sense and were refused`]
        : []),
    ]
  }
  if (batches === 0 && one.malformedBatches === 0 && one.missingBatches === 0) {
    return [`${nodeName} reported no flows`]
  }
  const words: string[] = []
  if (one.lostFlows > 0 || one.lostPackets > 0) {
    words.push(
      `${nodeName} had no room for ${count(one.lostFlows, 'flow')} (${count(one.lostPackets, 'packet')})`,
    )
  }
  if (one.missingBatches > 0) {
    words.push(`${count(one.missingBatches, 'report')} of ${nodeName} did not arrive`)
  }
  if (one.malformedBatches > 0 || one.malformedFlows > 0) {
    words.push(
      `${count(one.malformedBatches, 'report')} and ${count(one.malformedFlows, 'flow')} of ${nodeName} made no sense`,
    )
  }
  if (one.refusedFlows > 0) {
    words.push(`${count(one.refusedFlows, 'flow')} of ${nodeName} found no room in the database`)
  }
  if (one.shiftedBatches > 0) {
    words.push(
      `the clock of ${nodeName} was off: the times of ${count(one.shiftedBatches, 'report')} were moved to ours`,
    )
  }
  return words
}
