import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '@holdfast/config'
import {
  generateRootKey,
  loadRootKey,
  printRootKeyFile,
  printRotation,
  rootKeyFingerprint,
} from '@holdfast/crypto'
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
  expect(openRootKey(data).source).toEqual({
    HOLDFAST_ROOT_KEY_FILE: data.rootKey,
    HOLDFAST_ROOT_KEY_REPLACE: data.rootKey,
  })
  expect(statSync(data.rootKey).mode & 0o777).toBe(0o600)
  const key = readFileSync(data.rootKey, 'utf8')
  openRootKey(data)
  expect(readFileSync(data.rootKey, 'utf8')).toBe(key)
})

test('another key than the one the data was made with is refused', () => {
  openRootKey(data)
  expect(() => openRootKey(data, { given: new Secret(generateRootKey()) })).toThrow(Refused)
})

test('a lost key is never replaced by a new one', () => {
  openRootKey(data)
  rmSync(data.rootKey)
  expect(() => openRootKey(data)).toThrow(/root key of this data is gone/)
})

test("an operator's own key is not written to the data", () => {
  const key = generateRootKey()
  expect(openRootKey(data, { given: new Secret(key) }).source).toEqual({ HOLDFAST_ROOT_KEY: key })
  expect(() => statSync(data.rootKey)).toThrow()
})

const newKey = () => {
  const text = generateRootKey()
  return loadRootKey({ reveal: () => text })
}
const [first, second] = [newKey(), newKey()]
const [one, two] = [first, second].map(rootKeyFingerprint) as [string, string]
const keyFile = (name: string) => join(data.keys, name)
const give = (key: typeof first) => ({ given: new Secret(key.reveal()) })

test('after a rotation the key store says which root key it is, and the mark follows', () => {
  expect(openRootKey(data, give(first)).fingerprint).toBe(one)
  writeFileSync(keyFile('root-key.json'), printRootKeyFile(second, [first]))
  expect(openRootKey(data, give(second))).toMatchObject({ fingerprint: two, former: [one] })
  expect(readFileSync(keyFile('root-key.fingerprint'), 'utf8')).toBe(`${two}\n`)
  expect(() => openRootKey(data, give(first))).toThrow(
    `its fingerprint is ${one}, the data's is ${two}`,
  )
})

test('while a rotation is under way either of its root keys will do', () => {
  writeFileSync(keyFile('root-key.json'), printRootKeyFile(first, []))
  writeFileSync(keyFile('root-key.next'), printRotation(first, second))
  for (const key of [first, second])
    expect(openRootKey(data, give(key))).toMatchObject({ fingerprint: two, former: [one] })
  expect(() => openRootKey(data, give(newKey()))).toThrow(Refused)
})

test('a key of somebody else is rotated to the next one that somebody gives', () => {
  const nextFile = join(data.root, 'next.key')
  writeFileSync(keyFile('root-key.json'), printRootKeyFile(second, [first]))
  expect(() => openRootKey(data, { ...give(first), nextFile })).toThrow(Refused)
  writeFileSync(nextFile, `${second.reveal()}\n`)
  expect(openRootKey(data, { ...give(first), nextFile })).toMatchObject({
    fingerprint: two,
    source: { HOLDFAST_ROOT_KEY_NEXT_FILE: nextFile },
  })
})

test('sealed data is opened without a root key, and refused while there is one on the disk', () => {
  expect(() => openRootKey(data, { isSealed: true })).toThrow(/for data that has a root key/)
  openRootKey(data)
  expect(() => openRootKey(data, { isSealed: true })).toThrow(/wants the root key on no disk/)
  const known = rootKeyFingerprint(
    loadRootKey({ reveal: () => readFileSync(data.rootKey, 'utf8') }),
  )
  rmSync(data.rootKey)
  expect(openRootKey(data, { isSealed: true })).toEqual({
    source: { HOLDFAST_SEAL: 'shamir' },
    fingerprint: known,
    former: [],
  })
  expect(() => openRootKey(data, { isSealed: true, ...give(first) })).toThrow(Refused)
})
