import { assertNever, type Decider, type OrganizationId } from '@holdfast/domain'
import { SubscriberNotFound } from './errors.ts'

export type SubscriberCommand =
  | {
      readonly type: 'CreateSubscriber'
      /** Undefined: of the whole instance. */
      readonly organizationId: OrganizationId | undefined
      readonly name: string
      readonly actions: readonly string[]
      readonly natsPublicKey: string
    }
  | { readonly type: 'RotateSubscriber'; readonly id: string; readonly natsPublicKey: string }
  | { readonly type: 'RevokeSubscriber'; readonly id: string }

export type SubscriberEvent =
  | {
      readonly type: 'SubscriberCreated'
      readonly organizationId: OrganizationId | undefined
      readonly name: string
      readonly actions: readonly string[]
      readonly natsPublicKey: string
    }
  | {
      readonly type: 'SubscriberRotated'
      readonly natsPublicKey: string
      readonly oldNatsPublicKey: string
    }
  | { readonly type: 'SubscriberRevoked'; readonly natsPublicKey: string }

/**
 * A program outside that follows events with a NATS identity of its own.
 *
 * Invariant: one key at a time; the one before is named where it ends, so that it can be refused.
 */
export interface Subscriber {
  exists: boolean
  isRevoked: boolean
  organizationId: OrganizationId | undefined
  name: string
  actions: readonly string[]
  natsPublicKey: string
}

export const subscriber: Decider<SubscriberCommand, SubscriberEvent, Subscriber> = {
  initial: () => ({
    exists: false,
    isRevoked: false,
    organizationId: undefined,
    name: '',
    actions: [],
    natsPublicKey: '',
  }),

  decide(command, state) {
    if (command.type === 'CreateSubscriber') {
      if (state.exists) return [] // the id follows from the command: this is the command repeated
      const { organizationId, name, actions, natsPublicKey } = command
      return [{ type: 'SubscriberCreated', organizationId, name, actions, natsPublicKey }]
    }
    if (!state.exists) throw SubscriberNotFound({ subscriber: command.id })
    switch (command.type) {
      case 'RotateSubscriber': {
        if (state.isRevoked) throw SubscriberNotFound({ subscriber: command.id })
        const { natsPublicKey } = command
        if (natsPublicKey === state.natsPublicKey) return []
        return [{ type: 'SubscriberRotated', natsPublicKey, oldNatsPublicKey: state.natsPublicKey }]
      }
      case 'RevokeSubscriber':
        if (state.isRevoked) return []
        return [{ type: 'SubscriberRevoked', natsPublicKey: state.natsPublicKey }]
      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'SubscriberCreated': {
        const { organizationId, name, actions, natsPublicKey } = event
        return { exists: true, isRevoked: false, organizationId, name, actions, natsPublicKey }
      }
      case 'SubscriberRotated':
        return { ...state, natsPublicKey: event.natsPublicKey }
      case 'SubscriberRevoked':
        return { ...state, isRevoked: true }
      default:
        return assertNever(event)
    }
  },
}
