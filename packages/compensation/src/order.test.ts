import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inOrder, type Mover } from './order.ts'

const mover = (id: string, more: Partial<Mover> = {}): Mover => ({
  id,
  rank: 0,
  holds: [],
  wants: [],
  canPark: true,
  ...more,
})

test('whoever lets go of a name goes before whoever takes it', () => {
  const { parked, levels } = inOrder([
    mover('a', { wants: ['wg0'] }),
    mover('b', { holds: ['wg0'], wants: ['wg1'] }),
    mover('c', { holds: ['wg1'], wants: ['wg2'] }),
    mover('d'),
  ])
  expect(parked).toEqual([])
  expect(levels).toEqual([['c', 'd'], ['b'], ['a']])
})

test('of a circle one steps aside, and of those that only wait for it none', () => {
  const { parked, levels } = inOrder([
    mover('0', { wants: ['x'], holds: ['w'] }),
    mover('a', { holds: ['x'], wants: ['y'] }),
    mover('b', { holds: ['y'], wants: ['x'], canPark: false }),
  ])
  expect(parked).toEqual(['a'])
  expect(levels.flat().sort()).toEqual(['0', 'a', 'b'])
})

test('one of a later kind who holds what an earlier one wants steps aside', () => {
  const { parked, levels } = inOrder([
    mover('node', { wants: ['eth1'] }),
    mover('interface', { rank: 1, holds: ['eth1'], wants: ['wg0'] }),
  ])
  expect(parked).toEqual(['interface'])
  expect(levels).toEqual([['node'], ['interface']])
})

test('whatever the wishes: everybody goes once, and nobody takes what another one still holds', () => {
  const name = fc.integer({ min: 0, max: 5 }).map(String)
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { maxLength: 6 }),
      fc.array(fc.record({ wants: fc.option(name, { nil: undefined }), rank: fc.nat(1) }), {
        maxLength: 6,
      }),
      (held, wishes) => {
        const taken = new Set<string>()
        const movers = wishes.map(({ wants, rank }, at) => {
          const holds = held[at]
          const isFree = wants !== undefined && !taken.has(wants)
          if (isFree) taken.add(wants)
          return mover(`${at}`, {
            rank,
            holds: holds === undefined ? [] : [holds],
            wants: isFree ? [wants] : [],
          })
        })
        const { parked, levels } = inOrder(movers)
        const ranks = levels.flat().map((id) => movers[Number(id)]?.rank ?? 0)
        expect(ranks).toEqual([...ranks].sort())
        expect(levels.flat().sort()).toEqual(movers.map(({ id }) => id).sort())

        const now = new Map(movers.flatMap(({ id, holds }) => holds.map((claim) => [claim, id])))
        for (const id of parked) {
          const one = movers.find((found) => found.id === id)
          for (const claim of one?.holds ?? []) if (!one?.wants.includes(claim)) now.delete(claim)
        }
        for (const level of levels) {
          for (const id of level) {
            const one = movers.find((found) => found.id === id)
            for (const claim of one?.wants ?? []) {
              expect([undefined, id]).toContain(now.get(claim))
            }
          }
          for (const id of level) {
            const one = movers.find((found) => found.id === id)
            for (const claim of one?.holds ?? []) now.delete(claim)
            for (const claim of one?.wants ?? []) now.set(claim, id)
          }
        }
      },
    ),
    { numRuns: 2_000 },
  )
})
