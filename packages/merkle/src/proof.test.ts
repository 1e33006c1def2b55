import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emptyRoot, nodeHash, rawLeafHash } from './hash.ts'
import {
  consistencyProof,
  inclusionProof,
  rootFromTiles,
  verifyConsistency,
  verifyInclusion,
} from './proof.ts'
import { MemoryTiles, newTiles, TileBuilder, tilesOf } from './tiles.ts'
import { TreeHead } from './tree-head.ts'

// The definitions of RFC 9162, 2.1, word for word: slow, and hard to get wrong.
type Hashes = readonly Uint8Array[]
const split = (n: number) => {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}
const known = new Map<string, Uint8Array>()
function mth(d: Hashes): Uint8Array {
  const [only] = d
  if (only === undefined) return emptyRoot
  if (d.length === 1) return only
  // Ranges come up again and again; leaves differ, so first leaf and length name one.
  const key = `${Buffer.from(only).toString('latin1')}${d.length}`
  const k = split(d.length)
  const root = known.get(key) ?? nodeHash(mth(d.slice(0, k)), mth(d.slice(k)))
  known.set(key, root)
  return root
}
function path(m: number, d: Hashes): Hashes {
  if (d.length <= 1) return []
  const k = split(d.length)
  return m < k
    ? [...path(m, d.slice(0, k)), mth(d.slice(k))]
    : [...path(m - k, d.slice(k)), mth(d.slice(0, k))]
}
function subproof(m: number, d: Hashes, isWhole: boolean): Hashes {
  if (m === d.length) return isWhole ? [] : [mth(d)]
  const k = split(d.length)
  return m <= k
    ? [...subproof(m, d.slice(0, k), isWhole), mth(d.slice(k))]
    : [...subproof(m - k, d.slice(k), false), mth(d.slice(0, k))]
}

const leaves = (n: number) =>
  Array.from({ length: n }, (_, i) => rawLeafHash(Buffer.from(`leaf ${i}`)))

function treeOf(hashes: Hashes) {
  const builder = TileBuilder.empty()
  const tiles = new MemoryTiles()
  for (const hash of hashes) tiles.write(builder.append(hash))
  tiles.write(builder.partial())
  return { builder, tiles, root: builder.root() }
}

describe('trees up to 130 leaves, each size', () => {
  const all = leaves(130)
  const { tiles } = treeOf(all)
  const roots = Array.from({ length: 131 }, (_, n) => mth(all.slice(0, n)))

  test('roots are those of the definition', async () => {
    const head = TreeHead.empty()
    for (const [n, root] of roots.entries()) {
      expect(head.root()).toEqual(root)
      expect(await rootFromTiles(BigInt(n), tiles.read)).toEqual(root)
      expect(TreeHead.fromBytes(head.toBytes()).root()).toEqual(root)
      const next = all[n]
      if (next) head.append(next)
    }
  })

  /** One expectation for thousands of proofs: naming those that are wrong is enough. */
  const collect = () => {
    const wrong: string[] = []
    const check = (isRight: boolean, what: string) => {
      if (!isRight) wrong.push(what)
    }
    return { wrong, check }
  }
  const same = (a: Hashes, b: Hashes) => Buffer.concat(a).equals(Buffer.concat(b))

  const spans = [
    [0, 64],
    [65, 100],
    [101, 130],
  ] satisfies [number, number][]
  test.each(spans)('inclusion proofs of %i to %i leaves', async (from, to) => {
    const { wrong, check } = collect()
    for (let n = from; n <= to; n++) {
      const d = all.slice(0, n)
      const root = roots[n] ?? emptyRoot
      for (const [m, leaf] of d.entries()) {
        const of = { index: BigInt(m), size: BigInt(n) }
        const proof = await inclusionProof({ ...of, tiles: tiles.read })
        const holds = (changed: Partial<Parameters<typeof verifyInclusion>[0]>) =>
          verifyInclusion({ ...of, leaf, path: proof, root, ...changed })
        const where = `${m} of ${n}`
        check(same(proof, path(m, d)), `${where}: path`)
        check(holds({}), where)
        if (n > 20 && (n + m) % 5 !== 0) continue
        // Of exactly this length and index.
        check(n === 1 || !holds({ path: proof.slice(1) }), `${where}: shorter`)
        check(!holds({ path: [...proof, root] }), `${where}: longer`)
        check(!holds({ path: [leaf, ...proof] }), `${where}: longer below`)
        check(!holds({ index: of.index ^ 1n }), `${where}: neighbour`)
      }
    }
    expect(wrong).toEqual([])
  })

  test.each(spans)('consistency proofs to %i to %i leaves', async (from, to) => {
    const { wrong, check } = collect()
    for (let n = from; n <= to; n++) {
      const d = all.slice(0, n)
      const toRoot = roots[n] ?? emptyRoot
      for (let m = 0; m <= n; m++) {
        const fromRoot = roots[m] ?? emptyRoot
        const of = { fromSize: BigInt(m), toSize: BigInt(n) }
        const proof = await consistencyProof({ ...of, tiles: tiles.read })
        const holds = (changed: Partial<Parameters<typeof verifyConsistency>[0]>) =>
          verifyConsistency({ ...of, fromRoot, toRoot, path: proof, ...changed })
        const where = `${m} to ${n}`
        check(m === 0 ? proof.length === 0 : same(proof, subproof(m, d, true)), `${where}: path`)
        check(holds({}), where)
        if (n > 20 && (n + m) % 5 !== 0) continue
        check(!holds({ path: [...proof, toRoot] }), `${where}: longer`)
        if (proof.length === 0) continue
        check(!holds({ path: proof.slice(1) }), `${where}: shorter`)
        check(!holds({ path: proof.slice(0, -1) }), `${where}: shorter above`)
        check(!holds({ fromSize: of.fromSize - 1n }), `${where}: smaller`)
        check(!holds({ fromRoot: toRoot }), `${where}: old root`)
        check(!holds({ toRoot: fromRoot }), `${where}: new root`)
      }
    }
    expect(wrong).toEqual([])
  })
})

