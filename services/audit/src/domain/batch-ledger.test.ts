import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxGaps, type Source, take, unheard } from './batch-ledger.ts'

/** Takes these numbers in this order. */
function takeAll(numbers: readonly number[]) {
  let source: Source = unheard
  let missing = 0
  const taken: number[] = []
  for (const number of numbers) {
    const result = take(source, number, 0)
    source = result.source
    missing += result.missing
    if (result.isNew) taken.push(number)
  }
  return { source, missing, taken }
}

test('every number is taken once, in whatever order and however often it comes', () => {
  // So few numbers cannot leave more gaps than are remembered.
  const numbers = fc.array(fc.integer({ min: 1, max: 2 * maxGaps }), { maxLength: 80 })
  fc.assert(
    fc.property(numbers, (all) => {
      const { missing, taken, source } = takeAll(all)
      expect(taken).toEqual([...new Set(all)])
      expect(missing).toBe(Math.max(0, ...all) - taken.length)
      expect(source.gaps.reduce((sum, { first, last }) => sum + last - first + 1, 0)).toBe(missing)
    }),
  )
})

test('a sender that leaves out every other number keeps little of our memory and repeats nothing', () => {
  const numbers = fc.array(fc.integer({ min: 1, max: 1_000_000_000 }), { maxLength: 200 })
  fc.assert(
    fc.property(numbers, (all) => {
      const { source, taken, missing } = takeAll([...all, ...all])
      expect(source.gaps.length).toBeLessThanOrEqual(maxGaps)
      expect(new Set(taken).size).toBe(taken.length)
      expect(missing).toBe(source.lastNumber - taken.length)
    }),
  )
})

test('what comes late is struck out where its absence was booked', () => {
  const first = take(unheard, 3, 600)
  expect(first).toMatchObject({ missing: 2, slot: 600 })
  const second = take(first.source, 4, 1200)
  expect(take(second.source, 1, 1200)).toMatchObject({ isNew: true, missing: -1, slot: 600 })
})
