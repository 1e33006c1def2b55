import { expect, test } from 'vitest'
import { credentials, generateUserKey, userKey } from './nkey.ts'

test('a key is written as the NATS tools write it', () => {
  // Made with nkeys.js from a seed of 32 bytes 0..31.
  const { seed, publicKey } = userKey(Uint8Array.from({ length: 32 }, (_, index) => index))
  expect({ seed, publicKey }).toEqual({
    seed: 'SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y',
    publicKey: 'UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK',
  })
})

test('every key is another one', () => {
  const [one, two] = [generateUserKey(), generateUserKey()]
  expect(one.seed).not.toBe(two.seed)
  expect(one.publicKey).toMatch(/^U[A-Z2-7]{55}$/)
  expect(one.seed).toMatch(/^SU[A-Z2-7]{56}$/)
})

test('credentials hold both parts between their marks', () => {
  expect(credentials('a.jwt', 'SUSEED')).toMatch(
    /^-----BEGIN NATS USER JWT-----\na\.jwt\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\nSUSEED\n------END USER NKEY SEED------\n$/,
  )
})
