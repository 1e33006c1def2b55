import { execFileSync } from 'node:child_process'
import { chown, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { StorageDenied, StorageRefused } from '../errors.ts'
import { openStorage } from '../open.ts'
import type { Values } from '../settings.ts'
import { surroundingsOf } from '../surroundings.ts'
import { bodyOf, keysIn, readAll } from '../testing/content.ts'
import { type ContractTarget, storageContract } from '../testing/contract.ts'
import type { Storage } from '../types.ts'
import { account } from './testing/own-etc.ts'
import { type Sshd, startSshd } from './testing/sshd.ts'

storageContract('sftp', async (): Promise<ContractTarget | string> => {
  const server = await startSshd()
  if (typeof server === 'string') return server
  const { port, username, password, hostKey: host_key_sha256, home, small } = server
  const at = (path: string) => (host: string) => ({ host, port, username, path, host_key_sha256 })
  return {
    ports: [port],
    config: at('place/in/it'),
    credentials: { password },
    wrongCredentials: { password: 'not the password' },
    async leave() {
      const part = join(home, 'place/in/it/left/.holdfast-0123456789abcdef.part')
      await writeFile(part, 'a part')
      await chown(part, account.id, account.id)
    },
    ...(small === undefined ? {} : { full: { config: at(small) } }),
    stop: () => server.remove(),
  }
})

describe('an SSH server', () => {
  let server: Sshd | string = 'not started'
  let keysDir = ''
  const opened: Storage[] = []
  beforeAll(async () => {
    server = await startSshd()
    keysDir = await mkdtemp(join(tmpdir(), 'holdfast-keys-'))
  })
  afterAll(async () => {
    await Promise.all(opened.map((storage) => storage.close()))
    if (typeof server !== 'string') await server.remove()
    await rm(keysDir, { recursive: true, force: true })
  })
  beforeEach(({ skip }) => {
    if (typeof server === 'string') skip(server)
  })

  const sshd = (): Sshd => {
    if (typeof server === 'string') throw new Error(server)
    return server
  }
  async function open(config: Values = {}, credentials?: Values): Promise<Storage> {
    const { port, username, hostKey, password } = sshd()
    const storage = await openStorage(
      'sftp',
      { host: '127.0.0.1', port, username, host_key_sha256: hostKey, ...config },
      credentials ?? { password },
      surroundingsOf({ egressAllow: ['127.0.0.1/32'], localBase: '/', localRoots: [], keysDir }),
    )
    opened.push(storage)
    return storage
  }
  const refusal = async (storage: Storage): Promise<unknown> =>
    await storage.stat('a').then(
      () => undefined,
      (error: unknown) => error,
    )

  test('is told no secret before its key is known, and the refusal says which key was seen', async () => {
    const { hostKey, log } = sshd()
    const before = log().length
    const error = await refusal(await open({ host_key_sha256: '' }))
    expect(error).toSatisfy(StorageRefused.is)
    expect(String(error)).toContain(hostKey)
    expect(String(error)).toContain('host_key_sha256')
    expect(log().slice(before)).not.toMatch(/Accepted|Failed password/)
  })

  test('of another key than before is refused, with what to do; of one of several it is not', async () => {
    const old = sshd().hostKey
    await (await open()).put('object', bodyOf(Buffer.from('x')))
    server = await sshd().restart({ freshKey: true })
    const fresh = sshd().hostKey
    expect(fresh).not.toBe(old)
    const error = await refusal(await open({ host_key_sha256: old }))
    expect(error).toSatisfy(StorageRefused.is)
    expect(String(error)).toContain(fresh)
    expect(String(error)).toContain('somebody may be in between')
    const either = await open({ host_key_sha256: `${old} ${fresh}` })
    expect((await readAll(either, 'object')).toString()).toBe('x')
  })

  test('lets a private key in: given, with a passphrase, or from the directory for keys', async () => {
    const { privateKey } = sshd()
    const key = join(keysDir, 'id')
    await writeFile(key, privateKey, { mode: 0o600 })
    const locked = join(keysDir, 'locked')
    await writeFile(locked, privateKey, { mode: 0o600 })
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'open sesame', '-f', locked])
    const private_key = await readFile(locked, 'utf8')
    const storages = [
      await open({}, { private_key: privateKey }),
      await open({}, { private_key, passphrase: 'open sesame' }),
      await open({ private_key_path: 'id' }, {}),
      await open({ private_key_path: locked }, { passphrase: 'open sesame' }),
    ]
    for (const storage of storages) expect(await storage.stat('none')).toBeUndefined()
    for (const credentials of [
      { private_key, passphrase: 'wrong' },
      { private_key },
      { private_key: 'no key at all' },
    ]) {
      const error = await refusal(await open({}, credentials))
      expect(error).toSatisfy(StorageDenied.is)
      expect(String(error)).not.toContain(private_key.slice(40, 80))
    }
  })

  test('keys of elsewhere are not read, not even over a link', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'holdfast-outside-'))
    try {
      await writeFile(join(outside, 'id'), sshd().privateKey)
      await symlink(join(outside, 'id'), join(keysDir, 'link'))
      await symlink(outside, join(keysDir, 'folder'))
      const opens = (private_key_path: string) => open({ private_key_path }, {})
      for (const path of [join(outside, 'id'), '../etc/shadow', '/etc/shadow', '.', 'a/../../b']) {
        await expect(opens(path), path).rejects.toMatchObject({
          fields: [{ field: 'config.private_key_path', code: 'path_refused' }],
        })
      }
      for (const path of ['link', 'folder/id'])
        await expect(opens(path), path).rejects.toSatisfy(StorageRefused.is)
      await expect(opens('none')).rejects.toSatisfy(StorageDenied.is)
    } finally {
      await rm(outside, { recursive: true })
    }
  })

  test('is not followed over symbolic links below the directory', async () => {
    const { home } = sshd()
    const outside = join(home, 'outside')
    await mkdir(join(home, 'base'), { recursive: true })
    await mkdir(outside)
    await writeFile(join(outside, 'secret'), 'secret', { mode: 0o666 })
    await symlink(outside, join(home, 'base/folder'))
    await symlink(join(outside, 'secret'), join(home, 'base/file'))
    for (const path of [home, outside, join(home, 'base'), join(outside, 'secret')])
      await chown(path, account.id, account.id)
    const storage = await open({ path: 'base' })
    for (const key of ['folder/secret', 'folder/new', 'file']) {
      await expect(readAll(storage, key), key).rejects.toSatisfy(StorageRefused.is)
      await expect(storage.stat(key), key).rejects.toSatisfy(StorageRefused.is)
      await expect(storage.put(key, bodyOf(Buffer.from('x')))).rejects.toSatisfy(StorageRefused.is)
      await expect(storage.delete(key)).rejects.toSatisfy(StorageRefused.is)
    }
    expect(await keysIn(storage, '')).toEqual([])
    await expect(keysIn(storage, 'folder')).rejects.toSatisfy(StorageRefused.is)
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret')
  })

  test('where this account may not write says so, and who replaced what is read breaks the read', async () => {
    const { home } = sshd()
    await mkdir(join(home, 'closed'), { mode: 0o555 })
    const closed = await open({ path: 'closed' })
    await expect(closed.put('a/b', bodyOf(Buffer.from('x')))).rejects.toSatisfy(StorageDenied.is)
    const storage = await open()
    const content = Buffer.alloc(9_000_000, 'a')
    await storage.put('large', bodyOf(content))
    const { version } = await storage.get('large')
    await utimes(join(home, 'large'), 1, 1)
    expect((await storage.get('large')).version).not.toBe(version)
  })
})
