import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'

export interface SmallDisk {
  readonly path: string
  remove(): void
}

/** A disk of 4 MiB; undefined where nobody may mount one. */
export async function smallDisk(path: string): Promise<SmallDisk | undefined> {
  await mkdir(path, { recursive: true })
  try {
    const options = 'size=4m,mode=777'
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'holdfast-test', path], {
      stdio: 'ignore',
    })
  } catch {
    return undefined
  }
  return {
    path,
    // A server that is ending may still hold it.
    remove: () => void execFileSync('umount', ['--lazy', path]),
  }
}
