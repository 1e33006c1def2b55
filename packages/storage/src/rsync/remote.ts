import { mkdir, rm, writeFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { StorageRefused } from '../errors.ts'
import { bareEnvironment } from '../program/find-program.ts'
import { type PrivateDirectory, privateDirectory } from '../program/private-directory.ts'
import type { Settings } from '../settings.ts'
import { keyTypeOf, pinsOf } from '../sftp/host-key.ts'
import { pinnedHostKey } from '../sftp/session.ts'
import { identityOf } from '../sftp/sftp.ts'
import type { Surroundings } from '../surroundings.ts'

/** The other side for one run of rsync, its name judged for this run. */
export interface Remote {
  /** What goes in front of a path; begins with words of ours, so that no value becomes an option. */
  readonly prefix: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Of this run alone: its working directory. */
  readonly directory: string
}

export interface Remotes {
  readonly host: string
  use<T>(signal: AbortSignal | undefined, work: (remote: Remote) => Promise<T>): Promise<T>
  /** The same for as long as somebody reads; they call `end`. */
  open(signal: AbortSignal | undefined): Promise<Remote & { end(): Promise<void> }>
  close(): Promise<void>
}

type Reach = (signal: AbortSignal, directory: string) => Promise<Omit<Remote, 'directory'>>

export async function openRemotes(
  settings: Settings,
  surroundings: Surroundings,
): Promise<Remotes> {
  const place = await privateDirectory(surroundings.workDir)
  const never = new AbortController()
  let count = 0
  let reach: Reach
  try {
    reach =
      settings.text('transport') === 'daemon'
        ? daemon(settings, surroundings)
        : await overSsh(settings, surroundings, place)
  } catch (error) {
    await place.remove()
    throw error
  }
  const open: Remotes['open'] = async (signal) => {
    const directory = join(place.path, `op-${++count}`)
    await mkdir(directory, { mode: 0o700 })
    const end = (): Promise<void> => rm(directory, { recursive: true, force: true })
    try {
      return { ...(await reach(signal ?? never.signal, directory)), directory, end }
    } catch (error) {
      await end()
      throw error
    }
  }
  return {
    host: settings.text('host'),
    open,
    async use(signal, work) {
      const remote = await open(signal)
      try {
        return await work(remote)
      } finally {
        await remote.end()
      }
    },
    close: () => place.remove(),
  }
}

/** rsync connects by itself and encrypts nothing: it is handed the address that was judged. */
function daemon(settings: Settings, { connector, timeouts }: Surroundings): Reach {
  const [host, module] = [settings.text('host'), settings.text('module')]
  const port = settings.integer('port') || 873
  const seconds = Math.max(1, Math.ceil(timeouts.connectMs / 1_000))
  return async (signal, directory) => {
    const address = await connector.resolve(host, { isPlain: true, signal })
    const literal = isIPv6(address) ? `[${address}]` : address
    return {
      prefix: `rsync://${settings.text('username')}@${literal}:${port}/${module}/`,
      args: ['--no-motd', `--contimeout=${seconds}`],
      env: { ...bareEnvironment(directory), RSYNC_PASSWORD: settings.secret('password') },
    }
  }
}

/** ssh connects by itself: to the address that was judged, and to the host key that is pinned and no other. */
async function overSsh(
  settings: Settings,
  surroundings: Surroundings,
  place: PrivateDirectory,
): Promise<Reach> {
  if (/["\\\n$`]/.test(place.path)) {
    throw StorageRefused({ why: 'the directory for temporary files has a name ssh cannot be told' })
  }
  const { connector, timeouts } = surroundings
  const host = settings.text('host')
  const port = settings.integer('port') || 22
  const pins = pinsOf(settings.text('host_key_sha256'))
  const identity = await identityOf(settings, surroundings)
  const seconds = Math.max(1, Math.ceil(timeouts.connectMs / 1_000))
  const lines = [
    'Host storage',
    `Port ${port}`,
    `User ${identity.username}`,
    'HostKeyAlias storage',
    'StrictHostKeyChecking yes',
    `UserKnownHostsFile "${place.path}/known_hosts"`,
    'GlobalKnownHostsFile /dev/null',
    'UpdateHostKeys no',
    'NumberOfPasswordPrompts 1',
    'ForwardAgent no',
    'ForwardX11 no',
    'ControlMaster no',
    'PermitLocalCommand no',
    'IdentitiesOnly yes',
    'IdentityAgent none',
    `ConnectTimeout ${seconds}`,
    'ServerAliveInterval 15',
    'ServerAliveCountMax 3',
    'LogLevel ERROR',
  ]
  const { privateKey, password, passphrase } = identity
  if (privateKey === undefined) lines.push('IdentityFile none', 'PubkeyAuthentication no')
  else {
    const text = `${privateKey.replaceAll('\r\n', '\n').trimEnd()}\n`
    lines.push(`IdentityFile "${await place.write('identity', text)}"`)
  }
  if (password === undefined)
    lines.push('PasswordAuthentication no', 'KbdInteractiveAuthentication no')
  await place.write('password', password ?? '')
  await place.write('passphrase', passphrase ?? '')
  // Answers what ssh would ask somebody at a terminal.
  const askpass = await place.write(
    'askpass',
    `#!/bin/sh\ncase "$1" in *passphrase*) exec cat "${place.path}/passphrase";; esac\nexec cat "${place.path}/password"\n`,
    0o700,
  )
  let known: Promise<void> | undefined
  const learn = async (address: string, signal: AbortSignal): Promise<void> => {
    const socket = await connector.connect(address, port, {
      signal,
      timeoutMs: timeouts.connectMs,
      isPlain: false,
    })
    const key = await pinnedHostKey(socket, host, pins, timeouts.connectMs)
    await place.write('known_hosts', `storage ${keyTypeOf(key)} ${key.toString('base64')}\n`)
  }
  return async (signal, directory) => {
    const address = await connector.resolve(host, { isPlain: false, signal })
    // The key is what is trusted, whatever the address is.
    known ??= learn(address, AbortSignal.timeout(timeouts.connectMs))
    await known.catch((error: unknown) => {
      known = undefined
      throw error
    })
    const config = [...lines, `HostName ${address}`, '']
    await writeFile(join(directory, 'ssh_config'), config.join('\n'), { mode: 0o600 })
    return {
      prefix: 'storage:',
      args: ['-e', 'ssh -F ssh_config', '-s'],
      env: {
        ...bareEnvironment(directory),
        SSH_ASKPASS: askpass,
        SSH_ASKPASS_REQUIRE: 'force',
        DISPLAY: 'none',
      },
    }
  }
}
