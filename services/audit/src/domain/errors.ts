import { defineError } from '@holdfast/errors'

export const FlowNotFound = defineError(
  'audit.flow_not_found',
  'not_found',
  (d: { flow: string }) => `there is no flow ${d.flow}, or it is not kept any more`,
)

export const TooManyFlows = defineError(
  'audit.too_many_flows',
  'exhausted',
  (d: { seconds: number }) =>
    `so many flows cannot be looked through in ${d.seconds} s: ask for a shorter time, or for one peer, rule or address`,
)

export const CheckpointNotFound = defineError(
  'audit.checkpoint_not_found',
  'not_found',
  (d: { size: string }) =>
    d.size === '0' ? 'nothing has been signed yet' : `no checkpoint of size ${d.size} was signed`,
)

export const EntryNotFound = defineError(
  'audit.entry_not_found',
  'not_found',
  (d: { sequence: string }) => `there is no entry ${d.sequence}, or you may not see it`,
)

export const EntryNotProven = defineError(
  'audit.entry_not_proven',
  'illegal_state',
  (d: { sequence: string; size: string }) =>
    `entry ${d.sequence} is not in the checkpoint of size ${d.size}: try again in some seconds, or name a larger one`,
)

export const EntryAltered = defineError(
  'audit.entry_altered',
  'illegal_state',
  (d: { sequence: string }) =>
    `the log holds other bytes at ${d.sequence} than those that were signed; holdfast operator log verify says more`,
)

export const SizeUnknown = defineError(
  'audit.size_unknown',
  'not_found',
  (d: { size: string; signed: string }) =>
    `nothing can be proven about size ${d.size}: the last checkpoint is of size ${d.signed}`,
)

export const SigningFrozen = defineError(
  'audit.signing_frozen',
  'illegal_state',
  (d: { reason: string }) => `no checkpoint is signed: ${d.reason}`,
)

export const SigningPending = defineError(
  'audit.signing_pending',
  'unavailable',
  () => 'the checkpoint is not signed yet; try again',
)

export const SigningKeyMissing = defineError(
  'audit.signing_key_missing',
  'illegal_state',
  () => 'there is no key to sign with, or this machine does not have it',
)

export const SigningKeyChanged = defineError(
  'audit.signing_key_changed',
  'stale',
  () => 'the signing key was replaced meanwhile; look at the present one and try again',
)

export const TreeBehind = defineError(
  'audit.tree_behind',
  'unavailable',
  () => 'the tree of the log is being made and has not come this far; try again',
)

export const AccessEpochNotFound = defineError(
  'audit.access_epoch_not_found',
  'not_found',
  (d: { epoch: string }) =>
    d.epoch === ''
      ? 'there is no tree of ACCESS yet; try again in some seconds'
      : `there is no tree of ACCESS by the name ${d.epoch}`,
)

export const AccessRecordNotFound = defineError(
  'audit.access_record_not_found',
  'not_found',
  (d: { sequence: string }) => `there is no record ${d.sequence} in ACCESS, or you may not see it`,
)

export const AccessRecordGone = defineError(
  'audit.access_record_gone',
  'not_found',
  (d: { sequence: string }) =>
    `record ${d.sequence} of ACCESS is not kept any more; a proof taken before still verifies`,
)

export const TombstoneRefused = defineError(
  'audit.tombstone_refused',
  'illegal_state',
  (d: { first: string; last: string; reason: string }) =>
    `records ${d.first} to ${d.last} of ACCESS are not given up: ${d.reason}`,
)

/** Also raised for what the caller may not know of. */
export const ObjectNotFound = defineError(
  'audit.object_not_found',
  'not_found',
  (d: { object: string }) => `nothing is known of ${d.object}, or you may not see it`,
)

/** `matches` lists them as `<kind> <name> (<id>)`, separated by commas. */
export const AmbiguousObject = defineError(
  'audit.ambiguous_object',
  'conflict',
  (d: { name: string; matches: string }) =>
    `${d.name} names several: ${d.matches}; use the id, or say the kind`,
)
