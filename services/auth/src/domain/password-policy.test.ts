import { expect, test } from 'vitest'
import { normalizePassword, passwordFault } from './password-policy.ts'

const owner = { username: 'alice.example', email: 'alice@example.org' }
const codeOf = (password: string) => passwordFault('new_password', password, owner)?.code

test('a password has 12 to 256 characters, counted as people count', () => {
  expect(codeOf('elevenchars')).toBe('password_length')
  expect(codeOf('twelve chars')).toBeUndefined()
  expect(codeOf('x'.repeat(256))).toBeUndefined()
  expect(codeOf('x'.repeat(257))).toBe('password_length')
  expect(codeOf('🔑'.repeat(11))).toBe('password_length')
  expect(codeOf('🔑'.repeat(12))).toBeUndefined()
})

test('a password is not the user name or the e-mail address, in whatever case', () => {
  expect(codeOf('Alice.Example')).toBe('password_is_name')
  expect(codeOf('ALICE@example.org')).toBe('password_is_name')
  expect(codeOf('alice@example.org!')).toBeUndefined()
})

test('two ways to type one text are one password', () => {
  expect(normalizePassword('Zoe\u0308')).toBe(normalizePassword('Zo\u00eb'))
})
