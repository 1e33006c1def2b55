// Random faults against log and archive under load, with a history checker (docs/architecture.md).
//
//   npx tsx test/faults/run.ts --rounds 200 --seed 1 [--only log,archive,both,crash,pause,disk,position]
//                              [--stop-ms 30000] [--writers 8]
//
// Prints what became of every round and a table; exits with 1 when anything acknowledged was lost,
// changed or repeated, or the log was closed for no reason.

import { parseArgs } from 'node:util'
import { campaign, type Round } from '../../packages/log-guard/src/testing/faults/campaign.ts'
import { type FaultGroup, faultGroups } from '../../packages/log-guard/src/testing/faults/faults.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    'stop-ms': { type: 'string', default: '1500' },
    writers: { type: 'string', default: '8' },
  },
})

const isGroup = (name: string): name is FaultGroup => faultGroups.some((group) => group === name)
const only = values.only?.split(',')
const unknown = only?.find((name) => !isGroup(name))
if (unknown !== undefined) throw new Error(`--only knows ${faultGroups.join(', ')}`)

const seed = Number(values.seed)
console.log(`seed ${seed}`)
const rounds = await campaign({
  rounds: Number(values.rounds),
  seed,
  stopMs: Number(values['stop-ms']),
  writers: Number(values.writers),
  ...(only ? { only: only.filter(isGroup) } : {}),
  onRound({ number, fault, outcome, incidents, tookMs, what, violations }) {
    const told = incidents.join(' ')
    console.log(
      `${number}. ${fault.group}: ${fault.name} -> ${outcome} in ${tookMs} ms [${told}] ${what}`,
    )
    for (const violation of violations) console.error(`   VIOLATION ${violation}`)
  },
})

const table = new Map<string, Record<string, number>>()
const count = ({ fault, outcome, incidents, violations }: Round): void => {
  const key = `${fault.group}: ${fault.name}`
  const row = table.get(key) ?? {
    rounds: 0,
    open: 0,
    frozen: 0,
    'log healed': 0,
    'log rebuilt': 0,
    'archive healed': 0,
    violations: 0,
  }
  const add = (column: string, by: number): void => {
    row[column] = (row[column] ?? 0) + by
  }
  add('rounds', 1)
  if (outcome !== 'failed') add(outcome, 1)
  add('log healed', incidents.includes('log_healed') ? 1 : 0)
  add('log rebuilt', incidents.includes('log_rebuilt') ? 1 : 0)
  add('archive healed', incidents.includes('archive_healed') ? 1 : 0)
  add('violations', violations.length)
  table.set(key, row)
}
for (const round of rounds) count(round)
console.table(Object.fromEntries([...table].sort(([a], [b]) => (a < b ? -1 : 1))))
const violations = rounds.reduce((sum, round) => sum + round.violations.length, 0)
console.log(`${rounds.length} rounds, seed ${seed}, ${violations} violations`)
process.exit(violations === 0 ? 0 : 1)
