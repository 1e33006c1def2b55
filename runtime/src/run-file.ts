import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const runStates = ['starting', 'ready', 'stopping', 'stopped'] as const
export type RunState = (typeof runStates)[number]

/** `$HOLDFAST_DATA/run.json`: what runs on this data and where it listens. No secrets. */
export interface RunFile {
  readonly state: RunState
  readonly version: string
  readonly mode: string
  /** The supervisor's; 0 when stopped. */
  readonly pid: number
  readonly url: string
  /** Chosen once and kept, stopped or not. */
  readonly ports: Readonly<Record<string, number>>
  /** Running children by name; a later start knows leftovers by pid and start time. */
  readonly processes: Readonly<Record<string, ProcessMark>>
  readonly started_at: string
  readonly ready_at?: string
}

export interface ProcessMark {
  readonly pid: number
  /** Of the process in clock ticks since boot (Linux), so that a reused pid is not mistaken for it. */
  readonly start_ticks?: number
}

const pathOf = (data: string) => join(data, 'run.json')

/** The last run's file; undefined when there is none or it cannot be understood. */
export function readRunFile(data: string): RunFile | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(pathOf(data), 'utf8'))
    // Our own file, mode 0600: a wrong shape can only come from an older version, and its ports are checked on use.
    return typeof parsed === 'object' && parsed !== null ? (parsed as RunFile) : undefined
  } catch {
    return undefined
  }
}

/** Replaces the file at once: a reader sees the old or the new one. */
export function writeRunFile(data: string, run: RunFile): void {
  const path = pathOf(data)
  writeFileSync(`${path}.new`, `${JSON.stringify(run, undefined, 2)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
