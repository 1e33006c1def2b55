import {
  generateRootKey,
  loadRootKey,
  rootKeyFingerprint,
  ShardDamaged,
  ShardMisfit,
  ShardOfAnotherRootKey,
  sha256,
  splitRootKey,
} from '@holdfast/crypto'
import { beforeEach, expect, test } from 'vitest'
import { ShardPot } from './shard-pot.ts'

const newKey = () => {
  const text = generateRootKey()
  return loadRootKey({ reveal: () => text })
}
const rootKey = newKey()
const expected = [rootKeyFingerprint(rootKey)]
const madeAt = new Date('2026-11-22T02:00:00Z')
const three = { shares: 3, threshold: 2 }

const otherPayload = (line: string) =>
  line.replace(/^payload: (.)/, (_, a) => `payload: ${a === '0' ? '1' : '0'}`)

/** With its checksum made right again. */
function forge(text: string, alter: (line: string) => string = otherPayload): string {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const altered = lines.slice(0, -1).map(alter)
  const plain = altered.map((line) => `${line.toLowerCase().replace(/\s+/g, '')}\n`).join('')
  const checksum = Buffer.from(sha256(plain).subarray(0, 8)).toString('hex')
  return [...altered, `checksum: ${checksum}`].join('\n')
}

let pot: ShardPot
let shards: readonly string[]
const shard = (index: number): string => shards[index - 1] ?? ''
beforeEach(async () => {
  pot = new ShardPot(expected)
  shards = await splitRootKey(rootKey, three, madeAt)
})

test('opens with as many as are needed, in any order, each counted once', async () => {
  expect(pot.status).toEqual({ threshold: 0, given: 0 })
  expect(await pot.give(shard(3))).toBeUndefined()
  expect(await pot.give(shard(3))).toBeUndefined()
  expect(pot.status).toEqual({ threshold: 2, given: 1 })
  const joined = await pot.give(shard(1))
  expect(joined?.rootKey.reveal()).toBe(rootKey.reveal())
  expect(joined?.shards.toSorted()).toEqual([1, 3])
  expect(pot.refused).toBe(0)
})

test('damaged ones and those of another root key are named, counted and not kept', async () => {
  const old = newKey()
  const [oldOne = ''] = await splitRootKey(old, three, madeAt)
  await pot.give(shard(1))
  await expect(pot.give(shard(2).replace(/[0-9a-f]\n$/, 'x\n'))).rejects.toSatisfy(ShardDamaged.is)
  await expect(pot.give(oldOne)).rejects.toMatchObject({
    code: ShardOfAnotherRootKey.code,
    details: { shard: '1', given: rootKeyFingerprint(old), expected: expected[0] },
  })
  expect(pot.status).toEqual({ threshold: 2, given: 1 })
  expect([pot.refused, pot.refusedCodes]).toEqual([
    2,
    [ShardDamaged.code, ShardOfAnotherRootKey.code],
  ])
  expect((await pot.give(shard(2)))?.rootKey.reveal()).toBe(rootKey.reveal())
})

test('a forged one keeps nobody out: one more than needed finds it', async () => {
  await pot.give(forge(shard(1)))
  await expect(pot.give(shard(2))).rejects.toSatisfy(ShardMisfit.is)
  const joined = await pot.give(shard(3))
  expect(joined?.rootKey.reveal()).toBe(rootKey.reveal())
  expect(joined?.shards.toSorted()).toEqual([2, 3])
})

test.each([
  ['threshold', /^(threshold): 2/, '$1: 3'],
  ['shares', /^(shares): 3/, '$1: 4'],
  ['time', /^(made-at): 2026/, '$1: 2025'],
])(
  'one that was forged to say another %s of its splitting keeps nobody out',
  async (_, from, to) => {
    await pot.give(forge(shard(3), (line) => line.replace(from, to)))
    expect(await pot.give(shard(1))).toBeUndefined()
    expect((await pot.give(shard(2)))?.rootKey.reveal()).toBe(rootKey.reveal())
  },
)

test('shards of two sets of one root key wait side by side', async () => {
  const other = await splitRootKey(rootKey, { shares: 5, threshold: 3 }, madeAt)
  await pot.give(shard(1))
  await pot.give(other[0] ?? '')
  expect(pot.status).toEqual({ threshold: 3, given: 1 })
  expect((await pot.give(shard(2)))?.rootKey.reveal()).toBe(rootKey.reveal())
})

test('starts over', async () => {
  await pot.give(shard(1))
  pot.startOver()
  expect(pot.status).toEqual({ threshold: 0, given: 0 })
  expect(await pot.give(shard(2))).toBeUndefined()
})

test('during a rotation the shards of either root key open', async () => {
  const next = newKey()
  const both = new ShardPot([rootKeyFingerprint(rootKey), rootKeyFingerprint(next)])
  const [one = '', two = ''] = await splitRootKey(next, three, madeAt)
  await both.give(one)
  expect((await both.give(two))?.rootKey.reveal()).toBe(next.reveal())
})
