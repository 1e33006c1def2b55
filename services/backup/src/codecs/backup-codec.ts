import { eventCodec } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import {
  type BackupEvent,
  type BackupFacts,
  deletionCauses,
  protections,
} from '../domain/backup.ts'
import { contentsFrom, contentsMessage, kindNumber, kindOf } from './contents.ts'

const v1 = holdfast.backup.v1

/** A copy of its own: what protobuf decodes shares the memory of a whole batch of commits. */
const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

export const backupCodec = eventCodec<BackupEvent>({
  BackupRequested: {
    encode: ({ facts: { protection, kind, contents, ...facts } }) =>
      v1.BackupRequested.encode({
        ...facts,
        kind: kindNumber(kind),
        contents: contentsMessage(contents),
        isEncrypted: protection !== 'none',
        protection: protections.indexOf(protection),
      }).finish(),
    decode: [
      (data) => ({ type: 'BackupRequested', facts: factsFrom(v1.BackupRequested.decode(data)) }),
    ],
  },
  BackupCompleted: {
    encode: ({ result: { recipients, sequence, ...result } }) =>
      v1.BackupCompleted.encode({
        ...result,
        sequence: Number(sequence),
        recipients: [...recipients],
      }).finish(),
    decode: [
      (data) => {
        const m = v1.BackupCompleted.decode(data)
        return {
          type: 'BackupCompleted',
          result: {
            objectKey: m.objectKey,
            bytes: m.bytes,
            sha256: copy(m.sha256),
            sequence: BigInt(m.sequence),
            manifest: m.manifest,
            recipients: m.recipients,
          },
        }
      },
    ],
  },
  BackupFailed: {
    encode: ({ code, detail }) => v1.BackupFailed.encode({ code, detail }).finish(),
    decode: [
      (data) => {
        const { code, detail } = v1.BackupFailed.decode(data)
        return { type: 'BackupFailed', code, detail }
      },
    ],
  },
  BackupCancelled: {
    encode: () => v1.BackupCancelled.encode({}).finish(),
    decode: [() => ({ type: 'BackupCancelled' })],
  },
  BackupVerified: {
    encode: ({ isGood, detail }) => v1.BackupVerified.encode({ isGood, detail }).finish(),
    decode: [
      (data) => {
        const { isGood, detail } = v1.BackupVerified.decode(data)
        return { type: 'BackupVerified', isGood, detail }
      },
    ],
  },
  BackupDeleted: {
    encode: ({ cause }) =>
      v1.BackupDeleted.encode({ cause: deletionCauses.indexOf(cause) }).finish(),
    decode: [
      (data) => ({
        type: 'BackupDeleted',
        cause: deletionCauses[v1.BackupDeleted.decode(data).cause] ?? 'hand',
      }),
    ],
  },
})

function factsFrom(m: holdfast.backup.v1.BackupRequested): BackupFacts {
  const kind = kindOf(m.kind)
  const protection = protections[m.protection]
  if (!kind || !protection) throw new Error('a backup of a kind or protection of a later release')
  return {
    organizationId: m.organizationId,
    name: m.name,
    kind,
    contents: contentsFrom(m.contents),
    protection,
    storageLocationId: m.storageLocationId,
    storageKind: m.storageKind,
    scheduleId: m.scheduleId,
    slotUnixMs: m.slotUnixMs,
    rollbackFor: m.rollbackFor,
    keptUntilUnixMs: m.keptUntilUnixMs,
  }
}
