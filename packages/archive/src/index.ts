export {
  type AccessArchive,
  accessDirectory,
  type KeptSegment,
  type OpenAccessOptions,
  openAccessArchive,
} from './access/access-archive.ts'
export { decodeGone, eachLeaf, type GoneFile, maxGone, parseGoneName } from './access/gone-file.ts'
export { type ScanAccessOptions, type ScannedAccess, scanAccess } from './access/scan-access.ts'
export { openArchive } from './archive.ts'
export {
  type Cut,
  type CutOptions,
  cutSegment,
  readSegmentBytes,
  type SealedFacts,
  sealedBytes,
  sealedFacts,
  sealedSegments,
} from './beside.ts'
export {
  readCheckpointNotes,
  type StatedCheckpoint,
  writeCheckpointNote,
  writeNoteIn,
} from './checkpoint-notes.ts'
export { commitTimeUs } from './commit-time.ts'
export * from './errors.ts'
export { disk } from './files.ts'
export {
  type MissingRange,
  type ScannedCheckpoint,
  type ScannedGeneration,
  type ScanOptions,
  scanArchive,
} from './scan.ts'
export { parseSegmentName, type SegmentName, sealedName } from './segment-name.ts'
export * from './types.ts'
export { type SegmentWriter, type WriteSegmentsOptions, writeSegments } from './write-segments.ts'
