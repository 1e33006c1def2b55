import { Readable } from 'node:stream'
import { StorageBroken, StorageInvalidAnswer, StorageNotFound, StorageRefused } from '../errors.ts'
import { isTemporary, keyRefusal, leftoverAgeMs, temporaryFor } from '../keys.ts'
import type { KindStorage } from '../kind.ts'
import type { Settings } from '../settings.ts'
import type { Surroundings } from '../surroundings.ts'
import type { StoredBody, StoredObject } from '../types.ts'
import { type DavAnswer, davClient, davError, drain, text } from './client.ts'
import { type Entry, entriesOf, plainPath, propfind } from './listing.ts'

const cleanUpMs = 10_000
const moved = [201, 204]
/** What a server says that was changing the same name at that moment. */
const crossed = [404, 409, 412, 423, 500]
const moveAttempts = 5

/** Objects as files of a WebDAV folder: put under a temporary name, then moved. */
export function webdavStorage(
  settings: Settings,
  { connector, timeouts }: Surroundings,
): KindStorage {
  const base = settings.text('url').replace(/\/+$/, '')
  const ca = settings.text('ca')
  const agents = connector.agents({ timeoutMs: timeouts.connectMs, ...(ca === '' ? {} : { ca }) })
  const user = settings.text('username')
  const dav = davClient(
    agents,
    user === ''
      ? undefined
      : `Basic ${Buffer.from(`${user}:${settings.secret('password')}`).toString('base64')}`,
  )
  /** Keys need no encoding; `+` and the like are not in them. */
  const url = (key: string): string => `${base}/${key}`
  /** Folders that were there a moment ago. */
  const known = new Set<string>()

  /** A request whose status is all its answer; rejects for others than these. */
  async function command(
    method: string,
    key: string,
    accepted: readonly number[],
    more: { readonly headers?: Record<string, string>; readonly signal?: AbortSignal | undefined },
  ): Promise<number> {
    const answer = await dav({ method, url: url(key), ...more })
    drain(answer)
    if (!accepted.includes(answer.statusCode)) throw davError(answer.statusCode, method, key)
    return answer.statusCode
  }

  /** Undefined: it is not there. */
  async function find(
    key: string,
    depth: '0' | '1',
    signal: AbortSignal | undefined,
  ): Promise<readonly Entry[] | undefined> {
    const answer = await dav({
      method: 'PROPFIND',
      url: url(key),
      headers: { depth, 'content-type': 'application/xml' },
      body: propfind,
      signal,
    })
    if (answer.statusCode !== 207) {
      drain(answer)
      if (answer.statusCode === 404) return undefined
      throw davError(answer.statusCode, 'PROPFIND', key)
    }
    return await entriesOf(await text(answer), url(key))
  }

  async function entry(key: string, signal: AbortSignal | undefined): Promise<Entry | undefined> {
    const path = plainPath(new URL(url(key)).pathname)
    const found = await find(key, '0', signal)
    return found?.find((one) => one.path === path)
  }

  /** Makes the folders of a key, outermost first. */
  async function folders(key: string, signal: AbortSignal | undefined): Promise<void> {
    const parts = key.split('/').slice(0, -1)
    for (let count = 1; count <= parts.length; count++) {
      const path = `${parts.slice(0, count).join('/')}/`
      if (known.has(path)) continue
      const answer = await dav({ method: 'MKCOL', url: url(path), signal })
      drain(answer)
      const { statusCode: status } = answer
      if (status === 409 && count === 1)
        throw StorageRefused({ why: 'there is no folder at the URL of this location' })
      // 405: it is there already. Of two that make it at once Apache refuses one with 403.
      if (![201, 301, 405].includes(status) && !(await find(path, '0', signal)))
        throw davError(status, 'MKCOL', path)
      known.add(path)
    }
  }

  /** Onto what is there only when that is an object: a server would delete a whole folder to make room. */
  async function move(from: string, to: string, signal: AbortSignal | undefined): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const once = async (overwrite: 'F' | 'T'): Promise<number> =>
        await command('MOVE', from, [...moved, ...crossed], {
          headers: { destination: url(to), overwrite },
          signal,
        })
      let status = await once('F')
      if (status === 412) {
        const there = await entry(to, signal)
        if (there?.isFolder) throw StorageRefused({ why: `${to} is a folder` })
        status = await once('T')
      }
      if (moved.includes(status)) return
      // Two that replace one object at the same time get into each other's way: to make room is a step of its own there.
      if (attempt === moveAttempts || !(await entry(from, signal)))
        throw StorageBroken({ why: `MOVE ${from} was answered with ${status}` })
    }
  }

  return {
    kind: 'webdav',

    async put(key, body, { size, signal } = {}) {
      await folders(key, signal)
      const temporary = temporaryFor(key)
      try {
        const answer = await dav({
          method: 'PUT',
          url: url(temporary),
          headers: {
            'content-type': 'application/octet-stream',
            ...(size === undefined ? {} : { 'content-length': size }),
          },
          body: body(),
          signal,
        })
        drain(answer)
        if (answer.statusCode === 409 || answer.statusCode === 404) {
          // Somebody took the folder away; the next attempt makes it.
          known.clear()
          throw StorageBroken({ why: `the folder of ${key} is gone` })
        }
        if (![200, 201, 204].includes(answer.statusCode))
          throw davError(answer.statusCode, 'PUT', key)
        await move(temporary, key, signal)
      } catch (error) {
        const limit = AbortSignal.timeout(cleanUpMs)
        await command('DELETE', temporary, [200, 204, 404], { signal: limit }).catch(
          () => undefined,
        )
        throw error
      }
    },

    async get(key, { offset = 0, signal } = {}) {
      const headers = offset > 0 ? { range: `bytes=${offset}-` } : {}
      const answer = await dav({ method: 'GET', url: url(key), headers, signal })
      if (answer.statusCode === 416) {
        drain(answer)
        const found = await entry(key, signal)
        if (!found) throw StorageNotFound({ key })
        return { size: found.size, body: Readable.from([]) }
      }
      if (answer.statusCode !== 200 && answer.statusCode !== 206) {
        drain(answer)
        throw davError(answer.statusCode, 'GET', key)
      }
      return received(answer, key, offset, signal)
    },

    async stat(key, signal) {
      const found = await entry(key, signal)
      if (!found || found.isFolder) return undefined
      return { key, size: found.size, modifiedAtUnixMs: found.modifiedAtUnixMs }
    },

    async *list(prefix, signal) {
      for await (const object of walk(prefix, signal))
        if (!isTemporary(object.key.split('/').at(-1) ?? '')) yield object
    },

    async delete(key, signal) {
      const found = await entry(key, signal)
      if (!found) return
      // DELETE would take all of it.
      if (found.isFolder) throw StorageRefused({ why: `${key} is a folder` })
      await command('DELETE', key, [200, 202, 204, 404], { signal })
    },

    async sweep(signal) {
      let removed = 0
      for await (const { key, modifiedAtUnixMs } of walk('', signal)) {
        if (!isTemporary(key.split('/').at(-1) ?? '')) continue
        if (Date.now() - modifiedAtUnixMs < leftoverAgeMs) continue
        await command('DELETE', key, [200, 202, 204, 404], { signal })
        removed++
      }
      return removed
    },

    async close() {
      agents.destroy()
    },
  }

  /** Every object below a folder, temporary ones too, folder by folder. */
  async function* walk(
    folder: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<StoredObject> {
    const own = plainPath(new URL(url(folder)).pathname)
    const entries = await find(folder, '1', signal)
    if (entries === undefined && folder === '')
      throw StorageRefused({ why: 'there is no folder at the URL of this location' })
    const below: string[] = []
    for (const { path, isFolder, size, modifiedAtUnixMs } of entries ?? []) {
      const name = path.slice(own.length + 1)
      // Itself, and what a server of its own mind lists besides.
      if (!path.startsWith(`${own}/`) || name === '' || name.includes('/')) continue
      if (name.startsWith('.') && !isTemporary(name)) continue
      // Only what can be part of a key leads further, and so not for ever.
      if (isFolder) {
        if (keyRefusal(`${folder}${name}`) === undefined) below.push(`${folder}${name}/`)
      } else yield { key: `${folder}${name}`, size, modifiedAtUnixMs }
    }
    for (const one of below) {
      signal?.throwIfAborted()
      yield* walk(one, signal)
    }
  }
}

