export { openArchive } from './archive.ts'
export { writeCheckpointNote } from './checkpoint-notes.ts'
export * from './errors.ts'
export {
  type MissingRange,
  type ScannedCheckpoint,
  type ScannedGeneration,
  type ScanOptions,
  scanArchive,
} from './scan.ts'
export * from './types.ts'
