import { describe, expect, test } from 'vitest'
import {
  type BundleOptions,
  type BundleReport,
  type Finding,
  verifyBundle,
} from './bundle-verifier.ts'
import { writeBundle } from './bundle-writer.ts'
import { formatCheckpoint, formatOrigin, witnessName } from './checkpoint.ts'
import { FormatError } from './format-error.ts'
import { type Leaf, leafHash } from './hash.ts'
import { signer } from './keys.ts'
import { addSignatures, cosignText, signNote } from './note.ts'
import { consistencyProof, rootFromTiles } from './proof.ts'
import { signRotation } from './rotation.ts'
import { MemoryTiles, TileBuilder } from './tiles.ts'

const lineageId = '01930000-0000-7000-8000-000000000001'
const origin = formatOrigin({ lineageId, generation: 1 })
const [first, second] = [1, 2].map((n) => signer(origin, new Uint8Array(32).fill(n))) as [
  ReturnType<typeof signer>,
  ReturnType<typeof signer>,
]
const witness = signer(
  witnessName(lineageId, '01930000-0000-7000-8000-0000000000a1'),
  new Uint8Array(32).fill(3),
  'cosignature/v1',
)
const rotations = [signRotation(first, second.key, 4n)]

const leaf = (n: number, payload = `commit ${n}`): Leaf => ({
  sequence: BigInt(n),
  subject: 'evt.network.node.x',
  messageId: `id-${n}`,
  payload: Buffer.from(payload),
})

/** A log with checkpoints at 4 (by the first key), 8 and 12 (by the second, cosigned). */
async function logOf(entries: readonly Leaf[]) {
  const builder = TileBuilder.empty()
  const tiles = new MemoryTiles()
  for (const entry of entries) tiles.write(builder.append(leafHash(entry)))
  tiles.write(builder.partial())
  const textAt = async (size: number) => {
    const root = await rootFromTiles(BigInt(size), tiles.read)
    return formatCheckpoint({ origin, size: BigInt(size), root })
  }
  const checkpoints: string[] = []
  for (const size of [4, 8, 12].filter((size) => size <= entries.length)) {
    const text = await textAt(size)
    const note = signNote(text, size === 4 ? first : second)
    checkpoints.push(addSignatures(note, cosignText(text, witness, 1n)))
  }
  return { entries, tiles: tiles.read, checkpoints, textAt }
}
type Log = Awaited<ReturnType<typeof logOf>>

async function bundleOf(log: Log, from = 1, to = log.entries.length) {
  const left = (await TileBuilder.restore(BigInt(from - 1), log.tiles)).head().state().hashes
  const range = { first: BigInt(from), last: BigInt(to) }
  const lines = writeBundle({
    header: { lineageId, generation: 1, ...range, left, firstKey: first.key, rotations },
    entries: log.entries.slice(from - 1, to),
    checkpoints: log.checkpoints,
    consistency: (fromSize, toSize) => consistencyProof({ fromSize, toSize, tiles: log.tiles }),
  })
  let text = ''
  for await (const line of lines) text += line
  return text
}

const strict = { pinned: first.key, witnesses: [witness.key], minWitnesses: 1 }
async function verify(
  bundle: string | Uint8Array,
  options: BundleOptions = strict,
  step = 1 << 20,
) {
  const bytes = Buffer.from(bundle as string)
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
  }
  const findings: Finding[] = []
  const verifier = verifyBundle(chunks(), options)
  let next = await verifier.next()
  for (; next.done !== true; next = await verifier.next()) findings.push(next.value)
  const report: BundleReport = next.value
  return { findings, report, codes: findings.map(({ code }) => code) }
}

const entries = Array.from({ length: 12 }, (_, i) => leaf(i + 1))
const log = await logOf(entries)
const whole = await bundleOf(log)
const part = await bundleOf(log, 6, 10)
const lines = whole.split(/(?<=\n)/)
const lineOf = (sequence: number) => lines.findIndex((l) => l.includes(`"sequence":"${sequence}"`))

test('a whole log, in chunks of any size', async () => {
  for (const step of [1, 7, 1000, 1 << 20]) {
    const { findings, report } = await verify(whole, strict, step)
    expect(findings).toEqual([])
    expect(report).toMatchObject({ entries: 12n, checkpoints: 3n, witnessedSize: 12n })
    expect(report.covered?.size).toBe(12n)
  }
})

test('any part of it', async () => {
  for (let from = 1; from <= 12; from++) {
    for (let to = from - 1; to <= 12; to += 2) {
      const { findings, report } = await verify(await bundleOf(log, from, to))
      expect(findings).toEqual([])
      expect(report.lastSequence).toBe(BigInt(to))
    }
  }
})

test('entries and checkpoints are handed on as they are found good', async () => {
  const seen: (bigint | string)[] = []
  await verify(part, {
    ...strict,
    onEntry: ({ sequence }) => seen.push(sequence),
    onCheckpoint: ({ size }) => seen.push(`c${size}`),
  })
  expect(seen).toEqual(['c4', 6n, 7n, 8n, 'c8', 9n, 10n, 'c12'])
})

