import { basename, dirname } from 'node:path'
import type { Files, OpenFile } from '../types.ts'

/** The machine stopped here. */
export class Crash extends Error {}

interface Inode {
  /** As programs see it. */
  seen: Buffer
  /** As the disk has it. */
  stored: Buffer
}

/** What survives a crash: all that was asked for (a killed process), only what was synced, or something between. */
export type Survival = 'all' | 'synced' | ((pending: number) => number)

export type Step = 'create' | 'write' | 'truncate' | 'sync' | 'rename' | 'remove' | 'syncDirectory'

interface NameChange {
  readonly directories: readonly string[]
  apply(names: Map<string, Inode>): void
}

/**
 * A disk in memory that knows what is durable: contents since the last sync of their file, names since
 * the last sync of their directory (in order, as in a journal). Directories themselves are durable at once.
 */
export class MemoryFiles implements Files {
  readonly #names = new Map<string, Inode>()
  readonly #storedNames = new Map<string, Inode>()
  #pendingNames: NameChange[] = []
  readonly #directories = new Set<string>()
  #steps = 0
  #isDown = false
  /** Stops before that many steps that change something; a write is done in part. */
  crashAfter = Number.POSITIVE_INFINITY
  /** An error for a step, `undefined` to let it happen. A write it refuses is done in part. */
  fail: (step: Step, path: string) => string | undefined = () => undefined

  /** An error for reading from a file. */
  failRead: (path: string) => string | undefined = () => undefined

  /** So far. */
  get steps(): number {
    return this.#steps
  }

  /** Contents as programs see them. */
  get(path: string): Buffer | undefined {
    return this.#names.get(path)?.seen
  }
  put(path: string, bytes: Uint8Array): void {
    const inode = { seen: Buffer.from(bytes), stored: Buffer.from(bytes) }
    this.#names.set(path, inode)
    this.#storedNames.set(path, inode)
  }
  delete(path: string): void {
    this.#names.delete(path)
    this.#storedNames.delete(path)
  }
  paths(): string[] {
    return [...this.#names.keys()].sort()
  }
  /** An independent copy; all of it durable. */
  copy(): MemoryFiles {
    const copy = new MemoryFiles()
    for (const path of this.#directories) copy.#directories.add(path)
    for (const [path, { seen }] of this.#names) copy.put(path, seen)
    return copy
  }

  /** The disk as the next start finds it. */
  afterCrash(survival: Survival): MemoryFiles {
    if (survival === 'all') return this.copy()
    const next = new MemoryFiles()
    for (const path of this.#directories) next.#directories.add(path)
    const names = new Map(this.#storedNames)
    const kept = survival === 'synced' ? 0 : survival(this.#pendingNames.length)
    for (const change of this.#pendingNames.slice(0, kept)) change.apply(names)
    for (const [path, inode] of names) next.put(path, content(inode, survival))
    return next
  }

  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<OpenFile> {
    this.#up()
    if (mode === 'create') {
      if (this.#names.has(path)) throw systemError('EEXIST')
      this.#step('create', path)
      const inode: Inode = { seen: Buffer.alloc(0), stored: Buffer.alloc(0) }
      this.#change([dirname(path)], (names) => names.set(path, inode))
    }
    const inode = this.#names.get(path)
    if (inode === undefined) throw systemError('ENOENT')
    return {
      size: async () => inode.seen.length,
      read: async (into, position) => {
        this.#up()
        const code = this.failRead(path)
        if (code !== undefined) throw systemError(code)
        return inode.seen.copy(into, 0, position, position + into.length)
      },
      write: async (bytes, position) => {
        const write = (part: Uint8Array): void => {
          const size = Math.max(inode.seen.length, position + part.length)
          inode.seen = Buffer.concat([inode.seen], size)
          inode.seen.set(part, position)
        }
        this.#step('write', path, () => write(bytes.subarray(0, bytes.length >> 1)))
        write(bytes)
      },
      truncate: async (size) => {
        this.#step('truncate', path)
        inode.seen = Buffer.concat([inode.seen], size)
      },
      dataSync: async () => {
        this.#step('sync', path)
        inode.stored = Buffer.from(inode.seen)
      },
      close: async () => {},
    }
  }

  async list(directory: string): Promise<readonly string[]> {
    this.#up()
    const inside = [...this.#names.keys(), ...this.#directories]
    return inside.filter((path) => dirname(path) === directory).map((path) => basename(path))
  }

  async makeDirectory(path: string): Promise<boolean> {
    this.#up()
    const isNew = !this.#directories.has(path)
    this.#directories.add(path)
    return isNew
  }

  async rename(from: string, to: string): Promise<void> {
    if (!this.#names.has(from)) throw systemError('ENOENT')
    this.#step('rename', from)
    this.#change([dirname(from), dirname(to)], (names) => {
      const inode = names.get(from)
      names.delete(from)
      if (inode) names.set(to, inode)
    })
  }

  async remove(path: string): Promise<void> {
    if (!this.#names.has(path)) throw systemError('ENOENT')
    this.#step('remove', path)
    this.#change([dirname(path)], (names) => names.delete(path))
  }

  async removeDirectory(path: string): Promise<void> {
    this.#up()
    if ((await this.list(path)).length > 0) throw systemError('ENOTEMPTY')
    this.#directories.delete(path)
  }

  async syncDirectory(path: string): Promise<void> {
    this.#step('syncDirectory', path)
    const upTo = this.#pendingNames.findLastIndex(({ directories }) => directories.includes(path))
    for (const change of this.#pendingNames.slice(0, upTo + 1)) change.apply(this.#storedNames)
    this.#pendingNames = this.#pendingNames.slice(upTo + 1)
  }

  #change(directories: readonly string[], apply: (names: Map<string, Inode>) => void): void {
    apply(this.#names)
    this.#pendingNames.push({ directories, apply })
  }

  #up(): void {
    if (this.#isDown) throw new Crash('the machine is down')
  }

  #step(step: Step, path: string, inPart?: () => void): void {
    this.#up()
    if (this.#steps >= this.crashAfter) {
      this.#isDown = true
      inPart?.()
      throw new Crash(`${step} ${basename(path)}`)
    }
    this.#steps += 1
    const code = this.fail(step, path)
    if (code === undefined) return
    inPart?.()
    throw systemError(code)
  }
}

function content({ seen, stored }: Inode, survival: Survival): Buffer {
  if (survival === 'synced' || survival === 'all') return stored
  if (seen.length <= stored.length) return survival(1) === 1 ? seen : stored
  const size = stored.length + survival(seen.length - stored.length)
  // Space may have been given to the file that its bytes never reached.
  const written = stored.length + survival(size - stored.length)
  return Buffer.concat([stored, seen.subarray(stored.length, written)], size)
}

const systemError = (code: string): Error => Object.assign(new Error(code), { code })
