import { execFileSync } from 'node:child_process'
import { chown, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { StorageDenied, StorageRefused } from '../errors.ts'
import { openStorage } from '../open.ts'
import type { Values } from '../settings.ts'
import { account } from '../sftp/testing/own-etc.ts'
import { type Sshd, startSshd } from '../sftp/testing/sshd.ts'
import { surroundingsOf } from '../surroundings.ts'
import { bodyOf, keysIn, readAll } from '../testing/content.ts'
import type { Storage } from '../types.ts'
import { rsyncOnPath } from './testing/tool.ts'

// The whole contract runs against a daemon, where a step is no SSH connection.
describe('rsync over SSH', () => {
  let server: Sshd | string = 'not started'
  let rsync: Awaited<ReturnType<typeof rsyncOnPath>> = 'not started'
  let workDir = ''
  beforeAll(async () => {
    rsync = await rsyncOnPath()
    server = typeof rsync === 'string' ? rsync : await startSshd({ path: [rsync.bin] })
    if (typeof server === 'string') process.stdout.write(`${server}\n`)
    else {
      workDir = join(server.home, '../work')
      await mkdir(workDir)
    }
  })
  afterAll(async () => {
    if (typeof server !== 'string') await server.remove()
    if (typeof rsync !== 'string') rsync.remove()
  })
  beforeEach(({ skip }) => {
    if (typeof server === 'string') skip(server)
  })
  const sshd = (): Sshd => {
    if (typeof server === 'string') throw new Error(server)
    return server
  }
  const open = async (config: Values = {}, credentials?: Values): Promise<Storage> => {
    const { port, username, hostKey: host_key_sha256, privateKey } = sshd()
    return await openStorage(
      'rsync',
      { host: '127.0.0.1', port, username, host_key_sha256, path: 'base', ...config },
      credentials ?? { private_key: privateKey },
      surroundingsOf({ egressAllow: ['127.0.0.1/32'], localBase: '/', localRoots: [], workDir }),
    )
  }

  test('puts, reads, lists and deletes, by key or password, and leaves nothing here', async () => {
    const { privateKey, password } = sshd()
    const content = Buffer.alloc(3_000_000, 'content')
    const locked = join(sshd().home, '../locked')
    await writeFile(locked, privateKey, { mode: 0o600 })
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'open sesame', '-f', locked])
    const private_key = await readFile(locked, 'utf8')
    for (const credentials of [
      { private_key: privateKey },
      { private_key, passphrase: 'open sesame' },
      { password },
    ]) {
      const storage = await open({}, credentials)
      await storage.put('a/b', bodyOf(content), { size: content.length })
      expect((await readAll(storage, 'a/b', { offset: 2_000_000 })).length).toBe(1_000_000)
      expect(await keysIn(storage, 'a')).toEqual(['a/b'])
      await storage.delete('a/b')
      expect(await storage.stat('a/b')).toBeUndefined()
      await storage.close()
    }
    const [own = ''] = await readdir(workDir)
    expect(await readdir(join(workDir, own))).toEqual([])
  })

  test('is told nothing by us before its host key is known; what is wrong is denied', async () => {
    const { hostKey, privateKey, log } = sshd()
    const before = log().length
    const other = `SHA256:${'A'.repeat(43)}`
    for (const host_key_sha256 of ['', other]) {
      const storage = await open({ host_key_sha256 })
      const error = await storage.stat('a').catch((failure: unknown) => failure)
      expect(error).toSatisfy(StorageRefused.is)
      expect(String(error)).toContain(hostKey)
      await storage.close()
    }
    expect(log().slice(before)).not.toMatch(/Accepted|Failed password/)
    const wrong = await open({}, { password: 'not it' })
    const error = await wrong.stat('a').catch((failure: unknown) => failure)
    expect(error).toSatisfy(StorageDenied.is)
    expect(String(error)).not.toContain(privateKey.slice(40, 80))
    await wrong.close()
  })

  test('is not followed over symbolic links below the directory', async () => {
    const { home } = sshd()
    const outside = join(home, 'outside')
    const base = join(home, 'links')
    await mkdir(base)
    await mkdir(outside)
    await writeFile(join(outside, 'secret'), 'secret')
    await symlink(outside, join(base, 'folder'))
    await symlink(join(outside, 'secret'), join(base, 'file'))
    for (const path of [outside, base, join(outside, 'secret')])
      await chown(path, account.id, account.id)
    const storage = await open({ path: 'links' })
    for (const key of ['folder/secret', 'file']) {
      await expect(readAll(storage, key), key).rejects.toSatisfy(StorageRefused.is)
      await expect(storage.delete(key), key).rejects.toSatisfy(StorageRefused.is)
    }
    const putting = storage.put('folder/new', bodyOf(Buffer.from('x')))
    await expect(putting).rejects.toSatisfy(StorageRefused.is)
    expect(await keysIn(storage, '')).toEqual([])
    await expect(keysIn(storage, 'folder')).rejects.toSatisfy(StorageRefused.is)
    expect(await readdir(outside)).toEqual(['secret'])
    await storage.close()
  })
})
