import { defineError } from '@holdfast/errors'

/** A policy whose memory would exceed a bound is refused whole. `what` says which, with both numbers. */
export const PolicyTooLarge = defineError(
  'bpf.policy_too_large',
  'exhausted',
  (d: { what: string }) => `this policy is too large for the kernel: ${d.what}`,
)

/** Memory that no builder of this version wrote, or that somebody wrote into. `reason` continues "because". */
export const BlobInvalid = defineError(
  'bpf.blob_invalid',
  'illegal_state',
  (d: { reason: string }) => `what the kernel holds is not a policy: ${d.reason}`,
)
