import { expect, test } from 'vitest'
import { passwordFault } from '../domain/password-policy.ts'
import { generatePassword } from './create-user.ts'

test('a generated password can be typed, fits the rules and does not repeat', () => {
  const made = new Set(Array.from({ length: 100 }, () => generatePassword()))
  expect(made.size).toBe(100)
  for (const password of made) {
    expect(password).toMatch(/^([a-km-np-z2-9]{6}-){3}[a-km-np-z2-9]{6}$/)
    expect(passwordFault('password', password, { username: 'x', email: 'y' })).toBeUndefined()
  }
})

test('the same bytes make the same password', () => {
  const bytes = new Uint8Array(32).fill(9)
  expect(generatePassword(bytes)).toBe(generatePassword(bytes))
})
