import { expect, test } from 'vitest'
import {
  agree,
  generateX25519,
  privateKeyObject,
  publicKeyObject,
  x25519PublicKey,
} from './x25519.ts'

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

const alice = hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a')
const alicePublic = hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
const bob = hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb')
const bobPublic = hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f')
const shared = hex('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742')

test('public keys and the shared secret agree with RFC 7748, 6.1', () => {
  expect(x25519PublicKey(alice)).toEqual(alicePublic)
  expect(x25519PublicKey(bob)).toEqual(bobPublic)
  expect(agree(privateKeyObject(alice), publicKeyObject(bobPublic))).toEqual(shared)
  expect(agree(privateKeyObject(bob), publicKeyObject(alicePublic))).toEqual(shared)
})

test('the scalar multiplication agrees with RFC 7748, 5.2', () => {
  const scalar = hex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4')
  const u = hex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c')
  expect(agree(privateKeyObject(scalar), publicKeyObject(u))).toEqual(
    hex('c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552'),
  )
})

test('a point of small order agrees on nothing', () => {
  expect(agree(privateKeyObject(alice), publicKeyObject(new Uint8Array(32)))).toBeUndefined()
  const one = hex(`01${'00'.repeat(31)}`)
  expect(agree(privateKeyObject(alice), publicKeyObject(one))).toBeUndefined()
})

test('a fresh private key is clamped and matches its public key', () => {
  for (let i = 0; i < 50; i++) {
    const { privateKey, publicKey } = generateX25519()
    expect((privateKey[0] ?? 0) & 7).toBe(0)
    expect((privateKey[31] ?? 0) & 0xc0).toBe(0x40)
    expect(x25519PublicKey(privateKey)).toEqual(publicKey)
  }
})

test('a key of another length is refused', () => {
  expect(() => x25519PublicKey(new Uint8Array(31))).toThrow(RangeError)
  expect(() => x25519PublicKey(new Uint8Array(33))).toThrow(RangeError)
})

test('thousands of pairs are made while garbage is collected, and each public key is of its private one', () => {
  const pairs = Array.from({ length: 5_000 }, generateX25519)
  expect(new Set(pairs.map(({ privateKey }) => Buffer.from(privateKey).toString('hex'))).size).toBe(
    pairs.length,
  )
  for (const { privateKey, publicKey } of pairs.slice(0, 50))
    expect(x25519PublicKey(privateKey)).toEqual(publicKey)
})
