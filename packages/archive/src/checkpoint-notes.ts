import type { Files } from './types.ts'

/**
 * Keeps a checkpoint as `<directory>/<lineage>/checkpoints/<size>.note`; it is on the disk when this resolves.
 * A note of the same size is replaced (more cosignatures).
 */
export function writeCheckpointNote(
  _directory: string,
  _lineageId: string,
  _size: bigint,
  _note: string,
  _files?: Files,
): Promise<void> {
  return Promise.reject(new Error('not yet'))
}
