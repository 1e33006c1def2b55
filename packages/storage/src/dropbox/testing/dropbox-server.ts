import { randomBytes } from 'node:crypto'
import {
  type ApiServer,
  apiServer,
  type Call,
  json,
  partsOf,
  Refused,
  rangeOf,
} from '../../web/testing/api-server.ts'
import { type Blob, openBlobs } from '../../web/testing/blobs.ts'

// Played from the published HTTP API v2: https://www.dropbox.com/developers/documentation/http/documentation

export interface DropboxServer extends ApiServer {
  readonly appKey: string
  readonly appSecret: string
  readonly refreshToken: string
  /** Bytes the files below a folder together may have. */
  limit(folder: string, bytes: number): void
  /** Access tokens given out so far are refused from now on. */
  expireTokens(): void
  /** By their path as shown. */
  files(): readonly string[]
  /** What people put there. */
  putFolder(path: string): void
  /** Sessions that were not finished. */
  sessions(): number
}

interface Entry {
  readonly path: string
  readonly blob?: Blob
  readonly rev: string
  readonly modified: string
}

const maxUploadBytes = 150 * 1024 * 1024
/** Few, so that lists have pages. */
const pageLength = 3

export async function dropboxServer(): Promise<DropboxServer> {
  const secrets = {
    appKey: 'abcdefghijklmno',
    appSecret: randomBytes(8).toString('hex'),
    refreshToken: randomBytes(24).toString('hex'),
  }
  const tokens = new Set<string>()
  const entries = new Map<string, Entry>()
  const sessions = new Map<string, Blob>()
  const blobs = await openBlobs()
  const cursors = new Map<string, readonly Entry[]>()
  const limits = new Map<string, number>()

  const conflict = (summary: string, error: unknown = {}): Refused =>
    new Refused(409, { error_summary: `${summary}/..`, error })

  function pathIn(value: unknown): string {
    if (typeof value !== 'string' || !/^(\/[^/]+)*$/.test(value)) throw new Refused(400, undefined)
    if (value.split('/').some((part) => part === '.' || part === '..')) {
      throw conflict('path/malformed_path')
    }
    return value
  }

  const described = ({ path, blob, rev, modified }: Entry) => ({
    '.tag': blob ? 'file' : 'folder',
    name: path.slice(path.lastIndexOf('/') + 1),
    path_lower: path.toLowerCase(),
    path_display: path,
    id: `id:${rev}`,
    ...(blob ? { size: blob.size, rev, server_modified: modified, client_modified: modified } : {}),
  })

  function store(path: string, blob?: Blob): Entry {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end)
      if (entries.get(folder.toLowerCase())?.blob) throw conflict('path/conflict/file_ancestor')
      if (!entries.has(folder.toLowerCase())) store(folder)
    }
    const entry: Entry = {
      path,
      rev: randomBytes(8).toString('hex'),
      modified: `${new Date().toISOString().slice(0, 19)}Z`,
      ...(blob ? { blob } : {}),
    }
    entries.set(path.toLowerCase(), entry)
    return entry
  }

  function commit(value: unknown, blob: Blob): Entry {
    const { path, mode, autorename } = value as Record<string, unknown>
    if (mode !== 'overwrite' || autorename !== false) throw new Refused(400, undefined)
    const key = pathIn(path).toLowerCase()
    if (entries.get(key) && !entries.get(key)?.blob) throw conflict('path/conflict/folder')
    for (const [folder, most] of limits) {
      const below = [...entries].filter(([one]) => one !== key && one.startsWith(`${folder}/`))
      const used = below.reduce((sum, [, { blob: there }]) => sum + (there?.size ?? 0), blob.size)
      if (key.startsWith(`${folder}/`) && used > most) throw conflict('path/insufficient_space')
    }
    return store(path as string, blob)
  }

  function page(rest: readonly Entry[]): unknown {
    const cursor = randomBytes(8).toString('hex')
    cursors.set(cursor, rest.slice(pageLength))
    return {
      entries: rest.slice(0, pageLength).map(described),
      cursor,
      has_more: rest.length > pageLength,
    }
  }

  const calls: Record<string, (argument: Record<string, unknown>) => unknown> = {
    get_metadata({ path }) {
      const found = entries.get(pathIn(path).toLowerCase())
      if (!found)
        throw conflict('path/not_found', { '.tag': 'path', path: { '.tag': 'not_found' } })
      return described(found)
    },
    list_folder({ path, recursive, limit }) {
      if (recursive !== true || typeof limit !== 'number' || limit > 2000)
        throw new Refused(400, undefined)
      const folder = pathIn(path).toLowerCase()
      if (folder !== '') {
        const there = entries.get(folder)
        if (!there) throw conflict('path/not_found')
        if (there.blob) throw conflict('path/not_folder')
      }
      return page(
        [...entries]
          .filter(([one]) => one === folder || one.startsWith(`${folder}/`))
          .map(([, entry]) => entry),
      )
    },
    'list_folder/continue'({ cursor }) {
      const rest = cursors.get(String(cursor))
      if (!rest) throw conflict('reset')
      return page(rest)
    },
    delete_v2({ path, parent_rev: rev }) {
      const key = pathIn(path).toLowerCase()
      const found = entries.get(key)
      if (!found) throw conflict('path_lookup/not_found')
      if (rev !== undefined && (!found.blob || found.rev !== rev))
        throw conflict('path_write/conflict')
      for (const one of [...entries.keys()])
        if (one === key || one.startsWith(`${key}/`)) entries.delete(one)
      return { metadata: described(found) }
    },
  }

  const uploads: Record<
    string,
    (argument: Record<string, unknown>, parts: readonly Buffer[]) => Promise<unknown>
  > = {
    async upload(argument, parts) {
      const blob = await blobs.empty()
      await blob.append(parts)
      return described(commit(argument, blob))
    },
    async 'upload_session/start'(_argument, parts) {
      const id = `pid_upload_session:${randomBytes(8).toString('hex')}`
      const blob = await blobs.empty()
      await blob.append(parts)
      sessions.set(id, blob)
      return { session_id: id }
    },
    async 'upload_session/append_v2'({ cursor }, parts) {
      const [, blob] = session(cursor, '')
      await blob.append(parts)
      return null
    },
    async 'upload_session/finish'({ cursor, commit: value }, parts) {
      const [id, blob] = session(cursor, 'lookup_failed/')
      await blob.append(parts)
      const entry = commit(value, blob)
      sessions.delete(id)
      return described(entry)
    },
  }

  function session(cursor: unknown, before: string): [string, Blob] {
    const { session_id: id, offset } = cursor as { session_id: string; offset: number }
    const there = sessions.get(id)
    if (!there) throw conflict(`${before}not_found`)
    if (offset !== there.size) {
      const error = { '.tag': 'incorrect_offset', correct_offset: there.size }
      throw conflict(`${before}incorrect_offset`, error)
    }
    return [id, there]
  }

  function token({ response }: Call, body: string): void {
    const form = new URLSearchParams(body)
    const isRight =
      form.get('grant_type') === 'refresh_token' &&
      form.get('refresh_token') === secrets.refreshToken &&
      form.get('client_id') === secrets.appKey &&
      [null, secrets.appSecret].includes(form.get('client_secret'))
    if (!isRight) {
      json(response, 400, { error: 'invalid_grant', error_description: 'refresh token is invalid' })
      return
    }
    const given = `sl.${randomBytes(16).toString('hex')}`
    tokens.add(given)
    json(response, 200, { access_token: given, token_type: 'bearer', expires_in: 14_400 })
  }

  async function download(
    { headers, response }: Call,
    argument: { readonly path?: unknown },
  ): Promise<void> {
    const found = entries.get(pathIn(argument.path).toLowerCase())
    if (!found) throw conflict('path/not_found')
    if (!found.blob) throw conflict('path/not_file')
    const { size } = found.blob
    const begin = rangeOf(headers.range)
    if (begin !== undefined && begin >= size) throw new Refused(416, undefined)
    response.writeHead(begin === undefined ? 200 : 206, {
      'content-type': 'application/octet-stream',
      'content-length': String(size - (begin ?? 0)),
      'dropbox-api-result': inHeader(described(found)),
      ...(begin === undefined ? {} : { 'content-range': `bytes ${begin}-${size - 1}/${size}` }),
    })
    await found.blob.sendTo(response, begin ?? 0)
  }

  async function answer(call: Call): Promise<void> {
    const { url, headers, request, response, method } = call
    const parts = await partsOf(request, maxUploadBytes)
    if (method !== 'POST') throw new Refused(405, undefined)
    if (url.pathname === '/oauth2/token') {
      token(call, Buffer.concat(parts).toString())
      return
    }
    const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
    if (!tokens.has(bearer)) throw new Refused(401, { error_summary: 'expired_access_token/..' })
    const name = url.pathname.replace(/^\/2\/files\//, '')
    const header = headers['dropbox-api-arg']
    if (name === 'download' || name in uploads) {
      if (typeof header !== 'string' || !/^[\x20-\x7e]+$/.test(header))
        throw new Refused(400, undefined)
      if (headers['content-type'] !== 'application/octet-stream') throw new Refused(400, undefined)
      const argument = JSON.parse(header) as Record<string, unknown>
      if (name === 'download') await download(call, argument)
      else json(response, 200, await uploads[name]?.(argument, parts))
      return
    }
    if (!(name in calls) || headers['content-type'] !== 'application/json') {
      throw new Refused(400, undefined)
    }
    json(
      response,
      200,
      calls[name]?.(JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>),
    )
  }

  const server = await apiServer(
    async (call) => {
      try {
        await answer(call)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        json(call.response, error.status, error.value ?? null)
      }
    },
    ({ url }) => url.pathname !== '/oauth2/token',
  )
  return {
    ...server,
    ...secrets,
    limit: (folder, bytes) => {
      limits.set(folder.toLowerCase(), bytes)
    },
    async close() {
      await server.close()
      await blobs.remove()
    },
    expireTokens: () => tokens.clear(),
    files: () => [...entries.values()].filter(({ blob }) => blob).map(({ path }) => path),
    putFolder: (path) => {
      store(path)
    },
    sessions: () => sessions.size,
  }
}

const inHeader = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
