import { createHash } from 'node:crypto'
import { isUuid } from '@holdfast/domain'
import { type Domain, domains } from './contributor.ts'
import {
  fromBase64,
  type KeyFormat,
  nonceBytes,
  parseKeyFormat,
  printKeyFormat,
  tagBytes,
} from './protection.ts'
import { RecordFields } from './record-fields.ts'
import { SnapshotDamaged, SnapshotVersionUnknown } from './snapshot-errors.ts'
import { isJsonObject, JsonRefused, parseStrictJson } from './strict-json.ts'

// docs/formats/hfsnap.md

export const formatVersion = '2.0'
export const maxHeaderBytes = 1024 * 1024
export const lengthBytes = 4
/** `records` of all sections: one is fourteen bytes at the least, and a note of what became of it. */
export const manifestLimits = {
  organizations: 1_000,
  sections: 10_000,
  records: 1_000_000,
} as const

/** Records of one contributor in one organization. Sections without records are not there. */
export interface ManifestSection {
  readonly organization: string
  readonly contributor: string
  readonly records: number
  /** What they are as of. */
  readonly sequence: bigint
}
export interface ManifestContributor {
  readonly name: string
  readonly major: number
  readonly minor: number
  readonly domain: Domain
  readonly after: readonly string[]
}
export interface ManifestOrganization {
  readonly name: string
  readonly description: string
}
/** In the clear, and authenticated when the snapshot is encrypted. */
export interface Manifest {
  /** Of the instance that made it. */
  readonly lineageId: string
  readonly rootKeyFingerprint: string
  /** Everything up to this one is in it; sections may know more. */
  readonly sequence: bigint
  readonly contents: {
    readonly devices: boolean
    readonly users: boolean
    readonly automation: boolean
  }
  readonly organizations: readonly ManifestOrganization[]
  readonly contributors: readonly ManifestContributor[]
  /** In the order of the payload: organization by organization, contributors after those they need. */
  readonly sections: readonly ManifestSection[]
}

export interface Encryption {
  readonly format: KeyFormat
  readonly nonce: Uint8Array
  /** Of the instance's key. */
  readonly keyId?: string
  readonly keyOwner?: string
}

export interface SnapshotHeader {
  readonly backupId: string
  /** RFC 3339, UTC. */
  readonly createdAt: string
  /** Of Holdfast. */
  readonly version: string
  readonly isCompressed: boolean
  /** Of the payload as it stands in the file. */
  readonly payloadBytes: number
  /** Of the lines in it. */
  readonly contentBytes: number
  readonly encryption: Encryption | undefined
  readonly manifest: Manifest
}

// The header begins with two checksums in places that never move: whoever checks them parses nothing.
const beforeHeaderSum = '{"header_checksum":"'
const beforeSum = '","checksum":"'
const afterSum = '",'
const sumLength = 64
const headerSumAt = beforeHeaderSum.length
const sumAt = headerSumAt + sumLength + beforeSum.length
/** From here on the header is associated data of the encryption. */
export const associatedAt = sumAt + sumLength + afterSum.length
/** From here on it is what `header_checksum` is over: the payload's checksum and all that follows. */
const headerSummedAt = headerSumAt + sumLength + 2

export interface Sums {
  /** Hex SHA-256 of the header after itself, and of the payload. */
  readonly header: string
  readonly payload: string
}

