import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { compareMembers, parseMember, sumsName } from './member.ts'
import { blockBytes, encodeTarHeader, endBytes, paddingBytes } from './tar-header.ts'

/** A member, by name: names are known before the first byte is written, content comes as it is made. */
export interface PlannedMember {
  readonly name: string
  content(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

export interface LateMember {
  readonly name: string
  /** What it will be long. */
  readonly size: number
  /** Asked when everything else is written. */
  content(): Uint8Array
}

export interface WrittenBundle {
  readonly bytes: number
  readonly members: number
}

const gatherBytes = 1024 * 1024

/**
 * Writes a bundle to a new file, in one pass: room is left for the sums at the beginning, and for `late`. Durable when
 * it resolves; what a failure leaves behind is no bundle, because its first member is missing.
 */
export async function writeBundle(
  path: string,
  createdAtUnixSeconds: number,
  late: LateMember,
  planned: readonly PlannedMember[],
  signal?: AbortSignal,
): Promise<WrittenBundle> {
  const all = [late.name, ...planned.map(({ name }) => name)]
  requireOrder(all)
  const sumsBytes = all.reduce((sum, name) => sum + sumLine('', name).length, 0)
  const file = await open(path, 'wx', 0o600)
  try {
    const out = new Gathering(file)
    const header = (name: string, size: number): Buffer =>
      encodeTarHeader({ name, size, modifiedAtUnixSeconds: createdAtUnixSeconds })
    const sums = new Map<string, string>()
    const sumsAt = out.leave(blockBytes + sumsBytes + paddingBytes(sumsBytes))
    const lateAt = out.leave(blockBytes + late.size + paddingBytes(late.size))

    for (const { name, content } of planned) {
      signal?.throwIfAborted()
      const at = out.leave(blockBytes)
      const hash = createHash('sha256')
      let size = 0
      for await (const piece of content()) {
        hash.update(piece)
        size += piece.length
        await out.write(piece)
      }
      signal?.throwIfAborted()
      await out.write(Buffer.alloc(paddingBytes(size)))
      await out.writeAt(at, header(name, size))
      sums.set(name, hash.digest('hex'))
    }
    await out.write(Buffer.alloc(endBytes))
    await out.flush()

    const said = late.content()
    if (said.length !== late.size) throw new Error(`${late.name} has another length than planned`)
    sums.set(late.name, createHash('sha256').update(said).digest('hex'))
    await out.writeAt(lateAt, Buffer.concat([header(late.name, said.length), said]))
    const text = Buffer.from(all.map((name) => sumLine(sums.get(name) ?? '', name)).join(''))
    await out.writeAt(sumsAt, Buffer.concat([header(sumsName, text.length), text]))
    await file.sync()
    return { bytes: out.size, members: all.length + 1 }
  } finally {
    await file.close()
  }
}

/** As `sha256sum` writes and `sha256sum -c` reads it. */
export const sumLine = (sha256: string, name: string): string =>
  `${sha256.padStart(64, '0')}  ${name}\n`

function requireOrder(all: readonly string[]): void {
  const members = all.map(parseMember)
  members.forEach((member, at) => {
    const before = members[at - 1]
    if (!member || (before && compareMembers(before, member) >= 0))
      throw new RangeError(`full backup: ${all[at]} cannot stand there`)
  })
}

/** Writes small pieces together. Room that is left is zeros. */
class Gathering {
  readonly #file: FileHandle
  #held: Uint8Array[] = []
  #heldBytes = 0
  #flushed = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  get size(): number {
    return this.#flushed + this.#heldBytes
  }

  leave(bytes: number): number {
    const at = this.size
    this.#hold(Buffer.alloc(bytes))
    return at
  }

  async write(piece: Uint8Array): Promise<void> {
    this.#hold(piece)
    if (this.#heldBytes >= gatherBytes) await this.flush()
  }

  /** Into room that was left. */
  async writeAt(at: number, bytes: Uint8Array): Promise<void> {
    if (at >= this.#flushed) await this.flush()
    await writeAll(this.#file, bytes, at)
  }

  async flush(): Promise<void> {
    const bytes = this.#held.length === 1 ? this.#held[0] : Buffer.concat(this.#held)
    const at = this.#flushed
    this.#flushed += this.#heldBytes
    this.#held = []
    this.#heldBytes = 0
    if (bytes) await writeAll(this.#file, bytes, at)
  }

  #hold(piece: Uint8Array): void {
    this.#held.push(piece)
    this.#heldBytes += piece.length
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done)
    done += bytesWritten
  }
}
