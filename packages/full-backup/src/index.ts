export {
  type BundleEpoch,
  type BundleManifest,
  type BundleTable,
  bundleFormat,
  encodeManifest,
} from './bundle-manifest.ts'
export { bundleName } from './bundle-name.ts'
export { Broken, Chain, differenceOf } from './chain.ts'
export {
  type ConfigFile,
  configTar,
  isConfigName,
  maxConfigFileBytes,
  readConfigTar,
} from './config-tar.ts'
export { ArchiveUnfit, BundleInvalid, KeysetInvalid } from './errors.ts'
export { identitiesIn } from './identities.ts'
export {
  type Keyset,
  type KeysetFile,
  keysetDocument,
  keysetHash,
  packKeyset,
  readKeyset,
  unpackKeyset,
} from './keyset.ts'
export { type BundleInput, type MadeBundle, makeBundle, type TablePage } from './make-bundle.ts'
export {
  type ObjectKeys,
  type ObjectKind,
  type ObjectName,
  objectKeys,
} from './offsite-keys.ts'
export { gunzipped } from './verify/sealed-part.ts'
export { type BundleReport, type VerifyOptions, verifyBundle } from './verify/verify-bundle.ts'
export type { BundleVisitor } from './verify/visitor.ts'
