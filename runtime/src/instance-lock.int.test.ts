import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockInstance } from './instance-lock.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-lock-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('one holder a directory, whichever way its path is written', async () => {
  const link = `${root}-link`
  symlinkSync(root, link)
  const lock = await lockInstance(root)
  expect(lock).toBeDefined()
  expect(await lockInstance(link)).toBeUndefined()
  lock?.release()
  rmSync(link)
})

test('two directories do not meet', async () => {
  const other = mkdtempSync(join(tmpdir(), 'holdfast-lock-'))
  const locks = [await lockInstance(root), await lockInstance(other)]
  expect(locks.every(Boolean)).toBe(true)
  for (const lock of locks) lock?.release()
  rmSync(other, { recursive: true })
})

test('a killed holder leaves nothing behind', async () => {
  const module = new URL('./instance-lock.ts', import.meta.url).pathname
  const program = `import { lockInstance } from ${JSON.stringify(module)}
    await lockInstance(${JSON.stringify(root)}); console.log('held'); setInterval(() => undefined, 1000)`
  const holder = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program],
    {
      cwd: new URL('../..', import.meta.url).pathname,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  await new Promise((resolve) => holder.stdout.once('data', resolve))
  expect(await lockInstance(root)).toBeUndefined()
  holder.kill('SIGKILL')
  let lock = await lockInstance(root)
  for (let tries = 0; !lock && tries < 500; tries += 1) {
    await wait(10)
    lock = await lockInstance(root)
  }
  expect(lock).toBeDefined()
  lock?.release()
})
