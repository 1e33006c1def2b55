import { cp, type FileHandle, mkdir, open, readdir, readFile, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type ArchivedCommit,
  readSegmentBytes,
  type SegmentWriter,
  sealedSegments,
  writeCheckpointNote,
  writeNoteIn,
  writeSegments,
} from '@holdfast/archive'
import { makeRestored, type PlacedCommit } from '@holdfast/event-log'
import type { ConfigFile, Keyset } from '@holdfast/full-backup'
import { TreeHead } from '@holdfast/merkle'
import { revocations } from '@holdfast/revocations'
import { SourceInvalid } from './errors.ts'
import type { Judged, RestoreActor } from './judged.ts'
import { syncTree } from './libc.ts'
import { placed } from './log-facts.ts'
import type { ReadOptions, SourceTable } from './source.ts'
import { writePrivate } from './write-file.ts'

export interface StageInput extends Judged {
  /** Made, empty, and nobody else's. */
  readonly directory: string
  /** Where the archive is staged: below the stage, or beside the archive's own place. */
  readonly archive: string
  readonly restoreId: string
  readonly restoredAtUnixMs: number
  readonly nextGeneration: number
  readonly actor: RestoreActor
  readonly reason: string
  readonly keyset: Keyset
  /** The root key is put into no file. */
  readonly isSealed: boolean
  readonly read: ReadOptions
  onCommits(count: bigint): void
}

export interface Staged {
  /** Of the `Restored` commit. */
  readonly restoredSequence: bigint
  readonly carried: number
  /** What could not be kept revoked, sentences. */
  readonly notes: readonly string[]
  readonly tables: readonly {
    readonly name: string
    readonly migration: number
    readonly rows: number
  }[]
  readonly hasEnvironment: boolean
}

/** Makes the whole data directory of the next generation in `directory`. Writes nowhere else. */
export async function stage(input: StageInput): Promise<Staged> {
  const log = await stageLog(input)
  await stageKeys(input)
  await writePrivate(
    join(input.directory, 'restored/restored.json'),
    `${JSON.stringify(
      {
        format: 1,
        restore: input.restoreId,
        generation: input.nextGeneration,
        tables: log.tables.map(({ name, migration }) => ({ name, migration })),
      },
      undefined,
      2,
    )}\n`,
  )
  return log
}

async function stageLog(input: StageInput): Promise<Staged> {
  const { opened, cut, facts, restoreId, restoredAtUnixMs, actor, reason, trusted } = input
  const { lineageId, generation } = opened.header
  const writer = await writeSegments({
    directory: input.archive,
    identity: {
      lineageId,
      generation: input.nextGeneration,
      rootKeyFingerprint: input.keyset.rootKeyFingerprint,
    },
  })
  const restored = makeRestored({
    ...{ lineageId, restoreId, restoredAtUnixMs, actor, reason },
    oldGeneration: generation,
    newGeneration: input.nextGeneration,
    ...{ size: cut.size, root: cut.root, head: facts.last },
    lineageCommits: BigInt(cut.lineageCommits),
    ...{ last: facts.lastRestored, rotations: facts.rotations },
    privateKey: trusted.privateKey,
  })
  const carried = revocations({
    ...{ lineageId, generation: input.nextGeneration, restoreId, restoredAtUnixMs, actor },
    causationId: restored.commitId,
  })
  const tree = TreeHead.empty()
  const tables = new Tables(join(input.directory, 'restored/tables'))
  let files: readonly ConfigFile[] = []
  const { size } = cut

  await opened.read(
    {
      async commits(commits, leaves) {
        const first = commits[0]?.sequence ?? 0n
        const keep = first > size ? 0 : Math.min(commits.length, Number(size - first + 1n))
        if (keep > 0) {
          const theirs = leaves.slice(0, keep)
          await writer.add(commits.slice(0, keep), theirs)
          for (const leaf of theirs) tree.append(leaf)
        }
        for (const commit of commits.slice(keep)) carried.lost(placed(commit))
        input.onCommits(first + BigInt(commits.length) - 1n)
      },
      // Later ones are about commits this log will not have.
      note: (at, note) =>
        at <= size ? writeCheckpointNote(input.archive, lineageId, at, note) : undefined,
      accessNote: (epoch, at, note) => writeNoteIn(accessIn(input, epoch), at, note),
      accessPart: (epoch, file, bytes) => writePrivate(join(accessIn(input, epoch), file), bytes),
      config(found) {
        files = found
      },
      table: (table, piece) => tables.write(table, piece),
    },
    input.read,
  )
  await tables.end()
  if (tree.size !== size || Buffer.compare(tree.root(), cut.root) !== 0)
    throw SourceInvalid({ part: '', reason: 'it changed while it was restored' })
  const hasEnvironment = await stageConfig(input.directory, files)

  const { commits, notes } = await revoked(input, writer, carried)
  const atNs = BigInt(restoredAtUnixMs) * 1_000_000n
  await writer.add([restored, ...commits].map((commit) => archived(commit, atNs)))
  await writer.end()
  return {
    restoredSequence: restored.sequence,
    carried: commits.length,
    ...{ notes, tables: tables.report(), hasEnvironment },
  }
}

const accessIn = ({ archive, opened }: StageInput, epoch: string): string =>
  join(archive, opened.header.lineageId, 'access', epoch)

