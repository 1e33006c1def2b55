import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { jwtVerify } from 'jose'
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

// Played from the published API v3: https://developers.google.com/workspace/drive/api/reference/rest/v3

export interface DriveServer extends ApiServer {
  readonly folderId: string
  /** Another one, with room for 3 MiB. */
  readonly smallFolderId: string
  /** The key file of a service account the folder is shared with. */
  readonly serviceAccountJson: string
  readonly clientId: string
  readonly clientSecret: string
  readonly refreshToken: string
  /** A service account the folder is not shared with, and no key of which is right. */
  readonly wrongAccountJson: string
  /** Bytes the files of the folder together may have. */
  limit(bytes: number): void
  /** Access tokens given out so far are refused from now on. */
  expireTokens(): void
  /** Names, several times when several have one. */
  files(): readonly string[]
  /** A file as people or a second upload at the same time make it. */
  putFile(name: string, bytes: Buffer): Promise<void>
  putFolder(name: string): void
  /** Uploads that were not finished. */
  sessions(): number
}

interface DriveFile {
  readonly name: string
  readonly mimeType: string
  readonly modifiedTime: string
  readonly folder: string
  readonly blob?: Blob
}

interface Session {
  readonly id: string
  readonly name: string
  readonly folder: string
  readonly isNew: boolean
  readonly blob: Blob
  isStored: boolean
}

const maxChunkBytes = 32 * 1024 * 1024
/** Few, so that lists have pages. */
const pageLength = 3
const smallBytes = 3 * 1024 * 1024
const folderType = 'application/vnd.google-apps.folder'
const nobody: DriveFile = { name: '', mimeType: '', modifiedTime: '', folder: '' }
const known = ['id', 'name', 'size', 'modifiedTime', 'md5Checksum', 'mimeType']

const refusal = (status: number, reason: string): Refused =>
  new Refused(status, { error: { code: status, message: reason, errors: [{ reason }] } })