function received(
  answer: DavAnswer,
  key: string,
  offset: number,
  signal: AbortSignal | undefined,
): StoredBody {
  const isPart = answer.statusCode === 206
  const length = answer.headers['content-length']
  const range = /^bytes ([0-9]+)-[0-9]+\/([0-9]+)$/.exec(answer.headers['content-range'] ?? '')
  const size = isPart
    ? range && Number(range[1]) === offset
      ? Number(range[2])
      : undefined
    : length === undefined
      ? undefined
      : Number(length)
  if (size === undefined) {
    answer.destroy()
    throw StorageInvalidAnswer({ why: `${key} came without its size` })
  }
  const version = answer.headers.etag?.replace(/^W\//, '') ?? answer.headers['last-modified']
  return {
    size,
    ...(version === undefined ? {} : { version: `${version} ${size}` }),
    // A server that knows no ranges sends all of it.
    body: read(answer, isPart ? 0 : offset, signal),
  }
}

async function* read(
  answer: DavAnswer,
  skip: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const stop = (): void => {
    answer.destroy()
  }
  signal?.addEventListener('abort', stop, { once: true })
  let toSkip = skip
  try {
    for await (const chunk of answer) {
      const bytes = chunk as Buffer
      const rest = bytes.subarray(Math.min(toSkip, bytes.length))
      toSkip -= bytes.length - rest.length
      if (rest.length > 0) yield rest
    }
  } finally {
    signal?.removeEventListener('abort', stop)
    answer.destroy()
  }
}
