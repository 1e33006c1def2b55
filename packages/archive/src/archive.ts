import type { Archive, OpenArchiveOptions } from './types.ts'

/**
 * Opens the archive of a generation, or begins it. Finishes what a crash left half done (a torn tail
 * is cut, told in `damage`); reads headers and footers, and the open segment whole.
 * Fails with archive.foreign before anything is written, archive.unavailable and archive.full.
 */
export function openArchive(_options: OpenArchiveOptions): Promise<Archive> {
  return Promise.reject(new Error('not yet'))
}
