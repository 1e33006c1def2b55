import { TreeHead } from '@holdfast/merkle'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { openArchive } from './archive.ts'
import { writeCheckpointNote } from './checkpoint-notes.ts'
import { scanArchive } from './scan.ts'
import { leafOf } from './segment-builder.ts'
import { batched, collect, commitsOf, identity, plain } from './testing/commits.ts'
import { MemoryFiles } from './testing/memory-files.ts'
import type { Archive } from './types.ts'

// Thousands of archives are opened here; a busy machine is no reason to fail.
vi.setConfig({ testTimeout: 180_000 })

const directory = `/a/${identity.lineageId}/1`
const open = (files: MemoryFiles): Promise<Archive> =>
  openArchive({ directory: '/a', identity, files, now: () => 5 })
const scan = async (files: MemoryFiles) => (await scanArchive('/a', { files }))[0]

/** Two sealed segments, 1..4 and 5..8, and an open one with 9..11. */
let whole: MemoryFiles
/** Where each frame begins, by file. */
const frames = new Map<string, { start: number; end: number; sequence: bigint }[]>()
const [first, second, third] = [
  `${directory}/seg-00000000000000000001-00000000000000000004.hfs`,
  `${directory}/seg-00000000000000000005-00000000000000000008.hfs`,
  `${directory}/open-00000000000000000009.hfs`,
]

beforeAll(async () => {
  whole = new MemoryFiles()
  const archive = await open(whole)
  await archive.append(commitsOf(1, 4))
  await archive.seal()
  await archive.append(commitsOf(5, 8))
  await archive.seal()
  await archive.append(commitsOf(9, 11))
  await archive.close()
  for (const path of whole.paths()) {
    const bytes = whole.get(path) ?? Buffer.alloc(0)
    const list: { start: number; end: number; sequence: bigint }[] = []
    let at = 12 + bytes.readUInt16BE(10) + 4
    while (at + 16 < bytes.length && bytes.readUInt32BE(at) < 1 << 24) {
      const end = at + 8 + bytes.readUInt32BE(at)
      list.push({ start: at, end, sequence: bytes.readBigUInt64BE(at + 8) })
      at = end
    }
    frames.set(path, list)
  }
})

function changed(path: string, change: (bytes: Buffer) => Buffer): MemoryFiles {
  const files = whole.copy()
  files.put(path, change(Buffer.from(whole.get(path) ?? Buffer.alloc(0))))
  return files
}

/** Every commit that is given out is one that was put in. */
async function readsNothingWrong(archive: Archive): Promise<void> {
  for (let n = 1; n <= 11; n++) {
    const commit = await archive.at(BigInt(n)).catch(() => undefined)
    if (commit !== undefined) expect(plain([commit])).toEqual(plain(commitsOf(n, n)))
  }
}

test('the archive these tests damage is whole', async () => {
  expect([...frames.values()].map((list) => list.map(({ sequence }) => Number(sequence)))).toEqual([
    [9, 10, 11],
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ])
  expect(await scan(whole)).toMatchObject({ commits: 11n, damage: [], missing: [] })
})

test('every changed byte is caught, and placed at its commit', async () => {
  // One of each kind; the first segment is like the second.
  for (const path of [second, third]) {
    const size = whole.get(path)?.length ?? 0
    for (let at = 0; at < size; at++) {
      const files = changed(path, (bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
        return bytes
      })
      const frame = frames.get(path)?.find(({ start, end }) => at >= start && at < end)
      const scanned = await scan(files)
      expect(scanned?.damage.length, `byte ${at} of ${path}`).toBeGreaterThan(0)
      if (frame !== undefined) {
        expect(scanned?.firstBadSequence).toBe(frame.sequence)
        expect(scanned?.commits).toBe(frame.sequence - 1n)
      }
      // Sealed footers and headers hold no commits; these stay readable.
      else if (scanned) expect(scanned.commits).toBe(11n)
    }
  }
})

test('opening changes nothing but the last frame of the open segment', async () => {
  for (const path of [second, third]) {
    const size = whole.get(path)?.length ?? 0
    for (let at = 0; at < size; at += path === third ? 3 : 29) {
      const files = changed(path, (bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ 0x40
        return bytes
      })
      const before = Buffer.from(files.get(path) ?? Buffer.alloc(0))
      const archive = await open(files)
      const frame = frames.get(path)?.find(({ start, end }) => at >= start && at < end)
      const isLast = frame?.sequence === 11n
      if (isLast) {
        expect(archive.damage).toMatchObject([
          { kind: 'torn_tail', firstBadSequence: 11n, isRepaired: true },
        ])
        expect(archive.last.sequence).toBe(10n)
        await archive.append(commitsOf(11, 11))
        expect(files.get(path)).toEqual(whole.get(path))
      } else {
        expect(files.get(path)).toEqual(before)
        expect(archive.last.sequence).toBe(11n)
        // A sealed segment's frames are read when somebody asks.
        const isSeen = path === third || frame === undefined
        if (isSeen) {
          expect(archive.damage[0]).toMatchObject({ isRepaired: false })
          await expect(archive.append(commitsOf(12, 12))).rejects.toMatchObject({
            code: 'archive.damaged',
          })
        }
      }
      if (at % 5 === 0) await readsNothingWrong(archive)
      await archive.close()
    }
  }
})

