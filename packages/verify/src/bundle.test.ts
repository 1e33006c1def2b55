import { parseBundleLine } from '@holdfast/merkle'
import { describe, expect, test, vi } from 'vitest'
import { parseKnown } from './auditor.ts'
import { verifyBundle } from './bundle.ts'
import { auditor, chunksOf, exhaustive, strict, summary, watchful } from './testing/auditor.ts'
import {
  entryOf,
  introduced,
  keys,
  logOf,
  origin,
  rotated,
  smallEntries,
  smallNotes,
  tinyLog,
  uuidOf,
  witnesses,
} from './testing/small-log.ts'

vi.mock('node:crypto', async () =>
  (await import('./testing/quick-signatures.ts')).quickSignatures(),
)

const log = await logOf()
const whole = await log.bundle()
const verify = (bytes: Uint8Array, by = strict) => verifyBundle(chunksOf(bytes), by)
const joined = (of: readonly string[]) => Buffer.from(of.map((line) => `${line}\n`).join(''))

test('a whole bundle is whole', async () => {
  const result = await verify(whole)
  expect(summary(result)).toEqual({ exit: 0, firstBad: undefined, codes: [] })
  expect(result).toMatchObject({ size: 10n, entries: 10n, checkpointCount: 3, isPinned: true })
  expect(result.keys).toMatchObject([
    { source: 'pinned', since: 1n, until: 6n },
    { source: 'rotated', since: 6n, until: undefined },
  ])
  expect(result.witnesses.map(({ size }) => size)).toEqual([10n, 10n])
})

describe('in a small log', async () => {
  const bundle = await (await tinyLog()).bundle()
  const lines = bundle.toString('utf8').split('\n').slice(0, -1)
  const sequences = lines.map((line) => {
    const read = parseBundleLine(line)
    return read.type === 'entry' ? read.entry.sequence : undefined
  })
  const entryLines = sequences.flatMap((sequence, i) => (sequence ? [i] : []))
  const judge = async (changed: Uint8Array) => summary(await verify(changed, watchful))

  test('every changed byte is noticed, and placed where it is an entry', {
    timeout: exhaustive,
  }, async () => {
    const bytes = Buffer.from(bundle)
    let line = 0
    const wrong: unknown[] = []
    for (let at = 0; at < bytes.length; at++) {
      const original = bytes[at] ?? 0
      bytes[at] = original ^ (1 << (at % 8))
      const { exit, firstBad, codes } = await judge(bytes)
      const sequence = sequences[line]
      if (exit === 0 || (sequence !== undefined && (exit !== 1 || firstBad !== sequence)))
        wrong.push({ at, line, sequence, exit, firstBad, codes })
      bytes[at] = original
      if (original === 10) line++
    }
    expect(wrong).toEqual([])
  })

  test('every deletion is placed', async () => {
    for (const i of entryLines)
      expect(await judge(joined(lines.toSpliced(i, 1)))).toMatchObject({
        exit: 1,
        firstBad: sequences[i],
      })
  })

  test('every swap is placed', async () => {
    for (const i of entryLines)
      for (const j of entryLines.filter((other) => other > i)) {
        const swapped = lines.with(i, lines[j] ?? '').with(j, lines[i] ?? '')
        expect(await judge(joined(swapped))).toMatchObject({ exit: 1, firstBad: sequences[i] })
      }
  })

  test('every insertion is placed', async () => {
    for (const i of entryLines)
      for (const what of entryLines) {
        const more = lines.toSpliced(i, 0, lines[what] ?? '')
        // Of a line twice in a row the second is the one too many.
        const firstBad = (sequences[i] ?? 0n) + (what === i ? 1n : 0n)
        expect(await judge(joined(more))).toMatchObject({ exit: 1, firstBad })
      }
  })

  test('every cut is noticed', { timeout: exhaustive }, async () => {
    const unnoticed: number[] = []
    for (let length = 0; length < bundle.length; length++)
      if ((await judge(bundle.subarray(0, length))).exit === 0) unnoticed.push(length)
    expect(unnoticed).toEqual([])
  })

  test('a cut between entries is placed', async () => {
    for (const i of entryLines) {
      const result = await verify(joined(lines.slice(0, i)), watchful)
      expect(summary(result)).toMatchObject({ exit: 2, firstBad: sequences[i] })
      expect(result.findings.kept).toContainEqual(
        expect.objectContaining({ code: 'entries_missing', first: sequences[i], last: 6n }),
      )
    }
  })
})

