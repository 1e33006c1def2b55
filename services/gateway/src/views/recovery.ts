import { Type } from '@fastify/type-provider-typebox'
import { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import { component, decimal, flagOut, id, ref, textOut, timeOrNull, words } from './fields.ts'
import { decimalOf, present, timeOf } from './print.ts'

type OffsiteMessage = holdfast.backup.v1.OffsiteLocation.$Properties
type RecipientMessage = holdfast.backup.v1.Recipient.$Properties

export const RecoveryRecipient = component('RecoveryRecipient', {
  recipient: textOut(
    'age recipient.',
    'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudhf8ns7ts6hxl',
  ),
  label: textOut('Whose it is, and where its key is kept.', 'Ada, safe in Berlin'),
  is_derived: flagOut('It follows from the root key, and is always there.', false),
  added_at: timeOrNull('When it was added; null for the derived one.'),
  removed_at: timeOrNull('Since when nothing new is sealed to it; null while it is in use.'),
  proved_at: timeOrNull('When its owner last showed that they can open what is sealed to it.'),
  needed_by: decimal(
    'Kept backups and off-site objects that open with no other of the operator.',
    '0',
  ),
  needed_until: timeOrNull('When the last of them goes; null: not foreseeable, or none.'),
})
export const RecoveryRecipients = component('RecoveryRecipients', {
  items: Type.Array(ref(RecoveryRecipient)),
  reviewed_at: timeOrNull('When somebody last looked at the keys.'),
  review_due_at: timeOrNull('When they are to be looked at again; null while there is none.'),
})
export const RecoveryChallenge = component('RecoveryChallenge', {
  recipient: ref(RecoveryRecipient),
  challenge: textOut(
    'An armored age file; what is in it proves that its owner can open it. Empty when it was proved.',
    '-----BEGIN AGE ENCRYPTED FILE-----\n…',
  ),
})
export const KeyReview = component('KeyReview', {
  review_due_at: timeOrNull('When the keys are to be looked at again.'),
})
export const offsiteStates = ['idle', 'pushing', 'waiting', 'verifying', 'refused'] as const
export const OffsiteLocation = component('OffsiteLocation', {
  storage_location_id: id('The location.'),
  name: textOut('Its name.', 'offsite'),
  kind: textOut('Its kind.', 's3'),
  state: words([...offsiteStates, 'unknown'], 'What is being done.'),
  pushed_sequence: decimal('Everything up to it is there.', '1042'),
  pushed_at: timeOrNull('When something was last put there.'),
  lag_ms: decimal('Age of the oldest commit that is not there; 0 when all are.', '0'),
  objects: decimal('Objects there.', '17'),
  size_bytes: decimal('Their bytes.', '8388608'),
  manifests: decimal('Moments it can be restored to.', '7'),
  newest_manifest_at: timeOrNull('The newest of them.'),
  verified_at: timeOrNull('When it was last read back whole.'),
  verified_sequence: decimal('How far that was.', '1042'),
  outdated_keysets: decimal('Keysets there that still hold a destroyed key.', '0'),
  damaged_objects: decimal('Objects there that are not as they were put there.', '0'),
  failure_code: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'What keeps it from going on; null when nothing does.',
    examples: ['storage.unreachable'],
  }),
  failure_detail: textOut('The same in words; empty when nothing does.', ''),
  retry_at: timeOrNull('When it is tried again.'),
})
export const OffsiteState = component('OffsiteState', {
  items: Type.Array(ref(OffsiteLocation)),
  last_sequence: decimal('The last one of the log.', '1042'),
})
export const recoveryComponents = [
  RecoveryRecipient,
  RecoveryRecipients,
  RecoveryChallenge,
  KeyReview,
  OffsiteLocation,
  OffsiteState,
]

export function printRecipient(message: RecipientMessage): Static<typeof RecoveryRecipient> {
  const m = new holdfast.backup.v1.Recipient(message)
  return {
    recipient: m.recipient,
    label: m.label,
    is_derived: m.isDerived,
    added_at: timeOf(m.addedAtUnixMs),
    removed_at: timeOf(m.removedAtUnixMs),
    proved_at: timeOf(m.provedAtUnixMs),
    needed_by: decimalOf(m.neededBy),
    needed_until: timeOf(m.neededUntilUnixMs),
  }
}

export const printChallenge = (
  recipient: RecipientMessage | null | undefined,
  challenge: string,
): Static<typeof RecoveryChallenge> => ({
  recipient: printRecipient(present(recipient, 'recipient')),
  challenge,
})

export function printOffsite(message: OffsiteMessage): Static<typeof OffsiteLocation> {
  const m = new holdfast.backup.v1.OffsiteLocation(message)
  return {
    storage_location_id: m.storageLocationId,
    name: m.name,
    kind: m.kind,
    state: offsiteStates.find((state) => state === m.state) ?? 'unknown',
    pushed_sequence: decimalOf(m.pushedSequence),
    pushed_at: timeOf(m.pushedAtUnixMs),
    lag_ms: decimalOf(m.lagMs),
    objects: decimalOf(m.objects),
    size_bytes: decimalOf(m.bytes),
    manifests: decimalOf(m.manifests),
    newest_manifest_at: timeOf(m.newestManifestUnixMs),
    verified_at: timeOf(m.verifiedAtUnixMs),
    verified_sequence: decimalOf(m.verifiedSequence),
    outdated_keysets: decimalOf(m.outdatedKeysets),
    damaged_objects: decimalOf(m.damagedObjects),
    failure_code: m.failureCode === '' ? null : m.failureCode,
    failure_detail: m.failureDetail,
    retry_at: timeOf(m.retryAtUnixMs),
  }
}
