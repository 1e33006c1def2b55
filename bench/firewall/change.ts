// One rule set in a process of its own, as a node agent has it: what bringing it into force takes the first time,
// and what a change to one rule takes then. A job comes as an argument, figures go to standard output.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BpfMap, hfLimit, sizeClass } from '@holdfast/bpf'
import { policyVersion, type RuleSet } from '@holdfast/policy'
import type { Shape } from '@holdfast/policy/testing'
import type { Family } from '../../packages/policy/src/family.ts'
import type { Depth } from '../../services/node-agent/src/firewall/backend.ts'
import { bpfBackend } from '../../services/node-agent/src/firewall/bpf/bpf-backend.ts'
import { median } from './measure.ts'
import { plannedCases, policyOf } from './rule-sets.ts'

export interface ChangeJob {
  readonly shape: Shape
  readonly size: number
  readonly family: Family
  readonly changes: number
}

/** Milliseconds. */
export interface ChangeTimes {
  readonly resolve: number
  /** Hash of the policy: its version. */
  readonly version: number
  readonly build: number
  /** Upload, swap, and on the first time maps, programs and devices. */
  readonly enforce: number
  readonly total: number
}

export interface ChangeFigures {
  readonly blobBytes: number
  readonly tuples: number
  /** Everything for the first time, in a process that has done nothing yet. */
  readonly start: ChangeTimes
  /** The first change after that, and the median of those that follow. */
  readonly first: ChangeTimes
  readonly warm: ChangeTimes
  /** Parts of `enforce`: the copy into the kernel, and the exchange of the pointer, which waits for all CPUs. */
  readonly upload: number
  readonly swap: number
  /** Reading the kernel back after a change: its bytes are compared. */
  readonly proof: number
  /** The same as it is done now and then: what is read is taken apart, and its hash is the version. */
  readonly audit: number
}

const steps = ['resolve', 'version', 'build', 'enforce', 'total'] as const

function timed<T>(work: () => T): { readonly value: T; readonly ms: number } {
  const startedAt = performance.now()
  const value = work()
  return { value, ms: performance.now() - startedAt }
}

/** Another port in a rule somewhere in the middle; all other rules stay the very objects they are. */
function changed({ rules, ...rest }: RuleSet, turn: number): RuleSet {
  const at = Math.floor((rules.length * (turn + 1)) / 16) % rules.length
  return {
    ...rest,
    rules: rules.map((rule, i) =>
      i === at
        ? {
            ...rule,
            settings: {
              ...rule.settings,
              protocol: 'tcp' as const,
              destinationPorts: { from: 7_000 + turn, to: 7_000 + turn },
            },
          }
        : rule,
    ),
  }
}

async function measure(job: ChangeJob): Promise<ChangeFigures> {
  const mountPoint = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  const backend = bpfBackend({
    nodeId: `bench-${process.pid}`,
    mountPoint,
    libbpf: process.env['HOLDFAST_LIBBPF'],
    flowsPerSecond: 1_000,
    now: Date.now,
  })
  let blobBytes = 0
  let tuples = 0

  async function enforce(ruleSet: RuleSet): Promise<ChangeTimes> {
    const resolved = timed(() => policyOf(ruleSet))
    const version = timed(() => policyVersion(resolved.value))
    const figures = await backend.apply(resolved.value, version.value)
    blobBytes = figures.blobBytes
    tuples = figures.tuples
    return {
      resolve: resolved.ms,
      version: version.ms,
      build: figures.buildMs,
      enforce: figures.swapMs,
      total: resolved.ms + version.ms + figures.buildMs + figures.swapMs,
    }
  }

  async function proven(depth: Depth): Promise<number> {
    const startedAt = performance.now()
    const { policy } = await backend.observe(depth)
    if (policy) policyVersion(policy)
    return performance.now() - startedAt
  }

  try {
    const [of] = plannedCases([job.family], [job.size], [job.shape])
    if (!of) throw new RangeError('no such set')
    let ruleSet = of.make()
    const start = await enforce(ruleSet)
    const list: ChangeTimes[] = []
    for (let turn = 0; turn <= job.changes; turn++) {
      ruleSet = changed(ruleSet, turn)
      list.push(await enforce(ruleSet))
    }
    const [first = start, ...rest] = list
    const warm = Object.fromEntries(
      steps.map((step) => [step, median(rest.map((each) => each[step]))]),
    ) as Record<(typeof steps)[number], number>
    const proof = await proven('bytes')
    const audit = await proven('lines')
    return { blobBytes, tuples, start, first, warm, ...exchange(blobBytes), proof, audit }
  } finally {
    backend.close()
    await backend.uninstall()
    rmSync(mountPoint, { recursive: true, force: true })
  }
}

/** What the two calls into the kernel take of it. */
function exchange(bytes: number): { readonly upload: number; readonly swap: number } {
  const blob = (): BpfMap =>
    BpfMap.create({
      name: 'hf_blob',
      type: 'array',
      keyBytes: 4,
      valueBytes: sizeClass(bytes) + hfLimit.overrun,
      maxEntries: 1,
    })
  const maps = [blob(), blob()] as const
  const gen = BpfMap.create({
    name: 'hf_gen',
    type: 'arrayOfMaps',
    keyBytes: 4,
    valueBytes: 4,
    maxEntries: 1,
    inner: maps[0],
  })
  const value = Buffer.alloc(maps[0].stride, 1)
  const uploads: number[] = []
  const swaps: number[] = []
  for (let turn = 0; turn < 9; turn++) {
    const idle = maps[turn % 2 === 0 ? 0 : 1]
    uploads.push(timed(() => idle.update(0, value)).ms)
    swaps.push(timed(() => gen.setInner(0, idle)).ms)
  }
  for (const map of [...maps, gen]) map.close()
  return { upload: median(uploads), swap: median(swaps) }
}

const job = JSON.parse(process.argv[2] ?? '{}') as ChangeJob
process.stdout.write(JSON.stringify(await measure(job)))
