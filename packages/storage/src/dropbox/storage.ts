import type { IncomingMessage } from 'node:http'
import { StorageBroken, StorageInvalidAnswer, StorageNotFound } from '../errors.ts'
import type { KindStorage } from '../kind.ts'
import type { Settings } from '../settings.ts'
import type { Surroundings } from '../surroundings.ts'
import type { StoredObject } from '../types.ts'
import {
  at,
  Busy,
  openWebClient,
  parsed,
  patiently,
  readWhole,
  textAt,
  type WebAnswer,
  waitOf,
} from '../web/client.ts'
import { form, renewedToken } from '../web/token.ts'
import { isBusy, isMissing, refusalOf, summaryOf } from './refusal.ts'
import { upload } from './upload.ts'

// https://www.dropbox.com/developers/documentation/http/documentation. An object is a file below the folder. Names that
// differ only in case are the same file there; none of ours do.

export interface DropboxEndpoints {
  /** https origin of the API, which gives out tokens as well. */
  readonly api: string
  /** https origin of uploads and downloads. */
  readonly content: string
  /** PEM; the usual authorities when absent. */
  readonly ca?: string
}

export function dropboxStorage(
  settings: Settings,
  surroundings: Surroundings,
  { api, content, ca }: DropboxEndpoints,
): KindStorage {
  const client = openWebClient(surroundings, {
    ca,
    token: renewedToken((ask, signal) =>
      ask({
        method: 'POST',
        url: `${api}/oauth2/token`,
        ...form({
          grant_type: 'refresh_token',
          refresh_token: settings.secret('refresh_token'),
          client_id: settings.text('app_key'),
          ...(settings.secret('app_secret') === ''
            ? {}
            : { client_secret: settings.secret('app_secret') }),
        }),
        signal,
        isAnonymous: true,
      }),
    ),
  })
  const root = settings.text('path')
  const pathOf = (key: string): string => `${root}/${key}`

  /** A call of JSON, answered by JSON; a name that is not there is an answer. */
  async function call(name: string, body: unknown, signal?: AbortSignal): Promise<WebAnswer> {
    return await patiently(signal, async () =>
      judged(
        await client.ask({
          method: 'POST',
          url: `${api}/2/files/${name}`,
          headers: { 'content-type': 'application/json' },
          body: Buffer.from(JSON.stringify(body)),
          signal,
        }),
        isMissing,
      ),
    )
  }

  async function sendBytes(
    name: string,
    argument: Readonly<Record<string, unknown>>,
    body: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<WebAnswer> {
    return await patiently(signal, async () =>
      judged(
        await client.ask({
          method: 'POST',
          url: `${content}/2/files/${name}`,
          headers: {
            'content-type': 'application/octet-stream',
            'dropbox-api-arg': inHeader(argument),
          },
          body,
          signal,
        }),
        // A session says so where it is, or that it ended.
        (status, value) =>
          status === 409 &&
          /^(incorrect_offset|lookup_failed|closed|not_found)/.test(summaryOf(value)),
      ),
    )
  }

  async function entry(key: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    const { status, value } = await call('get_metadata', { path: pathOf(key) }, signal)
    return status === 200 ? objectOf(value, key) : undefined
  }

  return {
    kind: 'dropbox',
    // A piece of a slow upload takes long; its connection is watched instead.
    timesPutsItself: true,

    async put(key, body, { signal } = {}) {
      // Overwrites at once or not at all; nobody is told of every backup on their desktop.
      const commit = { path: pathOf(key), mode: 'overwrite', autorename: false, mute: true }
      await upload(
        async (name, argument, bytes) => await sendBytes(name, argument, bytes, signal),
        commit,
        body(),
      )
    },

    async get(key, { offset = 0, signal } = {}) {
      const answer = await client.send({
        method: 'POST',
        url: `${content}/2/files/download`,
        headers: {
          'content-type': 'application/octet-stream',
          'dropbox-api-arg': inHeader({ path: pathOf(key) }),
          ...(offset === 0 ? {} : { range: `bytes=${offset}-` }),
        },
        signal,
      })
      const status = answer.statusCode ?? 0
      if (status === (offset === 0 ? 200 : 206)) {
        const { size, version } = downloaded(answer)
        return { size, version, body: answer }
      }
      if (status === 416) {
        answer.destroy()
        const found = await entry(key, signal)
        if (!found) throw StorageNotFound({ key })
        return { size: found.size, body: nothing() }
      }
      const { value } = await readWhole(answer)
      if (isMissing(status, value)) throw StorageNotFound({ key })
      if (isBusy(status, value)) throw StorageBroken({ why: `status ${status}` })
      throw refusalOf(status, value)
    },

    stat: async (key, signal) => await entry(key, signal),

    async *list(prefix, signal) {
      const folder = `${root}/${prefix}`.replace(/\/$/, '')
      let answer = await call(
        'list_folder',
        { path: folder, recursive: true, limit: 2000, include_non_downloadable_files: false },
        signal,
      )
      while (answer.status === 200) {
        const entries = at(answer.value, 'entries')
        if (!Array.isArray(entries)) throw StorageInvalidAnswer({ why: 'a list without entries' })
        for (const one of entries as unknown[]) {
          const key = keyOf(one, root)
          const object = key === undefined ? undefined : objectOf(one, key)
          if (object) yield object
        }
        if (at(answer.value, 'has_more') !== true) return
        const cursor = textAt(answer.value, 'cursor')
        answer = await call('list_folder/continue', { cursor }, signal)
      }
    },

    async delete(key, signal) {
      const { status, value } = await call('get_metadata', { path: pathOf(key) }, signal)
      if (status !== 200 || at(value, '.tag') !== 'file') return
      // A folder goes with all that is in it: only what was seen to be a file may go.
      await call('delete_v2', { path: pathOf(key), parent_rev: textAt(value, 'rev') }, signal)
    },

    // Sessions that never ended are no files; Dropbox drops them after a week.
    sweep: async () => 0,
    close: async () => client.close(),
  }
}

function judged(
  answer: WebAnswer,
  isAnswer: (status: number, value: unknown) => boolean,
): WebAnswer {
  const { status, value, headers } = answer
  if (status === 200 || isAnswer(status, value)) return answer
  if (isBusy(status, value)) throw new Busy(waitOf(headers))
  throw refusalOf(status, value)
}

/** Headers are ASCII: what is not is written as JSON escapes. */
const inHeader = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** Folders are no objects. */
function objectOf(value: unknown, key: string): StoredObject | undefined {
  if (at(value, '.tag') !== 'file') return undefined
  const size = at(value, 'size')
  const modifiedAtUnixMs = Date.parse(textAt(value, 'server_modified'))
  if (typeof size !== 'number' || Number.isNaN(modifiedAtUnixMs))
    throw StorageInvalidAnswer({ why: 'a file without size or time' })
  return { key, size, modifiedAtUnixMs }
}

/** The root may be shown in another case than it was typed. */
function keyOf(value: unknown, root: string): string | undefined {
  const path = textAt(value, 'path_display')
  const isBelow = path.toLowerCase().startsWith(`${root.toLowerCase()}/`)
  return isBelow ? path.slice(root.length + 1) : undefined
}

/** A download says in a header what it is of. */
function downloaded(answer: IncomingMessage): { readonly size: number; readonly version: string } {
  const header = answer.headers['dropbox-api-result']
  const result = parsed(typeof header === 'string' ? header : '')
  const [size, version] = [at(result, 'size'), textAt(result, 'rev')]
  if (typeof size === 'number' && version !== '') return { size, version }
  answer.destroy()
  throw StorageInvalidAnswer({ why: 'a download that does not say of what' })
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
