import { holdfast } from '@holdfast/proto'
import type { RootKeyEvent } from '../domain/root-key.ts'
import { eventCodec } from './event-codec.ts'

const { DataKeysRotated, RootKeyRotated, RootKeySplit, RootKeyUnsealed } = holdfast.auth.v1

export const rootKeyCodec = eventCodec<RootKeyEvent>({
  RootKeySplit: {
    encode: (event) => RootKeySplit.encode(event).finish(),
    decode(data) {
      const { setId, shares, threshold, rootKeyFingerprint, madeAtUnixMs } =
        RootKeySplit.decode(data)
      return {
        setId,
        shares,
        threshold,
        rootKeyFingerprint,
        madeAtUnixMs: Number(madeAtUnixMs),
      }
    },
  },
  RootKeyRotated: {
    encode: (event) => RootKeyRotated.encode(event).finish(),
    decode(data) {
      const { oldFingerprint, newFingerprint } = RootKeyRotated.decode(data)
      return { oldFingerprint, newFingerprint }
    },
  },
  DataKeysRotated: {
    encode: (event) => DataKeysRotated.encode(event).finish(),
    decode(data) {
      const { organizationId, keys } = DataKeysRotated.decode(data)
      return { organizationId, keys: Number(keys) }
    },
  },
  RootKeyUnsealed: {
    encode: ({ shards, refusedCodes, ...event }) =>
      RootKeyUnsealed.encode({
        ...event,
        shards: [...shards],
        refusedCodes: [...refusedCodes],
      }).finish(),
    decode(data) {
      const { setId, rootKeyFingerprint, shards, refused, refusedCodes } =
        RootKeyUnsealed.decode(data)
      return { setId, rootKeyFingerprint, shards, refused: Number(refused), refusedCodes }
    },
  },
})
