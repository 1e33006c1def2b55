import type { FileEntryWithStats, Stats } from 'ssh2'
import {
  StorageBroken,
  StorageDenied,
  StorageFull,
  StorageInvalidAnswer,
  StorageNotFound,
  StorageRefused,
} from '../errors.ts'
import { isTemporary, leftoverAgeMs, temporaryFor } from '../keys.ts'
import type { KindStorage } from '../kind.ts'
import type { Settings } from '../settings.ts'
import type { Surroundings } from '../surroundings.ts'
import type { StoredObject } from '../types.ts'
import { pinsOf } from './host-key.ts'
import { readKeyFile } from './key-file.ts'
import { codeOf, type Displaced, lstat, noSuchFile, putBack, replace } from './replace.ts'
import { openSftpSession, type SftpSession, type SshIdentity } from './session.ts'
import { readRange, writeAll } from './transfer.ts'

// Status codes of SFTP 3, which is what everybody speaks, and two of 5 that servers use all the same.
const endOfFile = 1
const permissionDenied = 3
const failure = 4
const noSpace = [14, 15]

/** What cleaning up after a failure may take. */
const cleanupMs = 5_000
/** Of one folder, its pages with them. */
const maxEntries = 1_000_000

export async function openSftp(
  settings: Settings,
  surroundings: Surroundings,
): Promise<KindStorage> {
  const identity = await identityOf(settings, surroundings)
  const host = settings.text('host')
  const { connector, timeouts } = surroundings
  const closing = new AbortController()
  let opening: Promise<SftpSession> | undefined
  let current: SftpSession | undefined

  /** The connection everybody shares; a broken one is replaced for whoever asks next. */
  async function session(signal: AbortSignal | undefined): Promise<SftpSession> {
    closing.signal.throwIfAborted()
    if (current?.isOpen) return current
    opening ??= connector
      .connect(host, settings.integer('port'), {
        signal: closing.signal,
        timeoutMs: timeouts.connectMs,
        isPlain: false,
      })
      .then(async (socket) => {
        const giveUp = (): void => void socket.destroy()
        closing.signal.addEventListener('abort', giveUp, { once: true })
        // Whoever asked for it may have gone meanwhile; it is kept for the next one.
        current = await openSftpSession(socket, host, identity, timeouts).finally(() =>
          closing.signal.removeEventListener('abort', giveUp),
        )
        return current
      })
      .finally(() => {
        opening = undefined
      })
    return await unlessAborted(opening, signal)
  }

  return {
    ...sftpStorage(settings.text('path').replace(/\/+$/, ''), session),
    async close() {
      closing.abort(StorageBroken({ why: 'the location was closed' }))
      await opening?.catch(() => undefined)
      current?.end()
    },
  }
}

export async function identityOf(
  settings: Settings,
  { keysDir }: Surroundings,
): Promise<SshIdentity> {
  const path = settings.text('private_key_path')
  const privateKey = path === '' ? settings.secret('private_key') : await readKeyFile(path, keysDir)
  const [password, passphrase] = [settings.secret('password'), settings.secret('passphrase')]
  return {
    username: settings.text('username'),
    pins: pinsOf(settings.text('host_key_sha256')),
    ...(password === '' ? {} : { password }),
    ...(privateKey === '' ? {} : { privateKey }),
    ...(passphrase === '' ? {} : { passphrase }),
  }
}

type Sessions = (signal: AbortSignal | undefined) => Promise<SftpSession>

