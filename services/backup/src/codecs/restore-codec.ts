import { eventCodec } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { RestoreEvent, RestoreWish } from '../domain/restore.ts'

const v1 = holdfast.backup.v1

const wishMessage = ({ only, toSequence, ...wish }: RestoreWish) => ({
  ...wish,
  only: [...only],
  toSequence: Number(toSequence),
})

const wishFrom = (
  m: holdfast.backup.v1.RestoreWish.$Properties | null | undefined,
): RestoreWish => ({
  toSequence: BigInt(m?.toSequence ?? 0),
  only: m?.only ?? [],
  organizationId: m?.organizationId ?? '',
  reason: m?.reason ?? '',
  planId: m?.planId ?? '',
  // A copy: what protobuf decodes shares the memory of a whole batch of commits.
  digest: new Uint8Array(m?.digest ?? []),
  undoes: m?.undoes ?? '',
  allowsWithoutRollback: m?.allowsWithoutRollback ?? false,
})

export const restoreCodec = eventCodec<RestoreEvent>({
  RestoreStarted: {
    encode: ({ wish, point }) =>
      v1.RestoreStarted.encode({
        wish: wishMessage(wish),
        checkpointSize: Number(point.checkpointSize),
        checkpointNote: point.checkpointNote,
        keptUntilUnixMs: point.keptUntilUnixMs,
        withoutRollbackBecause: point.withoutBecause,
      }).finish(),
    decode: [
      (data) => {
        const m = v1.RestoreStarted.decode(data)
        return {
          type: 'RestoreStarted',
          wish: wishFrom(m.wish),
          point: {
            checkpointSize: BigInt(m.checkpointSize),
            checkpointNote: m.checkpointNote,
            keptUntilUnixMs: m.keptUntilUnixMs,
            withoutBecause: m.withoutRollbackBecause,
          },
        }
      },
    ],
  },
  RestoreCompleted: {
    encode: ({ counts, tookMs }) => v1.RestoreCompleted.encode({ ...counts, tookMs }).finish(),
    decode: [
      (data) => {
        const { created, updated, deleted, blocked, tookMs } = v1.RestoreCompleted.decode(data)
        return { type: 'RestoreCompleted', counts: { created, updated, deleted, blocked }, tookMs }
      },
    ],
  },
  RestoreFailed: {
    encode: ({ wish, code, detail, isRolledBack }) =>
      v1.RestoreFailed.encode({
        ...{ code, detail, isRolledBack },
        ...(wish ? { wish: wishMessage(wish) } : {}),
      }).finish(),
    decode: [
      (data) => {
        const { code, detail, isRolledBack, wish } = v1.RestoreFailed.decode(data)
        return {
          type: 'RestoreFailed',
          ...{ code, detail, isRolledBack },
          wish: wish ? wishFrom(wish) : undefined,
        }
      },
    ],
  },
})
