import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { constantTimeEqual } from './constant-time-equal.ts'
import { RootKeyInvalid, SealBroken } from './errors.ts'
import { hmacSha256, sha256 } from './hash.ts'
import { randomToken } from './random-token.ts'
import { generateRootKey, loadRootKey, rootKeyFingerprint, unwrapKey, wrapKey } from './root-key.ts'

const from = (text: string) => loadRootKey({ reveal: () => text })
const rootKey = from(Buffer.alloc(32, 7).toString('base64'))
const otherRootKey = from(Buffer.alloc(32, 8).toString('base64'))

test('a root key is 32 bytes of base64, with or without a line end', () => {
  const text = generateRootKey()
  expect(rootKeyFingerprint(from(`${text}\n`))).toBe(rootKeyFingerprint(from(text)))
})

test('anything else is refused, without showing it', () => {
  const bad = ['', 'short', Buffer.alloc(31).toString('base64'), `${generateRootKey()}!`]
  bad.push(Buffer.alloc(33).toString('base64'), Buffer.alloc(32).toString('hex'))
  for (const text of bad) {
    expect(() => from(text)).toThrow(RootKeyInvalid({}).message)
  }
})

test('fingerprints tell keys apart and stay the same', () => {
  expect(rootKeyFingerprint(rootKey)).toMatch(/^[0-9a-f]{32}$/)
  expect(rootKeyFingerprint(rootKey)).not.toBe(rootKeyFingerprint(otherRootKey))
  // Stands in archives: it may never change.
  expect(rootKeyFingerprint(rootKey)).toBe('06db69d53c1403fe344988de870c22ce')
})

test('a root key never prints itself', () => {
  const secret = Buffer.alloc(32, 7).toString('base64')
  for (const text of [inspect(rootKey, { showHidden: true }), `${rootKey}`]) {
    expect(text).toContain('[root key]')
    expect(text).not.toContain(secret)
  }
  expect(JSON.stringify({ rootKey })).toBe('{"rootKey":"[root key]"}')
})

test('a wrapped key opens under its own name and root key only', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.nat(), (key, n) => {
      const wrapped = wrapKey(rootKey, 'data/org/network/1', key)
      expect(unwrapKey(rootKey, 'data/org/network/1', wrapped)).toEqual(key)
      const bit = n % (wrapped.length * 8)
      const altered = new Uint8Array(wrapped)
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      for (const run of [
        () => unwrapKey(rootKey, 'data/org/network/1', altered),
        () => unwrapKey(rootKey, 'data/org/network/2', wrapped),
        () => unwrapKey(otherRootKey, 'data/org/network/1', wrapped),
        () => unwrapKey(rootKey, 'data/org/network/1', wrapped.subarray(0, 20)),
      ]) {
        expect(run).toThrow(SealBroken({ field: 'data' }).message.slice(0, 16))
      }
    }),
    { numRuns: 50 },
  )
})

test('one purpose, one key', () => {
  expect(rootKey.derive('a')).toEqual(rootKey.derive('a'))
  expect(rootKey.derive('a')).not.toEqual(rootKey.derive('b'))
})

test('SHA-256 and HMAC agree with FIPS 180-2 and RFC 4231, case 2', () => {
  expect(Buffer.from(sha256('abc')).toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
  const mac = hmacSha256(Buffer.from('Jefe'), 'what do ya want for nothing?')
  expect(Buffer.from(mac).toString('hex')).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
})

test('comparison in constant time says what === would', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      expect(constantTimeEqual(a, new Uint8Array(a))).toBe(true)
      expect(constantTimeEqual(a, b)).toBe(Buffer.compare(a, b) === 0)
    }),
  )
})

test('tokens name their kind and do not repeat', () => {
  const tokens = Array.from({ length: 100 }, () => randomToken('hfr'))
  expect(new Set(tokens).size).toBe(100)
  for (const token of tokens) expect(token).toMatch(/^hfr_[A-Za-z0-9_-]{43}$/)
})
