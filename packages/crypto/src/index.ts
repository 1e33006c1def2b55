export {
  type AgeIdentities,
  type AgePair,
  type AgeRecipients,
  type AgeStatement,
  ageArmor,
  ageDearmor,
  ageOpen,
  ageSeal,
  decryptWith,
  encryptTo,
  generateAgePair,
  parseIdentities,
  parseRecipient,
  recipientOf,
  recoveryIdentity,
  rootKeyNamedIn,
} from './age.ts'
export { constantTimeEqual } from './constant-time-equal.ts'
export {
  AgeDamaged,
  AgeIdentityInvalid,
  AgeNotForUs,
  AgePassphraseWrong,
  AgeRecipientInvalid,
  KeyDestroyed,
  RootKeyInvalid,
  SealBroken,
  ShardCountsInvalid,
  ShardDamaged,
  ShardMisfit,
  ShardOfAnotherRootKey,
  ShardsMixed,
  ShardsTooFew,
} from './errors.ts'
export { hmacSha256, sha256 } from './hash.ts'
export { type DataKey, type KeyRing, keyRing } from './key-ring.ts'
export {
  type NodeOpener,
  type NodeSealer,
  nodeOpener,
  nodeSealer,
  openFromNode,
  type SealedToNode,
} from './node-seal.ts'
export { randomToken } from './random-token.ts'
export {
  generateRootKey,
  loadRootKey,
  RootKey,
  rootKeyFingerprint,
  unwrapKey,
  wrapKey,
} from './root-key.ts'
export {
  formerRootKeys,
  printRootKeyFile,
  printRotation,
  type RootKeyRotation,
  readRootKeyFile,
  readRotation,
} from './root-key-file.ts'
export { open, type Sealed, seal } from './seal.ts'
export type { SealContext } from './seal-context.ts'
export {
  joinShards,
  maxShards,
  parseShard,
  type Shard,
  shardFileName,
  splitRootKey,
} from './shards.ts'
export { generateX25519, type X25519KeyPair, x25519PublicKey } from './x25519.ts'
