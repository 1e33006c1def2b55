import { hostRange, readNetwork } from '@holdfast/net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AddressPool } from './address-pool.ts'
import { cidr } from './fixtures.ts'

/** The obvious pool: a list searched from its beginning each time. */
class PlainPool {
  private readonly taken = new Set<bigint>()
  private readonly freeAt = new Map<bigint, number>()
  private readonly range: { first: bigint; last: bigint }
  constructor(text: string) {
    this.range = hostRange(readNetwork(cidr(text)))
  }
  take(value: bigint) {
    this.taken.add(value)
    this.freeAt.delete(value)
  }
  release(value: bigint, freeAt: number) {
    this.taken.delete(value)
    this.freeAt.set(value, freeAt)
  }
  lowestFree(now: number): bigint | undefined {
    for (let value = this.range.first; value <= this.range.last; value++) {
      if (!this.taken.has(value) && (this.freeAt.get(value) ?? 0) <= now) return value
    }
    return undefined
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant('take' as const), offset: fc.bigInt(0n, 13n) }),
  fc.record({
    do: fc.constant('release' as const),
    offset: fc.bigInt(0n, 13n),
    freeAt: fc.nat({ max: 20 }),
  }),
  fc.record({ do: fc.constant('ask' as const), now: fc.nat({ max: 25 }) }),
  fc.constant({ do: 'allocate' as const }),
)

test('it answers like a list searched from its beginning, whatever happened and whatever the clock does', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('10.0.0.0/28', 'fd00::/124', '10.0.0.0/30', '10.0.0.0/31', '10.0.0.7/32'),
      fc.array(step, { maxLength: 60 }),
      (text, steps) => {
        const network = readNetwork(cidr(text))
        const { first, last } = hostRange(network)
        const pool = new AddressPool(network)
        const plain = new PlainPool(text)
        for (const [now, one] of steps.entries()) {
          if (one.do === 'ask') {
            expect(pool.lowestFree(one.now)).toBe(plain.lowestFree(one.now))
          } else if (one.do === 'allocate') {
            const value = pool.lowestFree(now)
            expect(value).toBe(plain.lowestFree(now))
            if (value !== undefined) {
              pool.take(value)
              plain.take(value)
            }
          } else {
            const value = first + one.offset
            if (value > last) continue
            if (one.do === 'take') {
              pool.take(value)
              plain.take(value)
            } else {
              pool.release(value, one.freeAt)
              plain.release(value, one.freeAt)
            }
          }
        }
      },
    ),
  )
})

test('a full /16 and all of it given back cost no more a step than an empty one', () => {
  const pool = new AddressPool(readNetwork(cidr('10.0.0.0/16')))
  const values: bigint[] = []
  for (let value = pool.lowestFree(0); value !== undefined; value = pool.lowestFree(0)) {
    pool.take(value)
    values.push(value)
  }
  expect(values).toHaveLength(65_534)
  for (const value of values.reverse()) pool.release(value, 1000)
  expect(pool.lowestFree(999)).toBeUndefined()
  expect(pool.nextFreeAt(999)).toBe(1000)
  for (let i = 0; i < 65_534; i++) pool.take(pool.lowestFree(1000) ?? -1n)
  expect(pool.lowestFree(1000)).toBeUndefined()
  // A search from the beginning each time would take minutes: the test's time limit would end it.
})
