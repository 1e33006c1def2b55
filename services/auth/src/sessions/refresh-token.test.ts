import { loadRootKey } from '@holdfast/crypto'
import { expect, test } from 'vitest'
import { refreshTokenHash, refreshTokens } from './refresh-token.ts'

const tokensOf = (fill: number) =>
  refreshTokens(loadRootKey({ reveal: () => Buffer.alloc(32, fill).toString('base64') }))

test('one token has one successor, and only under our key', () => {
  const tokens = tokensOf(1)
  const first = tokens.first()
  expect(tokens.after(first)).toBe(tokens.after(first))
  expect(tokens.after(first)).not.toBe(tokensOf(2).after(first))
  expect(tokens.after(tokens.after(first))).not.toBe(tokens.after(first))
  expect(tokens.first()).not.toBe(first)
})

test('only what can be one of ours is looked up', () => {
  const tokens = tokensOf(1)
  expect(refreshTokenHash(tokens.first())).toHaveLength(32)
  expect(refreshTokenHash(tokens.after(tokens.first()))).toHaveLength(32)
  for (const text of ['', 'hfr_', `${tokens.first()}x`, tokens.first().replace('hfr', 'hfe')]) {
    expect(refreshTokenHash(text)).toBeUndefined()
  }
})
