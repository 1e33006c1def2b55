import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  dayMs,
  lengthFor,
  missing,
  type Partition,
  partitionName,
  type Span,
  superfluous,
} from './partitions.ts'

const hourMs = dayMs / 24
const midnight = Date.UTC(2026, 10, 21)
const partition = (from: number, to: number, bytes: number): Partition => ({
  name: partitionName({ from, to }),
  from,
  to,
  bytes,
})
const day = (n: number, bytes: number) =>
  partition(midnight + n * dayMs, midnight + (n + 1) * dayMs, bytes)

test('days are made where they are missing', () => {
  const span = { from: midnight - 1, to: midnight + dayMs + 1 }
  const made = missing([day(0, 0)], span, dayMs)
  expect(made.map(partitionName)).toEqual(['connection_logs_20261120', 'connection_logs_20261122'])
})

test('every moment asked for has one partition, whatever was there and whatever their lengths', () => {
  const span = fc.tuple(fc.nat({ max: 200 * hourMs }), fc.nat({ max: 60 * hourMs }))
  const length = fc.constantFrom(dayMs, 6 * hourMs, hourMs)
  fc.assert(
    fc.property(fc.array(fc.tuple(span, length), { maxLength: 8 }), (asked) => {
      const all: Span[] = []
      for (const [[from, width], lengthMs] of asked) {
        const wanted = { from: midnight + from, to: midnight + from + width }
        all.push(...missing(all, wanted, lengthMs))
        expect(missing(all, wanted, lengthMs)).toEqual([])
      }
      const sorted = [...all].sort((a, b) => a.from - b.from)
      sorted.forEach(({ from, to }, i) => {
        expect(from).toBeLessThan(to)
        expect(from % hourMs).toBe(0)
        expect(sorted[i + 1]?.from ?? to).toBeGreaterThanOrEqual(to)
      })
      expect(new Set(all.map(partitionName)).size).toBe(all.length)
    }),
  )
})

test('the more a day holds of what all may hold, the shorter are the next', () => {
  const noon = midnight + dayMs / 2
  expect(lengthFor([], 800, noon)).toBe(dayMs)
  expect(lengthFor([day(-1, 100), day(0, 40)], 800, noon)).toBe(dayMs)
  expect(lengthFor([day(-1, 200), day(0, 200)], 800, noon)).toBe(6 * hourMs)
  expect(lengthFor([day(0, 5000)], 800, noon)).toBe(hourMs)
})

test('the oldest go first, and the one of now stays', () => {
  const limits = { retentionMs: 2 * dayMs, maxBytes: 100 }
  const all = [day(-3, 10), day(-2, 30), day(-1, 30), day(0, 60)]
  const gone = (maxBytes: number) =>
    superfluous(all, { ...limits, maxBytes }, midnight + 1).map(
      ({ from }) => (from - midnight) / dayMs,
    )
  expect(gone(1000)).toEqual([-3])
  expect(gone(100)).toEqual([-3, -2])
  expect(gone(1)).toEqual([-3, -2, -1])
})
