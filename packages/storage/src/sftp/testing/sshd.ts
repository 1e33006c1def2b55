import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestTool, testTools } from '@holdfast/testkit'
import { fingerprintOf } from '../host-key.ts'
import { account, freeDisk, serverWithOwnEtc, smallDisk, type TestServer } from './own-etc.ts'

export interface Sshd extends TestServer {
  readonly port: number
  readonly username: string
  readonly password: string
  readonly privateKey: string
  /** The directory it logs in to. */
  readonly home: string
  /** A folder with room for 4 MiB, when one can be had. */
  readonly small: string | undefined
  /** Fingerprint of the host key. */
  readonly hostKey: string
  /** Ends it; the next one has the same port, and another host key when asked for. */
  restart(options?: { readonly freshKey?: boolean }): Promise<Sshd>
  remove(): Promise<void>
}

/** An OpenSSH server on loopback, with SFTP, a shell and what `path` holds. A string says why there is none. */
export async function startSshd(
  options: { readonly path?: readonly string[] } = {},
): Promise<Sshd | string> {
  const tools = await testTools(['sshd', 'ssh-keygen'])
  if (typeof tools === 'string') return tools
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-sshd-'))
  return await launch(directory, await freePort(), tools, options.path ?? [])
}

async function launch(
  directory: string,
  port: number,
  tools: Readonly<Record<string, TestTool>>,
  path: readonly string[],
): Promise<Sshd | string> {
  const inside = (name: string): string => join(directory, name)
  const home = inside('home')
  await mkdir(home, { recursive: true })
  await chmod(directory, 0o755)
  for (const name of ['host', 'id']) {
    if (existsSync(inside(name))) continue
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', inside(name)])
  }
  await writeFile(inside('authorized'), await readFile(inside('id.pub')), { mode: 0o644 })
  const program = tools['sshd']?.path ?? 'sshd'
  await writeFile(
    inside('sshd_config'),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${inside('host')}`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      `AuthorizedKeysFile ${inside('authorized')}`,
      'Subsystem sftp internal-sftp',
      'MaxStartups 100',
      'LogLevel VERBOSE',
      `SetEnv PATH=${[...path, '/usr/bin', '/bin'].join(':')}`,
    ].join('\n'),
  )
  const small = await smallDisk(inside('small'))
  const started = await serverWithOwnEtc(directory, {
    command: [program, '-D', '-e', '-f', inside('sshd_config')],
    port,
    home,
  })
  if (typeof started === 'string') {
    freeDisk(small)
    await rm(directory, { recursive: true, force: true })
    return started
  }
  const [, publicKey = ''] = (await readFile(inside('host.pub'), 'utf8')).split(' ')
  return {
    ...started,
    port,
    username: account.name,
    password: account.password,
    privateKey: await readFile(inside('id'), 'utf8'),
    home,
    small,
    hostKey: fingerprintOf(Buffer.from(publicKey, 'base64')),
    async restart({ freshKey = false } = {}) {
      await started.stop()
      if (freshKey) {
        await rm(inside('host'))
        await rm(inside('host.pub'))
      }
      const again = await launch(directory, port, tools, path)
      if (typeof again === 'string') throw new Error(again)
      return again
    },
    async remove() {
      await started.stop()
      freeDisk(small)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Nobody listens on it now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return typeof address === 'object' && address ? address.port : 0
}
