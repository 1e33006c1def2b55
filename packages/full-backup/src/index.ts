export { ArchiveUnfit, BundleInvalid, KeysetInvalid } from './errors.ts'
export {
  type Keyset,
  type KeysetFile,
  keysetDocument,
  keysetHash,
  packKeyset,
  readKeyset,
  unpackKeyset,
} from './keyset.ts'
