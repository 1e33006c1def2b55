import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hasSegments, putAside, startTimeoutMs } from './unstartable-store.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const stream = (name: string, bytes: number): string => {
  const path = join(folder, 'jetstream/ACCOUNT/streams', name, 'msgs')
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, '1.blk'), Buffer.alloc(bytes))
  return path
}

test('a stream is put aside, the others stay', () => {
  const log = stream('EVT_1', 10)
  const flows = stream('FLOWS', 10)
  const kept = putAside(folder, 'EVT_1', join(folder, 'aside'), 7)
  expect(kept).toBe(join(folder, 'aside/EVT_1-7'))
  expect([existsSync(log), existsSync(flows)]).toEqual([false, true])
  expect(existsSync(join(kept ?? '', 'msgs/1.blk'))).toBe(true)
  expect(putAside(folder, 'EVT_1', join(folder, 'aside'), 8)).toBeUndefined()
  expect(putAside(join(folder, 'none'), 'EVT_1', join(folder, 'aside'), 8)).toBeUndefined()
})

test('a large log has more time to be read', () => {
  expect(startTimeoutMs(folder, 'EVT_1')).toBe(30_000)
  stream('EVT_1', 5_000_000)
  expect(startTimeoutMs(folder, 'EVT_1')).toBe(30_050)
})

test('an archive without segments fills nothing', () => {
  expect(hasSegments(folder, 'lineage', 1)).toBe(false)
  mkdirSync(join(folder, 'lineage/1'), { recursive: true })
  expect(hasSegments(folder, 'lineage', 1)).toBe(false)
  writeFileSync(join(folder, 'lineage/1/open-1.hfs'), '')
  expect(hasSegments(folder, 'lineage', 1)).toBe(true)
})
