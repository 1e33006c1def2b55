import { residentBytes } from './process-memory.ts'
import { isReady } from './readiness.ts'
import type { RunState } from './run-file.ts'
import type { SupervisedProcess } from './supervised-process.ts'

/** What `holdfast status` shows; the answer to the command `status` on the control socket. */
export interface SuiteStatus {
  readonly state: RunState
  readonly version: string
  readonly mode: string
  readonly url: string
  readonly pid: number
  readonly started_at: string
  readonly data: string
  readonly ports: Readonly<Record<string, number>>
  readonly processes: readonly ProcessStatus[]
  /** What is weaker than it could be, a sentence each. */
  readonly warnings: readonly string[]
  /** Of the whole suite, the supervisor included. */
  readonly rss_bytes: number
}

export interface ProcessStatus {
  readonly name: string
  /** `unready` runs and does not answer. */
  readonly state: string
  readonly pid: number | null
  readonly restarts: number
  readonly rss_bytes: number
  readonly started_at: string | null
}

/** `readyUrls`: where a process says whether it is ready, by name. */
export async function describeProcesses(
  processes: readonly SupervisedProcess[],
  readyUrls: Readonly<Record<string, string>>,
): Promise<readonly ProcessStatus[]> {
  const own: ProcessStatus = {
    name: 'supervisor',
    state: 'ready',
    pid: process.pid,
    restarts: 0,
    rss_bytes: residentBytes(process.pid, []),
    started_at: new Date(Date.now() - process.uptime() * 1000).toISOString(),
  }
  const children = await Promise.all(
    processes.map(async ({ name, state, mark, restarts, startedAt }): Promise<ProcessStatus> => {
      const url = readyUrls[name]
      const answers = state !== 'ready' || !url || (await isReady(url, 1_000))
      return {
        name,
        state: answers ? state : 'unready',
        pid: mark?.pid ?? null,
        restarts,
        rss_bytes: mark ? residentBytes(mark.pid) : 0,
        started_at: mark ? (startedAt?.toISOString() ?? null) : null,
      }
    }),
  )
  return [own, ...children]
}
