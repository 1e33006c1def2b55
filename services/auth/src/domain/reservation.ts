import { assertNever, type Decider, type UserId } from '@holdfast/domain'
import { EmailTaken, UsernameTaken } from './errors.ts'

export const reservationKinds = ['username', 'email'] as const
export type ReservationKind = (typeof reservationKinds)[number]

export type ReservationCommand =
  | {
      readonly type: 'Reserve'
      readonly kind: ReservationKind
      readonly userId: UserId
      /** A holder known to be abandoned: the name may be taken from them. */
      readonly abandoned?: UserId
    }
  | { readonly type: 'Release'; readonly userId: UserId }

export type ReservationEvent =
  | { readonly type: 'NameReserved'; readonly userId: UserId }
  | { readonly type: 'NameReleased'; readonly userId: UserId }

/** One user name or e-mail address. Invariant: one holder at a time. */
export interface Reservation {
  holder: UserId | undefined
}

export const reservation: Decider<ReservationCommand, ReservationEvent, Reservation> = {
  initial: () => ({ holder: undefined }),

  decide(command, { holder }) {
    switch (command.type) {
      case 'Reserve':
        if (holder === command.userId) return []
        if (holder === undefined) return [{ type: 'NameReserved', userId: command.userId }]
        if (holder === command.abandoned) {
          return [
            { type: 'NameReleased', userId: holder },
            { type: 'NameReserved', userId: command.userId },
          ]
        }
        throw command.kind === 'username' ? UsernameTaken({}) : EmailTaken({})

      case 'Release':
        return holder === command.userId ? [{ type: 'NameReleased', userId: command.userId }] : []

      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'NameReserved':
        state.holder = event.userId
        return state
      case 'NameReleased':
        state.holder = undefined
        return state
      default:
        return assertNever(event)
    }
  },
}