describe('every change is found, and placed', () => {
  test('of a byte', async () => {
    const bundle = await bundleOf(await logOf(entries.slice(0, 4)))
    const bytes = Buffer.from(bundle)
    const missed: string[] = []
    let at = 0
    for (const [number, line] of bundle.split(/(?<=\n)/).entries()) {
      const sequence = /^\{"type":"entry","sequence":"(\d+)"/.exec(line)?.[1]
      for (let i = 0; i < Buffer.byteLength(line); i++, at++) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ (at % 2 === 0 ? 1 : 0x20)
        const { findings, report } = await verify(changed)
        const isPlaced =
          findings.some(({ line: where }) => where === number + 1 || where === 0) ||
          // Nothing depends on a signature of a key nobody asked about: only the digest tells.
          findings.some(({ code }) => code === 'digest_differs')
        const isFirst = sequence === undefined || report.firstBadSequence === BigInt(sequence)
        if (report.isIntact && report.isComplete) missed.push(`${number}:${i}`)
        else if (!isPlaced || !isFirst) missed.push(`${number}:${i} misplaced`)
      }
    }
    expect(missed).toEqual([])
  })

  test('a deleted line', async () => {
    for (let i = 0; i < lines.length; i++) {
      const { findings, report } = await verify(lines.filter((_, at) => at !== i).join(''))
      expect(findings.length).toBeGreaterThan(0)
      const sequence = /"sequence":"(\d+)"/.exec(lines[i] ?? '')?.[1]
      if (sequence !== undefined) expect(report.firstBadSequence).toBe(BigInt(sequence))
    }
  })

  test('a line twice, or lines swapped', async () => {
    for (let i = 0; i < lines.length; i++) {
      const twice = await verify(lines.toSpliced(i, 0, lines[i] ?? '').join(''))
      expect(twice.report.isIntact).toBe(false)
      const [a = '', b = ''] = lines.slice(i, i + 2)
      if (b === '') continue
      const swapped = await verify(lines.toSpliced(i, 2, b, a).join(''))
      expect(swapped.report.isIntact).toBe(false)
    }
    const [three, five] = [lineOf(3), lineOf(5)]
    const far = lines.with(three, lines[five] ?? '').with(five, lines[three] ?? '')
    expect((await verify(far.join(''))).report.firstBadSequence).toBe(3n)
  })

  test('an entry slipped in', async () => {
    const forged = await bundleOf(await logOf([...entries.slice(0, 5), leaf(6, 'slipped in')]))
    const slipped = forged.split(/(?<=\n)/).find((l) => l.includes('"sequence":"6"')) ?? ''
    const { findings, report } = await verify(lines.toSpliced(lineOf(6), 0, slipped).join(''))
    expect(findings[0]?.code).toBe('sequence_unexpected')
    expect(report.firstBadSequence).toBe(7n)
    // In place of the true one it is found at the next checkpoint, between the last good one and that.
    const replaced = await verify(lines.with(lineOf(6), slipped).join(''))
    expect(replaced.findings[0]).toMatchObject({
      code: 'root_differs',
      sequence: 5n,
      toSequence: 8n,
    })
  })

  test('a tail cut off, at every byte', async () => {
    const bytes = Buffer.from(part)
    for (let length = 0; length < bytes.length; length += 11) {
      const { codes, report } = await verify(bytes.subarray(0, length))
      expect(report.isComplete).toBe(false)
      expect(report.isIntact).toBe(true)
      expect(codes).toContain('end_missing')
    }
  })

  test('entries cut off with the end left in place', async () => {
    const cut = [...lines.slice(0, lineOf(11)), ...lines.slice(-1)].join('')
    const { codes, report } = await verify(cut)
    expect(codes).toEqual(
      expect.arrayContaining(['count_differs', 'entries_missing', 'entries_uncovered']),
    )
    expect(report.firstBadSequence).toBe(11n)
  })
})

test('a cut made with care is whole, and says how far it vouches', async () => {
  const shorter = await logOf(entries.slice(0, 10))
  const { codes, report } = await verify(await bundleOf(shorter))
  expect(report).toMatchObject({ isIntact: true, isComplete: false, witnessedSize: 8n })
  expect(codes).toEqual(['entries_uncovered', 'entries_unwitnessed'])
  // Who has kept a later tree sees that there was more.
  const root = await rootFromTiles(12n, log.tiles)
  const known = [{ origin, size: 12n, root }]
  const told = await verify(await bundleOf(shorter), { ...strict, known })
  expect(told.codes).toContain('known_checkpoint_not_reached')
})

