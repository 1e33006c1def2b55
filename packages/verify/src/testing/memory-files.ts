import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ReadFiles } from '@holdfast/archive'

/** A directory of the disk, held in memory so that a test can change it thousands of times. Reads only. */
export class MemoryFiles implements ReadFiles {
  readonly contents = new Map<string, Buffer>()

  static of(directory: string): MemoryFiles {
    const files = new MemoryFiles()
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) {
        const path = join(entry.parentPath, entry.name)
        files.contents.set(path, readFileSync(path))
      }
    return files
  }

  readonly list = async (directory: string): Promise<readonly string[]> => {
    const names = new Set<string>()
    for (const path of this.contents.keys())
      for (let at = path; at !== dirname(at); at = dirname(at))
        if (dirname(at) === directory) names.add(at.slice(directory.length + 1))
    return [...names]
  }

  readonly open: ReadFiles['open'] = async (path) => {
    const bytes = this.contents.get(path)
    if (!bytes) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
    const refuse = () => Promise.reject(new Error('a verifier writes nothing'))
    return {
      size: async () => bytes.length,
      read: async (into, position) => {
        const part = bytes.subarray(position, position + into.length)
        into.set(part)
        return part.length
      },
      write: refuse,
      truncate: refuse,
      dataSync: refuse,
      close: async () => undefined,
    }
  }
}