test('an open segment cut at any length is its whole frames', async () => {
  const bytes = whole.get(third) ?? Buffer.alloc(0)
  const list = frames.get(third) ?? []
  const header = list[0]?.start ?? 0
  for (let size = header; size < bytes.length; size++) {
    const files = changed(third, (b) => b.subarray(0, size))
    const kept = list.filter(({ end }) => end <= size).length
    const isTorn = !list.some(({ start, end }) => start === size || end === size)
    const scanned = await scan(files)
    expect(scanned?.damage.map(({ kind }) => kind)).toEqual(isTorn ? ['torn_tail'] : [])
    const archive = await open(files)
    expect(archive.last.sequence).toBe(BigInt(8 + kept))
    expect(archive.damage.length).toBe(isTorn ? 1 : 0)
    await archive.append(commitsOf(9 + kept, 11))
    await archive.close()
    expect(files.get(third)).toEqual(bytes)
  }
  // A header is durable before its file has a name; one cut short is no crash of ours.
  for (let size = 0; size < header; size++) {
    const archive = await open(changed(third, (b) => b.subarray(0, size)))
    expect(archive.damage[0]).toMatchObject({ kind: 'header', isRepaired: false })
    await archive.close()
  }
})

test('a sealed segment cut at any length is damaged, and nothing is cut', async () => {
  const bytes = whole.get(second) ?? Buffer.alloc(0)
  for (let size = 0; size < bytes.length; size += 3) {
    const files = changed(second, (b) => b.subarray(0, size))
    const scanned = await scan(files)
    const lost = frames.get(second)?.find(({ end }) => end > size)
    expect(scanned?.damage.length).toBeGreaterThan(0)
    expect(scanned?.firstBadSequence).toBe(lost?.sequence ?? 5n)
    const archive = await open(files)
    expect(archive.damage.length).toBeGreaterThan(0)
    expect(files.get(second)?.length).toBe(size)
    await archive.close()
  }
})

test('garbage behind a segment is noticed', async () => {
  const junk = Buffer.from('junk')
  const sealed = await scan(changed(second, (b) => Buffer.concat([b, junk])))
  expect(sealed?.damage).toMatchObject([{ kind: 'footer' }])
  const begun = await scan(changed(third, (b) => Buffer.concat([b, junk])))
  expect(begun?.damage).toMatchObject([{ kind: 'torn_tail', firstBadSequence: 12n }])
})

const move = (files: MemoryFiles, from: string, to: string): void => {
  const bytes = files.get(from)
  files.delete(from)
  if (bytes) files.put(to, bytes)
}

describe('files that are not where they belong', () => {
  const cases: Record<
    string,
    { change: (files: MemoryFiles) => void; firstBad: bigint; kinds: string[] }
  > = {
    'a deleted segment': { change: (f) => f.delete(first), firstBad: 1n, kinds: ['missing'] },
    'a deleted segment in between': {
      change: (f) => f.delete(second),
      firstBad: 5n,
      kinds: ['missing'],
    },
    'a copy under another name': {
      change: (f) =>
        f.put(
          second.replace(/05-0*8/, '09-00000000000000000012'),
          f.get(second) ?? Buffer.alloc(0),
        ),
      firstBad: 9n,
      kinds: ['misnamed'],
    },
    'a renamed segment': {
      change: (f) => move(f, second, second.replace(/05-0*8/, '06-00000000000000000009')),
      firstBad: 5n,
      kinds: ['missing', 'misnamed'],
    },
    'two segments swapped': {
      change: (f) => {
        move(f, first, '/x')
        move(f, second, first)
        move(f, '/x', second)
      },
      firstBad: 1n,
      kinds: ['misnamed', 'misnamed', 'missing'],
    },
    'an open segment under a later name': {
      change: (f) => move(f, third, third.replace(/09\.hfs/, '10.hfs')),
      firstBad: 9n,
      kinds: ['misnamed'],
    },
  }
  test.each(Object.entries(cases))('%s', async (_, { change, firstBad, kinds }) => {
    const files = whole.copy()
    change(files)
    const scanned = await scan(files)
    expect(scanned?.firstBadSequence).toBe(firstBad)
    const shown = [
      ...(scanned?.damage.map(({ kind }) => kind) ?? []),
      ...(scanned?.missing.map(() => 'missing') ?? []),
    ]
    expect(shown.sort()).toEqual([...kinds].sort())
    const archive = await open(files)
    expect(archive.damage[0]?.firstBadSequence).toBe(firstBad)
    await expect(archive.append(commitsOf(12, 12))).rejects.toMatchObject({
      code: 'archive.damaged',
    })
    await readsNothingWrong(archive)

    // And all of it can be healed from elsewhere.
    await archive.replace(firstBad, 11n, batched(commitsOf(Number(firstBad), 11)), { tail: 'drop' })
    expect(archive.damage).toEqual([])
    expect(await archive.verify()).toEqual([])
    expect(plain(await collect(archive.read(1n, 99n)))).toEqual(plain(commitsOf(1, 11)))
    await archive.close()
  })
})

