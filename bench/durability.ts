// What it costs that an answer waits for the archive too (`log+archive`), beside answers that wait for the log
// alone (`log`), through HTTP on the real suite: one after the other, and 64 at once. Both suites run all the time
// and take turns, so that whatever else the machine does falls on both.
//
//   npx tsx bench/durability.ts [rounds] [seconds]
import type { Figures } from './load.ts'
import { median, row } from './run-load.ts'
import { suiteTarget, type Target } from './suite-target.ts'

const rounds = Number(process.argv[2] ?? 5)
const seconds = Number(process.argv[3] ?? 5)

const modes = ['log', 'log+archive'] as const
type Mode = (typeof modes)[number]
const goals = { latency: 1.6, throughput: 0.7 }

const targets = new Map<Mode, Target>()
const results = new Map<string, Figures[]>()
try {
  for (const mode of modes)
    targets.set(mode, await suiteTarget({ HOLDFAST_DURABILITY: mode }, seconds))
  for (let round = 0; round <= rounds; round += 1) {
    for (const connections of [1, 64]) {
      // Who goes first changes with every round.
      const order = round % 2 === 0 ? modes : [...modes].reverse()
      for (const mode of order) {
        const figures = await targets.get(mode)?.run(connections, `r${round}-${connections}`)
        if (!figures || round === 0) continue // warm-up
        const key = `${mode}, ${connections} at once`
        results.set(key, [...(results.get(key) ?? []), figures])
        console.log(row(key, figures))
      }
    }
  }
  const mid = (mode: Mode, connections: number, of: (figures: Figures) => number): number =>
    median((results.get(`${mode}, ${connections} at once`) ?? []).map(of))
  const ratio = (connections: number, of: (figures: Figures) => number): string =>
    (mid('log+archive', connections, of) / mid('log', connections, of)).toFixed(2)
  // The median of what the load sees is in whole milliseconds; one connection says it exactly.
  const latency = (1 / Number(ratio(1, ({ perSecond }) => perSecond))).toFixed(2)
  console.log('\nlog+archive / log, medians of the same run:')
  console.log(`one after the other: latency ${latency} (goal: at most ${goals.latency})`)
  console.log(
    `64 at once: throughput ${ratio(64, ({ perSecond }) => perSecond)} (goal: at least ${goals.throughput}), p50 ${ratio(64, ({ p50 }) => p50)}, p99 ${ratio(64, ({ p99 }) => p99)}`,
  )
} finally {
  for (const target of targets.values()) await target.end()
}
process.exit(0)
