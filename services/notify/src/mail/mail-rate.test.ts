import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextMailAt, usualMailRate as rate } from './mail-rate.ts'

test('whatever comes, a recipient gets at most 12 mails in any hour, and the first at once', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 15 * 60_000 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(gaps, (between) => {
      const sent: number[] = []
      let now = 0
      for (const gap of between) {
        now += gap
        if (nextMailAt(sent, now, rate) <= now) sent.push(now)
      }
      expect(sent.length).toBeGreaterThan(0)
      for (const at of sent) {
        expect(sent.filter((one) => one > at - 3_600_000 && one <= at).length).toBeLessThanOrEqual(
          12,
        )
      }
    }),
  )
})

test('what must wait waits ten minutes at most', () => {
  expect(nextMailAt([1, 2, 3, 4, 5, 6], 7, rate)).toBe(6 + 600_000)
  expect(nextMailAt([1, 2, 3, 4, 5], 7, rate)).toBe(7)
})
