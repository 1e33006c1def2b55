import { statfs } from 'node:fs/promises'
import type { Logger } from '@holdfast/telemetry'

/** A place that must not run full. */
export interface VolumeSpec {
  /** What lies there. */
  readonly name: VolumeName
  readonly directory: string
}

export type VolumeName = 'log' | 'archive' | 'database'

export interface VolumeState extends VolumeSpec {
  readonly freeBytes: bigint
  readonly totalBytes: bigint
  /** Writes stop below this. */
  readonly reserveBytes: bigint
  readonly isExhausted: boolean
}

const gibibyte = 1024n ** 3n

/** A tenth of the volume, at most 1 GiB, unless it is set. */
export const reserveOf = (totalBytes: bigint, reserveBytes: number | undefined): bigint => {
  if (reserveBytes !== undefined) return BigInt(reserveBytes)
  const tenth = totalBytes / 10n
  return tenth < gibibyte ? tenth : gibibyte
}

/** Exhausted below the reserve, and again open only when a fifth more than it is free: no flapping. */
export const isExhausted = (
  wasExhausted: boolean,
  freeBytes: bigint,
  reserveBytes: bigint,
): boolean =>
  wasExhausted ? freeBytes * 5n <= reserveBytes * 6n && reserveBytes > 0n : freeBytes < reserveBytes

export interface DiskGate {
  volumes(): readonly VolumeState[]
  /** Why nobody may write, for people; undefined while there is room everywhere. */
  reason(): string | undefined
  /** Looks at every volume now. Never throws: a volume that cannot be asked keeps its last state. */
  look(): Promise<void>
}

/** `free` is for tests. */
export function diskGate(options: {
  readonly volumes: readonly VolumeSpec[]
  readonly reserveBytes?: number | undefined
  readonly log: Logger
  readonly free?: (directory: string) => Promise<{ readonly free: bigint; readonly total: bigint }>
}): DiskGate {
  const { log, free = freeSpace } = options
  let states: readonly VolumeState[] = []

  async function lookAt(volume: VolumeSpec): Promise<VolumeState | undefined> {
    const last = states.find(({ name }) => name === volume.name)
    try {
      const { free: freeBytes, total: totalBytes } = await free(volume.directory)
      const reserveBytes = reserveOf(totalBytes, options.reserveBytes)
      return {
        ...volume,
        freeBytes,
        totalBytes,
        reserveBytes,
        isExhausted: isExhausted(last?.isExhausted ?? false, freeBytes, reserveBytes),
      }
    } catch (error) {
      log.debug({ err: error, volume: volume.name }, 'free space cannot be seen')
      return last
    }
  }

  return {
    volumes: () => states,
    reason() {
      const full = states.filter((volume) => volume.isExhausted)
      if (full.length === 0) return undefined
      const which = full.map(
        ({ name, directory, freeBytes, reserveBytes }) =>
          `${name} (${directory}: ${mebibytes(freeBytes)} MiB free, ${mebibytes(reserveBytes)} MiB are kept)`,
      )
      return `too little room on the volume of ${which.join(' and ')}; make room, then it goes on by itself`
    },
    async look() {
      const looked = await Promise.all(options.volumes.map(lookAt))
      states = looked.filter((state) => state !== undefined)
    },
  }
}

const mebibytes = (bytes: bigint): string => (bytes / 1024n ** 2n).toString()

async function freeSpace(directory: string): Promise<{ free: bigint; total: bigint }> {
  const { bavail, blocks, bsize } = await statfs(directory, { bigint: true })
  return { free: bavail * bsize, total: blocks * bsize }
}
