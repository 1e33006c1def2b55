import { uuidV5 } from '@holdfast/domain'
import type { Aggregate } from '@holdfast/event-log'
import { signingKeyCodec } from '../codecs/signing-key-codec.ts'
import {
  type SigningKeyCommand,
  type SigningKeyEvent,
  type SigningKeyState,
  signingKey,
} from '../domain/signing-key.ts'

/** Subject `evt.audit.signing_key.<id>`; one a lineage. */
export const signingKeys: Aggregate<SigningKeyCommand, SigningKeyEvent, SigningKeyState> = {
  context: 'audit',
  type: 'signing_key',
  decider: signingKey,
  codec: signingKeyCodec,
  stateVersion: 1,
}

export const signingKeyId = (lineageId: string): string => uuidV5(lineageId, 'signing_key')
