import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FormatError } from './format-error.ts'
import { emptyRoot, type Leaf, leafHash, nodeHash, rawLeafHash } from './hash.ts'
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from './proof.ts'
import { MemoryTiles, parseTilePath, TileBuilder, tilePath } from './tiles.ts'
import { TreeHead } from './tree-head.ts'

test('paths of tiles come back', () => {
  const width = fc.integer({ min: 1, max: 256 })
  const index = fc.bigInt(0n, 10n ** 18n - 1n)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 63 }), index, width, (level, at, hashes) => {
      const address = { level, index: at, width: hashes }
      expect(parseTilePath(tilePath(address))).toEqual(address)
    }),
  )
})

test.each([
  '',
  'tile/0/1',
  'tile/00/001',
  'tile/64/001',
  'tile/-1/001',
  'tile/0/0001',
  'tile/0/x000/001',
  'tile/0/001/002',
  'tile/0/001.p/0',
  'tile/0/001.p/05',
  'tile/0/001.p/256',
  'tile/0/001/',
  'tile/0/../001',
  'tile/0/001\n',
])('%j is no path of a tile', (path) => {
  expect(() => parseTilePath(path)).toThrow(FormatError)
})

describe('a tile that is not what it should be', () => {
  const builder = TileBuilder.empty()
  const tiles = new MemoryTiles()
  for (let i = 0; i < 700; i++) tiles.write(builder.append(rawLeafHash(Buffer.from(`${i}`))))
  tiles.write(builder.partial())

  test.each([
    ['too short', async () => new Uint8Array(31)],
    ['too long', async () => new Uint8Array(257 * 32)],
    ['empty', async () => new Uint8Array()],
  ])('%s is refused', async (_, read) => {
    await expect(inclusionProof({ index: 3n, size: 700n, tiles: read })).rejects.toThrow(
      FormatError,
    )
    await expect(TileBuilder.restore(700n, read)).rejects.toThrow(FormatError)
  })

  test('with other hashes leads to proofs that do not verify', async () => {
    const other = async (_: number, __: bigint, width: number) => new Uint8Array(width * 32)
    const path = await consistencyProof({ fromSize: 300n, toSize: 700n, tiles: other })
    const toRoot = builder.root()
    const claim = { fromSize: 300n, fromRoot: emptyRoot, toSize: 700n, toRoot, path }
    expect(verifyConsistency(claim)).toBe(false)
  })

  test('not there is an error, not a hash', async () => {
    await expect(new MemoryTiles().read(0, 0n, 1)).rejects.toThrow(FormatError)
  })

  test.each([
    [-1n, 5n],
    [5n, 5n],
    [0n, 0n],
  ])('leaf %s of %s has no proof', async (index, size) => {
    await expect(inclusionProof({ index, size, tiles: tiles.read })).rejects.toThrow(FormatError)
    const claim = { leaf: emptyRoot, index, size, path: [], root: emptyRoot }
    expect(verifyInclusion(claim)).toBe(false)
  })

  test('sizes out of order have none either', async () => {
    const of = { fromSize: 6n, toSize: 5n }
    await expect(consistencyProof({ ...of, tiles: tiles.read })).rejects.toThrow(FormatError)
    const roots = { fromRoot: emptyRoot, toRoot: emptyRoot, path: [] }
    expect(verifyConsistency({ ...of, ...roots })).toBe(false)
    expect(
      verifyConsistency({ fromSize: 0n, toSize: 1n, ...roots, fromRoot: rawLeafHash(emptyRoot) }),
    ).toBe(false)
    expect(
      verifyConsistency({ fromSize: 1n, toSize: 2n, ...roots, path: [new Uint8Array(31)] }),
    ).toBe(false)
  })
})

test.each([
  ['no bytes', new Uint8Array()],
  ['half a hash', new Uint8Array(8 + 16)],
  ['a hash too many', new Uint8Array(8 + 32)],
  ['a hash too few', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1)],
  ['a size beyond 2^53', new Uint8Array(8 + 64 * 32).fill(255)],
])('a stored head of %s is refused', (_, bytes) => {
  expect(() => TreeHead.fromBytes(bytes)).toThrow(FormatError)
})

describe('a leaf', () => {
  const leaf: Leaf = { sequence: 1n, subject: 'a', messageId: 'b', payload: Uint8Array.of(1) }

  test.each<[string, Partial<Leaf>]>([
    ['sequence 0', { sequence: 0n }],
    ['a negative sequence', { sequence: -1n }],
    ['a sequence of 2^63', { sequence: 1n << 63n }],
    ['a subject too long', { subject: 'x'.repeat(65_536) }],
    ['a message id too long', { messageId: 'ä'.repeat(32_768) }],
    ['a lone surrogate', { subject: 'a\ud800' }],
    ['one in the message id', { messageId: '\udc00' }],
  ])('with %s is refused', (_, part) => {
    expect(() => leafHash({ ...leaf, ...part })).toThrow(FormatError)
  })

  test('no two have one hash, wherever their parts are cut', () => {
    const text = fc.string({ maxLength: 3 })
    const parts = fc.record({
      sequence: fc.bigInt(1n, 3n),
      subject: text,
      messageId: text,
      payload: fc.uint8Array({ maxLength: 3 }),
    })
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const isSame =
          a.sequence === b.sequence &&
          a.subject === b.subject &&
          a.messageId === b.messageId &&
          Buffer.compare(a.payload, b.payload) === 0
        expect(Buffer.compare(leafHash(a), leafHash(b)) === 0).toBe(isSame)
      }),
    )
  })

  test('nodes take hashes only', () => {
    expect(() => nodeHash(new Uint8Array(31), emptyRoot)).toThrow(FormatError)
    expect(() => TreeHead.empty().append(new Uint8Array(33))).toThrow(FormatError)
  })
})
