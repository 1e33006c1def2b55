import { eventCodec } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { RecoveryEvent } from '../domain/recovery.ts'

const v1 = holdfast.backup.v1

export const recoveryCodec = eventCodec<RecoveryEvent>({
  RecipientAdded: {
    encode: ({ recipient, label }) => v1.RecipientAdded.encode({ recipient, label }).finish(),
    decode: [
      (data) => {
        const { recipient, label } = v1.RecipientAdded.decode(data)
        return { type: 'RecipientAdded', recipient, label }
      },
    ],
  },
  RecipientRemoved: {
    encode: ({ recipient }) => v1.RecipientRemoved.encode({ recipient }).finish(),
    decode: [
      (data) => ({
        type: 'RecipientRemoved',
        recipient: v1.RecipientRemoved.decode(data).recipient,
      }),
    ],
  },
  RecipientProved: {
    encode: ({ recipient }) => v1.RecipientProved.encode({ recipient }).finish(),
    decode: [
      (data) => ({ type: 'RecipientProved', recipient: v1.RecipientProved.decode(data).recipient }),
    ],
  },
  KeysReviewed: {
    encode: ({ note }) => v1.KeysReviewed.encode({ note }).finish(),
    decode: [(data) => ({ type: 'KeysReviewed', note: v1.KeysReviewed.decode(data).note })],
  },
  KeysetsRewritten: {
    encode: ({ destroyedSequence, locationIds, unreachedLocationIds }) =>
      v1.KeysetsRewritten.encode({
        destroyedSequence: Number(destroyedSequence),
        locationIds: [...locationIds],
        unreachedLocationIds: [...unreachedLocationIds],
      }).finish(),
    decode: [
      (data) => {
        const m = v1.KeysetsRewritten.decode(data)
        return {
          type: 'KeysetsRewritten',
          destroyedSequence: BigInt(m.destroyedSequence),
          locationIds: m.locationIds,
          unreachedLocationIds: m.unreachedLocationIds,
        }
      },
    ],
  },
})
