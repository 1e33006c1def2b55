import { sealedName } from '@holdfast/archive'

/** What stands off-site, by the names of docs/formats/offsite.md: service backup writes it, a restore reads it. */
export const objectKinds = [
  'segment',
  'tail',
  'access',
  'access_gone',
  'access_note',
  'checkpoint',
  'keyset',
  'root_key',
  'config',
  'tables',
  'manifest',
  'writer',
] as const
export type ObjectKind = (typeof objectKinds)[number]

/** An object by its name. */
export interface ObjectName {
  readonly key: string
  readonly kind: ObjectKind
  /** Of segments, tails and writers; 0 of all else. */
  readonly generation: number
  /** Sequences of segments, tails and records; the size of a checkpoint, the count of a numbered object and the ms of a manifest are in `first`. */
  readonly first: bigint
  readonly last: bigint
}

const stampOf = (unixMs: number): string =>
  `${new Date(unixMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
const unixMsOf = (stamp: string): number =>
  Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))

export const objectRoot = (lineageId: string): string => `holdfast/${lineageId}`

/** Names of objects of one lineage. */
export interface ObjectKeys {
  readonly root: string
  segment(generation: number, first: bigint, last: bigint): ObjectName
  tail(generation: number, first: bigint, last: bigint): ObjectName
  /** A file of an epoch of ACCESS: `seg-….hfs` or `gone-….hft`; undefined for any other. */
  access(epoch: string, file: string): ObjectName | undefined
  accessNote(epoch: string, size: bigint): ObjectName
  checkpoint(size: bigint): ObjectName
  numbered(kind: 'keyset' | 'root_key' | 'config' | 'tables', count: bigint): ObjectName
  /** Of whole seconds. */
  manifest(unixMs: number): ObjectName
  /** Whose generation it is: the name alone tells. */
  writer(generation: number, writerId: string): ObjectName
  /** Undefined for what is not ours, checksums among it. */
  parse(key: string): ObjectName | undefined
}

const numberedPaths = {
  keyset: ['keys/keyset-', '.age'],
  root_key: ['keys/root-key-', '.age'],
  config: ['config/config-', '.tar.gz.age'],
  tables: ['tables/tables-', '.jsonl.gz.age'],
} as const

export function objectKeys(lineageId: string): ObjectKeys {
  const root = objectRoot(lineageId)
  const name = (
    kind: ObjectKind,
    path: string,
    first: bigint,
    last = first,
    generation = 0,
  ): ObjectName => ({ key: `${root}/${path}`, kind, generation, first, last })
  const sealed = (first: bigint, last: bigint): string => sealedName(first, last)

  const keys: ObjectKeys = {
    root,
    segment: (generation, first, last) =>
      name(
        'segment',
        `gen-${generation}/log/${sealed(first, last)}.gz.age`,
        first,
        last,
        generation,
      ),
    tail: (generation, first, last) =>
      name(
        'tail',
        `gen-${generation}/tail/${sealed(first, last).replace('seg-', 'tail-').replace('.hfs', '.hft')}.gz.age`,
        first,
        last,
        generation,
      ),
    access(epoch, file) {
      const [, what, first, last] = /^(seg|gone)-(\d{20})-(\d{20})\.hf[st]$/.exec(file) ?? []
      if (first === undefined || last === undefined) return undefined
      const kind = what === 'seg' ? 'access' : 'access_gone'
      return name(kind, `access/${epoch}/${file}.gz.age`, BigInt(first), BigInt(last))
    },
    accessNote: (epoch, size) =>
      name('access_note', `access/${epoch}/checkpoints/${size}.note.age`, size),
    checkpoint: (size) => name('checkpoint', `checkpoints/${size}.note.age`, size),
    numbered: (kind, count) =>
      name(kind, `${numberedPaths[kind][0]}${count}${numberedPaths[kind][1]}`, count),
    manifest: (unixMs) =>
      name(
        'manifest',
        `manifests/${stampOf(unixMs)}.jsonl.age`,
        BigInt(Math.floor(unixMs / 1000) * 1000),
      ),
    writer: (generation, writerId) =>
      name('writer', `gen-${generation}/writer/${writerId}.age`, 0n, 0n, generation),
    parse(key) {
      if (!key.startsWith(`${root}/`)) return undefined
      const path = key.slice(root.length + 1)
      const made = parsePath(path, keys)
      return made?.key === key ? made : undefined
    },
  }
  return keys
}

function parsePath(path: string, keys: ObjectKeys): ObjectName | undefined {
  const log =
    /^gen-([1-9]\d{0,9})\/(?:log\/seg|tail\/tail)-(\d{20})-(\d{20})\.hf[st]\.gz\.age$/.exec(path)
  if (log) {
    const [generation, first, last] = [Number(log[1]), BigInt(log[2] ?? 0), BigInt(log[3] ?? 0)]
    return path.includes('/log/')
      ? keys.segment(generation, first, last)
      : keys.tail(generation, first, last)
  }
  const writer = /^gen-([1-9]\d{0,9})\/writer\/([0-9a-f-]{36})\.age$/.exec(path)
  if (writer) return keys.writer(Number(writer[1]), writer[2] ?? '')
  const access = /^access\/(\d{1,20}-\d{1,20})\/([a-z]+-\d{20}-\d{20}\.hf[st])\.gz\.age$/.exec(path)
  if (access) return keys.access(access[1] ?? '', access[2] ?? '')
  const note = /^access\/(\d{1,20}-\d{1,20})\/checkpoints\/(\d{1,19})\.note\.age$/.exec(path)
  if (note) return keys.accessNote(note[1] ?? '', BigInt(note[2] ?? 0))
  const checkpoint = /^checkpoints\/(\d{1,19})\.note\.age$/.exec(path)
  if (checkpoint) return keys.checkpoint(BigInt(checkpoint[1] ?? 0))
  const manifest = /^manifests\/(\d{8}T\d{6}Z)\.jsonl\.age$/.exec(path)
  if (manifest) {
    const at = unixMsOf(manifest[1] ?? '')
    return Number.isFinite(at) ? keys.manifest(at) : undefined
  }
  for (const kind of ['keyset', 'root_key', 'config', 'tables'] as const) {
    const [start, end] = numberedPaths[kind]
    const count =
      path.startsWith(start) && path.endsWith(end) && path.slice(start.length, -end.length)
    if (count && /^\d{1,18}$/.test(count)) return keys.numbered(kind, BigInt(count))
  }
  return undefined
}
