import { DomainError } from '@holdfast/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeyDestroyed, SealBroken } from './errors.ts'
import { keyRing } from './key-ring.ts'
import { nodeOpener, nodeSealer, openFromNode } from './node-seal.ts'
import { open, seal } from './seal.ts'
import type { SealContext } from './seal-context.ts'
import { generateX25519 } from './x25519.ts'

const ring = keyRing([
  { id: 'new', key: new Uint8Array(32).fill(2), isActive: true },
  { id: 'old', key: new Uint8Array(32).fill(1), isActive: false },
])
const here: SealContext = { ownerId: 'owner', objectId: 'object', field: 'field' }

const flip = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = new Uint8Array(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}
const bytes = fc.uint8Array({ maxLength: 200 })
const part = fc.string({ minLength: 1, maxLength: 12 }).filter((s) => !s.includes('|'))
const place = fc.record({ ownerId: part, objectId: part, field: part })
const isBroken = (run: () => unknown): boolean => {
  try {
    run()
    return false
  } catch (error) {
    return SealBroken.is(error) && !error.message.includes('plaintext')
  }
}

test('what is sealed opens in its place', () => {
  fc.assert(
    fc.property(place, bytes, (context, plain) => {
      expect(open(ring, context, seal(ring, context, plain))).toEqual(plain)
    }),
  )
})

test('one flipped bit anywhere refuses', () => {
  fc.assert(
    fc.property(bytes, fc.nat(), (plain, n) => {
      const sealed = seal(ring, here, plain)
      const bits = (sealed.nonce.length + sealed.ciphertext.length) * 8
      const bit = n % bits
      const altered =
        bit < 96
          ? { ...sealed, nonce: flip(sealed.nonce, bit) }
          : { ...sealed, ciphertext: flip(sealed.ciphertext, bit - 96) }
      return isBroken(() => open(ring, here, altered))
    }),
  )
})

test('a value moved to another owner, object or field refuses', () => {
  fc.assert(
    fc.property(place, place, bytes, (from, to, plain) => {
      fc.pre(JSON.stringify(from) !== JSON.stringify(to))
      return isBroken(() => open(ring, to, seal(ring, from, plain)))
    }),
  )
})

test('a value keeps opening after its key has been replaced, and not under another id', () => {
  const before = keyRing([{ id: 'old', key: new Uint8Array(32).fill(1), isActive: true }])
  const sealed = seal(before, here, Buffer.from('kept'))
  expect(Buffer.from(open(ring, here, sealed)).toString()).toBe('kept')
  expect(isBroken(() => open(ring, here, { ...sealed, keyId: 'new' }))).toBe(true)
})

test('a destroyed key is said to be destroyed', () => {
  const sealed = { ...seal(ring, here, Buffer.from('gone')), keyId: 'destroyed' }
  expect(() => open(ring, here, sealed)).toThrow(KeyDestroyed({ keyId: 'destroyed' }).message)
})

test('a separator in a part of the place is refused', () => {
  expect(() => seal(ring, { ...here, field: 'a|b' }, new Uint8Array(1))).toThrow(/hold no/)
  expect(() => seal(ring, { ...here, objectId: '' }, new Uint8Array(1))).toThrow(/not empty/)
})

test('a ring has exactly one active key of 32 bytes', () => {
  const key = new Uint8Array(32)
  expect(() => keyRing([])).toThrow()
  expect(() => keyRing([{ id: 'a', key, isActive: false }])).toThrow()
  expect(() =>
    keyRing([
      { id: 'a', key, isActive: true },
      { id: 'b', key, isActive: true },
    ]),
  ).toThrow()
  expect(() => keyRing([{ id: 'a', key: new Uint8Array(16), isActive: true }])).toThrow()
})

const node = generateX25519()

test('what is sealed to a node opens there, many values of one sealer alike', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(place, bytes), { minLength: 1, maxLength: 8 }), (values) => {
      const sealTo = nodeSealer(node.publicKey)
      const sealed = values.map(([context, plain]) => sealTo(context, plain))
      expect(new Set(sealed.map((s) => Buffer.from(s.nonce).toString('hex'))).size).toBe(
        values.length,
      )
      const openHere = nodeOpener(node.privateKey)
      values.forEach(([context, plain], i) => {
        const value = sealed[i]
        if (!value) throw new Error('one sealed value each')
        expect(openHere(context, value)).toEqual(plain)
        expect(openFromNode(node.privateKey, context, value)).toEqual(plain)
      })
    }),
    { numRuns: 30 },
  )
})

test('sealed to a node: one flipped bit anywhere refuses', () => {
  fc.assert(
    fc.property(bytes, fc.nat(), (plain, n) => {
      const sealed = nodeSealer(node.publicKey)(here, plain)
      const parts = ['recipient', 'ephemeralPublicKey', 'nonce', 'ciphertext'] as const
      let bit = n % parts.reduce((sum, name) => sum + sealed[name].length * 8, 0)
      for (const name of parts) {
        const size = sealed[name].length * 8
        if (bit < size) {
          const altered = { ...sealed, [name]: flip(sealed[name], bit) }
          return isBroken(() => openFromNode(node.privateKey, here, altered))
        }
        bit -= size
      }
      return false
    }),
  )
})

test('sealed to a node: moved to another place, or given to another node, it refuses', () => {
  const sealed = nodeSealer(node.publicKey)(here, Buffer.from('psk'))
  const other = generateX25519()
  for (const context of [
    { ...here, ownerId: 'x' },
    { ...here, objectId: 'x' },
    { ...here, field: 'x' },
  ]) {
    expect(isBroken(() => openFromNode(node.privateKey, context, sealed))).toBe(true)
  }
  expect(isBroken(() => openFromNode(other.privateKey, here, sealed))).toBe(true)
  const renamed = { ...sealed, recipient: other.publicKey }
  expect(isBroken(() => openFromNode(other.privateKey, here, renamed))).toBe(true)
})

test('an opener that has seen one sealer opens the next one too', () => {
  const openHere = nodeOpener(node.privateKey)
  for (const text of ['one', 'two']) {
    const sealed = nodeSealer(node.publicKey)(here, Buffer.from(text))
    expect(Buffer.from(openHere(here, sealed)).toString()).toBe(text)
  }
})

test('a node key of small order is refused at sealing, an ephemeral one at opening', () => {
  expect(() => nodeSealer(new Uint8Array(32))).toThrow(RangeError)
  const sealed = nodeSealer(node.publicKey)(here, Buffer.from('x'))
  const weak = { ...sealed, ephemeralPublicKey: new Uint8Array(32) }
  expect(isBroken(() => openFromNode(node.privateKey, here, weak))).toBe(true)
  const short = { ...sealed, ephemeralPublicKey: new Uint8Array(5) }
  expect(isBroken(() => openFromNode(node.privateKey, here, short))).toBe(true)
})

test('errors name the field and carry nothing of the value', () => {
  try {
    open(ring, { ...here, field: 'other' }, seal(ring, here, Buffer.from('hunter2')))
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(DomainError)
    expect(String(error)).not.toContain('hunter2')
  }
})
