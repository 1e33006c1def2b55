import { expect, test } from 'vitest'
import { decrypt, encrypt, hkdf } from './aead.ts'

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const gcm = [
  {
    name: 'test case 13: nothing at all',
    key: '00'.repeat(32),
    nonce: '00'.repeat(12),
    aad: '',
    plain: '',
    sealed: '530f8afbc74536b9a963b4f1c4cb738b',
  },
  {
    name: 'test case 14: one block of zeros',
    key: '00'.repeat(32),
    nonce: '00'.repeat(12),
    aad: '',
    plain: '00'.repeat(16),
    sealed: 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
  },
  {
    name: 'test case 16: associated data and a part block',
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    nonce: 'cafebabefacedbaddecaf888',
    aad: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    plain:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    sealed:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  },
] as const

for (const { name, key, nonce, aad, plain, sealed } of gcm) {
  test(`AES-256-GCM agrees with NIST's ${name}`, () => {
    expect(text(encrypt(hex(key), hex(nonce), hex(aad), hex(plain)))).toBe(sealed)
    expect(decrypt(hex(key), hex(nonce), hex(aad), hex(sealed))).toEqual(hex(plain))
  })
}

test('a text shorter than its tag, or a nonce of another length, does not open', () => {
  expect(decrypt(hex('00'.repeat(32)), hex('00'.repeat(12)), hex(''), hex('00'))).toBeUndefined()
  expect(decrypt(hex('00'.repeat(32)), hex('00'), hex(''), hex('00'.repeat(16)))).toBeUndefined()
})

test('HKDF-SHA-256 agrees with RFC 5869, A.1', () => {
  const okm = hkdf(
    hex('0b'.repeat(22)),
    hex('000102030405060708090a0b0c'),
    hex('f0f1f2f3f4f5f6f7f8f9'),
    42,
  )
  expect(text(okm)).toBe(
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  )
})

test('HKDF-SHA-256 agrees with RFC 5869, A.3: no salt, no info', () => {
  expect(text(hkdf(hex('0b'.repeat(22)), hex(''), hex(''), 42))).toBe(
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  )
})
