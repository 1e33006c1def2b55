export {
  type BundleHeader,
  type BundleLine,
  bundleFormat,
  formatBundleLine,
  maxBundleLineBytes,
  parseBundleLine,
} from './bundle-lines.ts'
export {
  type BundleOptions,
  type BundleReport,
  type Finding,
  type FindingCode,
  findingCodes,
  type KnownTree,
  type Verdict,
  verdicts,
  verifyBundle,
} from './bundle-verifier.ts'
export { type BundleSource, writeBundle } from './bundle-writer.ts'
export {
  type AccessEpoch,
  type Checkpoint,
  firstOf,
  formatCheckpoint,
  formatEpoch,
  formatOrigin,
  formatTreeOrigin,
  logExtension,
  type Origin,
  parseCheckpoint,
  parseEpoch,
  parseOrigin,
  parseTreeOrigin,
  parseWitnessName,
  type TreeOrigin,
  witnessName,
} from './checkpoint.ts'
export {
  type ConsistencyProof,
  type EntryProof,
  formatConsistencyProof,
  formatEntryProof,
  formatKeyList,
  type KeyList,
  parseConsistencyProof,
  parseEntryProof,
  parseKeyList,
  verifyConsistencyProof,
  verifyEntryProof,
} from './entry-proof.ts'
export { FormatError, TrustError, type TrustErrorCode } from './format-error.ts'
export {
  emptyRoot,
  hashBytes,
  type Leaf,
  leafData,
  leafHash,
  nodeHash,
  rawLeafHash,
} from './hash.ts'
export {
  parseVerifierKey,
  type SignatureType,
  type Signer,
  signer,
  type VerifierKey,
  verifierKey,
} from './keys.ts'
export { leftEdge } from './left-edge.ts'
export { splitLines, type TextLine } from './lines.ts'
export {
  formatManifestStatement,
  type ManifestStatement,
  openManifestStatement,
  parseManifestStatement,
  signManifest,
} from './manifest-note.ts'
export {
  addSignatures,
  cosignText,
  formatNote,
  formatSignatureLine,
  maxNoteBytes,
  maxNoteSignatures,
  type Note,
  type NoteSignature,
  type OpenedNote,
  openNote,
  parseNote,
  parseSignatureLine,
  signNote,
  signText,
  type VerifiedSignature,
  verifyNoteSignature,
} from './note.ts'
export {
  consistencyProof,
  inclusionProof,
  maxPathHashes,
  rootFromTiles,
  verifyConsistency,
  verifyInclusion,
} from './proof.ts'
export {
  formatRestored,
  openRestored,
  parseRestored,
  type RestoredStatement,
  signRestored,
} from './restored-note.ts'
export {
  type AcceptedKey,
  followRotations,
  formatRotation,
  type KeyChain,
  maxRotations,
  openCheckpoint,
  openRotation,
  openTreeCheckpoint,
  parseRotation,
  presentKey,
  type Rotation,
  type RotationStatement,
  type SignedCheckpoint,
  signRotation,
} from './rotation.ts'
export {
  MemoryTiles,
  newTiles,
  parseTilePath,
  type Tile,
  type TileAddress,
  TileBuilder,
  type TileReader,
  tilePath,
  tilesOf,
  tileWidth,
} from './tiles.ts'
export {
  formatTlogProof,
  parseTlogProof,
  type TlogProof,
  verifyTlogProof,
} from './tlog-proof.ts'
export {
  formatTombstone,
  openTombstone,
  parseTombstone,
  signTombstone,
  type Tombstone,
  type TombstoneReason,
  tombstoneReasons,
} from './tombstone.ts'
export { type OnSubtree, TreeHead, type TreeState } from './tree-head.ts'
