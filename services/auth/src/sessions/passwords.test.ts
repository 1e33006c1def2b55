import { expect, test } from 'vitest'
import { Busy } from '../domain/errors.ts'
import { openPasswords } from './passwords.ts'

test('a hash says how it was made and opens for its password alone', async () => {
  const passwords = openPasswords()
  const hash = await passwords.hash('correct horse battery')
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await passwords.verify(hash, 'correct horse battery')).toBe(true)
  expect(await passwords.verify(hash, 'correct horse batterz')).toBe(false)
  expect(await passwords.hash('correct horse battery')).not.toBe(hash)
})

test('a hash made with other parameters still opens', async () => {
  const older =
    '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$xlCGLzVIjZgYSGbiWhStBnRu5I67B5wGVwiuNFuNykw'
  expect(await openPasswords().verify(older, 'x')).toBe(false)
})

test('one text typed in two ways is one password', async () => {
  const passwords = openPasswords()
  const hash = await passwords.hash('Zoe\u0308 und die Wölfe')
  expect(await passwords.verify(hash, 'Zo\u00eb und die Wölfe')).toBe(true)
})

test('nothing is ever the password of nobody', async () => {
  expect(await openPasswords().verifyNothing('')).toBe(false)
})

test('callers beyond the queue are told to come again, the others are served', async () => {
  const passwords = openPasswords()
  const hash =
    '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
  const results = await Promise.allSettled(
    Array.from({ length: 110 }, () => passwords.verify(hash, 'x')),
  )
  const refused = results.filter((r) => r.status === 'rejected')
  expect(refused).toHaveLength(8)
  expect(refused.every((r) => Busy.is(r.reason))).toBe(true)
  expect(await passwords.verify(hash, 'x')).toBe(false)
})
