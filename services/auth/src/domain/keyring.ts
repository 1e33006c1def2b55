import { assertNever, type Decider } from '@holdfast/domain'
import { LastSigningKey, SigningKeyNotFound } from './errors.ts'

export type KeyringCommand =
  | { readonly type: 'AddSigningKey'; readonly keyId: string; readonly publicJwk: string }
  | { readonly type: 'RetireSigningKey'; readonly keyId: string }

export type KeyringEvent =
  | { readonly type: 'SigningKeyAdded'; readonly keyId: string; readonly publicJwk: string }
  | { readonly type: 'SigningKeyRetired'; readonly keyId: string }

/**
 * The public halves of the keys that sign access tokens, oldest first. The last one signs; those before
 * it verify until they are retired.
 */
export interface Keyring {
  readonly keys: Map<string, { readonly publicJwk: string }>
  readonly retired: Set<string>
}

const newest = (keys: Keyring['keys']): string | undefined => [...keys.keys()].at(-1)

export const keyring: Decider<KeyringCommand, KeyringEvent, Keyring> = {
  initial: () => ({ keys: new Map(), retired: new Set() }),

  decide(command, { keys, retired }) {
    const { keyId } = command
    switch (command.type) {
      case 'AddSigningKey':
        if (keys.has(keyId) || retired.has(keyId)) return []
        return [{ type: 'SigningKeyAdded', keyId, publicJwk: command.publicJwk }]

      case 'RetireSigningKey':
        if (retired.has(keyId)) return []
        if (!keys.has(keyId)) throw SigningKeyNotFound({ keyId })
        if (newest(keys) === keyId) throw LastSigningKey({})
        return [{ type: 'SigningKeyRetired', keyId }]

      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'SigningKeyAdded':
        state.keys.set(event.keyId, { publicJwk: event.publicJwk })
        return state
      case 'SigningKeyRetired':
        state.keys.delete(event.keyId)
        state.retired.add(event.keyId)
        return state
      default:
        return assertNever(event)
    }
  },
}
