import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogKeeperState } from '@holdfast/log-guard'
import { expect, onTestFinished, test } from 'vitest'
import { stateWith } from '../testing/state.ts'
import { readInstance } from './instance.ts'
import { readiness } from './readiness.ts'
import { volumesOf } from './volumes.ts'

test('it is ready once it has judged, and stays so while writes are frozen', () => {
  let state: LogKeeperState | undefined
  const check = readiness(() => state)
  expect(check()).toEqual({ isReady: false, reason: 'waiting for NATS' })
  state = stateWith({ writes: 'checking', reason: 'comparing' })
  expect(check()).toEqual({ isReady: false, reason: 'comparing' })
  state = stateWith({ writes: 'frozen', reason: 'commit 7 is another' })
  expect(check()).toEqual({ isReady: true, reason: 'no writes: commit 7 is another' })
  state = stateWith()
  expect(check()).toEqual({ isReady: true })
  state = stateWith({ writes: 'checking', reason: 'a new server' })
  expect(check().isReady).toBe(true)
})

test('which log it is comes whole or not at all', () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-backup-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'instance.json')
  const instance = {
    lineageId: '0192b0c4-0000-7000-8000-000000000001',
    generation: 1,
    maxBytes: 1_000,
  }
  writeFileSync(file, JSON.stringify(instance))
  expect(readInstance(file)).toEqual(instance)
  for (const broken of [{ lineageId: 'x' }, { generation: 0 }, { maxBytes: '1000' }]) {
    writeFileSync(file, JSON.stringify({ ...instance, ...broken }))
    expect(() => readInstance(file)).toThrow('does not say which log this is')
  }
})

test('disks of others are not watched', () => {
  expect(volumesOf({ archiveDir: '/a', logDir: undefined, databaseDir: undefined })).toEqual([
    { name: 'archive', directory: '/a' },
  ])
  const names = volumesOf({ archiveDir: '/a', logDir: '/l', databaseDir: '/d' })
  expect(names.map(({ name }) => name)).toEqual(['log', 'archive', 'database'])
})
