import fc from 'fast-check'
import { expect, test } from 'vitest'
import { behind, mergePlaces, parsePlace, printPlace } from './cursor.ts'
import { positionOf, startOf, type TrailName, timeOf } from './position.ts'
import { wordsOf } from './words.ts'

test('a position sorts by time, then by sequence, and tells its time', () => {
  fc.assert(
    fc.property(fc.nat(4e12), fc.bigInt(1n, 1n << 52n), (time, sequence) => {
      const position = positionOf(time, sequence)
      expect(timeOf(position)).toBe(time)
      expect(position >= startOf(time) && position < startOf(time + 1)).toBe(true)
      expect(position < 1n << 63n).toBe(true)
      if (sequence % (1n << 21n) !== (1n << 21n) - 1n) {
        expect(positionOf(time, sequence + 1n)).toBe(position + 1n)
      }
    }),
  )
})

test('pages of two trails, put together, are both trails once, in order', () => {
  const positions = fc.uniqueArray(fc.bigInt(0n, 40n))
  const parameters = [positions, positions, fc.integer({ min: 1, max: 7 }), fc.boolean()] as const
  fc.assert(
    fc.property(...parameters, (ofLog, ofAccess, limit, isAscending) => {
      const all = { from: 0n, to: 100n }
      const whole = mergePlaces(ofLog, ofAccess, 1_000, isAscending)
      const found: (typeof whole)[number][] = []
      for (;;) {
        const cursor = found.at(-1)
        const after = parsePlace(cursor ? printPlace(cursor) : '')
        const left = (trail: TrailName, of: readonly bigint[]) => {
          const { from, to } = behind(all, after, trail, isAscending)
          return of
            .filter((position) => position >= from && position < to)
            .sort((a, b) => (a < b === isAscending ? -1 : 1))
            .slice(0, limit)
        }
        const page = mergePlaces(left('log', ofLog), left('access', ofAccess), limit, isAscending)
        if (page.length === 0) break
        found.push(...page)
      }
      expect(found).toEqual(whole)
      expect(found).toHaveLength(ofLog.length + ofAccess.length)
    }),
  )
})

test.each([
  'x',
  'MS4y',
  Buffer.from('1.2').toString('base64url'),
  'LTEuMA',
  Buffer.from(`${2n ** 63n}.0`).toString('base64url'),
])('the cursor %s is refused', (cursor) => {
  expect(() => parsePlace(cursor)).toThrow(/cursor/)
})

test('words are what people see as words', () => {
  expect(wordsOf("Bob's gw-berlin_2", 'ÄRGER ﬁx', 'network.peer.created')).toEqual([
    'bob',
    's',
    'gw',
    'berlin',
    '2',
    'ärger',
    'fix',
    'network',
    'peer',
    'created',
  ])
  expect(wordsOf('---', '')).toEqual([])
  expect(wordsOf(Array.from({ length: 2_000 }, (_, n) => `w${n}`).join(' '))).toHaveLength(500)
})
