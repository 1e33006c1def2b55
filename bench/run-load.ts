import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Figures, Job } from './load.ts'

/** Runs one job in a process of its own, so that making load is not on the account of what is measured. */
export async function load(job: Job): Promise<Figures> {
  const script = fileURLToPath(new URL('./load.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(job))
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  return JSON.parse(text) as Figures
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

export const row = (name: string, figures: Figures): string =>
  `${name.padEnd(46)} ${figures.perSecond.toFixed(0).padStart(7)}/s   p50 ${figures.p50.toFixed(1)} ms   p99 ${figures.p99.toFixed(1)} ms${figures.failed ? `   ${figures.failed} FAILED` : ''}`
