import type { Socket } from 'node:net'
import { DomainError } from '@holdfast/errors'
import { Client, type ConnectConfig, type SFTPWrapper } from 'ssh2'
import { StorageBroken, StorageDenied, StorageRefused, StorageUnreachable } from '../errors.ts'
import type { Timeouts } from '../surroundings.ts'
import { fingerprintOf, isPinned, keyTypeOf } from './host-key.ts'

/** How to sign in, and whom to trust. */
export interface SshIdentity {
  readonly username: string
  readonly password?: string
  /** PEM or OpenSSH format. */
  readonly privateKey?: string
  readonly passphrase?: string
  /** Fingerprints; none: nobody is trusted, and the refusal says what was seen. */
  readonly pins: readonly string[]
}

/** One SSH connection with its SFTP channel. Ended by the first failure; then a new one is opened. */
export interface SftpSession {
  readonly isOpen: boolean
  /** Runs a request; rejects when the connection ends, the answer does not come, or the signal says so. */
  request<T>(start: (sftp: SFTPWrapper, done: Done<T>) => void, signal?: AbortSignal): Promise<T>
  end(): void
}

export type Done<T> = (error: Error | null | undefined, value?: T) => void

/** The other side is given up on after three of these without an answer. */
const keepaliveMs = 15_000

/** Opens a session over a connected socket. */
export async function openSftpSession(
  socket: Socket,
  host: string,
  identity: SshIdentity,
  { connectMs, idleMs }: Timeouts,
): Promise<SftpSession> {
  const client = await openSsh(socket, host, identity, connectMs)
  const pending = new Set<(error: Error) => void>()
  let failure: Error | undefined
  const fail = (error: Error): void => {
    failure ??= error
    client.end()
    socket.destroy()
    for (const reject of pending) reject(failure)
    pending.clear()
  }
  client.on('error', () => fail(StorageBroken({ why: `${host} broke the connection` })))
  client.on('close', () => fail(StorageBroken({ why: `${host} closed the connection` })))

  const request: SftpSession['request'] = (start, given) => {
    return new Promise((resolve, reject) => {
      if (failure) return reject(failure)
      if (given?.aborted) return reject(given.reason)
      const settle = (): void => {
        clearTimeout(timer)
        pending.delete(lost)
        given?.removeEventListener('abort', onAbort)
      }
      const lost = (error: Error): void => {
        settle()
        reject(error)
      }
      const onAbort = (): void => lost(given?.reason)
      const timer = setTimeout(() => {
        fail(StorageBroken({ why: `${host} did not answer for ${idleMs / 1000} s` }))
      }, idleMs)
      pending.add(lost)
      given?.addEventListener('abort', onAbort, { once: true })
      try {
        start(channel, (error, value) => {
          // The other callbacks of a broken channel come before the event that says so.
          if (error && isLostAnswer(error)) {
            return fail(StorageBroken({ why: `${host} cut the connection` }, error))
          }
          settle()
          if (error) reject(error)
          // A request without a value resolves with undefined, which is what its type says.
          else resolve(value as never)
        })
      } catch (error) {
        // What the server has no extension for is thrown at once.
        lost(error instanceof Error ? error : new Error(String(error)))
      }
    })
  }

  let channel: SFTPWrapper
  try {
    channel = await new Promise<SFTPWrapper>((resolve, reject) => {
      pending.add(reject)
      // Everybody who asks waits for this one.
      const timer = setTimeout(
        () => fail(StorageUnreachable({ why: `${host} opens no channel` })),
        connectMs,
      )
      client.sftp((error, opened) => {
        clearTimeout(timer)
        pending.delete(reject)
        if (error) reject(StorageDenied({ why: `${host} offers no SFTP to this account` }, error))
        else resolve(opened)
      })
    })
  } catch (error) {
    client.destroy()
    throw error
  }
  channel.on('error', (error: Error) =>
    fail(StorageBroken({ why: `${host} does not speak SFTP as it should` }, error)),
  )
  channel.on('close', () => fail(StorageBroken({ why: `${host} closed the channel` })))
  return {
    get isOpen() {
      return failure === undefined
    },
    request,
    end: () => fail(StorageBroken({ why: 'the connection was closed here' })),
  }
}

