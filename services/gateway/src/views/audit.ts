import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import {
  component,
  decimal,
  flagOut,
  id,
  idOrNull,
  listOut,
  textOut,
  time,
  timeOrNull,
} from './fields.ts'
import { decimalOf, idOf, momentOf, timeOf } from './print.ts'

const exampleHash = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I='
const hash = (description: string) => textOut(`${description} 32 bytes, base64.`, exampleHash)
const hashes = (description: string) =>
  listOut(`${description} 32 bytes each, base64.`, exampleHash)

export const Checkpoint = component('Checkpoint', {
  size: decimal('How many commits it covers: those up to this sequence.', '1042'),
  root: hash('Root of the Merkle tree over them.'),
  note: textOut(
    'The signed note (c2sp.org/tlog-checkpoint), cosignatures included. Keep it: it is what later proofs are held against.',
    'holdfast/019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10/1\n1042\n…',
  ),
  signed_at: time('When it was signed.'),
  witnesses: listOut('Ids of the nodes that cosigned it.'),
})

export const AccessTree = component('AccessTree', {
  epoch: textOut('Its name: when it was begun, and the record it begins with.', '1780000000000-1'),
  first_sequence: decimal('Record that is leaf 0.', '1'),
  size: decimal('Records in it.', '1042'),
  checkpoint_size: decimal('Records its last checkpoint covers; 0 before the first.', '1042'),
  ended_at: timeOrNull('When it ended; null for the present one.'),
  ended_because: textOut('Why nothing is added to it any more; empty for the present one.', ''),
})

export const ConsistencyProof = component('ConsistencyProof', {
  from_size: decimal('The smaller tree.', '512'),
  to_size: decimal('The larger tree.', '1042'),
  from_root: hash('Root of the smaller tree.'),
  to_root: hash('Root of the larger tree.'),
  path: hashes('RFC 6962, 2.1.2.'),
})

export const SigningKey = component('AuditKey', {
  verifier_key: textOut(
    'The key as verifiers take it (c2sp.org/signed-note).',
    'holdfast/019a…/1+c2fcb2d4+AW…',
  ),
  since_sequence: decimal('Commit that brought it.', '1'),
  is_active: flagOut('Whether checkpoints are signed with it now.', true),
  rotation_statement: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'How the key before it vouches for it, base64; null for the first.',
  }),
  rotation_signature: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'Of the statement, by the key before it, base64.',
  }),
})

export const Witness = component('Witness', {
  node_id: id('The node.'),
  organization_id: idOrNull('Its organization.'),
  verifier_key: textOut('Its witness key, as verifiers take it.', 'holdfast/019a…/node/…+…'),
  size: decimal('Of the last checkpoint it cosigned.', '1042'),
  cosigned_at: timeOrNull('When it did; null before the first.'),
  refusal: textOut('Why it refuses what it is shown; empty when it does not.', ''),
})

const base64 = (bytes: Uint8Array | null | undefined): string =>
  Buffer.from(bytes ?? []).toString('base64')
const base64OrNull = (bytes: Uint8Array | null | undefined): string | null =>
  bytes && bytes.length > 0 ? base64(bytes) : null

export const printCheckpoint = (
  checkpoint: holdfast.audit.v1.Checkpoint.$Properties,
): Static<typeof Checkpoint> => ({
  size: decimalOf(checkpoint.size),
  root: base64(checkpoint.root),
  note: checkpoint.note ?? '',
  signed_at: momentOf(checkpoint.signedAtUnixMs),
  witnesses: checkpoint.witnesses ?? [],
})

export const printAccessTree = (
  epoch: holdfast.audit.v1.AccessEpoch.$Properties,
): Static<typeof AccessTree> => ({
  epoch: epoch.epoch ?? '',
  first_sequence: decimalOf(epoch.firstSequence),
  size: decimalOf(epoch.size),
  checkpoint_size: decimalOf(epoch.checkpoint?.size),
  ended_at: timeOf(epoch.endedAtUnixMs),
  ended_because: epoch.endedBecause ?? '',
})

export const printConsistency = (
  proof: holdfast.audit.v1.GetConsistencyProofResponse.$Properties,
): Static<typeof ConsistencyProof> => ({
  from_size: decimalOf(proof.fromSize),
  to_size: decimalOf(proof.toSize),
  from_root: base64(proof.fromRoot),
  to_root: base64(proof.toRoot),
  path: (proof.path ?? []).map(base64),
})

export const printSigningKey = (
  key: holdfast.audit.v1.SigningKey.$Properties,
): Static<typeof SigningKey> => ({
  verifier_key: key.verifierKey ?? '',
  since_sequence: decimalOf(key.sinceSequence),
  is_active: key.isActive ?? false,
  rotation_statement: base64OrNull(key.rotationStatement),
  rotation_signature: base64OrNull(key.rotationSignature),
})

export const printWitness = (
  witness: holdfast.audit.v1.Witness.$Properties,
): Static<typeof Witness> => ({
  node_id: witness.nodeId ?? '',
  organization_id: idOf(witness.organizationId ?? ''),
  verifier_key: witness.verifierKey ?? '',
  size: decimalOf(witness.size),
  cosigned_at: timeOf(witness.cosignedAtUnixMs),
  refusal: witness.refusal ?? '',
})
