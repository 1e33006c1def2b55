// One rule set after the other through the programs of bpf/bench/classify.bpf.c.
import {
  assignSlots,
  type Blob,
  type BlobMetrics,
  buildBlob,
  noSlots,
  PolicyTooLarge,
  sizeClass,
} from '@holdfast/bpf'
import { policyVersion } from '@holdfast/policy'
import { type Fields, fieldsOf } from './fields.ts'
import { interleave } from './measure.ts'
import { type Bench, compile, openBench } from './programs.ts'
import { policyOf, type RuleSetCase, seed } from './rule-sets.ts'
import { scanImage } from './scan.ts'
import {
  drawActive,
  drawTrace,
  pickWorst,
  type Trace,
  type TrafficKind,
  tracePackets,
} from './traffic.ts'

/** Nanoseconds a packet. */
export interface Times {
  readonly empty: number
  readonly floor: number
  readonly search: number
  readonly judge: number
  readonly scan: number
}

export interface TrafficTimes extends Times {
  readonly kind: TrafficKind
  readonly flows: number
}

export interface CaseTimes {
  readonly of: RuleSetCase
  readonly metrics: BlobMetrics
  readonly traffic: readonly TrafficTimes[]
  /** With a thousand active flows, so that the flow cache answers. */
  readonly active: Pick<Times, 'empty' | 'floor' | 'judge'>
  /** Packets for which search and scan gave their answer, and for how many it was not the same. */
  readonly compared: number
  readonly differing: number
}

export interface Classifier {
  /** Or why the set is refused. */
  measure(of: RuleSetCase, turns: number): CaseTimes | string
  close(): void
}

export function openClassifier(): Classifier {
  const object = compile('classify.bpf.c')
  const benches = new Map<number, Bench>()
  let generation = 0

  function benchFor(blobBytes: number): Bench {
    const classBytes = sizeClass(blobBytes)
    const known = benches.get(classBytes)
    if (known) return known
    const made = openBench(object, classBytes)
    benches.set(classBytes, made)
    return made
  }

  return {
    measure(of, turns) {
      const policy = policyOf(of.make())
      const { slots } = assignSlots(noSlots, policy)
      const version = policyVersion(policy)
      let blob: Blob
      try {
        blob = buildBlob(policy, { version, slots, generation: ++generation })
      } catch (error) {
        if (!PolicyTooLarge.is(error)) throw error
        return error.message
      }
      const view = policy.views[0]
      const lines = of.family === 4 ? view?.ingress4 : view?.ingress6
      const fields = fieldsOf(lines ?? [], of.family)
      const bench = benchFor(blob.bytes.length)
      bench.enforce(blob.bytes)
      bench.setScan(scanImage(fields))

      const traces = tracesOf(bench, fields)
      let compared = 0
      let differing = 0
      const traffic = traces.map(({ kind, trace }): TrafficTimes => {
        bench.setTrace(trace)
        const agreement = compare(bench, fields.count)
        compared += agreement.compared
        differing += agreement.differing
        const times = interleave(
          bench,
          ['hf_b_empty', 'hf_b_floor', 'hf_b_search', 'hf_b_judge', 'hf_b_scan'],
          turns,
        )
        return {
          kind,
          flows: trace.flows,
          empty: times.hf_b_empty,
          floor: times.hf_b_floor,
          search: times.hf_b_search,
          judge: times.hf_b_judge,
          scan: times.hf_b_scan,
        }
      })
      bench.setTrace(drawActive(fields, seed))
      const active = interleave(bench, ['hf_b_empty', 'hf_b_floor', 'hf_b_judge'], turns)
      return {
        of,
        metrics: blob.metrics,
        traffic,
        active: { empty: active.hf_b_empty, floor: active.hf_b_floor, judge: active.hf_b_judge },
        compared,
        differing,
      }
    },
    close() {
      for (const bench of benches.values()) bench.close()
    },
  }
}

function tracesOf(bench: Bench, fields: Fields): { kind: TrafficKind; trace: Trace }[] {
  const ranked = (['uniform', 'mixed'] as const).flatMap((kind) =>
    [seed, seed + 1].map((from) => {
      const trace = drawTrace(fields, kind, from)
      bench.setTrace(trace)
      bench.run('hf_b_searched', 0, tracePackets)
      return { kind, trace, ranks: bench.answers().slice() }
    }),
  )
  const firstOf = (wanted: 'uniform' | 'mixed') => {
    const found = ranked.find(({ kind }) => kind === wanted)
    if (!found) throw new RangeError(wanted)
    return { kind: wanted, trace: found.trace }
  }
  return [
    firstOf('uniform'),
    firstOf('mixed'),
    { kind: 'worst' as const, trace: pickWorst(ranked) },
  ]
}

/** Fast and wrong is no figure: what the search answers is what the scan answers. */
function compare(bench: Bench, lines: number): { compared: number; differing: number } {
  const compared = Math.min(tracePackets, Math.max(512, Math.floor(20_000_000 / lines)))
  bench.run('hf_b_searched', 0, compared)
  const searched = bench.answers().slice(0, compared)
  bench.run('hf_b_scanned', 0, compared)
  const scanned = bench.answers()
  return { compared, differing: searched.filter((rank, i) => rank !== scanned[i]).length }
}
