export {
  type BundleEpoch,
  type BundleManifest,
  type BundleTable,
  bundleFormat,
  encodeManifest,
} from './bundle-manifest.ts'
export { bundleName } from './bundle-name.ts'
export { type ConfigFile, configTar, isConfigName, maxConfigFileBytes } from './config-tar.ts'
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
export { type BundleReport, type VerifyOptions, verifyBundle } from './verify/verify-bundle.ts'
