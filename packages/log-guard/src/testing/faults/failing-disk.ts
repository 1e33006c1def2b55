import { disk, type Files } from '@holdfast/archive'
import type { Disk } from '../../witnesses.ts'

/** What the disk of the archive and of the position file does to the next syncs and writes. */
export interface DiskFault {
  readonly kind: 'delay' | 'sync_fails' | 'full'
  /** How many calls it hits. */
  readonly count: number
  /** How long a sync takes, with `delay`. */
  readonly ms?: number
}

const failure = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code })

/** A disk that does as it is told, until it is told to fail. */
export function failingDisk(sealAtBytes: number): Disk & { strike(fault: DiskFault): void } {
  let fault: DiskFault | undefined
  let left = 0
  const isHit = (...kinds: readonly DiskFault['kind'][]): boolean => {
    if (!fault || left === 0 || !kinds.includes(fault.kind)) return false
    left--
    return true
  }
  async function sync(really: () => Promise<void>): Promise<void> {
    if (isHit('sync_fails')) throw failure('EIO')
    if (isHit('delay')) await new Promise((resolve) => setTimeout(resolve, fault?.ms ?? 0))
    await really()
  }
  const files: Files = {
    ...disk,
    async open(path, mode) {
      const file = await disk.open(path, mode)
      return {
        ...file,
        async write(bytes, position) {
          if (isHit('full')) {
            // As a real one: a part still fits.
            await file.write(bytes.subarray(0, bytes.length >> 1), position)
            throw failure('ENOSPC')
          }
          await file.write(bytes, position)
        },
        dataSync: () => sync(() => file.dataSync()),
      }
    },
  }
  return {
    files,
    sealAtBytes,
    datasync: (file) => sync(() => file.datasync()),
    strike(next) {
      fault = next
      left = next.count
    },
  }
}