test('a rewrite with the stolen signing key fails against one honest witness', async () => {
  const forged = await logOf(entries.with(6, leaf(7, 'rewritten')))
  const notes = await Promise.all(
    [4, 8, 12].map(async (size) =>
      signNote(await forged.textAt(size), size === 4 ? first : second),
    ),
  )
  const bundle = await bundleOf({ ...forged, checkpoints: notes })
  // The key alone vouches for it: that is what witnesses are for.
  expect((await verify(bundle, { pinned: first.key })).findings).toEqual([])
  // No witness cosigned it.
  const unwitnessed = await verify(bundle)
  expect(unwitnessed.codes).toEqual(['entries_unwitnessed'])
  // What a witness kept says it outright, whatever part is looked at.
  const known = [{ origin, size: 8n, root: await rootFromTiles(8n, log.tiles) }]
  for (const [from, to] of [
    [1, 12],
    [8, 12],
    [9, 12],
    [10, 12],
    [1, 7],
  ] as const) {
    const shown = await bundleOf({ ...forged, checkpoints: notes }, from, to)
    const { codes, report } = await verify(shown, { pinned: first.key, known })
    expect(codes).toContain('known_checkpoint_differs')
    expect(report.isIntact).toBe(false)
  }
  expect((await verify(whole, { ...strict, known })).findings).toEqual([])
  // With the true cosignatures pasted on, the cosignatures are wrong.
  const pasted = notes.map((note, i) => `${note}${log.checkpoints[i]?.split('\n').at(-2)}\n`)
  const { codes } = await verify(await bundleOf({ ...forged, checkpoints: pasted }))
  expect(codes).toContain('signature_invalid')
})

describe('keys', () => {
  test('without a pinned key the claim is taken, and that is said', async () => {
    const { codes, report } = await verify(whole, {})
    expect(codes).toEqual(['key_unpinned'])
    expect(report).toMatchObject({ isIntact: true, isComplete: false, isKeyTrusted: true })
  })

  test('a wrong key is said once', async () => {
    const pinned = signer(origin, new Uint8Array(32).fill(9)).key
    const { findings, report } = await verify(whole, { pinned })
    expect(findings.filter(({ code }) => code === 'key_unknown')).toHaveLength(1)
    expect(report).toMatchObject({ isIntact: true, isKeyTrusted: false, covered: undefined })
    const other = formatOrigin({ lineageId: '01930000-0000-7000-8000-000000000002', generation: 1 })
    const foreign = await verify(whole, { pinned: signer(other, new Uint8Array(32).fill(1)).key })
    expect(foreign.codes).toContain('key_unknown')
  })

  test('a later key is enough for what it signed', async () => {
    const { codes, report } = await verify(whole, { pinned: second.key })
    expect(codes).toEqual(['key_unknown'])
    expect(report.covered?.size).toBe(12n)
  })

  test('a retired key does not vouch for what came after', async () => {
    const text = await log.textAt(12)
    const checkpoints = [...log.checkpoints.slice(0, 2), signNote(text, first)]
    const { codes } = await verify(await bundleOf({ ...log, checkpoints }), { pinned: first.key })
    expect(codes).toEqual(['key_retired', 'entries_uncovered'])
  })
})

test.each([
  ['nothing', ''],
  ['no JSON', 'hello\n'],
  ['another format', whole.replace('holdfast-bundle/v1', 'holdfast-bundle/v2')],
  ['a second spelling', whole.replace('{"type":"header",', '{ "type":"header",')],
  ['another order of fields', whole.replace(/"first":"1","last":"12"/, '"last":"12","first":"1"')],
  ['a field twice', whole.replace('"first":"1"', '"first":"9","first":"1"')],
  ['an escape that need not be', whole.replace('evt.network', 'evt\\u002enetwork')],
  ['carriage returns', whole.replaceAll('\n', '\r\n')],
  ['something after the end', `${whole}\n`],
  ['a huge range', whole.replace('"last":"12"', '"last":"9223372036854775807"')],
  ['too many hashes to the left', whole.replace('"left":[]', `"left":["${'A'.repeat(43)}="]`)],
  ['a prototype', whole.replace('"type":"end"', '"type":"end","__proto__":"x"')],
  ['deep nesting', `${'['.repeat(100_000)}\n`],
])('%s is no good bundle', async (_, hostile) => {
  const { report } = await verify(hostile)
  expect(report.isIntact && report.isComplete).toBe(false)
})

test('a line without end is refused before it fills the memory', async () => {
  let sent = 0
  async function* chunks() {
    for (;;) {
      sent += 1
      yield Buffer.alloc(1 << 20, 0x41)
    }
  }
  const { value } = await verifyBundle(chunks()).next()
  expect(value).toMatchObject({ code: 'line_malformed' })
  expect(sent).toBeLessThan(20)
})

test('a writer refuses what would not verify', async () => {
  const gap = { ...log, entries: entries.toSpliced(3, 1) }
  await expect(bundleOf(gap)).rejects.toThrow(FormatError)
  const disordered = { ...log, checkpoints: log.checkpoints.toReversed() }
  await expect(bundleOf(disordered)).rejects.toThrow(FormatError)
  await expect(bundleOf(log, 1, 20)).rejects.toThrow(FormatError)
})
