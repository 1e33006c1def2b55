import { spec } from '@holdfast/testkit'
import { test } from 'vitest'
import { SigningKeyChanged, SigningKeyMissing } from './errors.ts'
import { type SigningKeyEvent, signingKey } from './signing-key.ts'

const { given } = spec(signingKey)
const keyOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const introduced: SigningKeyEvent = { type: 'SigningKeyIntroduced', publicKey: keyOf(1) }
const statement = new Uint8Array([1, 2, 3])
const signature = new Uint8Array(64)
const rotate = (from: number, to: number) => ({
  type: 'RotateSigningKey' as const,
  from: keyOf(from),
  to: keyOf(to),
  statement,
  signature,
})
const rotated: SigningKeyEvent = {
  type: 'SigningKeyRotated',
  statement,
  signature,
  newPublicKey: keyOf(2),
}

test('the first key is introduced once', () => {
  given()
    .when({ type: 'IntroduceSigningKey', publicKey: keyOf(1) })
    .expects(introduced)
  given(introduced)
    .when({ type: 'IntroduceSigningKey', publicKey: keyOf(2) })
    .expects()
})

test('a key is replaced by what the present one vouches for', () => {
  given(introduced).when(rotate(1, 2)).expects(rotated)
  given(introduced, rotated).when(rotate(1, 2)).expects()
})

test('a key that is not in office replaces nothing', () => {
  given().when(rotate(1, 2)).rejects(SigningKeyMissing)
  given(introduced, rotated).when(rotate(1, 3)).rejects(SigningKeyChanged)
})
