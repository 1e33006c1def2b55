import { StorageInvalidAnswer, StorageRefused } from '../errors.ts'

/** Speak HTTP and nothing else, so that all they connect to goes through our proxy. */
const overHttp: ReadonlySet<string> = new Set([
  ...['azureblob', 'b2', 'box', 'drive', 'dropbox', 'google cloud storage', 'hidrive'],
  ...['internetarchive', 'jottacloud', 'koofr', 'onedrive', 'opendrive', 'oracleobjectstorage'],
  ...['pcloud', 'premiumizeme', 'putio', 'qingstor', 's3', 'seafile', 'sharefile', 'sugarsync'],
  ...['swift', 'webdav', 'yandex', 'zoho'],
])
/** Change what goes to another remote. */
const wrapping: ReadonlySet<string> = new Set(['alias', 'chunker', 'compress', 'crypt', 'hasher'])

/** Where a remote leads: hosts its configuration names, to be judged before each run. */
export interface Addressed {
  readonly host: string
  readonly isPlain: boolean
}

/** What `rclone config dump` says, followed through remotes that wrap another. Throws StorageRefused. */
export function addressesOf(dump: string, remote: string): readonly Addressed[] {
  const remotes = parsed(dump)
  let name = remote
  for (let depth = 0; depth < 8; depth++) {
    const found = remotes[name]
    if (!found) throw StorageRefused({ why: `the configuration of rclone has no remote ${name}` })
    const type = found['type'] ?? ''
    if (overHttp.has(type)) return hostsOf(found)
    if (!wrapping.has(type)) {
      throw StorageRefused({
        why: `remotes of type ${/^[a-z0-9 ]+$/.test(type) ? type : 'unknown'} are not used by way of rclone; those of files, SFTP, FTP and SMB have kinds of their own or can be mounted`,
      })
    }
    const next = /^([A-Za-z0-9_][A-Za-z0-9_.-]*):/.exec(found['remote'] ?? '')?.[1]
    if (next === undefined) {
      throw StorageRefused({ why: `${name} leads to no remote of the configuration` })
    }
    name = next
  }
  throw StorageRefused({ why: `${remote} leads in a circle` })
}

type Options = Readonly<Record<string, string>>

function parsed(dump: string): Readonly<Record<string, Options>> {
  try {
    const value: unknown = JSON.parse(dump)
    const isObject = (one: unknown): one is Record<string, unknown> =>
      typeof one === 'object' && one !== null && !Array.isArray(one)
    if (!isObject(value)) throw new Error('no object')
    return Object.fromEntries(
      Object.entries(value).map(([name, options]) => [
        name,
        Object.fromEntries(
          Object.entries(isObject(options) ? options : {}).map(([key, text]) => [
            key,
            String(text),
          ]),
        ),
      ]),
    )
  } catch (error) {
    throw StorageInvalidAnswer({ why: 'rclone does not tell its configuration' }, error)
  }
}

/** Every option that is a URL, and endpoints, which may be a bare host. */
function hostsOf(options: Options): readonly Addressed[] {
  return Object.entries(options).flatMap(([key, text]) => {
    const isUrl = /^https?:\/\//i.test(text)
    if (!isUrl && !/(^|_)(endpoint|host)$/.test(key)) return []
    const url = parseUrl(isUrl ? text : `https://${text}`)
    // Spellings of an address the URL parser would turn into one are judged as they are written.
    const written = /^(?:https?:\/\/)?(?:[^/@]*@)?(\[[^\]]*\]|[^/:?#]*)/i.exec(text)?.[1] ?? ''
    if (!url || written === '') throw StorageRefused({ why: `${key} of the remote is no address` })
    return [{ host: written.replace(/^\[|\]$/g, ''), isPlain: url.protocol === 'http:' }]
  })
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
