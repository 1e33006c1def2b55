import { gunzipSync, gzipSync } from 'node:zlib'
import { ageSeal, generateAgePair } from '@holdfast/crypto'
import { beforeAll, expect, test } from 'vitest'
import { BundleInvalid } from '../errors.ts'
import { encodeTarHeader } from '../tar-header.ts'
import {
  derived,
  lineageId,
  operator,
  type SmallArchive,
  type SmallBackup,
  smallBackup,
} from '../testing/small-backup.ts'
import { type Entry, entriesOf, forged, tarOf, timeOf } from '../testing/tar-entries.ts'
import { type VerifyOptions, verifyBundle } from './verify-bundle.ts'

let good: SmallBackup
let entries: Entry[]
let madeAt: number
beforeAll(async () => {
  good = await smallBackup()
  entries = entriesOf(good.bytes)
  madeAt = timeOf(good.bytes)
})

async function* inPieces(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** The whole message; 'whole' when nothing is wrong. */
async function verdict(bytes: Uint8Array, options?: VerifyOptions): Promise<string> {
  try {
    await verifyBundle(inPieces(bytes), options)
    return 'whole'
  } catch (error) {
    if (!BundleInvalid.is(error)) throw error
    return error.message
  }
}

const swap = (all: readonly Entry[], name: string, content: Uint8Array): Entry[] =>
  all.map((entry) => (entry.name === name ? { name, content: Buffer.from(content) } : entry))
const contentOf = (name: string, all = entries): Buffer =>
  all.find((entry) => entry.name === name)?.content ?? Buffer.alloc(0)
const nameLike = (pattern: RegExp): string =>
  entries.find(({ name }) => pattern.test(name))?.name ?? ''

test('a backup is whole, however its bytes arrive, and everything sealed opens with either key', async () => {
  expect(entries.map(({ name }) => name)).toEqual([
    'MANIFEST.sha256',
    'manifest.json',
    'keys/keyset.age',
    'keys/root-key.age',
    'config/config.tar.gz.age',
    'tables/notify.deliveries.jsonl.gz.age',
    'checkpoints/00000000000000000005.note',
    'log/seg-00000000000000000001-00000000000000000003.hfs.gz',
    'log/seg-00000000000000000004-00000000000000000006.hfs.gz',
    'log/seg-00000000000000000007-00000000000000000009.hfs.gz',
    'access/1780000000000-11/checkpoints/00000000000000000005.note',
    'access/1780000000000-11/seg-00000000000000000011-00000000000000000015.hfs.gz',
  ])
  expect(await verdict(forged(entries, madeAt))).toBe('whole')
  for (const size of [1, 511, 513, 65_536, 1 << 24])
    await expect(verifyBundle(inPieces(good.bytes, size))).resolves.toMatchObject({ segments: 3 })
  const byOperator = await verifyBundle(inPieces(good.bytes), { using: [operator.identity] })
  expect(byOperator.unopened).toEqual([])
  expect(byOperator.opened).toHaveLength(4)
  const byRootKey = await verifyBundle(inPieces(good.bytes), { using: [derived.identity] })
  expect(byRootKey.unopened).toEqual(['keys/root-key.age'])
  const byStranger = await verifyBundle(inPieces(good.bytes), {
    using: [generateAgePair().identity],
  })
  expect(byStranger.opened).toEqual([])
})

test('a member that is dropped, swapped or doubled is named, also when the sums were made anew', async () => {
  for (const [at, { name }] of entries.entries()) {
    if (at === 0) continue
    const dropped = entries.filter((entry) => entry.name !== name)
    expect(await verdict(tarOf(dropped, madeAt)), name).toMatch(
      /stands in its place|it ought to begin/,
    )
    expect(await verdict(forged(dropped, madeAt)), name).toMatch(
      /manifest\.json|missing|it tells of|sequences \d+ to \d+ are missing/,
    )
    const doubled = entries.flatMap((entry) => (entry.name === name ? [entry, entry] : [entry]))
    expect(await verdict(tarOf(doubled, madeAt)), name).toMatch(/stands in its place|stands behind/)
    expect(await verdict(forged(doubled, madeAt)), name).toContain(`names ${name} twice`)
    const next = entries[at + 1]
    if (!next) continue
    const swapped = entries.with(at, next).with(at + 1, { name, content: contentOf(name) })
    expect(await verdict(tarOf(swapped, madeAt)), name).toContain('stands in its place')
    expect(await verdict(forged(swapped, madeAt)), name).toMatch(/out of order|does not name/)
  }
})

test('content under the name of another member is refused', async () => {
  const [first, second] = ['1-00000000000000000003', '4-00000000000000000006'].map((range) =>
    nameLike(new RegExp(`log/seg-0*${range}`)),
  )
  const exchanged = swap(
    swap(entries, first ?? '', contentOf(second ?? '')),
    second ?? '',
    contentOf(first ?? ''),
  )
  expect(await verdict(forged(exchanged, madeAt))).toMatch(/it holds sequences 4 to 6/)
})

test.each([
  ['another lineage', { lineage: '01930000-0000-7000-8000-000000000002' }, /it is of lineage/],
  ['another generation', { generation: 2 }, /it is of generation 2, not 1/],
  ['another history of the same log', { text: 'other' }, /it does not follow|another root/],
])('segments of %s are refused', async (_what, options: SmallArchive, expected) => {
  const { lineage, generation } = options
  const { made, bytes } = await smallBackup(
    { ...options, withNotes: false },
    {
      identity: {
        lineageId: lineage ?? lineageId,
        generation: generation ?? 1,
        rootKeyFingerprint: good.made.manifest.rootKeyFingerprint,
      },
    },
  )
  expect(made.members).toBeGreaterThan(5)
  for (const { name, content } of entriesOf(bytes)) {
    if (!name.startsWith('log/')) continue
    expect(await verdict(forged(swap(entries, name, content), madeAt)), name).toMatch(expected)
  }
})

test('a checkpoint of another tree is refused, as is one of more than there is', async () => {
  const other = entriesOf((await smallBackup({ text: 'other' })).bytes)
  const name = nameLike(/^checkpoints/)
  expect(await verdict(forged(swap(entries, name, contentOf(name, other)), madeAt))).toContain(
    'it states another root',
  )
})

test('bombs are refused before they have opened', async () => {
  const name = nameLike(/^log/)
  const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024))
  const before = process.memoryUsage().rss
  expect(await verdict(forged(swap(entries, name, bomb), madeAt))).toContain(
    'it opens to more than a segment may hold',
  )
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024)
  const table = nameLike(/^tables/)
  const rows = await ageSeal([operator.recipient], gzipSync(Buffer.alloc(65 * 1024 * 1024, 0x20)))
  const options = { using: [operator.identity] }
  expect(await verdict(forged(swap(entries, table, rows), madeAt), options)).toContain(
    'a line of it has no end',
  )
})

