import { createHash } from 'node:crypto'
import { type Storage, StorageNotFound } from '@holdfast/storage'
import { checksumFile, checksumKey } from '../jobs/object-tasks.ts'
import type { Task, TaskContext } from '../work/task.ts'
import { withDestination } from './carry-out.ts'
import type { Destination } from './steps.ts'

/** An object as it ought to stand there. */
export interface Expected {
  readonly key: string
  /** Hex. */
  readonly sha256: string
  readonly bytes: number
}

export interface Judged {
  readonly key: string
  /** What is wrong with it; empty when nothing is. */
  readonly damage: string
}

export type ReadBackQuestions = { readonly judged: (judged: Judged) => Promise<void> }

/** Reads objects back from where they lie. What cannot be reached is an error; what is not right is a verdict. */
export async function readBack(
  storage: Storage,
  objects: readonly Expected[],
  {
    ask,
    signal,
    progress,
  }: Pick<TaskContext<number, ReadBackQuestions>, 'ask' | 'signal' | 'progress'>,
): Promise<void> {
  let read = 0
  for (const object of objects) {
    signal.throwIfAborted()
    const damage = await damageOf(storage, object, signal, (bytes) => {
      read += bytes
      progress(read)
    })
    await ask('judged', { key: object.key, damage })
  }
}

async function damageOf(
  storage: Storage,
  { key, sha256, bytes }: Expected,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const hash = createHash('sha256')
  let read = 0
  try {
    const { body } = await storage.get(key, { signal })
    for await (const piece of body) {
      hash.update(piece)
      read += piece.length
      onBytes(piece.length)
      if (read > bytes) return `it has more than the ${bytes} bytes that were put there`
    }
  } catch (error) {
    if (StorageNotFound.is(error)) return 'it is not there any more'
    throw error
  }
  if (read < bytes) return `it has ${read} bytes instead of ${bytes}`
  if (hash.digest('hex') !== sha256) return 'its SHA-256 is not that of what was put there'
  const checksum = await smallObject(storage, checksumKey(key), signal)
  if (!checksum?.equals(checksumFile(key, sha256))) return 'the checksum beside it is not right'
  return ''
}

const maxChecksumBytes = 1024

/** Undefined: not there, or not small. */
async function smallObject(
  storage: Storage,
  key: string,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  try {
    const { body, size } = await storage.get(key, { signal })
    if (size > maxChecksumBytes) return undefined
    const parts: Uint8Array[] = []
    for await (const piece of body) parts.push(piece)
    return Buffer.concat(parts)
  } catch (error) {
    if (StorageNotFound.is(error)) return undefined
    throw error
  }
}

export interface Listed {
  readonly key: string
  readonly bytes: number
  readonly atUnixMs: number
  /** Of its checksum. */
  readonly hasChecksum: boolean
}
export interface Checksum {
  readonly key: string
  /** Hex; empty: what is beside it is none of it. */
  readonly sha256: string
}
export type TakeStockQuestions = {
  /** Answers whose checksums are wanted. */
  readonly listed: (page: readonly Listed[]) => Promise<readonly string[]>
  readonly checksums: (page: readonly Checksum[]) => Promise<void>
}

const pageSize = 1_000
const checksumSuffix = '.sha256'

/** Tells every object there is, and the checksums of those that are not known. Sweeps unfinished uploads. */
export async function takeStock(
  storage: Storage,
  prefixes: readonly string[],
  { ask, signal }: Pick<TaskContext<never, TakeStockQuestions>, 'ask' | 'signal'>,
): Promise<void> {
  const found: Omit<Listed, 'hasChecksum'>[] = []
  const checksums = new Set<string>()
  for (const prefix of prefixes)
    for await (const { key, size, modifiedAtUnixMs } of storage.list(prefix, signal))
      if (key.endsWith(checksumSuffix)) checksums.add(key.slice(0, -checksumSuffix.length))
      else found.push({ key, bytes: size, atUnixMs: modifiedAtUnixMs })
  for (let at = 0; at < found.length; at += pageSize) {
    const page = found
      .slice(at, at + pageSize)
      .map((each) => ({ ...each, hasChecksum: checksums.has(each.key) }))
    const wanted = await ask('listed', page)
    const read: Checksum[] = []
    for (const key of wanted) {
      const text = await smallObject(storage, checksumKey(key), signal)
      const sha256 = /^([0-9a-f]{64}) {2}/.exec(text?.toString('utf8') ?? '')?.[1] ?? ''
      const isRight = sha256 !== '' && text?.equals(checksumFile(key, sha256)) === true
      read.push({ key, sha256: isRight ? sha256 : '' })
    }
    if (read.length > 0) await ask('checksums', read)
  }
  await storage.sweep(signal)
}

export const readBackTask: Task<
  Destination & { readonly objects: readonly Expected[] },
  null,
  number,
  ReadBackQuestions
> = async (input, context) => {
  await withDestination(input, (storage) => readBack(storage, input.objects, context))
  return null
}

export const takeStockTask: Task<
  Destination & { readonly prefixes: readonly string[] },
  null,
  never,
  TakeStockQuestions
> = async (input, context) => {
  await withDestination(input, (storage) => takeStock(storage, input.prefixes, context))
  return null
}
