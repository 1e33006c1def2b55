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
  consistencyProof,
  inclusionProof,
  maxPathHashes,
  rootFromTiles,
  verifyConsistency,
  verifyInclusion,
} from './proof.ts'
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
export { type OnSubtree, TreeHead, type TreeState } from './tree-head.ts'
