import { importPKCS8, SignJWT } from 'jose'
import { StorageBroken, StorageDenied, StorageInvalidAnswer, StorageNotFound } from '../errors.ts'
import type { KindStorage } from '../kind.ts'
import type { Settings } from '../settings.ts'
import type { Surroundings } from '../surroundings.ts'
import type { StoredObject } from '../types.ts'
import {
  at,
  Busy,
  openWebClient,
  patiently,
  readWhole,
  textAt,
  type WebClient,
  waitOf,
} from '../web/client.ts'
import { form, renewedToken } from '../web/token.ts'
import { isBusy, refusalOf } from './refusal.ts'
import { type ServiceAccount, serviceAccountOf } from './service-account.ts'
import { uploadTo } from './upload.ts'

// https://developers.google.com/workspace/drive/api/reference/rest/v3/files
// Drive knows files by ids, and lets several have one name. An object is a file in the one folder whose name is the whole
// key, slashes included; of several the one changed last is it, and the others go with it.

export interface DriveEndpoints {
  /** https origin of the API and of uploads. */
  readonly api: string
  readonly token: string
  /** PEM; the usual authorities when absent. */
  readonly ca?: string
}

interface DriveFile extends StoredObject {
  readonly id: string
  readonly version: string
}

const scope = 'https://www.googleapis.com/auth/drive'
const fields = 'id,name,size,modifiedTime,md5Checksum,mimeType'
const folderType = 'application/vnd.google-apps.folder'
/** Shared drives too. */
const everywhere = { supportsAllDrives: 'true' }

export function googleDriveStorage(
  settings: Settings,
  surroundings: Surroundings,
  endpoints: DriveEndpoints,
): KindStorage {
  const client = openWebClient(surroundings, {
    token: renewedToken((ask, signal) => askToken(ask, signal, settings, endpoints)),
    ca: endpoints.ca,
  })
  const folder = settings.text('folder_id')
  const files = `${endpoints.api}/drive/v3/files`
  const query = (values: Readonly<Record<string, string>>) =>
    new URLSearchParams({ ...values, ...everywhere }).toString()

  async function ask(
    request: Parameters<WebClient['ask']>[0],
    fine: readonly number[] = [200],
  ): Promise<Awaited<ReturnType<WebClient['ask']>>> {
    return await patiently(request.signal, async () => {
      const answer = await client.ask(request)
      if (fine.includes(answer.status)) return answer
      if (isBusy(answer.status, answer.value)) throw new Busy(waitOf(answer.headers))
      throw refusalOf(answer.status, answer.value)
    })
  }

  async function* search(q: string, signal: AbortSignal | undefined): AsyncGenerator<DriveFile> {
    let pageToken = ''
    do {
      const asked = query({
        q,
        fields: `nextPageToken,incompleteSearch,files(${fields})`,
        pageSize: '1000',
        includeItemsFromAllDrives: 'true',
        ...(pageToken === '' ? {} : { pageToken }),
      })
      const { value } = await ask({ method: 'GET', url: `${files}?${asked}`, signal })
      const found = at(value, 'files')
      if (!Array.isArray(found)) throw StorageInvalidAnswer({ why: 'a list without files' })
      for (const file of found as unknown[]) {
        const read = fileOf(file)
        if (read) yield read
      }
      pageToken = textAt(value, 'nextPageToken')
    } while (pageToken !== '')
  }

  /** All of that name, the one that counts first. */
  async function named(key: string, signal: AbortSignal | undefined): Promise<DriveFile[]> {
    // Keys hold neither quotes nor backslashes.
    const q = `name = '${key}' and '${folder}' in parents and trashed = false`
    const found: DriveFile[] = []
    for await (const file of search(q, signal)) if (file.key === key) found.push(file)
    return found.sort(newestFirst)
  }

  async function remove(id: string, signal: AbortSignal | undefined): Promise<void> {
    const url = `${files}/${encodeURIComponent(id)}?${query({})}`
    await ask({ method: 'DELETE', url, signal }, [200, 204, 404])
  }

  return {
    kind: 'google_drive',
    // A piece of a slow upload takes long; its connection is watched instead.
    timesPutsItself: true,

    async put(key, body, { size, signal } = {}) {
      const [existing, ...others] = await named(key, signal)
      const upload = `${endpoints.api}/upload/drive/v3/files`
      const asked = query({ uploadType: 'resumable', fields })
      const begun = await ask({
        method: existing ? 'PATCH' : 'POST',
        url: `${upload}${existing ? `/${encodeURIComponent(existing.id)}` : ''}?${asked}`,
        headers: {
          'content-type': 'application/json; charset=UTF-8',
          'x-upload-content-type': 'application/octet-stream',
          ...(size === undefined ? {} : { 'x-upload-content-length': String(size) }),
        },
        // What is there stays what it is until the last byte has come.
        body: Buffer.from(JSON.stringify(existing ? {} : { name: key, parents: [folder] })),
        signal,
      })
      const session = sessionOf(begun.headers.location, endpoints.api)
      await uploadTo(client, session, body(), signal)
      for (const other of others) await remove(other.id, signal)
    },

    async get(key, { offset = 0, signal } = {}) {
      const [file] = await named(key, signal)
      if (!file) throw StorageNotFound({ key })
      const { size, version } = file
      if (offset >= size) return { size, version, body: nothing() }
      const answer = await client.send({
        method: 'GET',
        url: `${files}/${encodeURIComponent(file.id)}?${query({ alt: 'media' })}`,
        headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
        signal,
      })
      if (answer.statusCode === (offset === 0 ? 200 : 206)) return { size, version, body: answer }
      const { status, value } = await readWhole(answer)
      if (status === 404) throw StorageNotFound({ key })
      if (isBusy(status, value)) throw StorageBroken({ why: `status ${status}` })
      throw refusalOf(status, value)
    },

    async stat(key, signal) {
      const [file] = await named(key, signal)
      return file && plain(file)
    },

    async *list(prefix, signal) {
      const q = `'${folder}' in parents and trashed = false and mimeType != '${folderType}'`
      const newest = new Map<string, DriveFile>()
      for await (const file of search(q, signal)) {
        const known = newest.get(file.key)
        if (file.key.startsWith(prefix) && (!known || newestFirst(file, known) < 0))
          newest.set(file.key, file)
      }
      for (const file of newest.values()) yield plain(file)
    },

    async delete(key, signal) {
      for (const file of await named(key, signal)) await remove(file.id, signal)
    },

    // Uploads that never ended are no files; Google drops them after a week.
    sweep: async () => 0,
    close: async () => client.close(),
  }
}

