import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { testTool } from './tools.ts'

test('a tool of this machine, or of its package, runs', async ({ skip }) => {
  const age = await testTool('age')
  if (typeof age === 'string') return skip(age)
  const { path, env } = age
  const said = execFileSync(path, ['--version'], { env: { ...process.env, ...env } }).toString()
  expect(said).toMatch(/^v?\d+\.\d+/)
})
