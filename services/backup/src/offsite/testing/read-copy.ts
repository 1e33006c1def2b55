import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type ArchivedCommit, readSegmentBytes } from '@holdfast/archive'
import { ageOpen } from '@holdfast/crypto'
import type { ObjectKeys, ObjectName } from '@holdfast/full-backup'
import { type KeyChain, openCheckpoint, openManifestStatement } from '@holdfast/merkle'

// What stands at a location, read as somebody does who has nothing but an identity: by docs/formats/offsite.md.

export type Objects = ReadonlyMap<string, Buffer>

/** A folder as a map of its files. */
export function filesIn(directory: string): Objects {
  const found = new Map<string, Buffer>()
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name)
      found.set(path.slice(directory.length + 1), readFileSync(path))
    }
  return found
}

export interface CopyManifest {
  readonly name: ObjectName
  readonly head: Readonly<Record<string, unknown>>
  readonly objects: readonly {
    readonly key: string
    readonly sha256: string
    readonly bytes: number
  }[]
}

export interface ReadCopy {
  /** From 1, without a gap. */
  readonly commits: readonly ArchivedCommit[]
  /** Newest last. */
  readonly manifests: readonly CopyManifest[]
  readonly kinds: Readonly<Record<string, number>>
  /** The newest. */
  readonly keyset: string | undefined
  /** Keys nothing accounts for: no name of ours, no checksum, cut uploads. */
  readonly strays: readonly string[]
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Throws where anything is not as the format says. */
export async function readCopy(
  objects: Objects,
  keys: ObjectKeys,
  generation: number,
  identity: string,
  chain: KeyChain,
): Promise<ReadCopy> {
  const opened = async (key: string): Promise<Buffer> =>
    Buffer.from(await ageOpen([identity], objects.get(key) ?? Buffer.alloc(0)))
  const kinds: Record<string, number> = {}
  const strays: string[] = []
  const names: ObjectName[] = []
  for (const [key, bytes] of objects) {
    if (key.endsWith('.sha256')) {
      if (!objects.has(key.slice(0, -7))) strays.push(key)
      continue
    }
    const name = keys.parse(key)
    const checksum = `${sha256(bytes)}  ${key.split('/').at(-1)}\n`
    if (!name || objects.get(`${key}.sha256`)?.toString() !== checksum) {
      strays.push(key)
      continue
    }
    names.push(name)
    kinds[name.kind] = (kinds[name.kind] ?? 0) + 1
  }

  const manifests: CopyManifest[] = []
  for (const name of names.filter(({ kind }) => kind === 'manifest')) {
    const text = (await opened(name.key)).toString()
    const lines = text.trimEnd().split('\n')
    const last = lines.at(-1) ?? ''
    const { signature } = JSON.parse(last) as { signature: string } // as: it throws below otherwise
    const statement = openManifestStatement(signature, chain)
    const signed = text.slice(0, text.length - last.length - 1)
    if (sha256(Buffer.from(signed)) !== Buffer.from(statement.sha256).toString('hex'))
      throw new Error(`${name.key} is not what was signed`)
    const [head, ...listed] = lines.slice(0, -1).map((line) => JSON.parse(line))
    if (head.objects !== listed.length) throw new Error('a manifest names fewer than it says')
    manifests.push({ name, head, objects: listed })
  }
  manifests.sort((a, b) => Number(a.name.first - b.name.first))
  // What was put anew has another SHA-256: the newest manifest that names it is right.
  const newest = new Map(manifests.flatMap(({ objects: all }) => all.map((one) => [one.key, one])))
  for (const one of newest.values()) {
    // Keysets are replaced by later ones.
    if (one.key.startsWith('keys/')) continue
    const there = objects.get(`${keys.root}/${one.key}`)
    if (!there) throw new Error(`${one.key} is named and not there`)
    if (sha256(there) !== one.sha256 || there.length !== one.bytes)
      throw new Error(`${one.key} is not what a manifest names`)
  }

  const commits: ArchivedCommit[] = []
  const parts = names
    .filter((name) => ['segment', 'tail'].includes(name.kind) && name.generation === generation)
    .sort((a, b) => Number(a.first - b.first) || Number(b.last - a.last))
  for (const { key, first, last } of parts) {
    const next = BigInt(commits.length) + 1n
    if (last < next) continue
    if (first > next) throw new Error(`nothing holds ${next}`)
    const read = await readSegmentBytes(key, gunzipSync(await opened(key)))
    commits.push(...read.commits.filter(({ sequence }) => sequence >= next))
  }
  for (const name of names.filter(({ kind }) => kind === 'checkpoint')) {
    const { size } = openCheckpoint((await opened(name.key)).toString(), chain)
    if (size !== name.first) throw new Error('a checkpoint is of another size than its name')
  }
  const keyset = names
    .filter(({ kind }) => kind === 'keyset')
    .sort((a, b) => Number(a.first - b.first))
    .at(-1)
  return {
    commits,
    manifests,
    kinds,
    keyset: keyset && (await opened(keyset.key)).toString(),
    strays,
  }
}