function sftpStorage(base: string, sessions: Sessions): Omit<KindStorage, 'close'> {
  const pathOf = (name: string): string =>
    base === '' ? name : name === '' ? base : `${base}/${name}`

  /**
   * What is at a key. No link is followed below the base, so that one planted there leads nowhere: all folders of the
   * key are looked at, at the same time.
   */
  async function look(
    on: SftpSession,
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<Stats | undefined> {
    const parts = key.split('/')
    const found = await Promise.all(
      parts.map((_part, at) => lstat(on, pathOf(parts.slice(0, at + 1).join('/')), signal)),
    ).catch((error: unknown) => {
      throw errorOf(error, key)
    })
    const link = found.findIndex((stats) => stats?.isSymbolicLink())
    if (link >= 0) {
      throw StorageRefused({ why: `${parts.slice(0, link + 1).join('/')} is a symbolic link` })
    }
    return found.at(-1)
  }

  async function makeFolders(on: SftpSession, key: string, signal?: AbortSignal): Promise<void> {
    const path = pathOf(key)
    const parts = path.split('/').slice(0, -1)
    for (let at = 1; at <= parts.length; at++) {
      const folder = parts.slice(0, at).join('/')
      if (folder === '') continue
      await on
        .request<void>((sftp, done) => sftp.mkdir(folder, { mode: 0o700 }, done), signal)
        .catch((error: unknown) => {
          // Most are there already, and many servers say no more than that it failed.
          if (codeOf(error) === undefined) throw error
        })
    }
  }

  async function* walk(
    on: SftpSession,
    folder: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ readonly name: string; readonly entry: FileEntryWithStats }> {
    const path = pathOf(folder.replace(/\/$/, '')) || '.'
    const folders: string[] = []
    for await (const entry of entriesOf(on, path, folder, signal)) {
      const { filename, attrs } = entry
      // A server names what it likes; only what can be part of a key leads further.
      if (!/^[A-Za-z0-9._-]+$/.test(filename) || filename === '.' || filename === '..') continue
      if (attrs.isSymbolicLink() || entry.longname.startsWith('l')) continue
      const name = `${folder}${filename}`
      if (attrs.isDirectory()) {
        if (!filename.startsWith('.')) folders.push(`${name}/`)
      } else if (attrs.isFile()) yield { name, entry }
    }
    for (const next of folders) {
      if (next.length <= 512) yield* walk(on, next, signal)
    }
  }

  return {
    kind: 'sftp',

    async put(key, body, { signal } = {}) {
      const on = await sessions(signal)
      await look(on, key, signal)
      const temporary = pathOf(temporaryFor(key))
      const open = (): Promise<Buffer> =>
        on.request<Buffer>(
          (sftp, done) => sftp.open(temporary, 'wx', { mode: 0o600 }, done),
          signal,
        )
      const place: Displaced = { name: pathOf(key), aside: pathOf(temporaryFor(key)) }
      let handle: Buffer | undefined
      let isSent = false
      try {
        handle = await open().catch(async (error: unknown) => {
          if (codeOf(error) !== noSuchFile) throw errorOf(error, key)
          await makeFolders(on, key, signal)
          return await open().catch((again: unknown) => {
            if (codeOf(again) !== noSuchFile) throw again
            throw StorageDenied({ why: `the folder of ${key} cannot be made` }, again)
          })
        })
        const written = await writeAll(on, handle, body(), signal ? { signal } : {}).catch(
          async (error: unknown) => {
            throw (await isFull(on, temporary, error))
              ? StorageFull({ why: 'no space' }, error)
              : error
          },
        )
        await finish(on, handle, written, signal)
        handle = undefined
        isSent = true
        await replace(on, temporary, place, signal)
      } catch (error) {
        await discard(on, handle, temporary, isSent ? place : undefined, sessions)
        throw errorOf(error, key)
      }
    },

    async get(key, { offset = 0, signal } = {}) {
      const on = await sessions(signal)
      const found = await look(on, key, signal)
      if (!found?.isFile()) throw StorageNotFound({ key })
      const { size } = found
      return { size, version: versionOf(found), body: read(on, key, found, offset, signal) }
    },

    async stat(key, signal) {
      const on = await sessions(signal)
      const found = await look(on, key, signal)
      return found?.isFile() ? objectOf(key, found) : undefined
    },

    async *list(prefix, signal) {
      const on = await sessions(signal)
      if (prefix !== '') await look(on, prefix.slice(0, -1), signal)
      for await (const { name, entry } of walk(on, prefix, signal)) {
        if (!lastOf(name).startsWith('.')) yield objectOf(name, entry.attrs)
      }
    },

    async delete(key, signal) {
      const on = await sessions(signal)
      try {
        const found = await look(on, key, signal)
        if (!found?.isFile()) return
        await on.request<void>((sftp, done) => sftp.unlink(pathOf(key), done), signal)
      } catch (error) {
        if (codeOf(error) !== noSuchFile) throw errorOf(error, key)
      }
    },

    async sweep(signal) {
      const on = await sessions(signal)
      let swept = 0
      for await (const { name, entry } of walk(on, '', signal)) {
        if (!isTemporary(lastOf(name))) continue
        if (entry.attrs.mtime * 1_000 > Date.now() - leftoverAgeMs) continue
        await on.request<void>((sftp, done) => sftp.unlink(pathOf(name), done), signal)
        swept++
      }
      return swept
    },
  }

  async function* read(
    on: SftpSession,
    key: string,
    before: Stats,
    offset: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    if (offset >= before.size) return
    let handle: Buffer | undefined
    try {
      const opened = await on.request<Buffer>(
        (sftp, done) => sftp.open(pathOf(key), 'r', done),
        signal,
      )
      handle = opened
      const now = await on.request<Stats>((sftp, done) => sftp.fstat(opened, done), signal)
      if (versionOf(now) !== versionOf(before)) {
        throw StorageBroken({ why: `${key} was replaced while it was read` })
      }
      yield* readRange(on, opened, offset, before.size, signal)
    } catch (error) {
      throw errorOf(error, key)
    } finally {
      if (handle) void closeHandle(on, handle).catch(() => undefined)
    }
  }
}

/** A page at a time: a server may have many, and one that never ends is given up. Of a folder that is not there: none. */
async function* entriesOf(
  on: SftpSession,
  path: string,
  folder: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<FileEntryWithStats> {
  let handle: Buffer | undefined
  try {
    const opened = await on.request<Buffer>((sftp, done) => sftp.opendir(path, done), signal)
    handle = opened
    for (let count = 0; count < maxEntries; count++) {
      const page = await on.request<FileEntryWithStats[]>(
        (sftp, done) => sftp.readdir(opened, done),
        signal,
      )
      count += page.length
      yield* page
    }
    throw StorageInvalidAnswer({ why: `the folder ${folder} is listed without end` })
  } catch (error) {
    if (codeOf(error) === (handle ? endOfFile : noSuchFile)) return
    throw errorOf(error, folder)
  } finally {
    if (handle) void closeHandle(on, handle).catch(() => undefined)
  }
}

/** All is there and, where the server can be asked, on its disk. */
async function finish(
  on: SftpSession,
  handle: Buffer,
  written: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  await on
    .request<void>((sftp, done) => sftp.ext_openssh_fsync(handle, done), signal)
    .catch((error: unknown) => {
      // A server without the extension; one that has it and fails has not stored it.
      if (codeOf(error) === failure) throw error
      if (signal?.aborted || !on.isOpen) throw error
    })
  const { size } = await on.request<Stats>((sftp, done) => sftp.fstat(handle, done), signal)
  await closeHandle(on, handle, signal)
  if (size !== written) {
    throw StorageBroken({ why: `the server has ${size} of ${written} bytes` })
  }
}

/** Best effort, for a few seconds; over a connection of its own when the one of the upload broke. */
async function discard(
  on: SftpSession,
  handle: Buffer | undefined,
  temporary: string,
  displaced: Displaced | undefined,
  sessions: Sessions,
): Promise<void> {
  const signal = AbortSignal.timeout(cleanupMs)
  try {
    if (handle && on.isOpen) await closeHandle(on, handle, signal)
    const again = on.isOpen ? on : await sessions(signal)
    if (displaced) await putBack(again, displaced, signal)
    await again.request<void>((sftp, done) => sftp.unlink(temporary, done), signal)
  } catch {
    // What stays is swept later. A server that does not even answer this is given up.
    if (signal.aborted) on.end()
  }
}

const closeHandle = (on: SftpSession, handle: Buffer, signal?: AbortSignal): Promise<void> =>
  on.request<void>((sftp, done) => sftp.close(handle, done), signal)

/** A full disk is an unnamed failure in SFTP 3: the server is asked for what is left. */
async function isFull(on: SftpSession, path: string, error: unknown): Promise<boolean> {
  const code = codeOf(error)
  if (code === undefined) return false
  if (noSpace.includes(code) || saysFull.test(messageOf(error))) return true
  if (code !== failure) return false
  const left = await on
    .request<{ f_bavail: number; f_frsize: number; f_favail: number }>(
      (sftp, done) => sftp.ext_openssh_statvfs(path, done),
      AbortSignal.timeout(cleanupMs),
    )
    .catch(() => undefined)
  // Less than what was on its way.
  return left !== undefined && Number(left.f_bavail) * Number(left.f_frsize) < 2 * 1024 * 1024
}

const saysFull = /no space|quota|disk full|not enough space/i

function errorOf(error: unknown, key: string): unknown {
  switch (codeOf(error)) {
    case undefined:
      return error
    case noSuchFile:
      return StorageNotFound({ key }, error)
    case permissionDenied:
      return StorageDenied({ why: `the server permits nothing at ${key}` }, error)
    default:
      return saysFull.test(messageOf(error))
        ? StorageFull({ why: 'the server says so' }, error)
        : StorageBroken({ why: `the server failed at ${key}` }, error)
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : '')

const lastOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1)
const versionOf = ({ mtime, size }: Pick<Stats, 'mtime' | 'size'>): string => `${mtime}-${size}`
const objectOf = (key: string, { size, mtime }: Pick<Stats, 'size' | 'mtime'>): StoredObject => ({
  key,
  size,
  modifiedAtUnixMs: mtime * 1_000,
})

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
