import { assertNever, type Decider } from '@holdfast/domain'

export interface ShardSet {
  readonly setId: string
  readonly shares: number
  readonly threshold: number
  readonly rootKeyFingerprint: string
  readonly madeAtUnixMs: number
}

export interface Unsealing {
  readonly setId: string
  readonly rootKeyFingerprint: string
  /** Numbers of the shards that did it. */
  readonly shards: readonly number[]
  /** How many were turned away while it waited, and why the first of them were. */
  readonly refused: number
  readonly refusedCodes: readonly string[]
}

interface Rotation {
  readonly oldFingerprint: string
  readonly newFingerprint: string
}

export type RootKeyCommand =
  | ({ readonly type: 'RecordSplit' } & ShardSet)
  /** `shards`: of the new one, where it is kept nowhere else. */
  | ({ readonly type: 'RecordRotation'; readonly shards: ShardSet | undefined } & Rotation)
  | { readonly type: 'RecordDataKeys'; readonly organizationId: string; readonly keys: number }
  | ({ readonly type: 'RecordUnsealing' } & Unsealing)

export type RootKeyEvent =
  | ({ readonly type: 'RootKeySplit' } & ShardSet)
  | ({ readonly type: 'RootKeyRotated' } & Rotation)
  | { readonly type: 'DataKeysRotated'; readonly organizationId: string; readonly keys: number }
  | ({ readonly type: 'RootKeyUnsealed' } & Unsealing)

/** What was done with the root key. The key itself is not here: these are facts about it, without a secret. */
export interface RootKeyHistory {
  /** As far as the log knows; undefined until something was done with it. */
  readonly fingerprint: string | undefined
  /** Those made last. */
  readonly shards: ShardSet | undefined
}

export const rootKeyHistory: Decider<RootKeyCommand, RootKeyEvent, RootKeyHistory> = {
  initial: () => ({ fingerprint: undefined, shards: undefined }),

  decide(command, { fingerprint }) {
    switch (command.type) {
      case 'RecordSplit': {
        const { type: _, ...set } = command
        return [{ type: 'RootKeySplit', ...set }]
      }
      case 'RecordRotation': {
        const { oldFingerprint, newFingerprint, shards } = command
        // Told again by a start that completed it.
        if (fingerprint === newFingerprint) return []
        return [
          { type: 'RootKeyRotated', oldFingerprint, newFingerprint },
          ...(shards ? [{ type: 'RootKeySplit', ...shards } as const] : []),
        ]
      }
      case 'RecordDataKeys': {
        const { organizationId, keys } = command
        return [{ type: 'DataKeysRotated', organizationId, keys }]
      }
      case 'RecordUnsealing': {
        const { type: _, ...unsealing } = command
        return [{ type: 'RootKeyUnsealed', ...unsealing }]
      }
      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'RootKeySplit': {
        const { type: _, ...shards } = event
        return { fingerprint: shards.rootKeyFingerprint, shards }
      }
      case 'RootKeyRotated':
        return { ...state, fingerprint: event.newFingerprint }
      case 'RootKeyUnsealed':
        return { ...state, fingerprint: event.rootKeyFingerprint }
      case 'DataKeysRotated':
        return state
      default:
        return assertNever(event)
    }
  },
}
