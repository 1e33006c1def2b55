import { chown, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { StorageDenied, StorageRefused } from '../errors.ts'
import { openStorage } from '../open.ts'
import type { Values } from '../settings.ts'
import { account } from '../sftp/testing/own-etc.ts'
import { surroundingsOf } from '../surroundings.ts'
import { bodyOf, keysIn, readAll } from '../testing/content.ts'
import type { Storage } from '../types.ts'
import { startVsftpd, type Vsftpd } from './testing/vsftpd.ts'

const opened: Storage[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((storage) => storage.close()))
})

async function open(server: Vsftpd, config: Values = {}, allow = ['127.0.0.1/32']) {
  const { port, username, password, ca } = server
  const storage = await openStorage(
    'ftp',
    { host: '127.0.0.1', port, username, ca, ...config },
    { password },
    surroundingsOf({ egressAllow: allow, localBase: '/', localRoots: [] }),
  )
  opened.push(storage)
  return storage
}

async function running(
  skip: (why: string) => void,
  ...how: Parameters<typeof startVsftpd>
): Promise<Vsftpd> {
  const server = await startVsftpd(...how)
  if (typeof server === 'string') {
    process.stdout.write(`${server}\n`)
    skip(server)
    throw new Error(server)
  }
  onTestFinished(() => server.remove())
  return server
}

const roundTrip = async (storage: Storage): Promise<string> => {
  const content = Buffer.alloc(300_000, 'abc')
  await storage.put('a/b', bodyOf(content), { size: content.length })
  expect((await readAll(storage, 'a/b', { offset: 299_997 })).toString()).toBe('abc')
  expect(await keysIn(storage, '')).toEqual(['a/b'])
  return (await readAll(storage, 'a/b')).equals(content) ? 'whole' : 'damaged'
}

describe('an FTP server', () => {
  test('with TLS from the first byte', async ({ skip }) => {
    const server = await running(skip, 'implicit')
    expect(await roundTrip(await open(server, { security: 'implicit' }))).toBe('whole')
  })

  test('without TLS is told no password, unless somebody and the operator say so', async ({
    skip,
  }) => {
    const server = await running(skip, 'none')
    const asked = await open(server)
    const error = await asked.stat('a').catch((failure: unknown) => failure)
    expect(error).toSatisfy(StorageRefused.is)
    expect(String(error)).toContain('security')
    expect(await readFile(join(server.home, '../log'), 'utf8')).not.toContain('"PASS')
    await expect(open(server, { security: 'none' }, [])).rejects.toMatchObject({
      fields: [{ field: 'config.host', code: 'address_refused' }],
    })
    await expect(open(server, { security: 'none' }, ['192.0.2.0/24'])).rejects.toMatchObject({
      fields: [{ field: 'config.host', code: 'address_refused' }],
    })
    expect(await roundTrip(await open(server, { security: 'none' }))).toBe('whole')
  })

  test('of a certificate we do not know, or of another name, is refused', async ({ skip }) => {
    const server = await running(skip, 'explicit')
    const strangers = [
      await open(server, { ca: '' }),
      await openStorage(
        'ftp',
        { host: 'else.test', port: server.port, username: server.username, ca: server.ca },
        { password: server.password },
        surroundingsOf(
          { egressAllow: ['127.0.0.1/32'], localBase: '/', localRoots: [] },
          { resolver: async () => ['127.0.0.1'] },
        ),
      ),
    ]
    for (const storage of strangers) {
      opened.push(storage)
      await expect(storage.stat('a')).rejects.toSatisfy(StorageRefused.is)
    }
    expect(await readFile(join(server.home, '../log'), 'utf8')).not.toContain('"PASS')
  })

  test('that names another address for data is not followed there', async ({ skip }) => {
    // It knows PASV alone, and says 10.1.2.3.
    const server = await running(skip, 'explicit', ['pasv_address=10.1.2.3', 'cmds_denied=EPSV'])
    expect(await roundTrip(await open(server))).toBe('whole')
    expect(await readFile(join(server.home, '../log'), 'utf8')).toContain('10,1,2,3')
  })

  test('is not followed over symbolic links below the directory', async ({ skip }) => {
    const server = await running(skip, 'explicit')
    const { home } = server
    const outside = join(home, 'outside')
    await mkdir(join(home, 'base'))
    await mkdir(outside)
    await writeFile(join(outside, 'secret'), 'secret')
    await symlink(outside, join(home, 'base/folder'))
    await symlink(join(outside, 'secret'), join(home, 'base/file'))
    for (const path of [outside, join(home, 'base'), join(outside, 'secret')])
      await chown(path, account.id, account.id)
    const storage = await open(server, { path: 'base' })
    for (const key of ['folder/secret', 'folder/new', 'file']) {
      await expect(readAll(storage, key), key).rejects.toSatisfy(StorageRefused.is)
      await expect(storage.stat(key), key).rejects.toSatisfy(StorageRefused.is)
      await expect(storage.delete(key), key).rejects.toSatisfy(StorageRefused.is)
    }
    await expect(storage.put('folder/new', bodyOf(Buffer.from('x')))).rejects.toSatisfy(
      StorageRefused.is,
    )
    // A link in the place of an object is replaced, not written through.
    await storage.put('file', bodyOf(Buffer.from('x')))
    expect(await keysIn(storage, '')).toEqual(['file'])
    await expect(keysIn(storage, 'folder')).rejects.toSatisfy(StorageRefused.is)
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret')
  })

  test('where this account may not write says so', async ({ skip }) => {
    const server = await running(skip, 'explicit')
    await mkdir(join(server.home, 'closed'), { mode: 0o555 })
    const storage = await open(server, { path: 'closed' })
    for (const key of ['a', 'a/b'])
      await expect(storage.put(key, bodyOf(Buffer.from('x')))).rejects.toSatisfy(StorageDenied.is)
  })
})
