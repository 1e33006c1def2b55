import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf } from './digest.ts'
import { isSame } from './facts.ts'

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.bigInt(),
    fc.string(),
    fc.constantFrom('[1', '{0', '1;', '1n;', 'null;'),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie('any'), { maxKeys: 3 }),
  ),
})).any

const hex = (one: unknown): string => Buffer.from(digestOf([one])).toString('hex')

test('two values have one digest exactly when they say the same', () => {
  fc.assert(
    fc.property(value, value, (one, other) => {
      expect(hex(one) === hex(other)).toBe(isSame(one, other))
    }),
    { numRuns: 2_000 },
  )
})

test('the order of keys and what is undefined make no difference, the order of a list does', () => {
  expect(hex({ a: 1, b: [1, 2], c: undefined })).toBe(hex({ b: [1, 2], a: 1 }))
  expect(hex([1, 2])).not.toBe(hex([2, 1]))
})