/** What was taken away behind the point stays away: asked of what was taken over, read from where it lies now. */
async function revoked(
  { cut, facts, archive, opened, nextGeneration }: StageInput,
  writer: SegmentWriter,
  carried: ReturnType<typeof revocations>,
): Promise<{ readonly commits: readonly PlacedCommit[]; readonly notes: readonly string[] }> {
  if (facts.last === cut.size) return { commits: [], notes: [] }
  await writer.end()
  const folder = join(archive, opened.header.lineageId, String(nextGeneration))
  for (const { name } of await sealedSegments(folder)) {
    const { commits } = await readSegmentBytes(name, await readFile(join(folder, name)))
    for (const commit of commits) carried.kept(placed(commit))
  }
  return carried.finish(cut.size + 2n)
}

const archived = (
  { sequence, subject, commitId, bytes }: PlacedCommit,
  storedAtUnixNs: bigint,
): ArchivedCommit => ({
  ...{ sequence, subject, storedAtUnixNs },
  messageId: commitId,
  headers: Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${commitId}\r\n\r\n`),
  payload: bytes,
})

const gibibyte = 1024 ** 3

async function stageKeys(input: StageInput): Promise<void> {
  const { directory, keyset, opened, nextGeneration, isSealed } = input
  const keys = join(directory, 'keys')
  let maxBytes: unknown
  for (const { path, contents } of keyset.files) {
    // Keys of access tokens: without them every token of before is void, and auth begins a new one.
    if (path.startsWith('signing/')) continue
    if (path !== 'instance.json') {
      await writePrivate(join(keys, path), contents)
      continue
    }
    const instance: unknown = JSON.parse(Buffer.from(contents).toString())
    if (typeof instance === 'object' && instance !== null && 'maxBytes' in instance)
      maxBytes = instance.maxBytes
  }
  const { bavail, bsize } = await statfs(directory)
  const instance = {
    lineageId: opened.header.lineageId,
    generation: nextGeneration,
    // As it was: a log that was grown stays so.
    maxBytes:
      typeof maxBytes === 'number' && maxBytes > 0
        ? maxBytes
        : Math.floor(Math.min(16 * gibibyte, (bavail * bsize) / 2)),
  }
  await writePrivate(join(keys, 'instance.json'), `${JSON.stringify(instance, undefined, 2)}\n`)
  if (!keyset.files.some(({ path }) => path === 'root-key.fingerprint'))
    await writePrivate(join(keys, 'root-key.fingerprint'), `${keyset.rootKeyFingerprint}\n`)
  if (!isSealed) await writePrivate(join(directory, 'root.key'), `${opened.rootKey.reveal()}\n`)
}

/** What of the configuration has its place. Certificates and users of NATS are made anew from the same authorities. */
async function stageConfig(directory: string, files: readonly ConfigFile[]): Promise<boolean> {
  let hasEnvironment = false
  for (const { name, content } of files) {
    if (name === 'data/environment.env') {
      hasEnvironment = true
      await writePrivate(join(directory, 'restored/environment.env'), content)
    } else if (name === 'data/run.json') await stagePorts(directory, content)
    else if (name.startsWith('data/agent/'))
      await writePrivate(join(directory, name.slice('data/'.length)), content)
    else if (name.startsWith('files/'))
      await writePrivate(join(directory, 'restored', name), content)
  }
  return hasEnvironment
}

/** Only where it listened: agents elsewhere know the port. What ran there is no business of this machine. */
async function stagePorts(directory: string, content: Uint8Array): Promise<void> {
  let ports: unknown
  try {
    const run: unknown = JSON.parse(Buffer.from(content).toString())
    ports = typeof run === 'object' && run !== null && 'ports' in run ? run.ports : undefined
  } catch {
    return // of an older release: ports are chosen anew
  }
  const entries = Object.entries(typeof ports === 'object' && ports !== null ? ports : {})
  const known = entries.filter(([, port]) => Number.isInteger(port) && port > 0 && port < 65_536)
  const run = {
    ...{ state: 'stopped', version: '', mode: '', pid: 0, url: '' },
    ports: Object.fromEntries(known),
    ...{ processes: {}, started_at: new Date(0).toISOString() },
  }
  await writePrivate(join(directory, 'run.json'), `${JSON.stringify(run, undefined, 2)}\n`)
}

/** A file a table, a row a line. */
class Tables {
  readonly #directory: string
  readonly #found = new Map<string, { migration: number; rows: number }>()
  #open: { readonly name: string; readonly file: FileHandle } | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  async write({ name, migration }: SourceTable, piece: Uint8Array): Promise<void> {
    const known = this.#found.get(name) ?? { migration, rows: 0 }
    this.#found.set(name, known)
    if (piece.length === 0) return
    for (const byte of piece) if (byte === 10) known.rows += 1
    await (await this.#fileOf(name)).appendFile(piece)
  }

  async end(): Promise<void> {
    const last = this.#open
    this.#open = undefined
    await last?.file.close()
  }

  report() {
    return [...this.#found].map(([name, { migration, rows }]) => ({ name, migration, rows }))
  }

  async #fileOf(name: string): Promise<FileHandle> {
    if (this.#open?.name === name) return this.#open.file
    await this.end()
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    const file = await open(join(this.#directory, `${name}.jsonl`), 'a', 0o600)
    this.#open = { name, file }
    return file
  }
}

export async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await cp(from, to, { recursive: true, verbatimSymlinks: true })
}

/** Everything staged is on the disk when it resolves. */
export async function settle(directory: string, archive: string): Promise<void> {
  for (const place of new Set([directory, archive]))
    if ((await readdir(place)).length > 0) await syncTree(place)
}