/** The two checksums, or undefined when the header does not begin as ours do. */
export function readSums(header: Uint8Array): Sums | undefined {
  const text = Buffer.from(header.subarray(0, associatedAt)).toString('latin1')
  const match = /^\{"header_checksum":"([0-9a-f]{64})","checksum":"([0-9a-f]{64})",$/.exec(text)
  return match ? { header: match[1] ?? '', payload: match[2] ?? '' } : undefined
}

/** The header's bytes with both checksums zero: they are filled in when they are known. */
export function headerBytes(header: SnapshotHeader): Uint8Array {
  const { encryption, manifest } = header
  const rest = {
    format: formatVersion,
    kind: 'snapshot',
    backup_id: header.backupId,
    created_at: header.createdAt,
    version: header.version,
    is_encrypted: encryption !== undefined,
    is_compressed: header.isCompressed,
    payload_bytes: header.payloadBytes,
    content_bytes: header.contentBytes,
    ...(encryption === undefined
      ? {}
      : {
          cipher: 'aes-256-gcm',
          kdf: printKeyFormat(encryption.format),
          nonce: Buffer.from(encryption.nonce).toString('base64'),
          ...(encryption.keyId === undefined
            ? {}
            : {
                key_id: encryption.keyId,
                key_owner: encryption.keyOwner,
                note: 'Opens on the instance that made it, and nowhere else.',
              }),
        }),
    manifest: manifestJson(manifest),
  }
  const zeros = '0'.repeat(sumLength)
  const begin = `${beforeHeaderSum}${zeros}${beforeSum}${zeros}${afterSum}`
  return Buffer.from(begin + JSON.stringify(rest).slice(1))
}

/** The manifest as it stands in the header, and in the list of backups. */
export const manifestJson = (manifest: Manifest) => ({
  lineage_id: manifest.lineageId,
  root_key_fingerprint: manifest.rootKeyFingerprint,
  sequence: manifest.sequence.toString(),
  contents: { ...manifest.contents },
  organizations: manifest.organizations.map(({ name, description }) => ({ name, description })),
  contributors: manifest.contributors.map(({ name, major, minor, domain, after }) => ({
    name,
    major,
    minor,
    domain,
    after: [...after],
  })),
  sections: manifest.sections.map(({ organization, contributor, records, sequence }) => ({
    organization,
    contributor,
    records,
    sequence: sequence.toString(),
  })),
})

export const headerSum = (header: Uint8Array): string =>
  createHash('sha256').update(header.subarray(headerSummedAt)).digest('hex')

/** Puts the payload's checksum where it belongs, and then the header's. */
export function fillSums(header: Uint8Array, payloadSum: string): void {
  header.set(Buffer.from(payloadSum, 'latin1'), sumAt)
  header.set(Buffer.from(headerSum(header), 'latin1'), headerSumAt)
}

/** A field whose name begins so may be left alone by whoever does not know it. */
const optionalPrefix = 'x_'

const known = [
  'header_checksum',
  'checksum',
  'format',
  'kind',
  'backup_id',
  'created_at',
  'version',
  'is_encrypted',
  'is_compressed',
  'payload_bytes',
  'content_bytes',
  'cipher',
  'kdf',
  'nonce',
  'key_id',
  'key_owner',
  'note',
  'manifest',
]

const damaged = (what: string): Error => SnapshotDamaged({ what })

/** Strictly: whatever is not said exactly as we say it is refused. Call it when the checksums are right. */
export function parseHeader(bytes: Uint8Array): SnapshotHeader {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw damaged('the header is not UTF-8')
  }
  let parsed: unknown
  try {
    parsed = parseStrictJson(text)
  } catch (error) {
    if (error instanceof JsonRefused) throw damaged(`the header has ${error.message}`)
    throw error
  }
  // as: parseStrictJson answers Json
  const object = parsed as ReturnType<typeof parseStrictJson>
  if (!isJsonObject(object)) throw damaged('the header is not an object')
  if (object['format'] !== formatVersion) {
    throw SnapshotVersionUnknown({ what: `Format ${show(object['format'])}` })
  }
  for (const name of Object.keys(object)) {
    if (known.includes(name) || name.startsWith(optionalPrefix)) continue
    throw SnapshotVersionUnknown({ what: `The header field ${show(name)}` })
  }
  const fields = new RecordFields(object, 'header.')
  fields.word('kind', ['snapshot'])
  const backupId = fields.text('backup_id', 36)
  if (!isUuid(backupId)) fields.refuse('backup_id', 'is no id')
  const createdAt = fields.text('created_at', 30)
  if (
    !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(createdAt) ||
    Number.isNaN(Date.parse(createdAt))
  ) {
    fields.refuse('created_at', 'is no time')
  }
  const version = fields.text('version', 64)
  const isEncrypted = fields.flag('is_encrypted')
  const isCompressed = fields.flag('is_compressed')
  const payloadBytes = fields.integer('payload_bytes', 0, Number.MAX_SAFE_INTEGER)
  const contentBytes = fields.integer('content_bytes', 0, Number.MAX_SAFE_INTEGER)
  const encryption = isEncrypted ? readEncryption(fields) : withoutEncryption(fields)
  const manifestFields = fields.object('manifest')
  const manifest = manifestFields && readManifest(manifestFields)
  const overhead = isEncrypted ? tagBytes : 0
  if (!isCompressed && payloadBytes !== contentBytes + overhead) {
    fields.refuse('content_bytes', 'is not what payload_bytes says')
  }
  const [fault] = fields.faults
  if (fault) throw damaged(`${fault.field} ${fault.detail}`)
  if (!manifest) throw damaged('header.manifest is missing')
  return {
    backupId,
    createdAt,
    version,
    isCompressed,
    payloadBytes,
    contentBytes,
    encryption,
    manifest,
  }
}

function withoutEncryption(fields: RecordFields): undefined {
  for (const name of ['cipher', 'kdf', 'nonce', 'key_id', 'key_owner']) {
    if (fields.has(name)) fields.refuse(name, 'belongs to an encrypted one')
  }
  return undefined
}