describe('with the stolen key', () => {
  // Everything after the second commit is another history, and all hashes and signatures are made anew.
  const forgedEntries = smallEntries.map((entry) =>
    entry.sequence === 3n
      ? entryOf(3n, {
          context: 'network',
          type: 'interface',
          aggregate: uuidOf('a'),
          version: 2,
          events: [
            { type: 'PeerAdded', data: Buffer.from('z') },
            { type: 'PeerAdded', data: Buffer.from('y') },
          ],
        })
      : entry,
  )
  const forge = () =>
    logOf(
      forgedEntries,
      smallNotes.map(({ size, by }) => ({ size, by })),
    )

  test('a rewritten log passes for who asks for signatures only', async () => {
    const result = await verify(await (await forge()).bundle(), auditor)
    expect(summary(result)).toEqual({ exit: 0, firstBad: undefined, codes: [] })
  })

  test('one honest witness is enough to refuse it', async () => {
    const one = { ...auditor, witnesses: [witnesses.anna.key], witnessesNeeded: 1 }
    const result = await verify(await (await forge()).bundle(), one)
    expect(summary(result)).toEqual({ exit: 2, firstBad: 1n, codes: ['entries_unwitnessed'] })
    expect(result.size).toBe(0n)
    expect(summary(await verify(whole, one)).exit).toBe(0)
  })

  test('one older checkpoint is enough to refuse it', async () => {
    const forged = await (await forge()).bundle()
    for (const size of [4n, 8n, 10n]) {
      const note = await log.noteOf({ size, by: keys.second })
      const known = [parseKnown(note, 'kept.note')]
      const result = await verify(forged, { ...auditor, known })
      expect(summary(result)).toMatchObject({ exit: 1, codes: ['known_checkpoint_differs'] })
      expect(summary(await verify(whole, { ...auditor, known })).exit).toBe(0)
    }
  })

  test('the old key vouches for nothing after it handed over', async () => {
    const { bundle } = await logOf(
      smallEntries,
      smallNotes.map((note) => ({ ...note, by: keys.first })),
    )
    const { exit, codes } = summary(await verify(await bundle(), auditor))
    expect(exit).toBe(1)
    expect(codes).toContain('key_retired')
  })
})

describe('keys', () => {
  test('without a pinned one it is taken from the bundle, and that is said', async () => {
    const open = { ...auditor, keys: [] }
    const result = await verify(whole, open)
    expect(summary(result)).toMatchObject({ exit: 2, codes: ['key_unpinned'] })
    expect(result.keys[0]).toMatchObject({ source: 'evidence' })
    expect(summary(await verify(whole, { ...open, allowsUnpinned: true })).exit).toBe(0)
  })

  test('a wrong one is a wrong key, not a broken log', async () => {
    const result = await verify(whole, { ...auditor, keys: [keys.stranger.key] })
    expect(summary(result)).toMatchObject({ exit: 3 })
    expect(result.findings.has('integrity')).toBe(false)
  })

  test('a later one is enough', async () => {
    const result = await verify(whole, { ...auditor, keys: [keys.second.key] })
    expect(summary(result)).toEqual({ exit: 0, firstBad: undefined, codes: [] })
  })

  test('one that came into the log without the word of the one before is placed', async () => {
    const entries = smallEntries.with(8, introduced(9n, keys.stranger.key.publicKey))
    const { bundle } = await logOf(entries)
    const { exit, firstBad, codes } = summary(await verify(await bundle(), auditor))
    expect({ exit, firstBad }).toEqual({ exit: 1, firstBad: 9n })
    expect(codes).toContain('rotation_broken')
  })

  test('a rotation that brings another key than was vouched for is placed', async () => {
    const entries = smallEntries.with(5, rotated(6n, undefined, keys.stranger.key.publicKey))
    const { bundle } = await logOf(entries)
    const result = summary(await verify(await bundle(), auditor))
    expect(result).toMatchObject({ exit: 1, firstBad: 6n, codes: ['rotation_broken'] })
  })
})

// What a server could sign that was never in order: hashes and signatures are right.
describe('contents', () => {
  const a = { context: 'network', type: 'interface', aggregate: uuidOf('a'), version: 5 }
  const events = [{ type: 'PeerAdded', data: Buffer.from('x') }]
  const eighth = { ...a, events }
  const good = smallEntries[7] ?? introduced(8n)
  test.each([
    ['commit_id_differs', { ...good, messageId: uuidOf('other') }],
    ['subject_differs', { ...good, subject: good.subject.replace('interface', 'interfacf') }],
    ['commit_foreign', entryOf(8n, { ...eighth, lineageId: uuidOf('elsewhere') })],
    ['commit_foreign', entryOf(8n, { ...eighth, generation: 2 })],
    ['version_unexpected', entryOf(8n, { ...eighth, version: 6 })],
    ['version_unexpected', entryOf(8n, { ...eighth, version: 4 })],
    ['commit_unreadable', { ...good, payload: good.payload.subarray(1) }],
    ['commit_unreadable', { ...good, payload: new Uint8Array() }],
  ] as const)('%s', async (code, entry) => {
    const { bundle } = await logOf(smallEntries.with(7, entry))
    const { exit, firstBad, codes } = summary(await verify(await bundle(), auditor))
    expect({ exit, firstBad }).toEqual({ exit: 1, firstBad: 8n })
    expect(codes[0]).toBe(code)
  })
})

test('a part of a log is judged by what it holds', async () => {
  for (const [first, last] of [
    [3n, 10n],
    [5n, 8n],
    [7n, 7n],
  ] as const) {
    const result = await verify(await log.bundle(first, last), auditor)
    expect(summary(result)).toEqual({ exit: 0, firstBad: undefined, codes: [] })
    expect(result.entries).toBe(last - first + 1n)
  }
})

test('the origin names the log', async () => {
  const { origin: found } = await verify(whole)
  expect(`holdfast/${found?.lineageId}/${found?.generation}`).toBe(origin)
})
