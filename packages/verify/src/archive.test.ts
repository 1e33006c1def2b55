import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { verifyArchive } from './archive.ts'
import { parseKnown } from './auditor.ts'
import { auditor, exhaustive, strict, summary, watchful } from './testing/auditor.ts'
import { MemoryFiles } from './testing/memory-files.ts'
import { identity, keys, logOf, smallEntries, smallNotes, tinyLog } from './testing/small-log.ts'

vi.mock('node:crypto', async () =>
  (await import('./testing/quick-signatures.ts')).quickSignatures(),
)

const directories: string[] = []
async function archiveOf(log: Awaited<ReturnType<typeof logOf>>, sealEvery?: number) {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-verify-'))
  directories.push(directory)
  await log.archive(directory, sealEvery)
  return directory
}
afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true })
})

const log = await logOf()
const whole = await archiveOf(log)
const generation = (directory: string) =>
  join(directory, identity.lineageId, String(identity.generation))

test('a whole archive is whole, from whichever directory it is named', async () => {
  for (const directory of [whole, join(whole, identity.lineageId), generation(whole)]) {
    const result = await verifyArchive(directory, strict)
    expect(summary(result)).toEqual({ exit: 0, firstBad: undefined, codes: [] })
    expect(result).toMatchObject({ size: 10n, entries: 10n, checkpointCount: 3 })
    expect(result.keys.map(({ source }) => source)).toEqual(['pinned', 'rotated'])
  }
})

test('where there is none, or more than one, that is what is said', async () => {
  await expect(verifyArchive(join(whole, 'nowhere'), strict)).rejects.toThrow('cannot be read')
  const files = MemoryFiles.of(whole)
  const other = [...files.contents].map(
    ([path, bytes]) =>
      [path.replace(`${identity.lineageId}/1/`, `${identity.lineageId}/2/`), bytes] as const,
  )
  for (const [path, bytes] of other) files.contents.set(path, bytes)
  await expect(verifyArchive(whole, strict, undefined, files)).rejects.toThrow('holds 2 archives')
})

describe('in a small archive', async () => {
  const tiny = await tinyLog()
  const open = await archiveOf(tiny)
  const sealed = await archiveOf(tiny, 3)
  const judge = async (directory: string, files: MemoryFiles) =>
    summary(await verifyArchive(directory, watchful, undefined, files))

  const segmentOf = (files: MemoryFiles, name: RegExp) =>
    [...files.contents].find(([path]) => name.test(path)) ?? ['', Buffer.alloc(0)]
  /** Bytes of the frames of an open segment, in order. */
  function framesOf(segment: Buffer): { head: Buffer; frames: Buffer[] } {
    let at = 16 + segment.readUInt16BE(10)
    const head = segment.subarray(0, at)
    const frames: Buffer[] = []
    for (; at < segment.length; at += 8 + segment.readUInt32BE(at))
      frames.push(segment.subarray(at, at + 8 + segment.readUInt32BE(at)))
    return { head, frames }
  }
  const files = MemoryFiles.of(open)
  const [path, segment] = segmentOf(files, /open-.*\.hfs$/)
  const { head, frames } = framesOf(segment)
  const judgeFrames = async (changed: readonly Buffer[]) => {
    files.contents.set(path, Buffer.concat([head, ...changed]))
    return judge(open, files)
  }
  const sequenceOf = (i: number) => BigInt(i) + 1n

  const sweep = async (
    directory: string,
    name: RegExp,
    isFine: (at: number, found: ReturnType<typeof summary>, bytes: Buffer) => boolean,
  ) => {
    const files = MemoryFiles.of(directory)
    const wrong: unknown[] = []
    for (const [path, bytes] of files.contents)
      for (let at = 0; at < bytes.length && name.test(path); at++) {
        const original = bytes[at] ?? 0
        bytes[at] = original ^ (1 << (at % 8))
        const found = await judge(directory, files)
        bytes[at] = original
        if (!isFine(at, found, bytes)) wrong.push({ path, at, ...found })
      }
    return wrong
  }
  const isNoticed = (_: number, { exit }: { exit: number }) => exit !== 0

  test('every changed byte is noticed, and placed where it is a frame', {
    timeout: exhaustive,
  }, async () => {
    const ends = frames.map((_, i) => Buffer.concat([head, ...frames.slice(0, i + 1)]).length)
    const wrong = await sweep(open, /open-/, (at, { exit, firstBad }) => {
      const frame = at < head.length ? 0 : ends.findIndex((end) => at < end)
      return exit !== 0 && firstBad === sequenceOf(frame)
    })
    expect(wrong).toEqual([])
    expect(await sweep(sealed, /seg-0*4-/, isNoticed)).toEqual([])
    expect(await sweep(open, /6\.note/, isNoticed)).toEqual([])
    // No verdict rests on the witness's line under the older of two checkpoints, nor on its origin, by which it is
    // another generation's.
    const older = await sweep(open, /4\.note/, (at, { exit }, note) => {
      const cosignature = note.indexOf('— ', note.indexOf('— ') + 1)
      return exit !== 0 || at <= note.indexOf(10) || at > cosignature
    })
    expect(older).toEqual([])
  })

  test('every deletion, swap and insertion of frames is placed', async () => {
    expect(await judgeFrames(frames)).toMatchObject({ exit: 0 })
    for (const [i, frame] of frames.entries()) {
      const without = await judgeFrames(frames.toSpliced(i, 1))
      expect(without.exit).not.toBe(0)
      expect(without.firstBad).toBe(sequenceOf(i))
      for (const [j, other] of frames.entries()) {
        const inserted = await judgeFrames(frames.toSpliced(i, 0, other))
        expect(inserted.exit).not.toBe(0)
        expect(inserted.firstBad).toBe(sequenceOf(i) + (i === j ? 1n : 0n))
        if (j <= i) continue
        const swapped = await judgeFrames(frames.with(i, other).with(j, frame))
        expect(swapped.exit).not.toBe(0)
        expect(swapped.firstBad).toBe(sequenceOf(i))
      }
    }
  })

  test('every cut is noticed', { timeout: exhaustive }, async () => {
    const unnoticed: unknown[] = []
    for (const directory of [open, sealed]) {
      const cut = MemoryFiles.of(directory)
      const [name, bytes] = segmentOf(cut, directory === open ? /open-/ : /seg-0*4-/)
      for (let length = 0; length < bytes.length; length++) {
        cut.contents.set(name, bytes.subarray(0, length))
        const found = await judge(directory, cut)
        if (found.exit === 0) unnoticed.push({ name, length })
      }
    }
    expect(unnoticed).toEqual([])
  })

  test('a segment that is gone is named by its sequences', async () => {
    const rest = MemoryFiles.of(sealed)
    rest.contents.delete(segmentOf(rest, /seg-0*1-/)[0])
    const result = await verifyArchive(sealed, watchful, undefined, rest)
    expect(result.findings.firstBad).toBe(1n)
    expect(result.findings.kept[0]).toMatchObject({ code: 'entries_missing', first: 1n, last: 3n })
  })
})

