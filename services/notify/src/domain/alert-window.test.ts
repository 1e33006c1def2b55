import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AlertWindow, fill, type Happened, type WindowRule } from './alert-window.ts'

const happened = fc.record({
  at: fc.integer({ min: 0, max: 400 }),
  count: fc.integer({ min: 1, max: 4 }),
})
const rules = fc.record({
  threshold: fc.integer({ min: 0, max: 12 }),
  windowMs: fc.integer({ min: 1, max: 120 }),
})

/** Looks at everything anew each time: all that happened since it last fired, times never going back. */
function naive(all: readonly Happened[], { threshold, windowMs }: WindowRule): number[] {
  const fired: number[] = []
  let since = 0
  let clock = Number.NEGATIVE_INFINITY
  const times: number[] = []
  all.forEach(({ at, count }, i) => {
    // A window that fired starts afresh, its clock too.
    clock = i === since ? at : Math.max(clock, at)
    times.push(clock)
    let sum = 0
    for (let j = since; j <= i; j++) {
      if ((times[j] ?? 0) > clock - windowMs) sum += all[j]?.count ?? 0
    }
    if (sum >= Math.max(1, threshold)) {
      fired.push(sum)
      since = i + 1
    } else fired.push(0)
    void count
  })
  return fired
}

function run(all: readonly Happened[], rule: WindowRule) {
  let window: AlertWindow = []
  const sizes: number[] = []
  const fired = all.map((one) => {
    const filled = fill(window, one, rule)
    window = filled.window
    sizes.push(window.length)
    return filled.fired
  })
  return { fired, sizes }
}

test('fires exactly when a naive count of the window says so, and keeps less than the threshold', () => {
  fc.assert(
    fc.property(fc.array(happened, { maxLength: 60 }), rules, (all, rule) => {
      const { fired, sizes } = run(all, rule)
      expect(fired).toEqual(naive(all, rule))
      for (const size of sizes) expect(size).toBeLessThan(Math.max(1, rule.threshold))
    }),
    { numRuns: 1_000 },
  )
})

test('the window is open at its far end', () => {
  const rule = { threshold: 2, windowMs: 10 }
  expect(
    run(
      [
        { at: 0, count: 1 },
        { at: 9, count: 1 },
      ],
      rule,
    ).fired,
  ).toEqual([0, 2])
  expect(
    run(
      [
        { at: 0, count: 1 },
        { at: 10, count: 1 },
      ],
      rule,
    ).fired,
  ).toEqual([0, 0])
})
