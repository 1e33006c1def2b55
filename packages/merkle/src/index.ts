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
