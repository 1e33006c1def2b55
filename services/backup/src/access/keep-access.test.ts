import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Alarm } from '@holdfast/service'
import { createTelemetry } from '@holdfast/telemetry'
import {
  exitCodeOf,
  parseKnown,
  toText,
  verifyArchive,
  verifyConsistency,
  verifyEntry,
} from '@holdfast/verify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identity, logKey, PlayedAudit } from '../testing/played-audit.ts'
import { type AccessArchiver, keepAccess } from './keep-access.ts'

const dayMs = 86_400_000

let directory: string
let audit: PlayedAudit
let keeper: AccessArchiver
let alarms: Alarm[]
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-access-'))
  audit = new PlayedAudit()
  alarms = []
  keeper = start()
})
afterEach(async () => {
  await keeper.stop()
  await rm(directory, { recursive: true })
})

function start(
  options: Partial<Record<'sealAfterMs' | 'sealAtBytes' | 'retireEveryMs', number>> = {},
) {
  const { log: logger, registry } = createTelemetry('backup', { level: 'silent' })
  return keepAccess({
    log: { ...identity, onSignal: () => () => undefined },
    proofs: audit.proofs,
    reader: audit.reader,
    directory,
    rootKeys: { present: 'f'.repeat(32), former: [] },
    retentionMs: audit.retentionMs,
    alarm: (alarm) => void alarms.push(alarm),
    logger,
    registry,
    now: () => audit.now,
    sealAfterMs: 0,
    retireEveryMs: 0,
    ...options,
  })
}
async function restart(options: Parameters<typeof start>[0] = {}) {
  await keeper.stop()
  keeper = start(options)
  await keeper.idle()
}

const folder = () => join(directory, identity.lineageId, 'access', audit.name)
const names = async (prefix: string) =>
  (await readdir(folder())).filter((name) => name.startsWith(prefix))

const auditor = (known: readonly string[] = []) => ({
  keys: [logKey],
  witnesses: [],
  witnessesNeeded: 0,
  known: known.map((note, at) => parseKnown(note, `note ${at}`)),
  allowsUnpinned: false,
})
async function verified(known: readonly string[] = []) {
  const result = await verifyArchive(folder(), auditor(known))
  const codes = result.findings.kept.map(({ code }) => code)
  return {
    exit: exitCodeOf(result),
    codes,
    kept: result.entries,
    gone: result.gone,
    size: result.size,
    givenUp: result.givenUp,
  }
}

test('what is signed is archived, and verifies without a server', async () => {
  audit.add(300)
  await keeper.idle()
  expect(await names('seg-').catch(() => [])).toEqual([])
  audit.sign()
  await keeper.idle()
  audit.add(100)
  await restart()
  audit.sign()
  await keeper.idle()
  expect(await verified(audit.notes)).toEqual({
    exit: 0,
    codes: [],
    kept: 400n,
    gone: 0n,
    size: 400n,
    givenUp: undefined,
  })
  expect(await names('seg-')).toHaveLength(2)
})

test('a segment is written when it is large, or its oldest record is old', async () => {
  await restart({ sealAfterMs: 60_000, sealAtBytes: 4_000 })
  audit.add(10)
  audit.sign()
  await keeper.idle()
  expect(await names('seg-').catch(() => [])).toEqual([])
  audit.now += 60_000
  await keeper.idle()
  expect(await names('seg-')).toHaveLength(1)
  audit.add(300)
  audit.sign()
  await keeper.idle()
  expect((await names('seg-')).length).toBeGreaterThan(4)
  audit.now += 60_000
  await keeper.idle()
  expect(await verified()).toMatchObject({ exit: 0, kept: 310n })
})

test('proofs taken before the retention ran verify after it, of what is kept and of what is gone', async () => {
  const early: Buffer[] = []
  const notes: string[] = []
  for (let day = 0; day < 5; day++) {
    audit.add(20)
    notes.push(audit.sign())
    for (const sequence of [BigInt(20 * day + 1), BigInt(20 * day + 20)])
      early.push(await audit.proofOf(sequence))
    await keeper.idle()
    audit.now += 30 * dayMs
  }
  const consistency = await audit.consistency(notes[0] ?? '', notes[4] ?? '')
  await keeper.idle()
  const after = await verified(notes)
  expect(after).toMatchObject({ exit: 0, codes: [], size: 100n })
  expect(after.gone).toBe(60n)
  expect(after.givenUp).toMatchObject({ tombstones: 3, neverArchived: 0n })
  expect(after.givenUp?.leastAgeMs).toBeGreaterThanOrEqual(90 * dayMs)
  expect(after.kept).toBe(40n)
  for (const proof of early) expect(exitCodeOf(verifyEntry(proof, auditor()))).toBe(0)
  const follows = verifyConsistency([], { name: 'it', text: consistency }, auditor())
  expect(exitCodeOf(follows)).toBe(0)
  // The content is nowhere any more.
  for (const name of await readdir(folder(), { recursive: true }).catch(() => []))
    if (/\.(hfs|hft)$/.test(name))
      expect((await readFile(join(folder(), name))).includes('secret 12 ')).toBe(false)
  // And what comes later goes on from there.
  audit.add(10)
  notes.push(audit.sign())
  await restart()
  expect(await verified(notes)).toMatchObject({ exit: 0, size: 110n, gone: 60n })
  expect(alarms).toEqual([])
})

