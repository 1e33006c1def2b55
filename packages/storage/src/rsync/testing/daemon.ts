import { mkdtempSync } from 'node:fs'
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  account,
  freeDisk,
  smallDisk,
  startServer,
  type TestServer,
} from '../../sftp/testing/own-etc.ts'
import { freePort } from '../../sftp/testing/sshd.ts'

export interface RsyncDaemon extends TestServer {
  readonly port: number
  readonly username: string
  readonly password: string
  /** The directory of the module `files`. */
  readonly home: string
  /** There is a module `small` with room for 4 MiB. */
  readonly hasSmall: boolean
  remove(): Promise<void>
}

/** An rsync daemon on loopback that asks for a password and follows links wherever they lead. */
export async function startRsyncDaemon(): Promise<RsyncDaemon | string> {
  if (process.getuid?.() !== 0) return 'skipped: needs root for an account of its own'
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-rsyncd-'))
  const inside = (name: string): string => join(directory, name)
  await chmod(directory, 0o755)
  await mkdir(inside('home'))
  await chown(inside('home'), account.id, account.id)
  const small = await smallDisk(inside('small'))
  const port = await freePort()
  await writeFile(inside('secrets'), `${account.name}:${account.password}\n`, { mode: 0o600 })
  const module = (name: string, path: string): string =>
    [
      `[${name}]`,
      `path = ${path}`,
      'read only = no',
      'use chroot = no',
      'munge symlinks = no',
      `uid = ${account.id}`,
      `gid = ${account.id}`,
      `auth users = ${account.name}`,
      `secrets file = ${inside('secrets')}`,
    ].join('\n')
  await writeFile(
    inside('rsyncd.conf'),
    [
      `pid file = ${inside('pid')}`,
      'reverse lookup = no',
      `log file = ${inside('log')}`,
      module('files', inside('home')),
      ...(small === undefined ? [] : [module('small', small)]),
      '',
    ].join('\n'),
  )
  const args = ['--daemon', '--no-detach', '--address=127.0.0.1', `--port=${port}`]
  const started = await startServer(['rsync', ...args, `--config=${inside('rsyncd.conf')}`], {
    port,
  })
  const remove = async (): Promise<void> => {
    freeDisk(small)
    await rm(directory, { recursive: true, force: true })
  }
  if (typeof started === 'string') {
    await remove()
    return started
  }
  return {
    ...started,
    port,
    username: account.name,
    password: account.password,
    home: inside('home'),
    hasSmall: small !== undefined,
    async remove() {
      await started.stop()
      await remove()
    },
  }
}
