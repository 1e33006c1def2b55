import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addHole, type CopyFacts, type Facts, judge, type SequenceRange } from './judge.ts'

/** A copy as a test has it: contents by sequence − 1; undefined is damaged. */
type Copy = (string | undefined)[]

const content = (sequence: number): string => `commit ${sequence}`
const original = (length: number): Copy => Array.from({ length }, (_, i) => content(i + 1))

function factsOf(copy: Copy): CopyFacts {
  const holes: SequenceRange[] = []
  for (const [i, found] of copy.entries()) if (found === undefined) addHole(holes, BigInt(i + 1))
  return { last: BigInt(copy.length), holes }
}

interface World {
  stream: Copy
  archive: Copy
  position: number | 'none' | 'damaged'
  readonly durability: Facts['durability']
}

function look({ stream, archive, position, durability }: World): Facts {
  const differs = stream.findIndex(
    (found, i) => found !== undefined && archive[i] !== undefined && found !== archive[i],
  )
  const at = (copy: Copy, sequence: number): boolean | undefined => {
    if (sequence === 0) return undefined
    const found = copy[sequence - 1]
    return found === undefined ? undefined : found === content(sequence)
  }
  return {
    stream: factsOf(stream),
    archive: factsOf(archive),
    durability,
    unsound: [],
    firstDifference: differs < 0 ? undefined : BigInt(differs + 1),
    position:
      typeof position === 'number'
        ? {
            type: 'known',
            sequence: BigInt(position),
            isInStream: at(stream, position),
            isInArchive: at(archive, position),
          }
        : { type: position },
  }
}

/** What the engine would do, done to the model. */
function carryOut(world: World): ReturnType<typeof judge> {
  for (let round = 0; round < 6; round++) {
    const verdict = judge(look(world))
    const copy = (from: Copy, to: Copy, { first, last }: SequenceRange): void => {
      for (let i = Number(first) - 1; i < Number(last); i++) {
        expect(from[i]).toBeDefined()
        to[i] = from[i]
      }
    }
    switch (verdict.type) {
      case 'open':
      case 'frozen':
        return verdict
      case 'archive_tail':
        expect(Number(verdict.range.first)).toBe(world.archive.length + 1)
        copy(world.stream, world.archive, verdict.range)
        break
      case 'heal_archive':
        for (const range of verdict.holes) copy(world.stream, world.archive, range)
        if (verdict.lost) copy(world.stream, world.archive, verdict.lost)
        break
      case 'heal_log':
        expect(Number(verdict.range.first)).toBe(world.stream.length + 1)
        copy(world.archive, world.stream, verdict.range)
        break
      case 'rebuild_log':
        expect(world.archive).not.toContain(undefined)
        world.stream = [...world.archive]
        break
    }
    if (typeof world.position === 'number')
      world.position = Math.max(world.position, world.archive.length)
  }
  throw new Error('it does not come to an end')
}

const damage = fc.oneof(
  fc.record({
    type: fc.constant('hole' as const),
    at: fc.nat(),
    count: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ type: fc.constant('cut' as const), at: fc.nat(), count: fc.constant(0) }),
)
const damages = fc.array(damage, { maxLength: 3 })

function damaged(
  copy: Copy,
  list: readonly { type: 'hole' | 'cut'; at: number; count: number }[],
): Copy {
  let result = [...copy]
  for (const { type, at, count } of list) {
    if (result.length === 0) break
    const from = at % result.length
    if (type === 'cut') result = result.slice(0, from)
    else result.fill(undefined, from, Math.min(from + count, result.length))
  }
  // What is missing at the end of a copy is not a hole but a shorter copy.
  while (result.length > 0 && result.at(-1) === undefined) result.pop()
  return result
}

const worlds = fc.record({
  length: fc.integer({ min: 0, max: 14 }),
  archivedBehind: fc.nat({ max: 3 }),
  positionBehind: fc.nat({ max: 1 }),
  durability: fc.constantFrom('log' as const, 'log+archive' as const),
  streamDamage: damages,
  archiveDamage: damages,
})

