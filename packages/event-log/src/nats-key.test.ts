import { expect, test } from 'vitest'
import { createNatsKey, isNatsUserKey } from './nats-key.ts'

test('a NATS user key is told from everything else, by its checksum too', () => {
  const { publicKey, seed } = createNatsKey()
  expect(isNatsUserKey(publicKey)).toBe(true)
  const last = publicKey.endsWith('A') ? 'B' : 'A'
  for (const other of [
    seed,
    `${publicKey.slice(0, -1)}${last}`,
    `U${'A'.repeat(55)}`,
    '',
    ` ${publicKey}`,
  ]) {
    expect(isNatsUserKey(other)).toBe(false)
  }
})
