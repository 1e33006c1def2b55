// Times of programs side by side. The machine is not ours alone, so whatever is compared takes turns, and a figure is
// the median of its turns.
import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { openLibrary } from '../../packages/bpf/src/native.ts'
import type { Bench, BenchProgram } from './programs.ts'
import { tracePackets } from './traffic.ts'

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const pieces = 8
const pieceOfPackets = tracePackets / pieces

/** A turn ends here even when it has not seen the whole trace: a scan of 100,000 lines takes its time. */
const turnMs = 60

/**
 * Nanoseconds a packet. A trace is gone through in pieces, and the median is of each piece by itself: somebody else's
 * work then spoils a piece of a turn and not the turn.
 */
export function interleave<P extends BenchProgram>(
  bench: Bench,
  programs: readonly P[],
  turns: number,
): Record<P, number> {
  const taken = new Map<P, number[][]>()
  for (let turn = 0; turn < turns; turn++) {
    for (const program of programs) {
      const times = taken.get(program) ?? Array.from({ length: pieces }, () => [])
      taken.set(program, times)
      // The first packets tell how many there is time for.
      const guess = turn === 0 ? bench.run(program, 0, 64) : median(times.flat())
      const packets = Math.max(32, Math.min(pieceOfPackets, (turnMs * 1e6) / pieces / guess))
      for (const [piece, list] of times.entries()) {
        list.push(bench.run(program, piece * pieceOfPackets, Math.floor(packets)))
      }
    }
  }
  const figure = (program: P): number => {
    const times = taken.get(program) ?? []
    return times.reduce((sum, list) => sum + median(list), 0) / times.length
  }
  return Object.fromEntries(programs.map((program) => [program, figure(program)])) as Record<
    P,
    number
  >
}

/** Caches of a CPU are its own, so this thread stays on one. */
export function stayOnCpu(cpu: number): void {
  const mask = Buffer.alloc(128)
  mask.writeUInt8(1 << (cpu % 8), cpu >> 3)
  openLibrary(null).function<(pid: number, bytes: number, mask: Uint8Array) => number>(
    'sched_setaffinity',
    'int',
    ['int', 'size_t', 'void *'],
  )(0, mask.length, mask)
}

/** The load others put on the machine, as the figures' reader must know it. */
export function loadText(): string {
  const stolen = /^cpu +\d+ \d+ \d+ \d+ \d+ \d+ \d+ (\d+)/.exec(readFileSync('/proc/stat', 'utf8'))
  const [one = 0, five = 0] = loadavg()
  return `load ${one.toFixed(1)} (1 min), ${five.toFixed(1)} (5 min); ${Number(stolen?.[1] ?? 0) / 100} s stolen since boot`
}
