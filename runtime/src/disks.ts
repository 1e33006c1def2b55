import { statfsSync, statSync } from 'node:fs'
import { reserveOf } from '@holdfast/log-guard'

/** Whether both directories are in one file system. */
export const areOnOneDisk = (one: string, other: string): boolean =>
  statSync(one).dev === statSync(other).dev

/** Whether more than the guard keeps free is free. `reserveBytes` undefined: as the guard does by itself. */
export function hasRoom(directory: string, reserveBytes: number | undefined): boolean {
  const { bavail, blocks, bsize } = statfsSync(directory, { bigint: true })
  return bavail * bsize > reserveOf(blocks * bsize, reserveBytes)
}
