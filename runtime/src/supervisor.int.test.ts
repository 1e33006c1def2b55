import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LogLine } from './log-line.ts'
import { nodeProcess } from './node-process.ts'
import { isSameProcess, markProcess } from './process-mark.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'
import { startWarden, type Warden } from './warden.ts'

let root: string
let lines: LogLine[]
let warden: Warden
const running: Supervisor[] = []
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-supervisor-'))
  lines = []
  warden = startWarden()
})
afterEach(() => {
  for (const one of running.splice(0)) one.kill()
  warden.dismiss()
  rmSync(root, { recursive: true, force: true })
})

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })

/** A stand-in for one of our processes: answers /readyz, writes down its end, takes `drainMs` to get there. */
const script = (port: number, name: string, drainMs: number) => `
  import { appendFileSync } from 'node:fs'
  import { createServer } from 'node:http'
  createServer((_, r) => r.end()).listen(${port}, '127.0.0.1')
  console.log(JSON.stringify({ level: 'info', msg: 'up' }))
  process.on('SIGTERM', () => setTimeout(() => {
    appendFileSync(${JSON.stringify(join(root, 'ended'))}, '${name}\\n')
    process.exit(0)
  }, ${drainMs}))`

async function unit(name: string, drainMs = 0, needs: readonly string[] = []) {
  const port = await freePort()
  const file = join(root, `${name}.mjs`)
  writeFileSync(file, script(port, name, drainMs))
  const readyUrl = `http://127.0.0.1:${port}/readyz`
  return {
    needs,
    spec: nodeProcess({
      name,
      file,
      env: { PATH: '/usr/bin:/bin' },
      readyUrl,
      stopTimeoutMs: 5_000,
    }),
  }
}

function supervise(
  units: Parameters<typeof createSupervisor>[0],
  phases: Parameters<typeof createSupervisor>[1],
): Supervisor {
  const watch = { log: (line: LogLine) => lines.push(line), changed: () => undefined }
  const supervisor = createSupervisor(units, phases, warden, watch)
  running.push(supervisor)
  return supervisor
}

async function until(claim: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000
  while (!claim()) {
    if (performance.now() > deadline) throw new Error('it never came to that')
    await wait(10)
  }
}
const isAlive = (pid: number) => isSameProcess(markProcess(pid))
const ended = () => readFileSync(join(root, 'ended'), 'utf8').trim().split('\n')

test('a crashed child is started again and becomes ready', async () => {
  const supervisor = supervise([await unit('auth')], [['auth']])
  await supervisor.start(['auth'])
  const [auth] = supervisor.processes
  const first = auth?.mark?.pid ?? 0
  process.kill(first, 'SIGKILL')
  await until(() => auth?.state === 'ready' && auth.mark?.pid !== first)
  expect(auth?.restarts).toBe(1)
  expect(lines.map(({ msg }) => msg)).toContain('auth: ended by itself: SIGKILL')
  await supervisor.drain(() => undefined)
})

test('each starts after what it needs, and they drain phase after phase', async () => {
  const supervisor = supervise(
    [
      await unit('gateway', 50, ['network']),
      await unit('network', 100, ['auth']),
      await unit('auth'),
    ],
    [['gateway'], ['network'], ['auth']],
  )
  await supervisor.start(['gateway'])
  const ready = lines.map(({ msg }) => msg).filter((msg) => msg.endsWith(': ready'))
  expect(ready).toEqual(['auth: ready', 'network: ready', 'gateway: ready'])
  const phases: string[] = []
  await supervisor.drain((names) => phases.push(...names))
  expect(ended()).toEqual(['gateway', 'network', 'auth'])
  expect(phases).toEqual(['gateway', 'network', 'auth'])
  expect(supervisor.processes.map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped'])
})

test('one that never starts is given up with its last words', async () => {
  const broken = await unit('auth')
  writeFileSync(join(root, 'auth.mjs'), "console.error('no database'); process.exit(3)")
  const supervisor = supervise([broken], [['auth']])
  await expect(supervisor.start(['auth'])).rejects.toThrow(
    /auth does not start: ended with code 3\n {2}no database/,
  )
  await supervisor.drain(() => undefined)
})

test('a drain while it starts ends what has begun', async () => {
  const slow = await unit('auth')
  writeFileSync(join(root, 'auth.mjs'), 'setInterval(() => undefined, 1000)')
  const supervisor = supervise([slow], [['auth']])
  const start = supervisor.start(['auth']).catch((error: unknown) => error)
  await until(() => supervisor.processes[0]?.mark !== undefined)
  const pid = supervisor.processes[0]?.mark?.pid ?? 0
  await supervisor.drain(() => undefined)
  expect(await start).toBeInstanceOf(Error)
  expect(isAlive(pid)).toBe(false)
})

test('children end in order when the supervisor is killed', async () => {
  const [first, second] = [await unit('gateway', 200), await unit('auth')]
  // The supervisor of this test is a process of its own, so that it can be killed.
  const body = `
    import { createSupervisor } from ${JSON.stringify(new URL('./supervisor.ts', import.meta.url).pathname)}
    import { nodeProcess } from ${JSON.stringify(new URL('./node-process.ts', import.meta.url).pathname)}
    import { startWarden } from ${JSON.stringify(new URL('./warden.ts', import.meta.url).pathname)}
    const port = async (name) => { const { readFileSync } = await import('node:fs')
      return /listen\\((\\d+)/.exec(readFileSync(${JSON.stringify(root)} + '/' + name + '.mjs', 'utf8'))[1] }
    const unit = async (name) => ({ needs: [], spec: nodeProcess({ name, file: ${JSON.stringify(root)} + '/' + name + '.mjs',
      env: { PATH: '/usr/bin:/bin' }, readyUrl: 'http://127.0.0.1:' + (await port(name)) + '/', stopTimeoutMs: 5000 }) })
    const s = createSupervisor([await unit('gateway'), await unit('auth')], [['gateway'], ['auth']], startWarden(),
      { log() {}, changed() {} })
    await s.start(['gateway', 'auth'])
    console.log(JSON.stringify(s.processes.map((p) => p.mark.pid)))
    setInterval(() => undefined, 1000)`
  const file = join(root, 'supervisor.mts')
  writeFileSync(file, body)
  expect([first.spec.name, second.spec.name]).toEqual(['gateway', 'auth'])
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: new URL('../..', import.meta.url).pathname,
  })
  let output = ''
  child.stdout?.on('data', (chunk) => {
    output += String(chunk)
  })
  await until(() => output.includes('\n'))
  const pids: number[] = JSON.parse(output)
  child.kill('SIGKILL')
  await until(() => !pids.some(isAlive))
  expect(ended()).toEqual(['gateway', 'auth'])
})