const plain = ({ key, size, modifiedAtUnixMs }: DriveFile): StoredObject => ({
  key,
  size,
  modifiedAtUnixMs,
})

const newestFirst = (a: DriveFile, b: DriveFile): number =>
  b.modifiedAtUnixMs - a.modifiedAtUnixMs || (a.id < b.id ? -1 : 1)

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Folders and documents of Google's own have no size and are no objects. */
function fileOf(value: unknown): DriveFile | undefined {
  const [id, key, size] = [textAt(value, 'id'), textAt(value, 'name'), textAt(value, 'size')]
  const modified = textAt(value, 'modifiedTime')
  const modifiedAtUnixMs = Date.parse(modified)
  if (id === '' || key === '' || size === '' || Number.isNaN(modifiedAtUnixMs)) return undefined
  const version = `${id} ${textAt(value, 'md5Checksum') || modified}`
  return { id, key, size: Number(size), modifiedAtUnixMs, version }
}

/** An upload goes to the service that was asked, and nowhere it says. */
function sessionOf(location: string | undefined, api: string): string {
  if (location !== undefined && URL.canParse(location, api)) {
    const url = new URL(location, api)
    if (url.origin === new URL(api).origin) return url.href
  }
  throw StorageInvalidAnswer({ why: 'an upload that begins nowhere' })
}

async function askToken(
  ask: WebClient['ask'],
  signal: AbortSignal | undefined,
  settings: Settings,
  { token }: DriveEndpoints,
) {
  const account = settings.secret('service_account_json')
  const fieldsOfForm =
    account === ''
      ? {
          grant_type: 'refresh_token',
          refresh_token: settings.secret('refresh_token'),
          client_id: settings.text('client_id'),
          client_secret: settings.secret('client_secret'),
        }
      : {
          grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
          assertion: await assertion(parsedAccount(account), token),
        }
  return await ask({ method: 'POST', url: token, ...form(fieldsOfForm), signal, isAnonymous: true })
}

function parsedAccount(text: string): ServiceAccount {
  const account = serviceAccountOf(text)
  if (typeof account === 'string') throw StorageDenied({ why: `the service account ${account}` })
  return account
}

/** https://developers.google.com/identity/protocols/oauth2/service-account */
async function assertion(account: ServiceAccount, audience: string): Promise<string> {
  const key = await importPKCS8(account.privateKey, 'RS256')
  return await new SignJWT({ scope })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: account.keyId })
    .setIssuer(account.email)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(key)
}