describe('any damage to either copy', () => {
  test('ends open with everything acknowledged, or frozen at the first commit nobody has', () => {
    fc.assert(
      fc.property(worlds, (given) => {
        const archived = Math.max(0, given.length - given.archivedBehind)
        const position = Math.min(given.length, archived + given.positionBehind)
        const acknowledged = given.durability === 'log' ? given.length : archived
        const world: World = {
          stream: damaged(original(given.length), given.streamDamage),
          archive: damaged(original(archived), given.archiveDamage),
          position,
          durability: given.durability,
        }
        const before = { stream: [...world.stream], archive: [...world.archive] }
        const verdict = carryOut(world)
        const lost = Array.from({ length: given.length }, (_, i) => i).find(
          (i) => before.stream[i] === undefined && before.archive[i] === undefined,
        )
        if (verdict.type === 'frozen') {
          expect(lost).toBeDefined()
          expect(Number(verdict.firstBad)).toBe((lost ?? 0) + 1)
          expect(world.stream).toEqual(before.stream)
          return
        }
        expect(world.stream).toEqual(world.archive)
        expect(world.stream).toEqual(original(world.stream.length))
        // Under `log` the witnesses may not know of an end that only the stream had.
        if (given.durability === 'log+archive')
          expect(world.stream.length).toBeGreaterThanOrEqual(acknowledged)
        else expect(world.stream.length).toBeGreaterThanOrEqual(position)
      }),
      { numRuns: 2_000 },
    )
  })

  test('a commit that is not the same in both is named, whatever else is damaged behind it', () => {
    fc.assert(
      fc.property(worlds, fc.nat(), fc.boolean(), (given, at, isInStream) => {
        fc.pre(given.length > 0)
        const stream = original(given.length)
        const archive = original(given.length)
        const i = at % given.length
        ;(isInStream ? stream : archive)[i] = 'something else'
        const behind = (copy: Copy, list: typeof given.streamDamage): Copy => [
          ...copy.slice(0, i + 1),
          ...damaged(copy.slice(i + 1), list),
        ]
        const world: World = {
          stream: behind(stream, given.streamDamage),
          archive: behind(archive, given.archiveDamage),
          position: given.length,
          durability: given.durability,
        }
        expect(carryOut(world)).toEqual({
          type: 'frozen',
          firstBad: BigInt(i + 1),
          cause: 'different',
        })
      }),
    )
  })
})

describe('the verdict', () => {
  const whole = (last: number): CopyFacts => ({ last: BigInt(last), holes: [] })
  const facts = (more: Partial<Facts>): Facts => ({
    stream: whole(5),
    archive: whole(5),
    position: { type: 'known', sequence: 5n, isInStream: true, isInArchive: true },
    unsound: [],
    firstDifference: undefined,
    durability: 'log+archive',
    ...more,
  })
  const nothing = { type: 'none' } as const

  test('on equal copies is to open, with or without a position', () => {
    expect(judge(facts({}))).toEqual({ type: 'open' })
    expect(judge(facts({ position: nothing }))).toEqual({ type: 'open' })
    expect(judge(facts({ position: { type: 'damaged' } }))).toEqual({ type: 'open' })
    expect(judge(facts({ stream: whole(0), archive: whole(0), position: nothing }))).toEqual({
      type: 'open',
    })
  })

  test('on a segment that only has to be written anew is to heal the archive', () => {
    expect(judge(facts({ unsound: [4n] }))).toEqual({
      type: 'heal_archive',
      holes: [],
      unsound: [4n],
      lost: undefined,
    })
  })

  test('on two copies that end before the position is that both are short', () => {
    const position = {
      type: 'known',
      sequence: 9n,
      isInStream: undefined,
      isInArchive: undefined,
    } as const
    expect(judge(facts({ position }))).toEqual({
      type: 'frozen',
      firstBad: 6n,
      cause: 'both_short',
    })
  })

  test('on a history that is not the one of the position is frozen, even when both agree', () => {
    const position = { type: 'known', sequence: 4n, isInStream: false, isInArchive: false } as const
    expect(judge(facts({ position }))).toMatchObject({ firstBad: 4n, cause: 'rewritten' })
    expect(
      judge(facts({ position: { ...position, isInArchive: undefined }, archive: whole(2) })),
    ).toMatchObject({ firstBad: 4n, cause: 'rewritten' })
  })

  test('on a stream with no witness at all is frozen', () => {
    expect(judge(facts({ archive: whole(0), position: nothing }))).toEqual({
      type: 'frozen',
      firstBad: 1n,
      cause: 'unwitnessed',
    })
  })

  test('on a hole in commits nobody was told of gives them up, under log+archive only', () => {
    const stream = { last: 9n, holes: [{ first: 7n, last: 7n }] }
    expect(judge(facts({ stream }))).toEqual({
      type: 'archive_tail',
      range: { first: 6n, last: 6n },
    })
    expect(judge(facts({ stream, archive: whole(6) }))).toEqual({
      type: 'rebuild_log',
      holes: stream.holes,
      dropped: { first: 7n, last: 9n },
    })
    const frozen = { type: 'frozen', firstBad: 7n, cause: 'both_damaged' }
    expect(judge(facts({ stream, durability: 'log' }))).toEqual(frozen)
    expect(judge(facts({ stream, position: { type: 'damaged' } }))).toEqual(frozen)
  })
})