test('whoever has the key can give up what is young, but the verifier says how young', async () => {
  audit.retentionMs = 60_000
  audit.add(20)
  audit.sign()
  await restart()
  audit.now += 61_000
  await keeper.idle()
  const { exit, gone, givenUp } = await verified()
  expect({ exit, gone }).toEqual({ exit: 0, gone: 20n })
  expect(givenUp?.leastAgeMs).toBeLessThan(62_000)
  const text = toText(await verifyArchive(folder(), auditor()))
  expect(text).toContain('20 of them, under 1 tombstone, the youngest after 1 min')
})

test('a retention of 0 gives up nothing', async () => {
  audit.retentionMs = 0
  audit.add(20)
  audit.sign()
  await restart()
  audit.now += 10_000 * dayMs
  await keeper.idle()
  expect(await names('gone-')).toEqual([])
  expect(await verified()).toMatchObject({ exit: 0, kept: 20n })
})

test('a changed tombstone, a changed leaf and one that nobody signed are noticed', async () => {
  audit.add(20)
  audit.sign()
  await keeper.idle()
  audit.now += 100 * dayMs
  await keeper.idle()
  const [name = ''] = await names('gone-')
  const path = join(folder(), name)
  const whole = await readFile(path)
  for (let at = 0; at < whole.length; at += 7) {
    const changed = Buffer.from(whole)
    changed[at] = (changed[at] ?? 0) ^ 1
    await writeFile(path, changed)
    expect((await verified()).exit).toBe(1)
  }
  // By the book in every byte, but for the signature.
  const { createHash } = await import('node:crypto')
  const body = Buffer.from(whole.subarray(0, -32))
  const at = body.indexOf('dropped 1')
  body.write('dropped 2', at)
  await writeFile(path, Buffer.concat([body, createHash('sha256').update(body).digest()]))
  expect(await verified()).toMatchObject({ exit: 1, codes: ['tombstone_invalid'] })
  await rm(path)
  expect((await verified()).exit).not.toBe(0)
})

test('what the stream had dropped before it was archived is stood for', async () => {
  audit.add(50)
  audit.oldest = 31n
  audit.sign()
  await keeper.idle()
  expect(await verified()).toMatchObject({ exit: 0, kept: 20n, gone: 30n, size: 50n })
  const unknownAge = { tombstones: 1, neverArchived: 30n, leastAgeMs: undefined }
  expect((await verified()).givenUp).toEqual(unknownAge)
})

test('an epoch that lost its end is archived as far as it is there, and its tree is whole', async () => {
  audit.add(20)
  audit.sign()
  await keeper.idle()
  audit.add(20)
  audit.sign()
  audit.ended = { because: 'the stream lost records 31 to 40', keptTo: 30n }
  await keeper.idle()
  expect(await verified()).toMatchObject({ exit: 0, kept: 30n, gone: 10n, size: 40n })
})

test('an epoch that ended is read again only when something may have expired', async () => {
  await restart({ retireEveryMs: dayMs })
  audit.add(20)
  audit.sign()
  audit.ended = { because: 'the stream was made anew', keptTo: 20n }
  await keeper.idle()
  const [name = ''] = await names('seg-')
  const path = join(folder(), name)
  // Whoever opens it now finds that records are missing in front of another.
  await rename(path, `${path}.away`)
  await keeper.idle()
  await keeper.idle()
  expect(await names('seg-')).toEqual([`${name}.away`])
  await rename(`${path}.away`, path)
  audit.now += 100 * dayMs
  await keeper.idle()
  expect(await verified()).toMatchObject({ exit: 0, kept: 0n, gone: 20n })
  expect(alarms).toEqual([])
})

test('records that are not those that were signed are not archived, and somebody is told', async () => {
  audit.add(20)
  audit.sign()
  const [, second] = audit.records
  if (!second) throw new Error('there are twenty')
  audit.records[1] = { ...second, payload: Buffer.from('another') }
  await keeper.idle()
  expect(await names('seg-')).toEqual([])
  expect(alarms).toMatchObject([{ code: 'backup.access_archive_differs', severity: 'critical' }])
  audit.records[1] = second
  await keeper.idle()
  expect(await names('seg-')).toHaveLength(1)
  expect(alarms.at(-1)).toMatchObject({ code: 'backup.access_archive_differs', isOver: true })
})

test('a damaged segment stops the archive of its epoch, and somebody is told', async () => {
  audit.add(20)
  audit.sign()
  await keeper.idle()
  const [name = ''] = await names('seg-')
  const path = join(folder(), name)
  const whole = await readFile(path)
  const changed = Buffer.from(whole)
  const at = Math.floor(whole.length / 2)
  changed[at] = (changed[at] ?? 0) ^ 1
  await writeFile(path, changed)
  audit.add(5)
  audit.sign()
  await restart()
  expect(await names('seg-')).toHaveLength(1)
  expect(alarms.at(-1)).toMatchObject({ code: 'backup.access_archive_damaged', key: audit.name })
  await writeFile(path, whole)
  await restart()
  expect(await verified()).toMatchObject({ exit: 0, kept: 25n })
})
