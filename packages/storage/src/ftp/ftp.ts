import { type FileInfo, FileType } from 'basic-ftp'
import { StorageBroken, StorageDenied, StorageNotFound, StorageRefused } from '../errors.ts'
import { isTemporary, leftoverAgeMs, temporaryFor } from '../keys.ts'
import type { KindStorage } from '../kind.ts'
import type { Settings } from '../settings.ts'
import type { Surroundings } from '../surroundings.ts'
import type { StoredObject } from '../types.ts'
import { connectFtp, type FtpConnection, type FtpTarget, retrieve, store } from './connection.ts'
import { type Entry, entriesIn, entryAt } from './entries.ts'
import { ftpError, isMissing, replyOf } from './errors.ts'
import { ftpPool } from './pool.ts'
import { type Displaced, putBack, replace } from './replace.ts'
import type { FtpSecurity } from './security.ts'

/** What cleaning up after a failure may take. */
const cleanupMs = 5_000
/** How long a folder that was no link is taken to be none. */
const knownMs = 60_000

export function openFtp(settings: Settings, { connector, timeouts }: Surroundings): KindStorage {
  const target = targetOf(settings)
  const { host } = target
  const base = settings.text('path').replace(/\/+$/, '')
  const pool = ftpPool((signal) => connectFtp(target, connector, timeouts, signal))
  const folders = new Map<string, number>()
  const pathOf = (name: string): string => (base === '' ? name : `${base}/${name}`)

  /** On a connection of its own; one that failed in any way but by a reply is not used again. */
  async function using<T>(
    key: string,
    signal: AbortSignal | undefined,
    work: (on: FtpConnection) => Promise<T>,
  ): Promise<T> {
    const lease = await pool.take(signal)
    let isSound = true
    try {
      return await work(lease.connection)
    } catch (error) {
      isSound = replyOf(error) !== undefined
      throw ftpError(error, host, key)
    } finally {
      lease.release(isSound)
    }
  }

  /** A server follows links wherever they lead: none may be on the way to a key. Missing folders are fine. */
  async function checkFolders(on: FtpConnection, key: string): Promise<void> {
    const parts = key.split('/').slice(0, -1)
    for (let at = 1; at <= parts.length; at++) {
      const folder = parts.slice(0, at).join('/')
      if ((folders.get(folder) ?? 0) > Date.now() - knownMs) continue
      const entry = await entryAt(on, pathOf, folder)
      if (!entry) return
      if (entry.isLink) throw StorageRefused({ why: `${folder} is a symbolic link` })
      folders.set(folder, Date.now())
    }
  }

  async function look(on: FtpConnection, key: string): Promise<Entry | undefined> {
    await checkFolders(on, key)
    const entry = await entryAt(on, pathOf, key)
    if (entry?.isLink) throw StorageRefused({ why: `${key} is a symbolic link` })
    return entry?.isFile ? entry : undefined
  }

  async function makeFolders(on: FtpConnection, key: string): Promise<void> {
    const parts = pathOf(key).split('/').slice(0, -1)
    for (let at = 1; at <= parts.length; at++) {
      const folder = parts.slice(0, at).join('/')
      // Most are there already, and servers have one code for that and for what they do not let us.
      if (folder !== '') await on.client.sendIgnoringError(`MKD ${folder}`)
    }
  }

  async function discard(temporary: string, displaced: Displaced | undefined): Promise<void> {
    const signal = AbortSignal.timeout(cleanupMs)
    // What stays is swept later.
    await using('', signal, async (on) => {
      if (displaced) await putBack(on.client, displaced)
      await on.client.send(`DELE ${temporary}`)
    }).catch(() => undefined)
  }

  async function upload(
    on: FtpConnection,
    key: string,
    temporary: string,
    body: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    let sent = 0
    let isAsked = false
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      isAsked = true
      for await (const chunk of body) {
        sent += chunk.length
        yield chunk
      }
    }
    const bytes = counted()
    await store(on, temporary, bytes).catch(async (error: unknown) => {
      // No folder, or no permission: there is one code for both, and it comes before a byte is asked for.
      if (isAsked || ![450, 550, 553].includes(replyOf(error) ?? 0)) throw error
      await makeFolders(on, key)
      await store(on, temporary, bytes).catch((again: unknown) => {
        if (isAsked || !isMissing(again)) throw again
        throw StorageDenied({ why: `${host} lets nobody write at ${key}` }, again)
      })
    })
    const size = await on.client.size(temporary)
    if (size !== sent) throw StorageBroken({ why: `${host} has ${size} of ${sent} bytes` })
  }

  return {
    kind: 'ftp',

    async put(key, body, { signal } = {}) {
      const temporary = pathOf(temporaryFor(key))
      const place: Displaced = { name: pathOf(key), aside: pathOf(temporaryFor(key)) }
      let isThere = false
      let isSent = false
      try {
        await using(key, signal, async (on) => {
          await checkFolders(on, key)
          isThere = true
          await upload(on, key, temporary, body())
          isSent = true
          await replace(on.client, temporary, place)
        })
      } catch (error) {
        if (isThere) await discard(temporary, isSent ? place : undefined)
        throw error
      }
    },

    async get(key, { offset = 0, signal } = {}) {
      const lease = await pool.take(signal)
      try {
        const entry = await look(lease.connection, key)
        if (!entry) throw StorageNotFound({ key })
        const { size, modifiedAtUnixMs } = entry
        const body = (async function* () {
          let isSound = false
          try {
            if (offset < size) yield* retrieve(lease.connection, pathOf(key), offset)
            isSound = true
          } catch (error) {
            throw ftpError(error, host, key)
          } finally {
            lease.release(isSound)
          }
        })()
        // One that is never read must not keep its connection for ever: the guard ends it by the signal.
        signal?.addEventListener('abort', () => lease.release(false), { once: true })
        return { size, version: `${modifiedAtUnixMs}-${size}`, body }
      } catch (error) {
        lease.release(replyOf(error) !== undefined || StorageNotFound.is(error))
        throw ftpError(error, host, key)
      }
    },

    async stat(key, signal) {
      const entry = await using(key, signal, async (on) => await look(on, key))
      return entry ? objectOf(key, entry) : undefined
    },

    async *list(prefix, signal) {
      const lease = await pool.take(signal)
      let isSound = false
      try {
        if (prefix !== '') await checkFolders(lease.connection, `${prefix}x`)
        for await (const [key, entry] of walk(lease.connection, prefix)) {
          if (!lastOf(key).startsWith('.')) yield objectOf(key, entry)
        }
        isSound = true
      } catch (error) {
        throw ftpError(error, host, prefix)
      } finally {
        lease.release(isSound)
      }
    },

    async delete(key, signal) {
      await using(key, signal, async (on) => {
        if (!(await look(on, key))) return
        await on.client.send(`DELE ${pathOf(key)}`).catch(async (error: unknown) => {
          if (!isMissing(error)) throw error
          // Gone meanwhile, or not ours to remove: the code is the same.
          if (await look(on, key)) throw StorageDenied({ why: `${host} keeps ${key}` }, error)
        })
      })
    },

    async sweep(signal) {
      return await using('', signal, async (on) => {
        let swept = 0
        for await (const [name, entry] of walk(on, '')) {
          if (!isTemporary(lastOf(name))) continue
          if (entry.modifiedAtUnixMs > Date.now() - leftoverAgeMs) continue
          await on.client.send(`DELE ${pathOf(name)}`)
          swept++
        }
        return swept
      })
    },

    close: () => pool.close(),
  }

  async function* walk(
    on: FtpConnection,
    folder: string,
  ): AsyncGenerator<readonly [name: string, entry: Entry]> {
    const inside: string[] = []
    for (const file of await entriesIn(on, pathOf(folder.replace(/\/$/, '')))) {
      // A server names what it likes; only what can be part of a key leads further.
      if (!/^[A-Za-z0-9._-]+$/.test(file.name)) continue
      const name = `${folder}${file.name}`
      if (file.type === FileType.Directory && !file.name.startsWith('.')) inside.push(`${name}/`)
      if (file.type === FileType.File && isOurs(file)) {
        const entry = await fileIn(on, file, name)
        if (entry) yield [name, entry]
      }
    }
    for (const next of inside) if (next.length <= 512) yield* walk(on, next)
  }

  /** Listings of old servers tell no more than a day, in a time zone of their own. */
  async function fileIn(
    on: FtpConnection,
    file: FileInfo,
    name: string,
  ): Promise<Entry | undefined> {
    if (file.modifiedAt) {
      return {
        isFile: true,
        isLink: false,
        size: file.size,
        modifiedAtUnixMs: file.modifiedAt.getTime(),
      }
    }
    return await entryAt(on, pathOf, name, file)
  }
}

const isOurs = ({ name }: FileInfo): boolean => !name.startsWith('.') || isTemporary(name)

function targetOf(settings: Settings): FtpTarget {
  const security = settings.text('security') as FtpSecurity // one of the choices
  const port = settings.integer('port')
  return {
    host: settings.text('host'),
    port: port === 0 ? (security === 'implicit' ? 990 : 21) : port,
    security,
    ca: settings.text('ca'),
    username: settings.text('username'),
    password: settings.secret('password'),
  }
}

const lastOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1)
const objectOf = (key: string, { size, modifiedAtUnixMs }: Entry): StoredObject => ({
  key,
  size,
  modifiedAtUnixMs,
})
