import { expect, test } from 'vitest'
import { bareEnvironment } from './find-program.ts'
import { ProgramIdle, ProgramMissing, runProgram, startProgram } from './run-program.ts'

const options = { env: bareEnvironment('/tmp'), cwd: '/tmp', idleMs: 30_000 }
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a program sees none of our environment', async () => {
  process.env['HOLDFAST_TEST_SECRET'] = 'secret'
  try {
    const { stdout } = await runProgram('env', [], options)
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0])
    expect(names.toSorted()).toEqual(['HOME', 'LC_ALL', 'PATH', 'TZ'])
  } finally {
    delete process.env['HOLDFAST_TEST_SECRET']
  }
})

test('what it started ends with it, also when it does not want to', async () => {
  const over = new AbortController()
  const mine = new Error('no longer wanted')
  const script = 'trap "" TERM; (trap "" TERM; sleep 300) & echo $!; wait'
  const running = startProgram('sh', ['-c', script], { ...options, signal: over.signal })
  let child = 0
  for await (const chunk of running.output()) {
    child = Number(chunk.toString())
    over.abort(mine)
  }
  await expect(running.ended).rejects.toBe(mine)
  expect(child).toBeGreaterThan(1)
  await expect.poll(() => isAlive(child), { timeout: 10_000 }).toBe(false)
})

test('one that says nothing for too long is ended; one that is not there is missing', async () => {
  await expect(runProgram('sleep', ['300'], { ...options, idleMs: 100 })).rejects.toBeInstanceOf(
    ProgramIdle,
  )
  await expect(runProgram('holdfast-no-such-program', [], options)).rejects.toBeInstanceOf(
    ProgramMissing,
  )
})
