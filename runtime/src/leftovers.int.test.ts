import { type ChildProcess, spawn } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { endLeftovers } from './leftovers.ts'
import { markProcess } from './process-mark.ts'
import type { RunFile } from './run-file.ts'

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function start(script: string): Promise<ChildProcess> {
  const child = spawn('/bin/sh', ['-c', `${script}; echo up; while :; do sleep 0.05; done`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  children.push(child)
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  return child
}
const ended = (child: ChildProcess) =>
  new Promise<string | null>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.signalCode)
    else child.once('exit', (_code, signal) => resolve(signal))
  })
const runFile = (processes: RunFile['processes']): RunFile => ({
  state: 'ready',
  version: '0',
  mode: 'evaluation',
  pid: 1,
  url: '',
  ports: {},
  processes,
  started_at: '',
})

test('what a dead supervisor left is ended, the unwilling are killed', async () => {
  const willing = await start(':')
  const unwilling = await start("trap '' TERM")
  const last = runFile({
    auth: markProcess(willing.pid ?? 0),
    nats: markProcess(unwilling.pid ?? 0),
  })
  const ends = [ended(willing), ended(unwilling)]
  expect(await endLeftovers(last, 300)).toEqual(['auth', 'nats'])
  expect(await Promise.all(ends)).toEqual(['SIGTERM', 'SIGKILL'])
})

test('a process that only has the same pid is left alone', async () => {
  const stranger = await start(':')
  const mark = markProcess(stranger.pid ?? 0)
  const last = runFile({ auth: { pid: mark.pid, start_ticks: (mark.start_ticks ?? 0) - 100 } })
  expect(await endLeftovers(last, 300)).toEqual([])
  expect(stranger.exitCode).toBeNull()
})