const isLostAnswer = (error: Error): boolean => error.message === 'No response from server'

/** Connects, checks the host key before anything secret is said, and signs in. */
export async function openSsh(
  socket: Socket,
  host: string,
  identity: SshIdentity,
  timeoutMs: number,
): Promise<Client> {
  let distrusted: Buffer | undefined
  return await connected(
    socket,
    {
      username: identity.username,
      readyTimeout: timeoutMs,
      ...(identity.password === undefined
        ? {}
        : { password: identity.password, tryKeyboard: true }),
      ...(identity.privateKey === undefined ? {} : { privateKey: identity.privateKey }),
      ...(identity.passphrase === undefined ? {} : { passphrase: identity.passphrase }),
      hostVerifier: (key: Buffer) => {
        if (isPinned(key, identity.pins)) return true
        distrusted = Buffer.from(key)
        return false
      },
    },
    identity.password,
  ).catch((error: unknown) => {
    throw distrusted ? untrusted(host, distrusted, identity.pins) : refusalOf(error, host)
  })
}

/** The host key of a server, in wire format, when it is a pinned one. Nobody signs in. */
export async function pinnedHostKey(
  socket: Socket,
  host: string,
  pins: readonly string[],
  timeoutMs: number,
): Promise<Buffer> {
  let seen: Buffer | undefined
  await connected(socket, {
    username: 'holdfast',
    readyTimeout: timeoutMs,
    hostVerifier: (key: Buffer) => {
      seen = Buffer.from(key)
      // Seen is enough: a key that is refused ends the connection before anybody signs in.
      return false
    },
  }).catch((error: unknown) => {
    if (!seen) throw refusalOf(error, host)
  })
  if (!seen) throw StorageUnreachable({ why: `no SSH connection with ${host}` })
  if (!isPinned(seen, pins)) throw untrusted(host, seen, pins)
  return seen
}

async function connected(
  socket: Socket,
  config: ConnectConfig,
  password?: string,
): Promise<Client> {
  const client = new Client()
  return await new Promise<Client>((resolve, reject) => {
    const fail = (error: unknown): void => {
      client.removeAllListeners()
      // A late error of a connection nobody waits for must not end the process.
      client.on('error', () => undefined)
      client.destroy()
      socket.destroy()
      reject(error)
    }
    client.once('ready', () => {
      client.removeAllListeners()
      resolve(client)
    })
    client.on('error', fail)
    client.once('close', () => fail(new Error('closed before it was ready')))
    // Servers that ask for the password as a question.
    client.on('keyboard-interactive', (_name, _text, _language, prompts, finish) => {
      finish(prompts.map(({ echo }) => (echo ? '' : (password ?? ''))))
    })
    try {
      client.connect({
        ...config,
        sock: socket,
        keepaliveInterval: keepaliveMs,
        keepaliveCountMax: 3,
      })
    } catch {
      // What the library says of a key it cannot read may hold parts of it.
      fail(StorageDenied({ why: 'the private key cannot be read, or its passphrase is wrong' }))
    }
  })
}

function untrusted(host: string, key: Buffer, pins: readonly string[]): Error {
  const seen = `${fingerprintOf(key)} (${keyTypeOf(key)})`
  return StorageRefused({
    why:
      pins.length === 0
        ? `the host key of ${host} is ${seen}; compare it with what the owner of the server says, then set host_key_sha256 to it`
        : `the host key of ${host} is ${seen}, which is not the one in host_key_sha256: somebody may be in between, or the server has a new key`,
  })
}

function refusalOf(error: unknown, host: string): Error {
  if (error instanceof DomainError) return error
  const level = error instanceof Error && 'level' in error ? error.level : ''
  switch (level) {
    case 'client-authentication':
      return StorageDenied({ why: `${host} does not let this user in` }, error)
    case 'client-timeout':
      return StorageUnreachable({ why: `${host} did not answer in time` }, error)
    default:
      return StorageUnreachable({ why: `no SSH connection with ${host}` }, error)
  }
}
