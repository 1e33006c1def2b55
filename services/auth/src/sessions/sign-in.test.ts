import type { SessionId, UserId } from '@holdfast/domain'
import { expect, test } from 'vitest'
import { InvalidCredentials, UserDisabled } from '../domain/errors.ts'
import type { Person } from './people.ts'
import { type SignInParts, signIn } from './sign-in.ts'

// as: ids of a test
const userId = '01900000-0000-7000-8000-000000000001' as UserId
const sessionId = '01900000-0000-7000-8000-000000000002' as SessionId
const sealed = { keyId: '', nonce: new Uint8Array(), ciphertext: new Uint8Array() }
const somebody: Person = { userId, isDisabled: false, passwordHash: sealed, bindings: [] }

/** Somebody types the right password, and is `after` by the time it has been checked. */
async function loginOf(after: Person | undefined) {
  const done: string[] = []
  const issued: unknown[] = []
  // as: signing in asks for these and nothing else
  const parts = {
    people: {
      byLogin: () => Promise.resolve(somebody),
      byId: () => Promise.resolve(after),
    },
    persons: { open: () => '$argon2id$' },
    check: () => Promise.resolve(true),
    sessions: {
      start: () => {
        done.push('start')
        return Promise.resolve({ session: { id: sessionId, userId }, refreshToken: 'refresh' })
      },
      end: (_id: SessionId, because: string) => Promise.resolve(done.push(because) > 0),
      forget: () => Promise.resolve(done.push('forget')),
    },
    tokens: {
      issue: ({ bindings }: { bindings: unknown }) => {
        issued.push(bindings)
        return Promise.resolve({ token: 'access', expiresInSeconds: 900 })
      },
    },
    access: { record: ({ result }: { result: string }) => done.push(result) },
  } as unknown as SignInParts
  const credentials = { login: 'a', password: 'b', clientAddress: '192.0.2.1', userAgent: '' }
  const error: unknown = await signIn(parts)
    .login(credentials, new AbortController().signal)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
  return { error, done, issued }
}

test('who is forgotten while the password is checked is not let in, and nothing of the attempt stays', async () => {
  const { error, done, issued } = await loginOf(undefined)
  expect(InvalidCredentials.is(error)).toBe(true)
  expect(done).toEqual(['start', 'user_gone', 'forget', 'failure'])
  expect(issued).toEqual([])
})

test('who is disabled while the password is checked is not let in', async () => {
  const { error, done, issued } = await loginOf({ ...somebody, isDisabled: true })
  expect(UserDisabled.is(error)).toBe(true)
  expect(done).toEqual(['start', 'user_disabled', 'failure'])
  expect(issued).toEqual([])
})

test('a role taken while the password is checked is in no token', async () => {
  const before = { role: 'SUPER_ADMIN', organizationId: undefined } as const
  const { error, issued } = await loginOf({ ...somebody, bindings: [before] })
  expect(error).toBeUndefined()
  expect(issued).toEqual([[before]])
})