describe('larger trees', () => {
  const all = leaves(70_000)
  const { tiles, builder } = treeOf(all)
  const rootAt = (size: bigint) => rootFromTiles(size, tiles.read)

  test('the tiles are those C2SP counts for 70,000', () => {
    const counts = new Map<string, number>()
    for (const { level, width } of tilesOf(70_000n))
      counts.set(`${level}/${width}`, (counts.get(`${level}/${width}`) ?? 0) + 1)
    expect(Object.fromEntries(counts)).toEqual({
      '0/256': 273,
      '0/112': 1,
      '1/256': 1,
      '1/17': 1,
      '2/1': 1,
    })
    expect([...tilesOf(256n)]).toEqual([
      { level: 0, index: 0n, width: 256 },
      { level: 1, index: 0n, width: 1 },
    ])
  })

  test('any proof between any sizes holds, with few tiles read', async () => {
    const sizes = fc.tuple(fc.bigInt(1n, 70_000n), fc.bigInt(1n, 70_000n))
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async ([a, b], pick) => {
        const [fromSize, toSize] = a < b ? [a, b] : [b, a]
        const before = tiles.reads
        const path = await consistencyProof({ fromSize, toSize, tiles: tiles.read })
        expect(tiles.reads - before).toBeLessThanOrEqual(6)
        const [fromRoot, toRoot] = [await rootAt(fromSize), await rootAt(toSize)]
        expect(verifyConsistency({ fromSize, fromRoot, toSize, toRoot, path })).toBe(true)

        const index = BigInt(pick) % toSize
        const leaf = all[Number(index)] ?? emptyRoot
        const audit = await inclusionProof({ index, size: toSize, tiles: tiles.read })
        const claim = { leaf, index, size: toSize, path: audit, root: toRoot }
        expect(verifyInclusion(claim)).toBe(true)
        expect(verifyInclusion({ ...claim, leaf: toRoot })).toBe(toSize === 1n)
      }),
      { numRuns: 100 },
    )
  })

  test('a builder goes on where another stopped', async () => {
    for (const size of [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 69_999]) {
      const restored = await TileBuilder.restore(BigInt(size), tiles.read)
      expect(restored.root()).toEqual(await rootAt(BigInt(size)))
      for (const hash of all.slice(size, size + 300)) restored.append(hash)
      expect(restored.root()).toEqual(await rootAt(restored.size))
    }
    const restored = await TileBuilder.restore(70_000n, tiles.read)
    expect(restored.partial()).toEqual(builder.partial())
  })

  test('new tiles are those that are written', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2000 }), fc.nat({ max: 2000 }), (a, more) => {
        const grown = TileBuilder.empty()
        for (const hash of all.slice(0, a)) grown.append(hash)
        const had = new Set(
          grown.partial().map(({ level, index, width }) => `${level}/${index}/${width}`),
        )
        const written = all.slice(a, a + more).flatMap((hash) => grown.append(hash))
        const expected = [...written, ...grown.partial()]
          .map(({ level, index, width }) => `${level}/${index}/${width}`)
          .filter((key) => !had.has(key))
        const named = [...newTiles(BigInt(a), BigInt(a + more))].map(
          ({ level, index, width }) => `${level}/${index}/${width}`,
        )
        expect(named.sort()).toEqual(expected.sort())
      }),
      { numRuns: 40 },
    )
  })
})
