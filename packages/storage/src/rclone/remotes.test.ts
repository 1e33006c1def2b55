import { expect, test } from 'vitest'
import { StorageInvalidAnswer, StorageRefused } from '../errors.ts'
import { addressesOf } from './remotes.ts'

const dump = JSON.stringify({
  dav: { type: 'webdav', url: 'https://files.example.org:8443/dav', user: 'keeper' },
  plain: { type: 'webdav', url: 'http://127.1/dav' },
  store: { type: 's3', endpoint: '[fe80::1]:9000', access_key_id: 'a' },
  sealed: { type: 'crypt', remote: 'wrapped:folder' },
  wrapped: { type: 'alias', remote: 'dav:' },
  files: { type: 'local' },
  ssh: { type: 'sftp', host: '10.0.0.1', ssh: 'sh -c id' },
  hidden: { type: 'crypt', remote: 'files:/etc' },
  path: { type: 'crypt', remote: '/etc' },
  inline: { type: 'alias', remote: ':local:/etc' },
  round: { type: 'alias', remote: 'round:' },
})

test('hosts are found as they are written, also behind remotes that wrap', () => {
  const https = [{ host: 'files.example.org', isPlain: false }]
  expect(addressesOf(dump, 'dav')).toEqual(https)
  expect(addressesOf(dump, 'sealed')).toEqual(https)
  expect(addressesOf(dump, 'plain')).toEqual([{ host: '127.1', isPlain: true }])
  expect(addressesOf(dump, 'store')).toEqual([{ host: 'fe80::1', isPlain: false }])
})

test.for(['files', 'ssh', 'hidden', 'path', 'inline', 'round', 'none'])(
  '%s leads past the proxy, or nowhere, and is refused',
  (remote) => {
    expect(() => addressesOf(dump, remote)).toThrow(
      expect.toSatisfy(StorageRefused.is) as unknown as Error,
    )
  },
)

test('what is no configuration is an invalid answer', () => {
  for (const text of ['', 'no json', '[]', 'null'])
    expect(() => addressesOf(text, 'dav')).toThrow(
      expect.toSatisfy(StorageInvalidAnswer.is) as unknown as Error,
    )
})
