import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

/** Tokens as a real number that fills up: the textbook, which needs division and remembers two numbers. */
function textbook(pps: number, burst: number): (nowNs: number) => boolean {
  let tokens = burst
  let last = 0
  return (nowNs) => {
    tokens = Math.min(burst, tokens + ((nowNs - last) * pps) / 1e9)
    last = nowNs
    if (tokens < 1 - 1e-6) return false
    tokens -= 1
    return true
  }
}

test('is the textbook bucket where the rate divides the second', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2, 10, 1000, 50_000, 1_000_000),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 300 }),
      (pps, burst, gaps) => {
        const bucket = new TokenBucket({ pps, burst })
        const expected = textbook(pps, burst)
        // Gaps in quarters of the interval, so that rounding never decides.
        let quarters = 0
        for (const gap of gaps) {
          quarters += gap % 9
          const nowNs = (quarters * 1e9) / pps / 4
          expect(bucket.take(BigInt(Math.round(nowNs)))).toBe(expected(nowNs))
        }
      },
    ),
  )
})

test('ten times the rate for ten seconds passes the rate and the burst, within a hundredth of a percent', () => {
  const pps = 3000
  const bucket = new TokenBucket({ pps, burst: 100 })
  let passed = 0
  for (let i = 0; i < pps * 10 * 10; i++) {
    if (bucket.take(BigInt(Math.round((i * 1e9) / (pps * 10))))) passed++
  }
  expect(Math.abs(passed - (pps * 10 + 100))).toBeLessThanOrEqual(3)
})