test('a segment with a hole is healed where it is, whatever its name hides', async () => {
  const hole = frames.get(second)?.[1]?.start ?? 0
  for (const range of [
    [5n, 8n],
    [6n, 6n],
  ] as const) {
    const files = whole.copy()
    if (range[0] === 5n) move(files, second, second.replace(/05-0*8/, '06-00000000000000000009'))
    else
      files.put(
        second,
        changed(second, (b) => b.fill(0, hole + 10, hole + 20)).get(second) ?? Buffer.alloc(0),
      )
    const archive = await open(files)
    const [from, to] = range
    await archive.replace(from, to, batched(commitsOf(Number(from), Number(to))))
    expect(await archive.verify()).toEqual([])
    expect(plain(await collect(archive.read(1n, 99n)))).toEqual(plain(commitsOf(1, 11)))
    await archive.append(commitsOf(12, 12))
    await archive.close()
  }
})

test('the name of a file that the disk does not give is evidence', async () => {
  const files = whole.copy()
  files.delete(third)
  files.failRead = (path) => (path === second ? 'EIO' : undefined)
  const archive = await open(files)
  expect(archive.last).toEqual({ sequence: 8n, hash: new Uint8Array() })
  expect(archive.damage).toMatchObject([
    { kind: 'unreadable', firstBadSequence: 5n, lastBadSequence: 8n },
  ])
  await archive.replace(5n, 8n, batched(commitsOf(5, 8)))
  files.failRead = () => undefined
  expect(await archive.verify()).toEqual([])
  expect(archive.last.sequence).toBe(8n)
})

test('a rewritten segment does not fit the ones beside it', async () => {
  const other = new MemoryFiles()
  const forged = await open(other)
  await forged.append([...commitsOf(1, 3), ...commitsOf(4, 4, 'forged')])
  await forged.seal()
  const files = whole.copy()
  files.put(first, other.get(first) ?? Buffer.alloc(0))
  expect((await scan(files))?.damage).toMatchObject([{ kind: 'chain', firstBadSequence: 5n }])
})

test('verifying a living archive sees what went away under it', async () => {
  for (const [path, from, to] of [
    [first, 1n, 4n],
    [third, 9n, 11n],
  ] as const) {
    const files = whole.copy()
    const archive = await open(files)
    files.delete(path)
    expect(await archive.verify()).toMatchObject([
      { kind: 'missing', firstBadSequence: from, lastBadSequence: to },
    ])
    await archive.close()
  }
})

describe('checkpoints', () => {
  const root = (size: number, text = ''): string => {
    const tree = TreeHead.empty()
    for (const commit of commitsOf(1, size, text)) tree.append(leafOf(commit))
    return Buffer.from(tree.root()).toString('base64')
  }
  const note = (size: number, text = '', generation = 1): string =>
    `holdfast/${identity.lineageId}/${generation}\n${size}\n${root(size, text)}\n\n— holdfast AAAA\n`
  const withNotes = async (...notes: readonly [number, string][]): Promise<MemoryFiles> => {
    const files = whole.copy()
    for (const [size, text] of notes)
      await writeCheckpointNote('/a', identity.lineageId, BigInt(size), text, files)
    return files
  }

  test('a lost end is known by a checkpoint beyond it', async () => {
    const files = await withNotes([0, note(0)], [8, note(8)], [11, note(11)])
    expect(await scan(files)).toMatchObject({
      missing: [],
      damage: [],
      checkpoints: [{ verdict: 'same' }, { verdict: 'same' }, { verdict: 'same' }],
    })
    files.delete(third)
    expect(await scan(files)).toMatchObject({
      damage: [],
      missing: [{ first: 9n, last: 11n, shownBy: '11.note' }],
      firstBadSequence: 9n,
      checkpoints: [{}, { verdict: 'same' }, { verdict: 'beyond' }],
    })
  })

  test('another root is damage behind the last checkpoint that agrees', async () => {
    const files = await withNotes([4, note(4)], [8, note(8, 'other')], [9, note(9, 'x', 2)])
    expect(await scan(files)).toMatchObject({
      damage: [{ kind: 'checkpoint', file: '8.note', firstBadSequence: 5n, lastBadSequence: 8n }],
      missing: [],
      checkpoints: [{ verdict: 'same' }, { verdict: 'different' }],
    })
  })

  test('a note that is none is said', async () => {
    const files = await withNotes([4, 'nonsense'], [5, note(6)])
    expect((await scan(files))?.damage).toMatchObject([{ file: '4.note' }, { file: '5.note' }])
  })
})
