import { spec } from '@holdfast/testkit'
import { test } from 'vitest'
import { LastSigningKey, SigningKeyNotFound } from './errors.ts'
import { type KeyringEvent, keyring } from './keyring.ts'

const { given } = spec(keyring)
const added = (keyId: string): KeyringEvent => ({ type: 'SigningKeyAdded', keyId, publicJwk: '{}' })
const retired = (keyId: string): KeyringEvent => ({ type: 'SigningKeyRetired', keyId })

test('a key is added once, and never again after it was retired', () => {
  const add = { type: 'AddSigningKey', keyId: 'a', publicJwk: '{}' } as const
  given().when(add).expects(added('a'))
  given(added('a')).when(add).expects()
  given(added('a'), added('b'), retired('a')).when(add).expects()
})

test('the key that signs cannot be retired, those before it can', () => {
  given(added('a')).when({ type: 'RetireSigningKey', keyId: 'a' }).rejects(LastSigningKey)
  given(added('a'), added('b'))
    .when({ type: 'RetireSigningKey', keyId: 'b' })
    .rejects(LastSigningKey)
  given(added('a'), added('b')).when({ type: 'RetireSigningKey', keyId: 'a' }).expects(retired('a'))
  given(added('a'), added('b'), retired('a'))
    .when({ type: 'RetireSigningKey', keyId: 'a' })
    .expects()
  given(added('a')).when({ type: 'RetireSigningKey', keyId: 'x' }).rejects(SigningKeyNotFound)
})
