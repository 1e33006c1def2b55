import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '@holdfast/config'
import { generateRootKey } from '@holdfast/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DataDirectory, openDataDirectory } from './data-directory.ts'
import { Refused } from './refused.ts'
import { openRootKey } from './root-key.ts'

let data: DataDirectory
beforeEach(() => {
  data = openDataDirectory(mkdtempSync(join(tmpdir(), 'holdfast-root-key-')))
})
afterEach(() => rmSync(data.root, { recursive: true, force: true }))

test('the first start makes a key for the owner alone, later ones keep it', () => {
  expect(openRootKey(data, undefined, undefined).source).toEqual({
    HOLDFAST_ROOT_KEY_FILE: data.rootKey,
  })
  expect(statSync(data.rootKey).mode & 0o777).toBe(0o600)
  const key = readFileSync(data.rootKey, 'utf8')
  openRootKey(data, undefined, undefined)
  expect(readFileSync(data.rootKey, 'utf8')).toBe(key)
})

test('another key than the one the data was made with is refused', () => {
  openRootKey(data, undefined, undefined)
  expect(() => openRootKey(data, new Secret(generateRootKey()), undefined)).toThrow(Refused)
})

test('a lost key is never replaced by a new one', () => {
  openRootKey(data, undefined, undefined)
  rmSync(data.rootKey)
  expect(() => openRootKey(data, undefined, undefined)).toThrow(/root key of this data is gone/)
})

test("an operator's own key is not written to the data", () => {
  const key = generateRootKey()
  expect(openRootKey(data, new Secret(key), undefined).source).toEqual({ HOLDFAST_ROOT_KEY: key })
  expect(() => statSync(data.rootKey)).toThrow()
})
