import { KeyDestroyed, open, seal } from '@holdfast/crypto'
import type { UserId } from '@holdfast/domain'
import type { Sealed } from '../domain/sealed.ts'
import type { User } from '../domain/user.ts'
import type { KeyStore } from './key-store.ts'

type PersonField = 'username' | 'email' | 'display_name' | 'password_hash'

/** Stands for a field whose key has been destroyed: the same in every replay, so that hashes agree. */
export const erased = '[erased]'

export interface Profile {
  readonly username: string
  readonly email: string
  readonly displayName: string
}

/** Seals and opens what is kept of a person, under the key of that person alone. */
export interface PersonFields {
  seal(userId: UserId, fields: Profile & { readonly passwordHash: string }): Promise<SealedPerson>
  sealPasswordHash(userId: UserId, passwordHash: string): Promise<Sealed>
  /** The text, or `[erased]`. Throws SealBroken. */
  open(userId: UserId, field: PersonField, sealed: Sealed): string
  /** Of a user that exists. */
  profile(userId: UserId, user: User): Profile
}

export interface SealedPerson {
  readonly username: Sealed
  readonly email: Sealed
  readonly displayName: Sealed
  readonly passwordHash: Sealed
}

const kind = 'person'

export function openPersonFields(keys: KeyStore): PersonFields {
  const at = (userId: UserId, field: PersonField) => ({ ownerId: userId, objectId: userId, field })

  const openField = (userId: UserId, field: PersonField, sealed: Sealed): string => {
    const ring = keys.ringIfAny(userId, kind)
    if (!ring) return erased
    try {
      return Buffer.from(open(ring, at(userId, field), sealed)).toString()
    } catch (error) {
      if (KeyDestroyed.is(error)) return erased
      throw error
    }
  }

  return {
    async seal(userId, { username, email, displayName, passwordHash }) {
      const ring = await keys.ring(userId, kind)
      const sealed = (field: PersonField, text: string): Sealed =>
        seal(ring, at(userId, field), Buffer.from(text))
      return {
        username: sealed('username', username),
        email: sealed('email', email),
        displayName: sealed('display_name', displayName),
        passwordHash: sealed('password_hash', passwordHash),
      }
    },
    async sealPasswordHash(userId, passwordHash) {
      const ring = await keys.ring(userId, kind)
      return seal(ring, at(userId, 'password_hash'), Buffer.from(passwordHash))
    },
    open: openField,
    profile(userId, { profile }) {
      if (!profile) throw new Error('a user that exists has a profile')
      return {
        username: openField(userId, 'username', profile.username),
        email: openField(userId, 'email', profile.email),
        displayName: openField(userId, 'display_name', profile.displayName),
      }
    },
  }
}