describe('with the stolen key', () => {
  const forge = () =>
    logOf(
      smallEntries.with(8, { ...(smallEntries[8] ?? never()), payload: forgedPayload() }),
      smallNotes.map(({ size, by }) => ({ size, by })),
    )
  const never = () => {
    throw new Error('no such entry')
  }
  // Another reason in the ninth commit: field 18, text.
  const forgedPayload = () =>
    Buffer.concat([smallEntries[8]?.payload ?? never(), Buffer.from([0x92, 0x01, 1, 0x78])])

  test('a rewritten archive passes for who asks for signatures only', async () => {
    const forged = await archiveOf(await forge())
    expect(summary(await verifyArchive(forged, auditor))).toMatchObject({ exit: 0 })
    expect(summary(await verifyArchive(forged, watchful))).toMatchObject({
      exit: 2,
      codes: ['entries_unwitnessed'],
    })
    const note = await log.noteOf({ size: 10n, by: keys.second })
    const known = [parseKnown(note, 'kept.note')]
    expect(summary(await verifyArchive(forged, { ...auditor, known }))).toMatchObject({
      exit: 1,
      codes: ['known_checkpoint_differs'],
    })
    expect(summary(await verifyArchive(whole, { ...auditor, known }))).toMatchObject({ exit: 0 })
  })
})

test('what no checkpoint covers is not proven', async () => {
  const directory = await archiveOf(await logOf(smallEntries, smallNotes.slice(0, 2)))
  expect(summary(await verifyArchive(directory, watchful))).toMatchObject({
    exit: 2,
    firstBad: 9n,
    codes: ['entries_uncovered'],
  })
})

test('an archive that ends before a checkpoint says what is missing', async () => {
  const short = await archiveOf(await logOf(smallEntries.slice(0, 8), smallNotes.slice(0, 2)))
  const note = await log.noteOf({ size: 10n, by: keys.second })
  const known = [parseKnown(note, 'kept.note')]
  const result = await verifyArchive(short, { ...auditor, known })
  expect(summary(result)).toMatchObject({ exit: 2, firstBad: 9n, codes: ['entries_missing'] })
})

test('a wrong key is a wrong key, not a broken log', async () => {
  const result = await verifyArchive(whole, { ...auditor, keys: [keys.stranger.key] })
  expect(summary(result)).toMatchObject({ exit: 3, codes: ['key_unknown'] })
  const later = await verifyArchive(whole, { ...auditor, keys: [keys.second.key] })
  expect(summary(later)).toMatchObject({ exit: 0 })
})
