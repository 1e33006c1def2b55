import type { UserId } from '@holdfast/domain'
import { type EventLog, LogUnavailable } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import { reservations, users } from '../commands/aggregates.ts'
import { reservationKinds } from '../domain/reservation.ts'
import type { RoleBinding } from '../domain/role.ts'
import type { Sealed } from '../domain/sealed.ts'
import type { ReservationIdOf } from '../keys/reservation-id.ts'
import { findHolder, findSignIn } from '../queries/sign-in.ts'

/** Somebody as signing in sees them. */
export interface Person {
  readonly userId: UserId
  readonly isDisabled: boolean
  readonly passwordHash: Sealed | undefined
  readonly bindings: readonly RoleBinding[]
}

/**
 * Who may sign in, by the log itself: somebody created, disabled or given another password a moment ago is known
 * whatever the read models are at. While the log takes no changes it may not be readable either, because the guard
 * is looking at it, its server is away or its end is damaged; then the read models answer, which have all that is
 * safe. So people can sign in just when they have to repair something.
 */
export interface People {
  /** By user name or e-mail address. */
  byLogin(login: string, signal: AbortSignal): Promise<Person | undefined>
  byId(userId: UserId, signal: AbortSignal): Promise<Person | undefined>
}

export interface PeopleParts {
  readonly log: Pick<EventLog, 'fold' | 'status'>
  readonly postgres: Postgres
  readonly reservationId: ReservationIdOf
  /** Waits until the read models have all that is safe. */
  readonly caughtUp: (signal: AbortSignal) => Promise<void>
}

export function people({ log, postgres, reservationId, caughtUp }: PeopleParts): People {
  const idsOf = (login: string) => reservationKinds.map((kind) => reservationId(kind, login))

  async function folded(userId: UserId, signal: AbortSignal): Promise<Person | undefined> {
    const { state } = await log.fold(users, userId, signal)
    // Copied at once: other commands may change the state meanwhile.
    const { exists, isDisabled, passwordHash, bindings } = state
    return exists
      ? { userId, isDisabled, passwordHash, bindings: [...bindings.values()] }
      : undefined
  }

  /** Asks the log, or the rows when it cannot answer. */
  async function either<T>(
    byLog: () => Promise<T>,
    byRows: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    if (log.status().isWritable) {
      try {
        return await byLog()
      } catch (error) {
        if (!LogUnavailable.is(error)) throw error
      }
    }
    await caughtUp(signal)
    return await byRows()
  }

  return {
    byLogin: (login, signal) =>
      either(
        async () => {
          // Both kinds are always read: which one a name is, and whether it is one, shows in nothing.
          const holders = await Promise.all(
            idsOf(login).map(async (id) => (await log.fold(reservations, id, signal)).state.holder),
          )
          const userId = holders.find((holder) => holder !== undefined)
          return userId && (await folded(userId, signal))
        },
        async () => {
          const userId = await findHolder(postgres, idsOf(login))
          return userId && (await findSignIn(postgres, userId))
        },
        signal,
      ),
    byId: (userId, signal) =>
      either(
        () => folded(userId, signal),
        () => findSignIn(postgres, userId),
        signal,
      ),
  }
}
