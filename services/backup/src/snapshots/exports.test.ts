import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openExports } from './exports.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-exports-'))
afterAll(() => rmSync(directory, { recursive: true }))

test('who fetches nothing keeps nobody else out, and nobody reads what is another’s', async () => {
  const exports = openExports(directory)
  const make = (at: string) => {
    const path = join(at, 'snapshot.hfsnap')
    writeFileSync(path, 'four')
    return Promise.resolve({ path, bytes: 4 })
  }
  const first = await exports.add('user mallory', make)
  await exports.add('user mallory', make)
  await exports.add('user mallory', make)
  await expect(exports.add('user mallory', make)).rejects.toThrow('Several exports')
  const { id } = await exports.add('user ada', make)
  await expect(exports.read('user mallory', id, 0)).rejects.toThrow('There is no export')
  expect(Buffer.from(await exports.read('user ada', id, 0)).toString()).toBe('four')
  // Fetched is gone, which makes room.
  await exports.read('user mallory', first.id, 0)
  await exports.add('user mallory', make)
  await exports.stop()
})
