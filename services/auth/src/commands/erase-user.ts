import type { UserId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import { personKinds, type User } from '../domain/user.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { PersonFields } from '../keys/person-fields.ts'
import type { ReservationIdOf } from '../keys/reservation-id.ts'
import type { SessionStore } from '../sessions/session-store.ts'
import { users } from './aggregates.ts'
import type { CountOtherSuperAdmins } from './change-users.ts'
import { releaseName } from './claim-name.ts'
import type { OneAtATime } from './one-at-a-time.ts'

export interface EraseUserParts {
  readonly log: EventLog
  readonly keyStore: KeyStore
  readonly persons: PersonFields
  readonly sessions: SessionStore
  readonly reservationId: ReservationIdOf
  readonly countOtherSuperAdmins: CountOtherSuperAdmins
  readonly locks: OneAtATime
  /** Tells the other instances, which may have the keys in memory. */
  readonly onDestroyed: (userId: UserId) => void
}

export interface EraseUsers {
  /** Throws `auth.user_not_found`, `auth.last_super_admin`, or `invalid` when the name is not the user's. */
  erase(userId: UserId, confirmUsername: string, context: CommandContext): Promise<bigint>
  /** Does what is left of an erasure that was cut off. */
  complete(userId: UserId, context: CommandContext): Promise<void>
}

/**
 * Forgets a person: the log keeps what was done and every proof of it, and nobody can read any more whose it was.
 *
 * In this order, each step harmless when it runs twice: the fact is stored and waited for until it cannot vanish; the
 * sessions end; the names are free again, for which they have to be read a last time; the keys go. A crash in
 * between is made good at the next start (`complete`).
 */
export function userEraser(parts: EraseUserParts): EraseUsers {
  const { log, keyStore, persons, sessions, reservationId, countOtherSuperAdmins, locks } = parts

  async function releaseNames(userId: UserId, state: User, context: CommandContext): Promise<void> {
    // Without the key the names were released before: the key goes last.
    if (!state.profile || keyStore.isDestroyed(userId, 'person')) return
    const { username, email } = persons.profile(userId, state)
    const names = [
      ['username', username],
      ['email', email],
    ] as const
    for (const [kind, name] of names) {
      await releaseName(log, { kind, userId, reservationId: reservationId(kind, name) }, context)
    }
  }

  async function complete(userId: UserId, context: CommandContext): Promise<void> {
    const { state } = await log.fold(users, userId, context.signal)
    if (!state.isErased) return
    await sessions.endAll(userId, 'user_erased')
    await sessions.forget(userId)
    await releaseNames(userId, state, context)
    for (const kind of personKinds) await keyStore.destroy(userId, kind)
    parts.onDestroyed(userId)
  }

  return {
    complete,
    async erase(userId, confirmUsername, context) {
      const { state } = await log.fold(users, userId, context.signal)
      if (!state.isErased && state.exists) {
        const { username } = persons.profile(userId, state)
        if (username.toLowerCase() !== confirmUsername.toLowerCase()) throw notTheName()
      }
      const { sequence } = await locks.run(['super-admins'], async () =>
        log.execute(
          users,
          userId,
          {
            type: 'EraseUser',
            id: userId,
            otherSuperAdmins: await countOtherSuperAdmins(userId, context.signal),
          },
          context,
        ),
      )
      // A key that is gone while its destruction could still vanish would be a loss nobody decided.
      await log.whenSafe(sequence, context.signal)
      await complete(userId, context)
      return sequence
    },
  }
}

const notTheName = () =>
  invalid({
    field: 'confirm_username',
    code: 'mismatch',
    detail: "must repeat the person's user name: this cannot be undone",
  })
