/** What a bundle is made of (docs/formats/hfbak.md). Whatever has another name is not read. */
export const sumsName = 'MANIFEST.sha256'
export const manifestName = 'manifest.json'

/** In the order they stand in. */
export const memberKinds = [
  'manifest',
  // Before what it opens.
  'passphrase',
  'keyset',
  'root_key',
  'config',
  'table',
  'extra',
  'checkpoint',
  'segment',
  'access',
  'access_checkpoint',
] as const
export type MemberKind = (typeof memberKinds)[number]

export interface Member {
  readonly name: string
  readonly kind: MemberKind
  /** It says why that part is missing. */
  readonly isSkip: boolean
  /** `<service>.<table>`, or the service of a skip. */
  readonly table?: string
  readonly epoch?: string
  /** Its name in the archive. */
  readonly file?: string
}

export const names = {
  keyset: 'keys/keyset.age',
  rootKey: 'keys/root-key.age',
  passphrase: 'keys/passphrase.age',
  config: 'config/config.tar.gz.age',
  extra: 'extra/postgres.sql.gz.age',
  table: (table: string) => `tables/${table}.jsonl.gz.age`,
  checkpoint: (size: bigint) => `checkpoints/${digits(size)}.note`,
  segment: (file: string) => `log/${file}.gz`,
  access: (epoch: string, file: string) => `access/${epoch}/${file}.gz`,
  accessCheckpoint: (epoch: string, size: bigint) =>
    `access/${epoch}/checkpoints/${digits(size)}.note`,
  /** Of what is missing: the part's own name, or that of a group of parts. */
  skip: (part: string) => `${part}.skip`,
} as const

const digits = (value: bigint): string => value.toString().padStart(20, '0')

const fixed: Readonly<Record<string, MemberKind>> = {
  [manifestName]: 'manifest',
  [names.keyset]: 'keyset',
  [names.rootKey]: 'root_key',
  [names.passphrase]: 'passphrase',
  [names.config]: 'config',
  [names.extra]: 'extra',
}
const skippable: Readonly<Record<string, MemberKind>> = {
  [names.rootKey]: 'root_key',
  [names.config]: 'config',
  [names.extra]: 'extra',
  checkpoints: 'checkpoint',
  access: 'access',
}
const patterns = {
  table: /^tables\/([a-z][a-z-]{0,30}\.[a-z][a-z0-9_]{0,62})\.jsonl\.gz\.age$/,
  tables: /^tables\/([a-z][a-z-]{0,30})\.skip$/,
  checkpoint: /^checkpoints\/\d{20}\.note$/,
  segment: /^log\/(seg-\d{20}-\d{20}\.hfs)\.gz$/,
  access:
    /^access\/(\d{1,20}-\d{1,20})\/((?:seg-\d{20}-\d{20}\.hfs)|(?:gone-\d{20}-\d{20}\.hft))\.gz$/,
  accessCheckpoint: /^access\/(\d{1,20}-\d{1,20})\/checkpoints\/\d{20}\.note$/,
} as const

/** Undefined for every name that no bundle of ours has. */
export function parseMember(name: string): Member | undefined {
  const kind = Object.hasOwn(fixed, name) ? fixed[name] : undefined
  if (kind) return { name, kind, isSkip: false }
  const part = name.endsWith('.skip') ? name.slice(0, -'.skip'.length) : ''
  const skipped = Object.hasOwn(skippable, part) ? skippable[part] : undefined
  if (skipped) return { name, kind: skipped, isSkip: true }
  const tables = patterns.tables.exec(name)?.[1]
  if (tables !== undefined) return { name, kind: 'table', isSkip: true, table: tables }
  const table = patterns.table.exec(name)?.[1]
  if (table !== undefined) return { name, kind: 'table', isSkip: false, table }
  if (patterns.checkpoint.test(name)) return { name, kind: 'checkpoint', isSkip: false }
  const segment = patterns.segment.exec(name)?.[1]
  if (segment !== undefined) return { name, kind: 'segment', isSkip: false, file: segment }
  const [, epoch, file] = patterns.access.exec(name) ?? []
  if (epoch !== undefined && file !== undefined)
    return { name, kind: 'access', isSkip: false, epoch, file }
  const noted = patterns.accessCheckpoint.exec(name)?.[1]
  if (noted !== undefined) return { name, kind: 'access_checkpoint', isSkip: false, epoch: noted }
  return undefined
}

/** Notes of an epoch stand before its records, so that roots are compared while the tree grows. */
const rank = ({ kind, file = '' }: Member): string => {
  const place =
    kind === 'access_checkpoint' ? memberKinds.indexOf('access') : memberKinds.indexOf(kind)
  // Records and tombstones side by side, by their first record.
  return `${String(place).padStart(2, '0')} ${file.replace(/^(seg|gone)-/, '')}`
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The one order there is. */
export function compareMembers(a: Member, b: Member): number {
  const epochs = compare(a.epoch ?? '', b.epoch ?? '')
  const [one, other] = [rank(a), rank(b)]
  const groups = compare(one.slice(0, 2), other.slice(0, 2))
  return groups || epochs || compare(one, other) || compare(a.name, b.name)
}

const mebibyte = 1024 ** 2

/** Of one segment before it is compressed. The archive seals at 8 MiB and a commit more. */
export const maxSegmentBytes = 64 * mebibyte
export const maxNoteBytes = 64 * 1024
export const maxManifestBytes = 4 * mebibyte
export const maxSumsBytes = 32 * mebibyte
/** Of a tar of ours, eleven octal digits. */
const maxTarBytes = 8 * 1024 ** 3 - 1

/** A larger one is not read. */
export function maxBytesOf({ kind, isSkip }: Member): number {
  if (isSkip) return 1024
  switch (kind) {
    case 'manifest':
      return maxManifestBytes
    case 'keyset':
      return 257 * mebibyte
    case 'root_key':
    case 'passphrase':
    case 'checkpoint':
    case 'access_checkpoint':
      return maxNoteBytes
    case 'segment':
    case 'access':
      return maxSegmentBytes + mebibyte
    case 'config':
      return 64 * mebibyte
    case 'table':
    case 'extra':
      return maxTarBytes
  }
}
