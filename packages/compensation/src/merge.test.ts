import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSame } from './facts.ts'
import { differences, takeBack, valueIn } from './merge.ts'

// A record of records, with a list as a value here and there; small, so that changes meet.
const leaf = fc.oneof(fc.integer({ min: 0, max: 2 }), fc.constantFrom(['a'], ['a', 'b']))
const key = fc.constantFrom('x', 'y', 'z')
const inner = fc.dictionary(key, leaf)
const facts = fc.dictionary(key, fc.oneof(leaf, inner))
const state = fc.option(facts, { nil: undefined })

/** Everything there is, by path: what is inside of what is not there is not there. */
function flat(value: unknown, path: readonly string[] = []): Map<string, unknown> {
  const found = new Map<string, unknown>()
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    found.set(path.join('.'), 'record')
    for (const [name, one] of Object.entries(value)) {
      for (const [at, leaf] of flat(one, [...path, name])) found.set(at, leaf)
    }
  } else if (value !== undefined) found.set(path.join('.'), JSON.stringify(value))
  return found
}

/** Paths at which two differ. */
function touched(one: unknown, other: unknown): Set<string> {
  const [left, right] = [flat(one), flat(other)]
  return new Set(
    [...left.keys(), ...right.keys()].filter((path) => left.get(path) !== right.get(path)),
  )
}

test('what nobody changed since goes back whole', () => {
  fc.assert(
    fc.property(state, state, (before, made) => {
      expect(takeBack(before, made, made)).toEqual({ value: before, conflicts: [] })
    }),
  )
})

test('what has gone back already, or was never changed, stays as it is', () => {
  fc.assert(
    fc.property(state, state, (before, other) => {
      expect(takeBack(before, other, before)).toEqual({ value: before, conflicts: [] })
      expect(takeBack(before, before, other)).toEqual({ value: other, conflicts: [] })
    }),
  )
})

test('later changes of other fields stay, and those of the same fields are conflicts by name: never half of it', () => {
  fc.assert(
    fc.property(facts, facts, facts, (before, made, now) => {
      const { value, conflicts } = takeBack(before, made, now)
      const changed = touched(before, made)
      const since = touched(made, now)
      if (conflicts.length === 0) {
        for (const [path, leaf] of flat(value)) {
          if (leaf === 'record') continue
          const expected = changed.has(path) ? flat(before).get(path) : flat(now).get(path)
          expect(leaf, path).toBe(expected)
        }
        // And nothing of what stays is lost.
        for (const [path, leaf] of flat(now)) {
          if (leaf !== 'record' && !changed.has(path)) expect(flat(value).get(path)).toBe(leaf)
        }
      }
      for (const conflict of conflicts) {
        const { path } = conflict
        expect(conflict.before).toEqual(valueIn(before, path))
        expect(conflict.made).toEqual(valueIn(made, path))
        expect(conflict.now).toEqual(valueIn(now, path))
        const isUnder = (one: string): boolean =>
          one === path.join('.') ||
          one.startsWith(`${path.join('.')}.`) ||
          path.join('.').startsWith(`${one}.`)
        expect([...changed].some(isUnder), 'the commit changed it').toBe(true)
        expect([...since].some(isUnder), 'and somebody since').toBe(true)
      }
      const meets = [...changed].filter((path) => since.has(path))
      const isStillDifferent = meets.some((path) => flat(now).get(path) !== flat(before).get(path))
      if (isStillDifferent) expect(conflicts).not.toEqual([])
    }),
    { numRuns: 2_000 },
  )
})

test('a peer that was added and changed since is named by what changed', () => {
  const made = { peers: { a: { name: 'a', port: 1 }, b: { name: 'b', port: 1 } } }
  const now = { peers: { a: { name: 'a', port: 1 }, b: { name: 'c', port: 1 } } }
  const { conflicts } = takeBack({ peers: { a: { name: 'a', port: 1 } } }, made, now)
  expect(conflicts).toEqual([
    { path: ['peers', 'b', 'name'], before: undefined, made: 'b', now: 'c' },
  ])
})

test('a change to what somebody deleted since is a conflict about the whole of it', () => {
  const { conflicts } = takeBack(
    { peers: { a: { port: 1 } } },
    { peers: { a: { port: 2 } } },
    { peers: {} },
  )
  expect(conflicts.map(({ path, now }) => [path, now])).toEqual([[['peers', 'a'], undefined]])
})

test('differences are as deep as both sides are records, and absent is the same as undefined', () => {
  fc.assert(
    fc.property(facts, facts, (one, other) => {
      const found = differences(one, other)
      expect(found.length === 0).toBe(isSame(one, other))
      for (const { path, before, after } of found) {
        expect(before).toEqual(valueIn(one, path))
        expect(after).toEqual(valueIn(other, path))
      }
    }),
  )
  expect(differences({ a: 1, b: undefined }, { a: 1 })).toEqual([])
})