test('segments may be of a root key before a rotation, when the manifest names it', async () => {
  const { rootKeyFingerprint, lineageId: lineage } = good.made.manifest
  const rotated = (formerRootKeys: readonly string[]) => ({
    identity: {
      lineageId: lineage,
      generation: 1,
      rootKeyFingerprint: 'cd'.repeat(16),
      formerRootKeys,
    },
  })
  const { bytes, made } = await smallBackup(undefined, rotated([rootKeyFingerprint]))
  expect(await verdict(bytes)).toBe('whole')
  expect(made.manifest.formerRootKeys).toEqual([rootKeyFingerprint])
  const text = contentOf('manifest.json', entriesOf(bytes)).toString()
  expect(text).toContain(`"former_root_keys": [\n    "${rootKeyFingerprint}"\n  ]`)
  await expect(smallBackup(undefined, rotated([]))).rejects.toThrow(/another root key/)
})

test('what is sealed has to be what the manifest tells of', async () => {
  const options = { using: [operator.identity] }
  const sealed = (content: Uint8Array) => ageSeal([operator.recipient], content)
  const table = nameLike(/^tables/)
  for (const [name, content, expected] of [
    [table, gzipSync('{"id":1}\n'), 'it holds 1 rows, not 3'],
    [table, gzipSync('{"id":1}\n[]\n{}\n'), 'is no row'],
    [table, gzipSync('{"id":1}\n{}\n{}'), 'its last line has no end'],
    [table, Buffer.from('no gzip'), 'it cannot be opened by gzip'],
    ['keys/keyset.age', gzipSync('{}'), 'format is not known'],
    ['keys/root-key.age', Buffer.from(`${'A'.repeat(43)}=`), 'another root key'],
    [
      'config/config.tar.gz.age',
      gzipSync(tarOf([{ name: '../x', content: Buffer.alloc(3) }], 1)),
      'a name that is not allowed',
    ],
  ] as const)
    expect(
      await verdict(forged(swap(entries, name, await sealed(content)), madeAt), options),
    ).toContain(expected)
  expect(await verdict(forged(swap(entries, table, Buffer.from('no age')), madeAt))).toContain(
    'no age file',
  )
})

