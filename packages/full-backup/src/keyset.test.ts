import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { KeysetInvalid } from './errors.ts'
import { keysetDocument, keysetHash, packKeyset, readKeyset, unpackKeyset } from './keyset.ts'

const fingerprint = 'ab'.repeat(16)

function store(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'keyset-'))
  const all = {
    'root-key.json': JSON.stringify({ format: 1, fingerprint }),
    'ca.key': 'secret of the authority',
    'instance.json': '{}',
    'nats/account.seed': 'SA…',
    'signing/k1.json': '{}',
    'log-signing/aa.json': '{}',
    ...files,
  }
  for (const folder of ['data', 'signing', 'nats', 'log-signing'])
    mkdirSync(join(directory, folder))
  for (const [path, contents] of Object.entries(all)) writeFileSync(join(directory, path), contents)
  return directory
}

const text = (contents: Uint8Array | undefined): string => Buffer.from(contents ?? []).toString()
const hashOf = async (directory: string): Promise<string> =>
  Buffer.from(keysetHash(keysetDocument(await readKeyset(directory)))).toString('hex')

test('everything in the store comes back as it was', async () => {
  const directory = store({ 'data/one.person.1.json': 'k1', 'data/one.person.2.json': 'k2' })
  const keyset = unpackKeyset(packKeyset(keysetDocument(await readKeyset(directory))))
  expect(keyset.rootKeyFingerprint).toBe(fingerprint)
  expect(keyset.files.map(({ path }) => path)).toEqual([
    'ca.key',
    'data/one.person.1.json',
    'data/one.person.2.json',
    'instance.json',
    'log-signing/aa.json',
    'nats/account.seed',
    'root-key.json',
    'signing/k1.json',
  ])
  expect(text(keyset.files[0]?.contents)).toBe('secret of the authority')
})

test('a key whose id begins with a hyphen is a key like any other', async () => {
  const directory = store({ 'signing/-8ZgF0-78HnRc2qG.json': 'k' })
  const keyset = unpackKeyset(packKeyset(keysetDocument(await readKeyset(directory))))
  expect(keyset.files.map(({ path }) => path)).toContain('signing/-8ZgF0-78HnRc2qG.json')
})

test('the hash stays while the content does, and changes with every key that comes or goes', async () => {
  const directory = store({ 'data/one.person.1.json': 'k1' })
  const before = await hashOf(directory)
  expect(await hashOf(store({ 'data/one.person.1.json': 'k1' }))).toBe(before)
  writeFileSync(join(directory, 'nats/account.seed.next'), 'half')
  writeFileSync(join(directory, 'data/.tmp-1-abc'), 'half')
  expect(await hashOf(directory)).toBe(before)
  writeFileSync(join(directory, 'data/two.person.1.json'), 'k')
  const more = await hashOf(directory)
  expect(more).not.toBe(before)
  writeFileSync(join(directory, 'data/two.person.destroyed.json'), '{}')
  expect(await hashOf(directory)).not.toBe(more)
})

test('a destroyed key is not in it even while its file still lies there, and its id is', async () => {
  const keyset = await readKeyset(
    store({
      'data/one.person.1.json': 'k1',
      'data/one.person.destroyed.json': '{}',
      'data/one.access.1.json': 'k',
    }),
  )
  expect(keyset.destroyed).toEqual(['one.person'])
  expect(text(keysetDocument(keyset))).not.toContain(Buffer.from('k1').toString('base64'))
  expect(keyset.files.some(({ path }) => path === 'data/one.access.1.json')).toBe(true)
})

test('what is no key in the store is told by name, not passed over', async () => {
  const linked = store({})
  symlinkSync('/etc/passwd', join(linked, 'data/one.person.1.json'))
  await expect(readKeyset(linked)).rejects.toThrow(/no key: "one.person.1.json"/)
  const foreign = store({})
  mkdirSync(join(foreign, 'new-folder'))
  await expect(readKeyset(foreign)).rejects.toThrow(/does not know: "new-folder"/)
})

const rootKey = {
  path: 'root-key.json',
  contents: Buffer.from(JSON.stringify({ fingerprint })).toString('base64'),
}
const whole = {
  format: 'holdfast-keyset/v1',
  root_key_fingerprint: fingerprint,
  destroyed: [] as string[],
  files: [rootKey],
}
const file = (path: string) => ({ path, contents: '' })

test.each([
  ['another format', { format: 'holdfast-keyset/v2' }],
  ['a way out of the directory', { files: [file('../root-key.json'), rootKey] }],
  ['an absolute path', { files: [file('/etc/passwd'), rootKey] }],
  ['a folder of no store', { files: [file('bin/sh'), rootKey] }],
  ['a folder in a folder', { files: [file('data/data/x.json'), rootKey] }],
  ['a hidden name', { files: [file('data/.x'), rootKey] }],
  ['a name with an end of line', { files: [file('data/a\nb'), rootKey] }],
  ['a name twice', { files: [rootKey, rootKey] }],
  ['another order', { files: [rootKey, file('ca.key')] }],
  ['base64 in another spelling', { files: [{ ...rootKey, contents: `${rootKey.contents}\n` }] }],
  ['another root key', { root_key_fingerprint: 'cd'.repeat(16) }],
  ['destroyed keys that have no tombstone', { destroyed: ['one.person'] }],
  [
    'a destroyed key',
    {
      destroyed: ['one.person'],
      files: [file('data/one.person.1.json'), file('data/one.person.destroyed.json'), rootKey],
    },
  ],
  ['files that are none', { files: [null] }],
])('%s is refused', (_what, change) => {
  expect(() => unpackKeyset(gzipSync(JSON.stringify(whole)))).not.toThrow()
  const changed = gzipSync(JSON.stringify({ ...whole, ...change }))
  expect(() => unpackKeyset(changed)).toThrow(expect.objectContaining({ code: KeysetInvalid.code }))
})

test('a bomb is refused before it has opened', () => {
  const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024), { level: 1 })
  expect(() => unpackKeyset(bomb)).toThrow(/cannot be read/)
})

test('what a start without effects left is not kept, and is in nobody’s way', async () => {
  const [plain, tried] = [store({}), store({})]
  mkdirSync(join(tried, 'nats-scratch'))
  writeFileSync(join(tried, 'nats-scratch/account.seed'), 'SA…')
  expect(await hashOf(tried)).toBe(await hashOf(plain))
})
