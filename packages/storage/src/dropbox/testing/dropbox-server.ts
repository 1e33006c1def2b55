import { randomBytes } from 'node:crypto'
import {
  type ApiServer,
  apiServer,
  bodyOf,
  type Call,
  json,
  Refused,
  rangeOf,
} from '../../web/testing/api-server.ts'

// Played from the published HTTP API v2: https://www.dropbox.com/developers/documentation/http/documentation

export interface DropboxServer extends ApiServer {
  readonly appKey: string
  readonly appSecret: string
  readonly refreshToken: string
  /** Bytes all files together may have. */
  quotaBytes: number
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
  readonly bytes?: Buffer
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
  const sessions = new Map<string, Buffer>()
  const cursors = new Map<string, readonly Entry[]>()
  const state = { quotaBytes: Number.POSITIVE_INFINITY }

  const conflict = (summary: string, error: unknown = {}): Refused =>
    new Refused(409, { error_summary: `${summary}/..`, error })

  function pathIn(value: unknown): string {
    if (typeof value !== 'string' || !/^(\/[^/]+)*$/.test(value)) throw new Refused(400, undefined)
    if (value.split('/').some((part) => part === '.' || part === '..')) {
      throw conflict('path/malformed_path')
    }
    return value
  }

  const described = ({ path, bytes, rev, modified }: Entry) => ({
    '.tag': bytes ? 'file' : 'folder',
    name: path.slice(path.lastIndexOf('/') + 1),
    path_lower: path.toLowerCase(),
    path_display: path,
    id: `id:${rev}`,
    ...(bytes
      ? { size: bytes.length, rev, server_modified: modified, client_modified: modified }
      : {}),
  })

  function store(path: string, bytes?: Buffer): Entry {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end)
      if (entries.get(folder.toLowerCase())?.bytes) throw conflict('path/conflict/file_ancestor')
      if (!entries.has(folder.toLowerCase())) store(folder)
    }
    const entry: Entry = {
      path,
      rev: randomBytes(8).toString('hex'),
      modified: `${new Date().toISOString().slice(0, 19)}Z`,
      ...(bytes ? { bytes } : {}),
    }
    entries.set(path.toLowerCase(), entry)
    return entry
  }

  function commit(value: unknown, bytes: Buffer): Entry {
    const { path, mode, autorename } = value as Record<string, unknown>
    if (mode !== 'overwrite' || autorename !== false) throw new Refused(400, undefined)
    const key = pathIn(path).toLowerCase()
    if (entries.get(key) && !entries.get(key)?.bytes) throw conflict('path/conflict/folder')
    let used = bytes.length
    for (const [one, { bytes: there }] of entries) if (one !== key) used += there?.length ?? 0
    if (used > state.quotaBytes) throw conflict('path/insufficient_space')
    return store(path as string, bytes)
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
        if (there.bytes) throw conflict('path/not_folder')
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
    delete_v2({ path }) {
      const key = pathIn(path).toLowerCase()
      const found = entries.get(key)
      if (!found) throw conflict('path_lookup/not_found')
      for (const one of [...entries.keys()])
        if (one === key || one.startsWith(`${key}/`)) entries.delete(one)
      return { metadata: described(found) }
    },
  }

  const uploads: Record<string, (argument: Record<string, unknown>, bytes: Buffer) => unknown> = {
    upload: (argument, bytes) => described(commit(argument, bytes)),
    'upload_session/start'(_argument, bytes) {
      const id = `pid_upload_session:${randomBytes(8).toString('hex')}`
      sessions.set(id, bytes)
      return { session_id: id }
    },
    'upload_session/append_v2'({ cursor }, bytes) {
      const [id, there] = session(cursor, '')
      sessions.set(id, Buffer.concat([there, bytes]))
      return null
    },
    'upload_session/finish'({ cursor, commit: value }, bytes) {
      const [id, there] = session(cursor, 'lookup_failed/')
      const entry = commit(value, Buffer.concat([there, bytes]))
      sessions.delete(id)
      return described(entry)
    },
  }

  function session(cursor: unknown, before: string): [string, Buffer] {
    const { session_id: id, offset } = cursor as { session_id: string; offset: number }
    const there = sessions.get(id)
    if (!there) throw conflict(`${before}not_found`)
    if (offset !== there.length) {
      const error = { '.tag': 'incorrect_offset', correct_offset: there.length }
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

  function download({ headers, response }: Call, argument: { readonly path?: unknown }): void {
    const found = entries.get(pathIn(argument.path).toLowerCase())
    if (!found) throw conflict('path/not_found')
    if (!found.bytes) throw conflict('path/not_file')
    const begin = rangeOf(headers.range)
    if (begin !== undefined && begin >= found.bytes.length) throw new Refused(416, undefined)
    const rest = found.bytes.subarray(begin ?? 0)
    response.writeHead(begin === undefined ? 200 : 206, {
      'content-type': 'application/octet-stream',
      'content-length': String(rest.length),
      'dropbox-api-result': JSON.stringify(described(found)),
      ...(begin === undefined
        ? {}
        : { 'content-range': `bytes ${begin}-${found.bytes.length - 1}/${found.bytes.length}` }),
    })
    response.end(rest)
  }

  async function answer(call: Call): Promise<void> {
    const { url, headers, request, response, method } = call
    const body = await bodyOf(request, maxUploadBytes)
    if (method !== 'POST') throw new Refused(405, undefined)
    if (url.pathname === '/oauth2/token') {
      token(call, body.toString())
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
      if (name === 'download') download(call, argument)
      else json(response, 200, uploads[name]?.(argument, body))
      return
    }
    if (!(name in calls) || headers['content-type'] !== 'application/json') {
      throw new Refused(400, undefined)
    }
    json(response, 200, calls[name]?.(JSON.parse(body.toString()) as Record<string, unknown>))
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
    get quotaBytes() {
      return state.quotaBytes
    },
    set quotaBytes(bytes) {
      state.quotaBytes = bytes
    },
    expireTokens: () => tokens.clear(),
    files: () => [...entries.values()].filter(({ bytes }) => bytes).map(({ path }) => path),
    putFolder: (path) => {
      store(path)
    },
    sessions: () => sessions.size,
  }
}