test('sizes that lie are refused without reading or holding so much', async () => {
  const huge = encodeTarHeader({
    name: 'MANIFEST.sha256',
    size: 0o77777777777,
    modifiedAtUnixSeconds: madeAt,
  })
  expect(await verdict(Buffer.concat([huge, good.bytes.subarray(512)]))).toContain(
    'more than it may be',
  )
  const long = encodeTarHeader({
    name: 'MANIFEST.sha256',
    size: 30 * 1024 * 1024,
    modifiedAtUnixSeconds: madeAt,
  })
  expect(await verdict(Buffer.concat([long, good.bytes.subarray(512)]))).toContain(
    'the file ends inside it',
  )
})

test.each([
  '../../etc/passwd',
  '/etc/passwd',
  'log/../../x',
  'log/seg-1-2.hfs.gz',
  'manifest.json/x',
  'log\\x',
  'LOG/x',
  '__proto__',
  'constructor',
  'toString.skip',
])('a member called %s is refused', async (name) => {
  const strange = [...entries, { name, content: Buffer.from('x') }]
  expect(await verdict(forged(strange, madeAt))).toContain('that is no part of a full backup')
  expect(await verdict(tarOf(strange, madeAt))).toContain('something stands behind the last member')
})

test('no entry but a plain file in our spelling is read', async () => {
  for (const [at, value] of [
    [156, '2'],
    [156, '5'],
    [156, 'x'],
    [100, '0000777'],
    [108, '0001750'],
    [265, 'root'],
  ] as const) {
    const changed = Buffer.from(good.bytes)
    changed.write(value, 512 * 0 + at, 'latin1')
    // With a checksum that holds.
    changed.fill(' ', 148, 156)
    const sum = changed.subarray(0, 512).reduce((total, byte) => total + byte, 0)
    changed.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    expect(await verdict(changed)).toMatch(/not as it was written|of another backup/)
  }
})

test('nothing may follow the end', async () => {
  expect(await verdict(Buffer.concat([good.bytes, Buffer.alloc(1)]))).toContain('goes on behind it')
  expect(await verdict(Buffer.concat([good.bytes, good.bytes]))).toContain('goes on behind it')
})

test('a manifest that says something else is refused', async () => {
  const text = contentOf('manifest.json').toString()
  for (const [from, to] of [
    ['"last_sequence": "9"', '"last_sequence": "8"'],
    ['"generation": 1', '"generation": 2'],
    ['"rows": 3', '"rows": 3,\n      "more": 1'],
    ['/v1"', '/v2"'],
    ['"missing": []', '"missing": [{"part":"access","reason":"none"}]'],
    [/"root": "[0-9a-f]{4}/, '"root": "0000'],
    [/"size": "5"/, '"size": "6"'],
    ['notify.deliveries', 'notify.others'],
    ['2026-04-23', '2026-04-24'],
  ] as const) {
    const changed = text.replace(from, to)
    expect(changed).not.toBe(text)
    const bundle = forged(swap(entries, 'manifest.json', Buffer.from(changed)), madeAt)
    expect(await verdict(bundle, { using: [operator.identity] }), to).not.toBe('whole')
  }
})

test('a part that is missing is said to be, and why', async () => {
  const { bytes, made } = await smallBackup(
    { withAccess: false, withNotes: false },
    {
      rootKey: new Uint8Array(),
      async *config() {},
      async *tables() {
        yield { missing: 'notify', reason: 'notify did not answer: rpc.unavailable' }
      },
      extraMissing: 'pg_dump is not installed',
    },
  )
  expect(await verdict(bytes)).toBe('whole')
  expect(made.manifest.missing.map(({ part }) => part)).toEqual([
    'access',
    'checkpoints',
    'config/config.tar.gz.age',
    'extra/postgres.sql.gz.age',
    'keys/root-key.age',
    'tables/notify',
  ])
  const all = entriesOf(bytes)
  expect(contentOf('tables/notify.skip', all).toString()).toBe(
    'notify did not answer: rpc.unavailable\n',
  )
  // Nobody makes a part missing by saying so.
  const silent = all.filter(({ name }) => name !== 'config/config.tar.gz.age.skip')
  expect(await verdict(forged(silent, madeAt))).toContain('it is missing')
  const other = swap(all, 'access.skip', Buffer.from('I took it\n'))
  expect(await verdict(forged(other, madeAt))).toContain('another reason')
})

test('an empty log is a backup too', async () => {
  const { bytes } = await smallBackup({ withNotes: false }, { lastSequence: 0n })
  expect(await verdict(bytes)).toBe('whole')
})

test('an archive that is damaged is not backed up', async () => {
  await expect(smallBackup({}, { lastSequence: 12n })).rejects.toThrow(
    /cannot be backed up|no segment|frames end/,
  )
})

test('the segments are the archive’s, and a stretch that was not sealed is sealed for the backup', () => {
  const sealed = gunzipSync(contentOf(nameLike(/seg-0*7-/)))
  expect(sealed.subarray(-8).toString('latin1')).toBe('HFSEND\r\n')
})
