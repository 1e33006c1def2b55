import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'

export interface LogFile {
  /** Appends whole lines. */
  write(text: string): void
  close(): void
}

export interface LogFileOptions {
  readonly maxBytes?: number
  /** Old files kept beside the present one, as `<path>.1` (newest) to `<path>.<keep>`. */
  readonly keep?: number
}

/** A log file of mode 0600 that rotates by size. A full disk loses lines, never the process. */
export function openLogFile(
  path: string,
  { maxBytes = 10 * 1024 * 1024, keep = 4 }: LogFileOptions = {},
): LogFile {
  let descriptor = openSync(path, 'a', 0o600)
  let bytes = fstatSync(descriptor).size
  const rotate = () => {
    closeSync(descriptor)
    for (let index = keep; index > 0; index -= 1) {
      try {
        renameSync(index === 1 ? path : `${path}.${index - 1}`, `${path}.${index}`)
      } catch {
        // Not there yet.
      }
    }
    descriptor = openSync(path, 'a', 0o600)
    bytes = fstatSync(descriptor).size
  }
  return {
    write(text) {
      try {
        if (bytes > 0 && bytes + text.length > maxBytes) rotate()
        bytes += writeSync(descriptor, text)
      } catch {
        // There is nowhere left to say it.
      }
    },
    close() {
      closeSync(descriptor)
    },
  }
}