function readEncryption(fields: RecordFields): Encryption | undefined {
  const cipher = fields.text('cipher', 40)
  if (cipher !== '' && cipher !== 'aes-256-gcm') {
    throw SnapshotVersionUnknown({ what: `The cipher ${show(cipher)}` })
  }
  const format = parseKeyFormat(fields.text('kdf', 80))
  if (!format.ok) {
    if (format.code === 'unknown') throw SnapshotVersionUnknown({ what: 'The key format' })
    fields.refuse('kdf', format.detail)
    return undefined
  }
  const nonce = fromBase64(fields.text('nonce', 16))
  if (nonce?.length !== nonceBytes) fields.refuse('nonce', `is not ${nonceBytes} bytes`)
  const keyId = fields.text('key_id', 64, '')
  const keyOwner = fields.text('key_owner', 36, '')
  const isOfInstance = format.value.kind === 'hkdf'
  if (isOfInstance !== (keyId !== '') || isOfInstance !== (keyOwner !== '')) {
    fields.refuse('key_id', 'goes with the key of an instance, and with that alone')
  }
  if (keyOwner !== '' && !isUuid(keyOwner)) fields.refuse('key_owner', 'is no id')
  return {
    format: format.value,
    nonce: nonce ?? new Uint8Array(),
    ...(isOfInstance ? { keyId, keyOwner } : {}),
  }
}

const maxCount = 0xffff_ffff

function readManifest(fields: RecordFields): Manifest {
  fields.allow(
    'lineage_id',
    'root_key_fingerprint',
    'sequence',
    'contents',
    'organizations',
    'contributors',
    'sections',
  )
  const contents = fields.object('contents')
  if (!contents) fields.refuse('contents', 'is missing')
  contents?.allow('devices', 'users', 'automation')
  const organizations = fields.objects('organizations', manifestLimits.organizations).map((one) => {
    one.allow('name', 'description')
    // Counted as auth counts them.
    const name = one.text('name', 256)
    if ([...name].length > 128) one.refuse('name', 'must be at most 128 characters')
    return { name, description: one.prose('description', 4_000) }
  })
  const contributors = fields.objects('contributors', 100).map((one): ManifestContributor => {
    one.allow('name', 'major', 'minor', 'domain', 'after')
    const name = one.text('name', 64)
    if (!/^[a-z]+\.[a-z_]+$/.test(name)) one.refuse('name', 'is no name of a contributor')
    return {
      name,
      major: one.integer('major', 1, 1_000),
      minor: one.integer('minor', 0, 1_000),
      domain: one.word('domain', domains) ?? 'core',
      after: one.texts('after', 20, 64),
    }
  })
  const organizationNames = new Set(organizations.map(({ name }) => name))
  const contributorNames = new Set(contributors.map(({ name }) => name))
  const sections = fields
    .objects('sections', manifestLimits.sections)
    .map((one): ManifestSection => {
      one.allow('organization', 'contributor', 'records', 'sequence')
      const organization = one.text('organization', 256)
      const contributor = one.text('contributor', 64)
      if (!organizationNames.has(organization)) {
        one.refuse('organization', 'is not among the organizations')
      }
      if (!contributorNames.has(contributor)) {
        one.refuse('contributor', 'is not among the contributors')
      }
      return {
        organization,
        contributor,
        records: one.integer('records', 1, maxCount),
        sequence: sequence(one),
      }
    })
  if (organizationNames.size < organizations.length) {
    fields.refuse('organizations', 'has a name twice')
  }
  if (contributorNames.size < contributors.length) {
    fields.refuse('contributors', 'has a name twice')
  }
  if (sections.reduce((sum, { records }) => sum + records, 0) > manifestLimits.records) {
    fields.refuse('sections', `have more than ${manifestLimits.records} records`)
  }
  const keys = sections.map(({ organization, contributor }) => `${contributor} ${organization}`)
  if (new Set(keys).size < keys.length) fields.refuse('sections', 'has one twice')
  return {
    lineageId: fields.text('lineage_id', 36),
    rootKeyFingerprint: fields.text('root_key_fingerprint', 64),
    sequence: sequence(fields),
    contents: {
      devices: contents?.flag('devices') ?? false,
      users: contents?.flag('users') ?? false,
      automation: contents?.flag('automation') ?? false,
    },
    organizations,
    contributors,
    sections,
  }
}

function sequence(fields: RecordFields): bigint {
  const text = fields.text('sequence', 20)
  if (/^(0|[1-9]\d*)$/.test(text)) return BigInt(text)
  fields.refuse('sequence', 'is no number')
  return 0n
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g
const show = (value: unknown): string =>
  typeof value === 'string' ? value.slice(0, 40).replace(controls, '\ufffd') : 'of another kind'
