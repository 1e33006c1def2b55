import { assertNever, type Decider } from '@holdfast/domain'
import { RecipientExists, RecipientNotFound, TooManyRecipients } from './recovery-errors.ts'

export type RecoveryCommand =
  | { readonly type: 'AddRecipient'; readonly recipient: string; readonly label: string }
  | { readonly type: 'RemoveRecipient'; readonly recipient: string }
  | { readonly type: 'ProveRecipient'; readonly recipient: string }
  | { readonly type: 'ReviewKeys'; readonly note: string }
  | ({ readonly type: 'RecordKeysetsRewritten' } & RewrittenKeysets)

export interface RewrittenKeysets {
  /** Of the destruction they follow. */
  readonly destroyedSequence: bigint
  readonly locationIds: readonly string[]
  /** Immutable, or not to be reached: what stands there keeps the key. */
  readonly unreachedLocationIds: readonly string[]
}

export type RecoveryEvent =
  | { readonly type: 'RecipientAdded'; readonly recipient: string; readonly label: string }
  | { readonly type: 'RecipientRemoved'; readonly recipient: string }
  | { readonly type: 'RecipientProved'; readonly recipient: string }
  | { readonly type: 'KeysReviewed'; readonly note: string }
  | ({ readonly type: 'KeysetsRewritten' } & RewrittenKeysets)

/** Who can open what is off-site, besides whoever has the root key. One of the instance; its id is the lineage. */
export interface RecoveryState {
  /** `age1…` in use, in the order they came, and whether their owner has shown that they can open. */
  readonly recipients: ReadonlyMap<string, { readonly isProved: boolean }>
  /** The last rewriting, as told. */
  readonly rewritten: RewrittenKeysets | undefined
}

/** As many as a keyset is sealed to. One place is kept for the key of a passphrase. */
export const maxRecipients = 32

export const recovery: Decider<RecoveryCommand, RecoveryEvent, RecoveryState> = {
  initial: () => ({ recipients: new Map(), rewritten: undefined }),

  decide(command, { recipients, rewritten }) {
    switch (command.type) {
      case 'AddRecipient': {
        const { recipient, label } = command
        if (recipients.has(recipient)) throw RecipientExists({ recipient })
        if (recipients.size >= maxRecipients) throw TooManyRecipients({ most: maxRecipients })
        return [{ type: 'RecipientAdded', recipient, label }]
      }
      case 'RemoveRecipient': // idempotent: it is gone either way
        return recipients.has(command.recipient)
          ? [{ type: 'RecipientRemoved', recipient: command.recipient }]
          : []
      case 'ProveRecipient': {
        const { recipient } = command
        const known = recipients.get(recipient)
        if (!known) throw RecipientNotFound({ recipient })
        return [{ type: 'RecipientProved', recipient }]
      }
      case 'ReviewKeys':
        return [{ type: 'KeysReviewed', note: command.note }]
      case 'RecordKeysetsRewritten': {
        const { type: _, ...told } = command
        return isSame(told, rewritten) ? [] : [{ type: 'KeysetsRewritten', ...told }]
      }
      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    const { recipients } = state
    switch (event.type) {
      case 'RecipientAdded':
        return {
          ...state,
          recipients: new Map(recipients).set(event.recipient, { isProved: false }),
        }
      case 'RecipientRemoved':
        return {
          ...state,
          recipients: new Map([...recipients].filter(([one]) => one !== event.recipient)),
        }
      case 'RecipientProved':
        return {
          ...state,
          recipients: new Map(recipients).set(event.recipient, { isProved: true }),
        }
      case 'KeysReviewed':
        return state
      case 'KeysetsRewritten': {
        const { type: _, ...rewritten } = event
        return { ...state, rewritten }
      }
      default:
        return assertNever(event)
    }
  },
}

const isSame = (a: RewrittenKeysets, b: RewrittenKeysets | undefined): boolean =>
  a.destroyedSequence === b?.destroyedSequence &&
  areEqual(a.locationIds, b.locationIds) &&
  areEqual(a.unreachedLocationIds, b.unreachedLocationIds)

const areEqual = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one, at) => one === b[at])
