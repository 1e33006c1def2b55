// Kernel programs of bpf/bench, compiled when they are measured, so that figures are of the sources there are.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  BpfMap,
  BpfObject,
  type BpfProgram,
  hfFlow,
  hfFlowkey,
  hfLimit,
  type Libbpf,
  openLibbpf,
} from '@holdfast/bpf'
import { variablesIn } from '../../packages/bpf/src/btf/parse.ts'
import { scanOverrun } from './scan.ts'
import { type Trace, tracePackets } from './traffic.ts'

const folder = fileURLToPath(new URL('../../bpf/', import.meta.url))

/** As bpf/build.mjs builds the programs themselves. */
export function compile(source: string, flags: readonly string[] = []): Buffer {
  const work = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  const output = join(work, 'bench.o')
  try {
    const done = spawnSync(
      'clang-14',
      [
        ...['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-nostdinc', '-Iinclude', '-Isrc'],
        ...[...flags, '-c', `bench/${source}`, '-o', output],
      ],
      { cwd: folder, encoding: 'utf8' },
    )
    if (done.status !== 0) {
      throw new Error(`${source}: ${done.error?.message ?? done.stderr} (it takes clang 14)`)
    }
    return readFileSync(output)
  } finally {
    rmSync(work, { recursive: true })
  }
}

let libbpf: Libbpf | undefined

export function systemLibbpf(): Libbpf {
  libbpf ??= openLibbpf({ path: process.env['HOLDFAST_LIBBPF'] })
  return libbpf
}

export interface Enforced {
  /** Puts a policy into force. Not while packets are judged: there is one map for it, and it is written in place. */
  enforce(blob: Uint8Array): void
  close(): void
}

/** Opens an object of ours with room for policies of a size class. */
export function loadObject<T>(
  source: { readonly name: string; readonly bytes: Uint8Array },
  classBytes: number,
  constants: Readonly<Record<string, number>>,
  prepare: (object: BpfObject) => void,
  take: (object: BpfObject) => T,
): T & Enforced {
  const object = new BpfObject(systemLibbpf(), source)
  const blob = BpfMap.create({
    name: 'hf_blob',
    type: 'array',
    keyBytes: 4,
    valueBytes: classBytes + hfLimit.overrun,
    maxEntries: 1,
  })
  const flows = BpfMap.create({
    name: 'hf_flows',
    type: 'hash',
    keyBytes: hfFlowkey.bytes,
    valueBytes: hfFlow.bytes,
    maxEntries: 1024,
  })
  try {
    object.setConstants({ hf_blob_mask: classBytes - 1, ...constants })
    object.setInnerMap('hf_gen', blob)
    object.setInnerMap('hf_flowgen', flows)
    // A rule takes more than 64 bytes of a policy, and two counters.
    object.setMaxEntries('hf_counters', classBytes / 32)
    prepare(object)
    object.load()
    for (const [name, inner] of [
      ['hf_gen', blob],
      ['hf_flowgen', flows],
    ] as const) {
      const pointer = object.map(name)
      pointer.setInner(0, inner)
      pointer.close()
    }
    return {
      ...take(object),
      enforce(bytes) {
        const value = Buffer.alloc(blob.stride)
        value.set(bytes)
        blob.update(0, value)
      },
      close: () => blob.close(),
    }
  } catch (error) {
    blob.close()
    throw error
  } finally {
    object.close()
    flows.close()
  }
}

export const benchPrograms = [
  'hf_b_empty',
  'hf_b_floor',
  'hf_b_search',
  'hf_b_judge',
  'hf_b_scan',
  'hf_b_searched',
  'hf_b_scanned',
] as const
export type BenchProgram = (typeof benchPrograms)[number]

export interface Bench extends Enforced {
  /** The lines of the policy, for the scan. */
  setScan(image: Uint8Array): void
  /** The packets from here on. */
  setTrace(trace: Trace): void
  /** Nanoseconds a packet, of so many packets of the trace from the given one on. */
  run(program: BenchProgram, from: number, count: number): number
  /** What `hf_b_searched` or `hf_b_scanned` noted, by packet. */
  answers(): Uint32Array
}

/** Any Ethernet frame will do: the packets that are measured come from the trace. */
const frame = Buffer.alloc(64)

export function openBench(object: Uint8Array, classBytes: number): Bench {
  const opened = loadObject(
    { name: 'hf_bench', bytes: object },
    classBytes,
    { hf_l2len: 0, hf_lines_mask: classBytes - 1 },
    (object) => object.setValueBytes('hf_lines', classBytes + scanOverrun),
    (loaded) => {
      const programs = new Map<BenchProgram, BpfProgram>(
        benchPrograms.map((name) => [name, loaded.program(name)]),
      )
      const cursorAt = variablesIn(loaded.btf(), '.bss').get('hf_cursor')?.offset ?? 0
      const bss = loaded.map('.bss')
      const trace = loaded.map('hf_trace')
      const answers = loaded.map('hf_answers_map')
      const lines = loaded.map('hf_lines')
      const data = Buffer.alloc(bss.stride)
      return {
        setScan(image: Uint8Array): void {
          const value = Buffer.alloc(lines.stride)
          value.set(image)
          lines.update(0, value)
        },
        setTrace: ({ bytes }: Trace): void => trace.update(0, bytes),
        run(program: BenchProgram, from: number, count: number): number {
          data.writeUInt32LE(from, cursorAt)
          bss.update(0, data)
          const run = programs.get(program)
          return run ? run.testRun({ data: frame, repeat: count }).durationNs : Number.NaN
        },
        answers(): Uint32Array {
          const value = answers.lookup(0) ?? Buffer.alloc(tracePackets * 4)
          return new Uint32Array(value.buffer, value.byteOffset, tracePackets)
        },
        closePrograms(): void {
          for (const program of programs.values()) program.close()
          for (const map of [bss, trace, answers, lines]) map.close()
        },
      }
    },
  )
  return {
    ...opened,
    close() {
      opened.closePrograms()
      opened.close()
    },
  }
}
