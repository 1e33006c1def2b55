import { randomBytes } from 'node:crypto'
import { idFrom, type UserId } from '@holdfast/domain'
import { DomainError, invalid } from '@holdfast/errors'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import { passwordFault } from '../domain/password-policy.ts'
import type { ReservationKind } from '../domain/reservation.ts'
import type { RoleBinding } from '../domain/role.ts'
import type { PersonFields } from '../keys/person-fields.ts'
import type { ReservationIdOf } from '../keys/reservation-id.ts'
import type { Passwords } from '../sessions/passwords.ts'
import { users } from './aggregates.ts'
import { alreadyDone } from './already-done.ts'
import { claimName, releaseName } from './claim-name.ts'
import type { OneAtATime } from './one-at-a-time.ts'

export interface NewUser {
  readonly username: string
  readonly email: string
  readonly displayName: string
  /** Generated when undefined. */
  readonly password: string | undefined
  readonly bindings: readonly RoleBinding[]
  /** Of a password that is not known here; `password` is undefined then, and none is generated. */
  readonly passwordHash?: string
  /** Let in later. */
  readonly isDisabled?: boolean
}

export interface CreatedUser {
  readonly userId: UserId
  readonly sequence: bigint
  readonly isRepeated: boolean
  /** Set when it was generated just now; a repeated command does not show it again. */
  readonly generatedPassword: string | undefined
}

export type CreateUser = (wish: NewUser, context: CommandContext) => Promise<CreatedUser>

export interface CreateUserParts {
  readonly log: EventLog
  readonly persons: PersonFields
  readonly passwords: Passwords
  readonly reservationId: ReservationIdOf
  readonly locks: OneAtATime
}

/** 120 random bits, in an alphabet that survives being read out and typed. */
export function generatePassword(random: Uint8Array = randomBytes(24)): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'
  const letters = [...random.subarray(0, 24)].map((byte) => alphabet[byte & 31])
  return letters.join('').replace(/.{6}(?=.)/g, '$&-')
}

/**
 * Claims both names, then creates the user. The id follows from the command, so the same command sent
 * again completes what a crash has cut off, and creates nobody twice.
 */
export function userCreator(parts: CreateUserParts): CreateUser {
  const { log, persons, passwords, reservationId, locks } = parts

  return async (wish, context) => {
    const userId = idFrom<UserId>(context.commandId, 'user')
    const password = wish.password ?? generatePassword()
    const fault = passwordFault('password', password, wish)
    if (fault) throw invalid(fault)

    const earlier = await alreadyDone(log, users, userId, context)
    if (earlier) {
      const { sequence } = earlier
      return { userId, sequence, isRepeated: true, generatedPassword: undefined }
    }

    const claimOf = (kind: ReservationKind, name: string) => ({
      kind,
      userId,
      reservationId: reservationId(kind, name),
    })
    const username = claimOf('username', wish.username)
    const email = claimOf('email', wish.email)

    return locks.run([username.reservationId, email.reservationId], async () => {
      await claimName(log, username, context)
      try {
        await claimName(log, email, context)
      } catch (error) {
        // Only when it is settled that this user will not be; otherwise the command may be sent again.
        if (error instanceof DomainError && error.kind === 'conflict') {
          await releaseName(log, username, context)
        }
        throw error
      }
      const sealed = await persons.seal(userId, {
        ...wish,
        passwordHash: wish.passwordHash ?? (await passwords.hash(password)),
      })
      const { sequence, isRepeated } = await log.execute(
        users,
        userId,
        {
          type: 'CreateUser',
          id: userId,
          ...sealed,
          bindings: wish.bindings,
          isDisabled: wish.isDisabled === true,
        },
        context,
      )
      const isGenerated = wish.password === undefined && wish.passwordHash === undefined
      const isShown = isGenerated && !isRepeated
      return { userId, sequence, isRepeated, generatedPassword: isShown ? password : undefined }
    })
  }
}
