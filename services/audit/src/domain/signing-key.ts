import { assertNever, type Decider } from '@holdfast/domain'
import { SigningKeyChanged, SigningKeyMissing } from './errors.ts'

export type SigningKeyCommand =
  /** Brings the first key; does nothing when there is one. */
  | { type: 'IntroduceSigningKey'; publicKey: Uint8Array }
  | {
      type: 'RotateSigningKey'
      /** The key that signed the statement. */
      from: Uint8Array
      to: Uint8Array
      statement: Uint8Array
      signature: Uint8Array
    }

export type SigningKeyEvent =
  | { type: 'SigningKeyIntroduced'; publicKey: Uint8Array }
  | {
      type: 'SigningKeyRotated'
      statement: Uint8Array
      signature: Uint8Array
      newPublicKey: Uint8Array
    }

/**
 * The keys checkpoints are signed with, one after the other.
 *
 * Invariant: one chain. Each key but the first is vouched for by the one before it, so that whoever trusts any of them
 * can follow to the present one.
 */
export interface SigningKeyState {
  /** Ed25519, 32 bytes; undefined before the first. */
  active: Uint8Array | undefined
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0

export const signingKey: Decider<SigningKeyCommand, SigningKeyEvent, SigningKeyState> = {
  initial: () => ({ active: undefined }),

  decide(command, { active }) {
    switch (command.type) {
      case 'IntroduceSigningKey':
        return active ? [] : [{ type: 'SigningKeyIntroduced', publicKey: command.publicKey }]
      case 'RotateSigningKey': {
        const { from, to, statement, signature } = command
        if (!active) throw SigningKeyMissing({})
        if (isSame(active, to)) return []
        if (!isSame(active, from)) throw SigningKeyChanged({})
        return [{ type: 'SigningKeyRotated', statement, signature, newPublicKey: to }]
      }
      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'SigningKeyIntroduced':
        state.active = event.publicKey
        return state
      case 'SigningKeyRotated':
        state.active = event.newPublicKey
        return state
      default:
        return assertNever(event)
    }
  },
}
