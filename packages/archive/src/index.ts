export { openArchive } from './archive.ts'
export { type StatedCheckpoint, writeCheckpointNote } from './checkpoint-notes.ts'
export * from './errors.ts'
export { disk } from './files.ts'
export {
  type MissingRange,
  type ScannedCheckpoint,
  type ScannedGeneration,
  type ScanOptions,
  scanArchive,
} from './scan.ts'
export * from './types.ts'
