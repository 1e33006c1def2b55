import { eventCodec } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { ValidationEvent } from '../domain/validation.ts'

const v1 = holdfast.backup.v1

export const validationCodec = eventCodec<ValidationEvent>({
  BackupValidated: {
    encode: ({ facts: { result, ...facts } }) =>
      v1.BackupValidated.encode({
        ...facts,
        isWarning: result === 'warn',
      }).finish(),
    decode: [
      (data) => {
        const m = v1.BackupValidated.decode(data)
        return {
          type: 'BackupValidated',
          facts: {
            organizationId: m.organizationId,
            runId: m.runId,
            result: m.isWarning ? 'warn' : 'ok',
            backupId: m.backupId,
            backupCreatedAtUnixMs: m.backupCreatedAtUnixMs,
            code: m.code,
            detail: m.detail,
            records: m.records,
            tookMs: m.tookMs,
          },
        }
      },
    ],
  },
  BackupValidationFailed: {
    encode: ({ facts: { result, records: _, ...facts } }) =>
      v1.BackupValidationFailed.encode({ ...facts, isTimeout: result === 'timeout' }).finish(),
    decode: [
      (data) => {
        const m = v1.BackupValidationFailed.decode(data)
        return {
          type: 'BackupValidationFailed',
          facts: {
            organizationId: m.organizationId,
            runId: m.runId,
            result: m.isTimeout ? 'timeout' : 'error',
            backupId: m.backupId,
            backupCreatedAtUnixMs: m.backupCreatedAtUnixMs,
            code: m.code,
            detail: m.detail,
            // Of what could not be restored nobody says how much it was.
            records: 0,
            tookMs: m.tookMs,
          },
        }
      },
    ],
  },
})
