import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ShardCountsInvalid,
  ShardDamaged,
  ShardMisfit,
  ShardOfAnotherRootKey,
  ShardsMixed,
  ShardsTooFew,
} from './errors.ts'
import { sha256 } from './hash.ts'
import { generateRootKey, loadRootKey, rootKeyFingerprint } from './root-key.ts'
import { joinShards, parseShard, splitRootKey } from './shards.ts'

const madeAt = new Date('2026-11-22T02:00:00.123Z')
const newKey = () => {
  const text = generateRootKey()
  return loadRootKey({ reveal: () => text })
}
const rootKey = newKey()
const split = async (shares: number, threshold: number, key = rootKey) =>
  await splitRootKey(key, { shares, threshold }, madeAt)

const counts = fc
  .integer({ min: 2, max: 16 })
  .chain((shares) =>
    fc.record({ shares: fc.constant(shares), threshold: fc.integer({ min: 2, max: shares }) }),
  )

test('any of them, as many as the threshold or more and in any order, join; one fewer do not', async () => {
  await fc.assert(
    fc.asyncProperty(counts, fc.infiniteStream(fc.nat()), async ({ shares, threshold }, order) => {
      const key = newKey()
      const texts = [...(await split(shares, threshold, key))]
        .map((text) => ({ text, at: order.next().value ?? 0 }))
        .sort((a, b) => a.at - b.at)
        .map(({ text }) => text)
      const given = threshold + ((order.next().value ?? 0) % (shares - threshold + 1))
      expect((await joinShards(texts.slice(0, given))).reveal()).toBe(key.reveal())
      const few = joinShards(texts.slice(0, threshold - 1))
      await expect(few).rejects.toSatisfy(ShardsTooFew.is)
      await expect(few).rejects.toMatchObject({ details: { missing: '1' } })
    }),
    { numRuns: 60 },
  )
})

test('every byte that is bent is found and its shard named, or does not matter', async () => {
  const texts = await split(3, 2)
  for (const [at, text] of texts.entries()) {
    const other = texts[(at + 1) % 3] ?? ''
    const bytes = Buffer.from(text)
    for (let place = 0; place < bytes.length; place += 1) {
      for (const bit of [1, 4, 32]) {
        const bent = Buffer.from(bytes)
        bent[place] = (bent[place] ?? 0) ^ bit
        const joined = joinShards([other, bent.toString('latin1')])
        // White space, capitals and what stands behind a # are no part of a shard.
        if (isSame(bent.toString('latin1'), text))
          expect((await joined).reveal()).toBe(rootKey.reveal())
        else
          await expect(joined, `${place} ${bit}`).rejects.toMatchObject({
            code: ShardDamaged.code,
            details: { shard: String(at + 1) },
          })
      }
    }
  }
})
const meaning = (text: string) =>
  text
    .toLowerCase()
    .split('\n')
    .map((line) => line.replace(/\s+/g, ''))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n')
const isSame = (a: string, b: string) => meaning(a) === meaning(b)

test('a shard can be typed: without comments, in capitals, spaced otherwise', async () => {
  const [one = '', two = ''] = await split(3, 2)
  const typed = one
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.toUpperCase().replaceAll(' ', ''))
    .join('\r\n\r\n')
  expect((await joinShards([typed, `\n${two}\n\n`])).reveal()).toBe(rootKey.reveal())
})

test('what it says of itself', async () => {
  const [, two = ''] = await split(5, 3)
  expect(parseShard(two, 1)).toMatchObject({
    index: 2,
    shares: 5,
    threshold: 3,
    rootKeyFingerprint: rootKeyFingerprint(rootKey),
    madeAt: new Date('2026-11-22T02:00:00Z'),
  })
  expect(two).not.toContain(rootKey.reveal())
})

test('the same shard twice counts once', async () => {
  const [one = '', two = ''] = await split(3, 2)
  await expect(joinShards([one, one, one])).rejects.toSatisfy(ShardsTooFew.is)
  expect((await joinShards([one, one, two])).reveal()).toBe(rootKey.reveal())
})

test('none at all says how many are needed at least', async () => {
  await expect(joinShards([])).rejects.toSatisfy(ShardsTooFew.is)
})

test('shards of another root key are refused by name with both fingerprints', async () => {
  const old = newKey()
  const [one = ''] = await split(3, 2)
  const [, oldTwo = '', oldThree = ''] = await split(3, 2, old)
  const both = { given: rootKeyFingerprint(old), expected: rootKeyFingerprint(rootKey) }
  await expect(joinShards([one, oldTwo])).rejects.toMatchObject({
    code: ShardOfAnotherRootKey.code,
    details: { shard: '2', ...both },
  })
  await expect(joinShards([oldThree, oldTwo], rootKeyFingerprint(rootKey))).rejects.toMatchObject({
    code: ShardOfAnotherRootKey.code,
    details: { shard: '3', ...both },
  })
  // Of the old key they are good.
  expect((await joinShards([oldThree, oldTwo])).reveal()).toBe(old.reveal())
})

test('two sets of one root key do not mix', async () => {
  const [one = ''] = await split(3, 2)
  const [, two = ''] = await split(3, 2)
  await expect(joinShards([one, two])).rejects.toMatchObject({
    code: ShardsMixed.code,
    details: { shard: '2', otherShard: '1' },
  })
})

