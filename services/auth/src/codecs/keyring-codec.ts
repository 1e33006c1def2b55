import { holdfast } from '@holdfast/proto'
import type { KeyringEvent } from '../domain/keyring.ts'
import { eventCodec } from './event-codec.ts'

const { SigningKeyAdded, SigningKeyRetired } = holdfast.auth.v1

export const keyringCodec = eventCodec<KeyringEvent>({
  SigningKeyAdded: {
    encode: ({ keyId, publicJwk }) => SigningKeyAdded.encode({ keyId, publicJwk }).finish(),
    decode: (data) => {
      const { keyId, publicJwk } = SigningKeyAdded.decode(data)
      return { keyId, publicJwk }
    },
  },
  SigningKeyRetired: {
    encode: ({ keyId }) => SigningKeyRetired.encode({ keyId }).finish(),
    decode: (data) => ({ keyId: SigningKeyRetired.decode(data).keyId }),
  },
})
