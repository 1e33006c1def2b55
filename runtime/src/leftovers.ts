import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { DataDirectory } from './data-directory.ts'
import { isSameProcess } from './process-mark.ts'
import type { ProcessMark, RunFile } from './run-file.ts'
import { killGroup } from './supervised-process.ts'

/** What the servers understand as a quick end without harm to their data. */
const endSignals: Readonly<Record<string, NodeJS.Signals>> = { postgres: 'SIGINT', nats: 'SIGTERM' }

/**
 * Ends the children of a supervisor that died without draining: services first, then what they stand on. The
 * warden is usually at it already. Who is still there after `patienceMs` is killed. Answers the names found.
 */
export async function endLeftovers(
  last: RunFile | undefined,
  patienceMs: number,
): Promise<readonly string[]> {
  const found = Object.entries(last?.processes ?? {}).filter(([, mark]) => isSameProcess(mark))
  const isServer = ([name]: readonly [string, ProcessMark]) => name in endSignals
  for (const phase of [found.filter((one) => !isServer(one)), found.filter(isServer)]) {
    for (const [name, { pid }] of phase) signal(pid, endSignals[name] ?? 'SIGTERM')
    const deadline = performance.now() + patienceMs
    const isLeft = () => phase.some(([, mark]) => isSameProcess(mark))
    while (isLeft() && performance.now() < deadline) await wait(25)
    for (const [, mark] of phase) if (isSameProcess(mark)) killGroup(mark.pid)
  }
  return found.map(([name]) => name)
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // Gone in between.
  }
}

/** Downloads that a killed start left half done. */
export function removeUnfinished(data: DataDirectory): void {
  for (const [directory, pattern] of [
    [data.nats, /^apt-/],
    [data.root, /^packages\.\d+$/],
  ] as const) {
    for (const name of readdirSync(directory).filter((entry) => pattern.test(entry))) {
      rmSync(join(directory, name), { recursive: true, force: true })
    }
  }
}