/** With its checksum made right again, as somebody would who wants the shard taken. */
function forge(text: string, change: (line: string) => string): string {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const altered = lines.slice(0, -1).map(change)
  const plain = altered.map((line) => `${line.toLowerCase().replace(/\s+/g, '')}\n`).join('')
  const checksum = Buffer.from(sha256(plain).subarray(0, 8)).toString('hex')
  return [...altered, `checksum: ${checksum}`].join('\n')
}
const bendPayload = (line: string) =>
  line.startsWith('payload: ')
    ? line.replace(/^(payload: )(.)/, (_, a, b) => a + (b === '0' ? '1' : '0'))
    : line

test('with one more than are needed, the forged one is found wherever it stands', async () => {
  for (const [shares, threshold] of [
    [3, 2],
    [6, 4],
    [9, 8],
  ] as const) {
    const texts = await split(shares, threshold)
    const given = texts.slice(0, threshold + 1)
    for (const at of given.keys()) {
      const forged = given.map((text, place) => (place === at ? forge(text, bendPayload) : text))
      await expect(joinShards(forged)).rejects.toMatchObject({
        code: ShardMisfit.code,
        details: { shards: String(at + 1) },
      })
    }
  }
})

test('with just as many as are needed, a forged one yields no key', async () => {
  const [one = '', two = ''] = await split(3, 2)
  const joined = joinShards([one, forge(two, bendPayload)])
  await expect(joined).rejects.toThrow('1, 2 (at least one of them)')
})

test('a forged number that is taken, and one that is none, are refused', async () => {
  const [one = '', two = '', three = ''] = await split(3, 2)
  const asTwo = forge(three, (line) => line.replace('shard: 3', 'shard: 2'))
  await expect(joinShards([one, two, asTwo])).rejects.toSatisfy(ShardMisfit.is)
  // Another number for the same place.
  const again = forge(two, (line) => line.replace('shard: 2', 'shard: 3'))
  await expect(joinShards([two, again])).rejects.toSatisfy(ShardMisfit.is)
  for (const change of [
    ['shard: 3', 'shard: 4'],
    ['threshold: 2', 'threshold: 1'],
    ['threshold: 2', 'threshold: 4'],
    ['shares: 3', 'shares: 17'],
    ['shares: 3', 'shares: 03'],
    ['format: holdfast-shard/v1', 'format: holdfast-shard/v2'],
    ['made-at: 2026', 'made-at: 20-6'],
  ] as const) {
    const odd = forge(three, (line) => line.replace(change[0], change[1]))
    expect(() => parseShard(odd, 1), change[1]).toThrow(/^Shard (3|4) is damaged/)
  }
  const short = forge(three, (line) => (line.startsWith('payload') ? line.slice(0, -2) : line))
  expect(() => parseShard(short, 1)).toThrow(/^Shard 3 is damaged/)
})

test('anything else is no shard, and nothing of it is repeated', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => parseShard(text, 7)).toThrow(/no\. 7 of those given is damaged/)
    }),
  )
  const secret = 'payload: c0ffee'
  expect(() => parseShard(`${secret}\n${secret}`, 1)).toThrow(
    /^((?!c0ffee).)*two lines payload((?!c0ffee).)*$/,
  )
})

test('as few as two, as many as sixteen, no threshold beyond them', async () => {
  for (const [shares, threshold] of [
    [1, 1],
    [2, 1],
    [2, 3],
    [17, 2],
    [3, 2.5],
    [Number.NaN, 2],
  ] as const) {
    await expect(split(shares, threshold)).rejects.toSatisfy(ShardCountsInvalid.is)
  }
  expect(await split(16, 16)).toHaveLength(16)
})

test('a shard of the first release joins for good', async () => {
  const texts = [
    `# Holdfast: shard 1 of 3 of the root key. Any 2 of them restore it.
# Keep each in another place, offline, and none on the machine they are of.
# holdfast operator restore asks for them. Lines like this one need not be typed.
format: holdfast-shard/v1
set: 29eec1f6
shard: 1
threshold: 2
shares: 3
root-key: 06db69d53c1403fe344988de870c22ce
made-at: 2026-11-22T02:00:00Z
payload: 52d9 5975 2415 bbc8 ca97 faac 9c7a c137 ab00 2e1d 7b72 8147 7fb4 9de4 adf9 590b 4e
checksum: 9118 7c80 d70b 849a
`,
    `# Holdfast: shard 2 of 3 of the root key. Any 2 of them restore it.
# Keep each in another place, offline, and none on the machine they are of.
# holdfast operator restore asks for them. Lines like this one need not be typed.
format: holdfast-shard/v1
set: 29eec1f6
shard: 2
threshold: 2
shares: 3
root-key: 06db69d53c1403fe344988de870c22ce
made-at: 2026-11-22T02:00:00Z
payload: df31 72f0 640a ed09 2f6f 52bf c211 827a c67e da92 0289 2eab 4e0c d18b ac67 72d3 5e
checksum: 8821 94d3 fc2a 7709
`,
  ]
  expect((await joinShards(texts)).reveal()).toBe(Buffer.alloc(32, 7).toString('base64'))
})
