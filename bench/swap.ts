// What it takes until a change to one rule is in force on a host, and how much memory a rule set is, by number of
// rules: the agent's own backend, in a network namespace with one device. Each set has a process of its own, so the
// first time is the first. Nothing is asserted.
//
//   npx tsx bench/swap.ts [--quick]      (as root)
import { spawnSync } from 'node:child_process'
import { cpus, release } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type Shape, shapes } from '@holdfast/policy/testing'
import { netNamespace } from '../packages/bpf/src/testing/net-namespace.ts'
import type { Family } from '../packages/policy/src/family.ts'
import type { ChangeFigures, ChangeJob, ChangeTimes } from './firewall/change.ts'
import { loadText } from './firewall/measure.ts'
import { type Bar, bars, count, table } from './firewall/print.ts'
import { device } from './firewall/rule-sets.ts'

const isQuick = process.argv.includes('--quick')
const changes = isQuick ? 5 : 11
const sizes = [10, 1_000, 10_000, 100_000]
const sets: readonly (readonly [Shape, Family])[] = isQuick
  ? [['firewall', 4]]
  : [...shapes.map((shape) => [shape, 4] as const), ['acl', 6]]

console.log(
  `${cpus()[0]?.model.trim()}, ${cpus().length} CPUs, Linux ${release()}, Node ${process.version}`,
)
console.log(loadText())
console.log(`
Milliseconds from a changed rule set to packets being judged by it. start: everything for the first time. first: the
first change of one rule. warm: the median of ${changes} more. upload and swap are what the two calls into the kernel take of
"enforce" by themselves. proof: reading the kernel back and comparing; audit: taking it apart, as is done now and then.
Memory is what the kernel is given.
`)

const script = fileURLToPath(new URL('./firewall/change.ts', import.meta.url))

function run(job: ChangeJob): ChangeFigures {
  const namespace = netNamespace()
  try {
    namespace.ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'hf1')
    namespace.ip('link', 'set', device, 'up')
    const done = namespace.inside(() =>
      spawnSync(process.execPath, ['--import', 'tsx', script, JSON.stringify(job)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    )
    if (done.status !== 0) throw new Error(`${job.shape} ${job.size}: ended with ${done.status}`)
    return JSON.parse(done.stdout) as ChangeFigures
  } finally {
    namespace.remove()
  }
}

const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0)
const times = ({ resolve, version, build, enforce, total }: ChangeTimes): string[] =>
  [resolve, version, build, enforce, total].map(ms)

const list: Bar[] = []
for (const [shape, family] of sets) {
  const rows: string[][] = []
  for (const size of sizes) {
    const figures = run({ shape, size, family, changes })
    const { blobBytes, tuples, start, first, warm, upload, swap, proof, audit } = figures
    const megabytes = blobBytes / 1e6
    rows.push(
      [`${count(size)} start`, `${megabytes.toFixed(2)} MB`, count(tuples), ...times(start)],
      [`${count(size)} first`, '', '', ...times(first)],
      [`${count(size)} warm`, '', '', ...times(warm), ms(upload), ms(swap), ms(proof), ms(audit)],
    )
    const what = `${shape} v${family}, ${count(size)} rules`
    const limits = { 10000: [100, 20, 3], 100000: [500, 150, 20] } as const
    if (size !== 10_000 && size !== 100_000) continue
    const [bar, stretch, memory] = limits[size]
    list.push(
      { what: `one rule changed, warm: ${what}`, value: warm.total, bar, stretch, unit: ' ms' },
      { what: `one rule changed, first: ${what}`, value: first.total, bar, stretch, unit: ' ms' },
      { what: `memory: ${what}`, value: megabytes, bar: memory, unit: ' MB' },
    )
  }
  console.log(
    table(
      [
        ...[`${shape} v${family}`, 'memory', 'tuples', 'resolve', 'version', 'build', 'enforce'],
        ...['total', 'upload', 'swap', 'proof', 'audit'],
      ],
      rows.map((row) => [...row, ...Array.from({ length: 12 - row.length }, () => '')]),
    ),
  )
  console.log()
}
console.log(`${loadText()}\n`)
console.log(bars(list))
