import { eventCodec } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { SigningKeyEvent } from '../domain/signing-key.ts'

const { SigningKeyIntroduced, SigningKeyRotated } = holdfast.audit.v1

/** Copies of their own: what protobuf decodes shares the memory of a whole batch of commits. */
const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

export const signingKeyCodec = eventCodec<SigningKeyEvent>({
  SigningKeyIntroduced: {
    encode: ({ publicKey }) => SigningKeyIntroduced.encode({ publicKey }).finish(),
    decode: [
      (data) => ({
        type: 'SigningKeyIntroduced',
        publicKey: copy(SigningKeyIntroduced.decode(data).publicKey),
      }),
    ],
  },
  SigningKeyRotated: {
    encode: ({ type: _, ...fact }) => SigningKeyRotated.encode(fact).finish(),
    decode: [
      (data) => {
        const m = SigningKeyRotated.decode(data)
        return {
          type: 'SigningKeyRotated',
          statement: copy(m.statement),
          signature: copy(m.signature),
          newPublicKey: copy(m.newPublicKey),
        }
      },
    ],
  },
})
