import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import { component, decimal, flagOut, listOut, ref, textOut, timeOrNull, words } from './fields.ts'
import { decimalOf, timeOf } from './print.ts'

const fingerprint = (description: string) =>
  textOut(description, '80313522d52d26ad8d30fb43f30c231f')
const count = (description: string, example: number) =>
  Type.Integer({ description, examples: [example] })
const keptAs = words(
  ['file', 'given', 'shards'],
  'Where the root key is kept: in a file beside the data, by whoever gives it, or nowhere.',
)

export const ShardSet = component('ShardSet', {
  set_id: textOut('Tells its shards from those of another splitting.', '29eec1f6'),
  shares: count('How many shards there are.', 3),
  threshold: count('How many of them restore the root key.', 2),
  root_key_fingerprint: fingerprint('Of the root key they restore.'),
  made_at: timeOrNull('When they were made.'),
})
export const RootKey = component('RootKey', {
  fingerprint: fingerprint('Of the present root key.'),
  former_fingerprints: listOut('Of those before it, the last one first.'),
  kept_as: keptAs,
  is_rotating: flagOut('Everything is being wrapped anew just now.', false),
  shards: Type.Union([ref(ShardSet), Type.Null()], {
    description: 'The shards made last; null while there are none of the present root key.',
  }),
})
export const RootKeyShards = component('RootKeyShards', {
  set: ref(ShardSet),
  shards: listOut('docs/formats/shard.md, shard 1 first. Told this once and stored nowhere.'),
})
export const ProvedShards = component('ProvedShards', {
  root_key_fingerprint: fingerprint('Of the root key they restore: the present one.'),
  set_id: textOut('Their set.', '29eec1f6'),
})
export const RootKeyRotation = component('RootKeyRotation', {
  old_fingerprint: fingerprint('Of the root key before.'),
  new_fingerprint: fingerprint('Of the one after.'),
  keys: decimal('How many keys were wrapped anew; 0 while nothing was changed.', '128'),
  kept_as: keptAs,
  set: Type.Union([ref(ShardSet), Type.Null()], {
    description: 'What has to be kept before the next call; null when it is done.',
  }),
  shards: listOut('Of the new root key, where they are the only place it is kept.'),
})
export const DataKeyRotation = component('DataKeyRotation', {
  keys: decimal('How many data keys have a new version.', '128'),
})
export const SealState = component('SealState', {
  is_sealed: flagOut('It waits for shards of its root key.', false),
  threshold: count('How many it takes; 0 until the first one says so, and when it is open.', 2),
  given: count('How many there are.', 1),
})
export const Warning = component('Warning', {
  warning: textOut('For programs.', 'shards_missing'),
  detail: textOut('What is missing.', 'No shards of the root key have been made.'),
  remedy: textOut('What to do about it.', 'holdfast operator recover'),
})
export const Warnings = component('Warnings', { items: Type.Array(ref(Warning)) })

export const rootKeyComponents = [
  ShardSet,
  RootKey,
  RootKeyShards,
  ProvedShards,
  RootKeyRotation,
  DataKeyRotation,
  SealState,
  Warning,
  Warnings,
] as const

type SetMessage = holdfast.auth.v1.ShardSet.$Properties
type Nothing = null | undefined

export const printShardSet = (set: SetMessage) => ({
  set_id: set.setId ?? '',
  shares: set.shares ?? 0,
  threshold: set.threshold ?? 0,
  root_key_fingerprint: set.rootKeyFingerprint ?? '',
  made_at: timeOf(set.madeAtUnixMs),
})
const setOrNull = (set: SetMessage | Nothing) => (set ? printShardSet(set) : null)

export const printWarning = (warning: holdfast.auth.v1.RootKeyWarning.$Properties) => ({
  warning: warning.code ?? '',
  detail: warning.detail ?? '',
  remedy: warning.remedy ?? '',
})

const keptAsOf = (text: string) =>
  (['file', 'given', 'shards'] as const).find((known) => known === text) ?? 'given'

export const printRootKey = (rootKey: holdfast.auth.v1.RootKey.$Properties) => ({
  fingerprint: rootKey.fingerprint ?? '',
  former_fingerprints: [...(rootKey.formerFingerprints ?? [])],
  kept_as: keptAsOf(rootKey.keptAs ?? ''),
  is_rotating: rootKey.isRotating ?? false,
  shards: setOrNull(rootKey.shards),
})

export const printRotation = (rotated: holdfast.auth.v1.RotateRootKeyResponse) => ({
  old_fingerprint: rotated.oldFingerprint,
  new_fingerprint: rotated.newFingerprint,
  keys: decimalOf(rotated.keys),
  kept_as: keptAsOf(rotated.keptAs),
  set: setOrNull(rotated.set),
  shards: [...rotated.shards],
})

export const printSeal = (seal: holdfast.auth.v1.GetSealResponse) => ({
  is_sealed: seal.isSealed,
  threshold: seal.threshold,
  given: seal.given,
})
