import { BundleInvalid } from './errors.ts'
import { manifestName } from './member.ts'

export const bundleFormat = 'holdfast-full-backup/v1'

/** What a bundle says of itself, in the clear. */
export interface BundleManifest {
  readonly createdAtUnixSeconds: number
  /** Of Holdfast. */
  readonly version: string
  readonly lineageId: string
  readonly generation: number
  /** It holds everything up to this one; 0 is an empty log. */
  readonly lastSequence: bigint
  /** Of the Merkle tree over all of it, 32 bytes. */
  readonly root: Uint8Array
  /** Of the key that wraps the data keys. */
  readonly rootKeyFingerprint: string
  /** Of the root keys before it, the last one first; the keyset has them. */
  readonly formerRootKeys: readonly string[]
  /** `age1…` the sealed parts are sealed to; the derived one first. */
  readonly recipients: readonly string[]
  readonly keyset: {
    /** Of the document inside; equal content is equal. */
    readonly sha256: Uint8Array
    readonly destroyedSequence: bigint
    readonly keys: number
  }
  readonly tables: readonly BundleTable[]
  /** Notes of checkpoints of the log. */
  readonly checkpoints: number
  readonly access: readonly BundleEpoch[]
  /** Parts that ought to be there; `part` and `.skip` is their member. */
  readonly missing: readonly { readonly part: string; readonly reason: string }[]
}

export interface BundleTable {
  /** `<service>.<table>` */
  readonly name: string
  readonly migration: number
  readonly rows: number
}

export interface BundleEpoch {
  readonly epoch: string
  /** Records, with those whose content was given up. */
  readonly size: bigint
  readonly root: Uint8Array
  /** Notes of checkpoints of it. */
  readonly checkpoints: number
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** JSON with two spaces. Its length does not depend on roots: room is left for it before they are known. */
export function encodeManifest(manifest: BundleManifest): Buffer {
  return Buffer.from(
    `${JSON.stringify(
      {
        format: bundleFormat,
        created_at: new Date(manifest.createdAtUnixSeconds * 1000)
          .toISOString()
          .replace('.000Z', 'Z'),
        version: manifest.version,
        lineage: manifest.lineageId,
        generation: manifest.generation,
        last_sequence: manifest.lastSequence.toString(),
        root: hex(manifest.root),
        root_key_fingerprint: manifest.rootKeyFingerprint,
        ...(manifest.formerRootKeys.length > 0
          ? { former_root_keys: manifest.formerRootKeys }
          : {}),
        recipients: manifest.recipients,
        keyset: {
          sha256: hex(manifest.keyset.sha256),
          destroyed_sequence: manifest.keyset.destroyedSequence.toString(),
          keys: manifest.keyset.keys,
        },
        tables: manifest.tables,
        checkpoints: manifest.checkpoints,
        access: manifest.access.map(({ epoch, size, root, checkpoints }) => ({
          epoch,
          size: size.toString(),
          root: hex(root),
          checkpoints,
        })),
        missing: manifest.missing,
      },
      undefined,
      2,
    )}\n`,
  )
}

/** Takes what `encodeManifest` writes, to the byte. Throws BundleInvalid. */
export function decodeManifest(bytes: Buffer): BundleManifest {
  const read = parse(bytes)
  if (!read || !encodeManifest(read).equals(bytes))
    throw BundleInvalid({ member: manifestName, reason: 'it does not say what a manifest says' })
  return read
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const hash = /^[0-9a-f]{64}$/

function parse(bytes: Buffer): BundleManifest | undefined {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
  const all = fields(value)
  if (all?.['format'] !== bundleFormat) {
    const format = all?.['format']
    if (typeof format === 'string' && /^holdfast-full-backup\/v\d{1,3}$/.test(format))
      throw BundleInvalid({
        member: manifestName,
        reason: `its format is ${format}, not known here`,
      })
    return undefined
  }
  const createdAt = Date.parse(text(all['created_at'], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) ?? '')
  const version = text(all['version'], /^[0-9A-Za-z.+-]{1,64}$/)
  const lineageId = text(all['lineage'], uuid)
  const generation = count(all['generation'])
  const lastSequence = text(all['last_sequence'], /^\d{1,19}$/)
  const root = text(all['root'], hash)
  const fingerprint = text(all['root_key_fingerprint'], /^[0-9a-f]{32}$/)
  const former = list(all['former_root_keys'] ?? [], (one) => text(one, /^[0-9a-f]{32}$/))
  const recipients = list(all['recipients'], (one) => text(one, /^age1[a-z0-9]{58}$/))
  const keyset = fields(all['keyset'])
  const keysetSha256 = text(keyset?.['sha256'], hash)
  const destroyed = text(keyset?.['destroyed_sequence'], /^\d{1,19}$/)
  const keys = count(keyset?.['keys'])
  const tables = list(all['tables'], tableIn)
  const checkpoints = count(all['checkpoints'])
  const access = list(all['access'], epochIn)
  const missing = list(all['missing'], missingIn)
  if (
    !Number.isFinite(createdAt) ||
    createdAt < 0 ||
    version === undefined ||
    lineageId === undefined ||
    !generation ||
    lastSequence === undefined ||
    root === undefined ||
    fingerprint === undefined ||
    !former ||
    !recipients ||
    keysetSha256 === undefined ||
    destroyed === undefined ||
    keys === undefined ||
    !tables ||
    checkpoints === undefined ||
    !access ||
    !missing
  )
    return undefined
  return {
    createdAtUnixSeconds: createdAt / 1000,
    version,
    lineageId,
    generation,
    lastSequence: BigInt(lastSequence),
    root: bytesOf(root),
    rootKeyFingerprint: fingerprint,
    formerRootKeys: former,
    recipients,
    keyset: { sha256: bytesOf(keysetSha256), destroyedSequence: BigInt(destroyed), keys },
    tables,
    checkpoints,
    access,
    missing,
  }
}

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

const fields = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>) // each is checked
    : undefined

const text = (value: unknown, pattern: RegExp): string | undefined =>
  typeof value === 'string' && pattern.test(value) ? value : undefined

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined

function list<T>(value: unknown, read: (one: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined
  const all = value.map(read)
  return all.some((one) => one === undefined)
    ? undefined
    : all.filter((one): one is T & {} => one !== undefined)
}

function tableIn(value: unknown): BundleTable | undefined {
  const all = fields(value)
  const name = text(all?.['name'], /^[a-z][a-z-]{0,30}\.[a-z][a-z0-9_]{0,62}$/)
  const migration = count(all?.['migration'])
  const rows = count(all?.['rows'])
  return name === undefined || migration === undefined || rows === undefined
    ? undefined
    : { name, migration, rows }
}

function epochIn(value: unknown): BundleEpoch | undefined {
  const all = fields(value)
  const epoch = text(all?.['epoch'], /^\d{1,20}-\d{1,20}$/)
  const size = text(all?.['size'], /^(0|[1-9]\d{0,18})$/)
  const root = text(all?.['root'], hash)
  const checkpoints = count(all?.['checkpoints'])
  return epoch === undefined ||
    size === undefined ||
    root === undefined ||
    checkpoints === undefined
    ? undefined
    : { epoch, size: BigInt(size), root: bytesOf(root), checkpoints }
}

function missingIn(value: unknown): BundleManifest['missing'][number] | undefined {
  const all = fields(value)
  const part = text(all?.['part'], /^[a-z][a-z/.-]{0,60}$/)
  const reason = text(all?.['reason'], /^[\x20-\x7e]{1,500}$/)
  return part === undefined || reason === undefined ? undefined : { part, reason }
}
