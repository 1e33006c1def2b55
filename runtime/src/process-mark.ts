import { readFileSync } from 'node:fs'
import type { ProcessMark } from './run-file.ts'

/** Fields of /proc/<pid>/stat after the command name, which may hold anything; the first is the state. */
function statFields(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** Identifies a running process beyond its pid. */
export function markProcess(pid: number): ProcessMark {
  const ticks = Number(statFields(pid)?.[19])
  return Number.isFinite(ticks) ? { pid, start_ticks: ticks } : { pid }
}

/** Whether the marked process still runs. Without a start time to compare, a pid alone does not count. */
export function isSameProcess(mark: ProcessMark): boolean {
  const fields = statFields(mark.pid)
  return (
    fields !== undefined &&
    fields[0] !== 'Z' &&
    mark.start_ticks !== undefined &&
    Number(fields[19]) === mark.start_ticks
  )
}
