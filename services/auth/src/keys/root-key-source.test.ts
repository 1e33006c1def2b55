import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateRootKey, loadRootKey } from '@holdfast/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NextRootKeyMissing, RootKeyMismatch } from '../domain/errors.ts'
import { openKeyStore } from './key-store.ts'
import { givenRootKey } from './root-key-source.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-test-source-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const text = generateRootKey()
const rootKey = { reveal: () => text }
const none = { rootKeyReplace: undefined, rootKeyNextFile: undefined }

test('without any there is no start', () => {
  expect(() => givenRootKey({ rootKey: undefined, ...none })).toThrow(
    'HOLDFAST_ROOT_KEY is not set',
  )
})

test('its own file is replaced, for its eyes only', async () => {
  const file = join(directory, 'root.key')
  const source = givenRootKey({ rootKey, ...none, rootKeyReplace: file })
  const next = source.next()
  expect(next.reveal()).not.toBe(text)
  await source.adopt(next)
  expect(readFileSync(file, 'utf8')).toBe(`${next.reveal()}\n`)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('one that is given waits for the next to be given, and starts with either until then', async () => {
  const rootKeyNextFile = join(directory, 'next.key')
  const keys = join(directory, 'keys')
  const source = givenRootKey({ rootKey, ...none, rootKeyNextFile })
  expect(() => source.next()).toThrow(NextRootKeyMissing({}).message)
  const store = await openKeyStore(keys, source.keys, source.adopt)
  const next = generateRootKey()
  writeFileSync(rootKeyNextFile, `${next}\n`)
  await store.rotateRootKey(source.next())

  const again = givenRootKey({ rootKey, ...none, rootKeyNextFile })
  expect((await openKeyStore(keys, again.keys)).rootKeys().present.reveal()).toBe(next)
  await openKeyStore(keys, loadRootKey({ reveal: () => next }))
  const forgotten = givenRootKey({ rootKey, ...none })
  await expect(openKeyStore(keys, forgotten.keys)).rejects.toSatisfy(RootKeyMismatch.is)
})
