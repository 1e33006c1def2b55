import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keyOf } from '../testing/samples.ts'
import { findTool, missingTools } from './find-tools.ts'
import { type RunTool, ToolFailed, toolRunner } from './run-tool.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-agent-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const shell = (script: string): RunTool =>
  toolRunner({
    commands: { wg: ['/bin/sh', '-c', script, 'wg'], ip: ['/bin/sh'], 'wireguard-go': ['/bin/sh'] },
    folder,
  })

test('input can be read as a stream and as a file, and leaves nothing behind', async () => {
  const input = `${'x'.repeat(200_000)}\n`
  expect(await shell('cat')('wg', [], { input })).toBe(input)
  expect(await shell('cat "$1"')('wg', ['/dev/stdin'], { input })).toBe(input)
  expect(readdirSync(folder)).toEqual([])
})

test('a failure says what the tool said, without keys', async () => {
  const key = keyOf('secret')
  const failure = shell(`echo "Key is not good: '${key}'" >&2; exit 3`)('wg', ['set', 'wg0', key])
  await expect(failure).rejects.toThrow(ToolFailed)
  await expect(failure).rejects.toThrow("wg set wg0 failed (3): Key is not good: '[key]'")
})

test('a tool that hangs is ended', async () => {
  const hanging = shell('exec sleep 60')('wg', ['show'], { timeoutMs: 50 })
  await expect(hanging).rejects.toThrow(/was ended by SIGKILL after up to 50 ms/)
})

test('a tool that is not there is named', async () => {
  const run = toolRunner({
    commands: { wg: ['/nowhere/wg'], ip: ['ip'], 'wireguard-go': ['wireguard-go'] },
    folder,
  })
  await expect(run('wg', ['show'])).rejects.toThrow(/wg show cannot be started/)
})

test('tools get nothing of our environment but where to find things', async () => {
  process.env['HOLDFAST_TEST_SECRET'] = 'a secret'
  try {
    expect(await shell('env')('wg', [])).not.toContain('a secret')
  } finally {
    delete process.env['HOLDFAST_TEST_SECRET']
  }
})

test('a tool is found as set, on PATH, or where such tools usually are', () => {
  const path = join(folder, 'mytool')
  writeFileSync(path, '#!/bin/sh\n')
  expect(findTool('mytool', path, '')).toBeUndefined()
  chmodSync(path, 0o755)
  expect(findTool('mytool', path, '')).toBe(path)
  expect(findTool('mytool', 'mytool', `relative:${folder}`)).toBe(path)
  expect(findTool('mytool', 'mytool', '')).toBeUndefined()
  expect(findTool('sh', 'sh', '')).toMatch(/\/bin\/sh$/)
})

test('one line names what is missing and where it comes from', () => {
  expect(missingTools([])).toBeUndefined()
  expect(missingTools(['wg', 'ip'])).toBe(
    'missing: wg, ip; on Debian or Ubuntu: apt-get install wireguard-tools iproute2',
  )
})