export async function driveServer(): Promise<DriveServer> {
  const keys = rsaPair()
  const email = 'backup@example.iam.gserviceaccount.com'
  const secrets = {
    folderId: '1AbCdEfGhIjKlMnOpQrStUv',
    smallFolderId: '1SmallSmallSmallSmall',
    clientId: '123-abc.apps.googleusercontent.com',
    clientSecret: randomBytes(12).toString('hex'),
    refreshToken: `1//${randomBytes(24).toString('hex')}`,
    serviceAccountJson: keyFile(email, keys.privateKey),
    wrongAccountJson: keyFile(email, rsaPair().privateKey),
  }
  const tokens = new Set<string>()
  const files = new Map<string, DriveFile>()
  const sessions = new Map<string, Session>()
  const pages = new Map<string, readonly string[]>()
  const limits = new Map([
    [secrets.folderId, Number.POSITIVE_INFINITY],
    [secrets.smallFolderId, smallBytes],
  ])
  const blobs = await openBlobs()
  let clock = Date.now()
  const newId = () => randomBytes(12).toString('hex')
  // Of two files the later one is later, however fast they came.
  const nowText = () => {
    clock = Math.max(clock + 1, Date.now())
    return new Date(clock).toISOString()
  }

  async function isSignedIn(form: URLSearchParams, url: URL): Promise<boolean> {
    if (form.get('grant_type') === 'refresh_token') {
      return (
        form.get('refresh_token') === secrets.refreshToken &&
        form.get('client_id') === secrets.clientId &&
        form.get('client_secret') === secrets.clientSecret
      )
    }
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return false
    try {
      const { payload } = await jwtVerify<{ readonly scope?: string }>(
        form.get('assertion') ?? '',
        createPublicKey(keys.publicKey),
        { algorithms: ['RS256'], issuer: email, audience: `${url.origin}/token` },
      )
      const lasts = (payload.exp ?? Number.POSITIVE_INFINITY) - (payload.iat ?? 0)
      return payload.scope === 'https://www.googleapis.com/auth/drive' && lasts <= 3600
    } catch {
      return false
    }
  }

  async function token({ response, url }: Call, body: string): Promise<void> {
    if (!(await isSignedIn(new URLSearchParams(body), url))) {
      json(response, 400, { error: 'invalid_grant', error_description: 'Invalid grant' })
      return
    }
    const given = `ya29.${randomBytes(16).toString('hex')}`
    tokens.add(given)
    json(response, 200, { access_token: given, token_type: 'Bearer', expires_in: 3599 })
  }

  const described = (id: string, asked: readonly string[]) => {
    const file = files.get(id)
    const all: Record<string, unknown> = {
      id,
      name: file?.name,
      mimeType: file?.mimeType,
      modifiedTime: file?.modifiedTime,
      ...(file?.blob
        ? { size: String(file.blob.size), md5Checksum: `${file.modifiedTime}-sum` }
        : {}),
    }
    return Object.fromEntries(asked.map((name) => [name, all[name]]))
  }

  function fieldsIn(text: string): readonly string[] {
    const asked = text.split(',')
    if (!asked.every((field) => known.includes(field))) throw refusal(400, 'invalidParameter')
    return asked
  }

  /** Only the terms the client has reason to use; each as documented. */
  function matches(term: string, file: DriveFile): boolean {
    if (term === 'trashed = false') return true
    const parent = /^'([A-Za-z0-9_-]+)' in parents$/.exec(term)?.[1]
    if (parent !== undefined) {
      if (!limits.has(parent)) throw refusal(404, 'notFound')
      return file.folder === parent
    }
    const name = /^name = '([^'\\]*)'$/.exec(term)?.[1]
    // Names are compared without case there.
    if (name !== undefined) return file.name.toLowerCase() === name.toLowerCase()
    const type = /^mimeType != '([^'\\]*)'$/.exec(term)?.[1]
    if (type !== undefined) return file.mimeType !== type
    throw refusal(400, 'invalid')
  }

  function list({ url, response }: Call): void {
    const query = url.searchParams
    if (query.get('includeItemsFromAllDrives') !== 'true') throw refusal(400, 'invalidParameter')
    const asked = /^nextPageToken,incompleteSearch,files\((.*)\)$/.exec(query.get('fields') ?? '')
    const fields = fieldsIn(asked?.[1] ?? 'none')
    const pageToken = query.get('pageToken')
    const terms = (query.get('q') ?? '').split(' and ')
    // Its terms are judged even when there is no file.
    for (const term of terms) matches(term, nobody)
    const found =
      pageToken === null
        ? [...files]
            .filter(([, file]) => terms.every((term) => matches(term, file)))
            .map(([id]) => id)
        : pages.get(pageToken)
    if (!found) throw refusal(400, 'invalid')
    const next = newId()
    pages.set(next, found.slice(pageLength))
    json(response, 200, {
      incompleteSearch: false,
      files: found.slice(0, pageLength).map((id) => described(id, fields)),
      ...(found.length > pageLength ? { nextPageToken: next } : {}),
    })
  }

  async function begin(
    { url, headers, method, response }: Call,
    id: string | undefined,
    body: Buffer,
  ) {
    if (url.searchParams.get('uploadType') !== 'resumable') throw refusal(400, 'badRequest')
    fieldsIn(url.searchParams.get('fields') ?? '')
    const about = JSON.parse(body.toString()) as { name?: string; parents?: string[] }
    const old = id === undefined ? undefined : files.get(id)
    if (method === 'PATCH' && (!old || about.parents)) throw refusal(old ? 403 : 404, 'notFound')
    const folder = old?.folder ?? about.parents?.join() ?? ''
    if (!limits.has(folder)) throw refusal(404, 'notFound')
    checkQuota(folder, Number(headers['x-upload-content-length'] ?? 0), id)
    const upload = newId()
    sessions.set(upload, {
      id: id ?? newId(),
      isNew: id === undefined,
      name: about.name ?? old?.name ?? 'Untitled',
      folder,
      blob: await blobs.empty(),
      isStored: false,
    })
    response.setHeader(
      'location',
      `${url.origin}/upload/drive/v3/files?uploadType=resumable&upload_id=${upload}`,
    )
    json(response, 200, {})
  }

  function checkQuota(folder: string, bytes: number, replaced: string | undefined): void {
    let used = bytes
    for (const [id, file] of files)
      if (id !== replaced && file.folder === folder) used += file.blob?.size ?? 0
    if (used > (limits.get(folder) ?? 0)) throw refusal(403, 'storageQuotaExceeded')
  }

  async function putPart(
    { headers, response, url }: Call,
    parts: readonly Buffer[],
  ): Promise<void> {
    const upload = url.searchParams.get('upload_id') ?? ''
    const session = sessions.get(upload)
    if (!session) throw refusal(404, 'notFound')
    const range = headers['content-range'] ?? ''
    const { blob, id, isNew, name, folder } = session
    const waiting = () => {
      response.writeHead(308, blob.size === 0 ? {} : { range: `bytes=0-${blob.size - 1}` }).end()
    }
    if (session.isStored) {
      json(response, 200, described(id, ['id', 'name']))
      return
    }
    if (range === 'bytes */*') {
      waiting()
      return
    }
    const [, first, last, total] = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(range) ?? []
    if (total === undefined) throw refusal(400, 'invalidContentRange')
    const length = first === undefined ? 0 : Number(last) - Number(first) + 1
    const given = parts.reduce((sum, part) => sum + part.length, 0)
    if (length !== given) throw refusal(400, 'wrongLength')
    if (first !== undefined && Number(first) !== blob.size) throw refusal(400, 'wrongOffset')
    if (total === '*' && length % (256 * 1024) !== 0) throw refusal(400, 'notAMultiple')
    await blob.append(parts)
    if (total === '*') {
      waiting()
      return
    }
    if (Number(total) !== blob.size) throw refusal(400, 'wrongTotal')
    checkQuota(folder, blob.size, isNew ? undefined : id)
    const mimeType = 'application/octet-stream'
    files.set(id, { name, folder, mimeType, modifiedTime: nowText(), blob })
    session.isStored = true
    json(response, isNew ? 201 : 200, described(id, ['id', 'name']))
  }

  async function download({ headers, response }: Call, id: string): Promise<void> {
    const blob = files.get(id)?.blob
    if (!blob) throw refusal(404, 'notFound')
    const { size } = blob
    const first = rangeOf(headers.range)
    if (first !== undefined && first >= size) throw refusal(416, 'requestedRangeNotSatisfiable')
    response.writeHead(first === undefined ? 200 : 206, {
      'content-length': String(size - (first ?? 0)),
      ...(first === undefined ? {} : { 'content-range': `bytes ${first}-${size - 1}/${size}` }),
    })
    await blob.sendTo(response, first ?? 0)
  }

  async function answer(call: Call): Promise<void> {
    const { url, method, headers, request, response } = call
    const parts = await partsOf(request, maxChunkBytes)
    if (url.pathname === '/token') {
      await token(call, Buffer.concat(parts).toString())
      return
    }
    const uploadId = url.searchParams.get('upload_id')
    // The address of an upload is its own proof.
    if (uploadId !== null && method === 'DELETE') {
      sessions.delete(uploadId)
      response.writeHead(499).end()
      return
    }
    const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
    if (!tokens.has(bearer)) throw refusal(401, 'authError')
    if (uploadId !== null && method === 'PUT') {
      await putPart(call, parts)
      return
    }
    if (url.searchParams.get('supportsAllDrives') !== 'true') throw refusal(400, 'invalidParameter')
    const [, upload, id] =
      /^(\/upload)?\/drive\/v3\/files(?:\/([a-z0-9]+))?$/.exec(url.pathname) ?? []
    if (upload !== undefined && (method === 'POST' || method === 'PATCH'))
      await begin(call, id, Buffer.concat(parts))
    else if (upload !== undefined) throw refusal(404, 'notFound')
    else if (method === 'GET' && id === undefined) list(call)
    else if (method === 'GET' && id !== undefined && url.searchParams.get('alt') === 'media') {
      await download(call, id)
    } else if (method === 'DELETE' && id !== undefined) {
      if (!files.delete(id)) throw refusal(404, 'notFound')
      response.writeHead(204).end()
    } else throw refusal(404, 'notFound')
  }

  const server = await apiServer(
    async (call) => {
      try {
        await answer(call)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        json(call.response, error.status, error.value)
      }
    },
    ({ url }) => url.pathname !== '/token',
  )
  return {
    ...server,
    ...secrets,
    limit: (bytes) => {
      limits.set(secrets.folderId, bytes)
    },
    async close() {
      await server.close()
      await blobs.remove()
    },
    expireTokens: () => tokens.clear(),
    files: () => [...files.values()].filter(({ blob }) => blob).map(({ name }) => name),
    async putFile(name, bytes) {
      const blob = await blobs.empty()
      await blob.append([bytes])
      const mimeType = 'application/octet-stream'
      const folder = secrets.folderId
      files.set(newId(), { name, folder, blob, mimeType, modifiedTime: nowText() })
    },
    putFolder: (name) => {
      const folder = secrets.folderId
      files.set(newId(), { name, folder, mimeType: folderType, modifiedTime: nowText() })
    },
    sessions: () => [...sessions.values()].filter(({ isStored }) => !isStored).length,
  }
}

const rsaPair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })

const keyFile = (email: string, privateKey: string): string =>
  JSON.stringify({
    type: 'service_account',
    private_key_id: 'key-1',
    private_key: privateKey,
    client_email: email,
    token_uri: 'https://oauth2.googleapis.com/token',
  })
