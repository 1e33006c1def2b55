import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The last position of the log that was seen whole, kept outside of NATS. */
export interface VouchedPosition {
  readonly stream: string
  readonly lineageId: string
  readonly generation: number
  /** 0 for an empty log. */
  readonly sequence: bigint
  /** `commitHash` of that commit, hex; empty for sequence 0. */
  readonly hash: string
}

/** Undefined when there is no file. Throws when it cannot be understood: then nobody may guess. */
export async function readVouched(path: string): Promise<VouchedPosition | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const value: unknown = JSON.parse(text)
  if (typeof value === 'object' && value !== null) {
    const { stream, lineageId, generation, sequence, hash } = value as Record<string, unknown> // checked below
    if (
      typeof stream === 'string' &&
      typeof lineageId === 'string' &&
      typeof generation === 'number' &&
      typeof sequence === 'string' &&
      /^\d{1,19}$/.test(sequence) &&
      typeof hash === 'string'
    )
      return { stream, lineageId, generation, sequence: BigInt(sequence), hash }
  }
  throw new Error(`${path} is damaged`)
}

/** Replaces the file whole; it is on the disk when this resolves. One writer at a time. */
export async function writeVouched(path: string, position: VouchedPosition): Promise<void> {
  const directory = dirname(path)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const next = `${path}.next`
  const file = await open(next, 'w', 0o600)
  try {
    await file.writeFile(
      `${JSON.stringify({ ...position, sequence: position.sequence.toString() })}\n`,
    )
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(next, path)
  const folder = await open(directory, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
