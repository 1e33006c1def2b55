import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Commit,
  decodeCommit,
  makeRestored,
  type RestoreFacts,
  readRestored,
} from '@holdfast/event-log'
import { signer, signRotation } from '@holdfast/merkle'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pin } from '../testing/samples.ts'
import { loadView, saveView } from '../witness/view.ts'
import { isSameRestore, loadGeneration, saveGeneration, successor } from './generation.ts'

const { lineageId } = pin
const origin = `holdfast/${lineageId}/1`
const first = new Uint8Array(32).fill(1)
const second = new Uint8Array(32).fill(2)
const firstKey = signer(origin, first).key.text
const root = new Uint8Array(32).fill(7)

const restored = (change: Partial<RestoreFacts> = {}): Commit =>
  decodeCommit(
    makeRestored({
      ...{ lineageId, oldGeneration: 1, newGeneration: 2, size: 5n, root, head: 9n },
      restoreId: '01930000-0000-7000-8000-0000000000ee',
      restoredAtUnixMs: 1_790_000_000_000,
      actor: { kind: 'service', id: 'restore' },
      ...{ reason: '', lineageCommits: 0n, last: undefined, rotations: [], privateKey: first },
      ...change,
    }),
  )
const meeting = (
  commit: Commit | undefined,
  change: Partial<Parameters<typeof successor>[0]> = {},
) =>
  successor({
    ...{ commit, generation: commit?.generation ?? 2, pin, logKey: firstKey },
    view: { size: 0n, root: new Uint8Array() },
    ...change,
  })

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-generation-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a signed Restored moves the pin on, and the disk keeps it', async () => {
  const commit = restored()
  const pinned = meeting(commit)
  expect(pinned).toMatchObject({ generation: 2, size: 5n, logKey: firstKey })
  expect(pinned.common).toEqual(new Map([[1, 5n]]))
  expect(isSameRestore(pinned, commit)).toBe(true)
  expect(isSameRestore(pinned, restored({ head: 10n }))).toBe(false)
  expect(isSameRestore(pinned, undefined)).toBe(false)

  expect(await loadGeneration(folder, pin)).toBeUndefined()
  await saveGeneration(folder, pinned)
  expect(await loadGeneration(folder, pin)).toEqual(pinned)
  // A later enrolment says where it stands itself.
  expect(await loadGeneration(folder, { ...pin, generation: 2 })).toBeUndefined()
  const other = { ...pin, lineageId: '01890000-0000-7000-8000-0000000000dd' }
  expect(await loadGeneration(folder, other)).toBeUndefined()
  // What a crash left beside it is nothing.
  writeFileSync(join(folder, 'generation.json.new'), '{"gener')
  expect(await loadGeneration(folder, pin)).toEqual(pinned)
})

test.each([
  ['nothing at all', () => meeting(undefined), /nothing says how it began/],
  ['a stranger signed', () => meeting(restored({ privateKey: second })), /no known key/],
  ['nobody signed', () => meeting(restored({ privateKey: undefined })), /obeys 1/],
  ['this node knows no key', () => meeting(restored(), { logKey: '' }), /enrol it again/],
  ['the guard names another', () => meeting(restored(), { generation: 3 }), /of generation 2/],
  [
    'it is the one it has',
    () => meeting(restored(), { pin: { ...pin, generation: 2 } }),
    /not a later one/,
  ],
  [
    'it begins with another history',
    () => meeting(restored(), { view: { size: 5n, root: new Uint8Array(32).fill(8) } }),
    /other commits than the 5/,
  ],
  [
    'another lineage',
    () => meeting(restored({ lineageId: '01890000-0000-7000-8000-0000000000dd' })),
    /another/,
  ],
])('it is refused: %s', (_, attempt, why) => {
  expect(attempt).toThrow(why)
})

test('a key this node was led to counts from then on', () => {
  const rotation = signRotation(signer(origin, first), signer(origin, second).key, 6n)
  const signed = { rotations: [rotation], privateKey: second }
  expect(meeting(restored(signed)).logKey).toBe(signer(origin, second).key.text)
  const led = { logKey: signer(origin, second).key.text }
  expect(meeting(restored(signed), led).generation).toBe(2)
  // A stolen first key, and the handover kept back.
  expect(() => meeting(restored(), led)).toThrow(/no known key/)
})

test('a witness that saw more keeps what it saw, and goes on from the cut', async () => {
  const seen = { logKey: firstKey, pinnedBy: 'enrolment', refusal: '' } as const
  const beyond = { ...seen, size: 8n, root: new Uint8Array(32).fill(9), note: 'of eight\n' }
  await saveView(folder, beyond, 1)
  const since = meeting(restored(), { view: beyond })
  const next = await loadView(folder, { logKey: firstKey, generation: 2, since })
  expect(next).toMatchObject({ size: 5n, root, note: '', refusal: '' })
  expect(existsSync(join(folder, 'witness-generation-1.json'))).toBe(true)
  // As after a crash in between: the same again.
  expect(await loadView(folder, { logKey: firstKey, generation: 2, since })).toEqual(next)
})

test('a witness that saw less demands a proof from where it stands', async () => {
  const less = { size: 3n, root: new Uint8Array(32).fill(3), note: 'of three\n', refusal: '' }
  await saveView(folder, { ...less, logKey: firstKey, pinnedBy: 'enrolment' }, 1)
  const since = meeting(restored(), { view: less })
  expect(await loadView(folder, { logKey: firstKey, generation: 2, since })).toMatchObject({
    ...{ size: 3n, root: less.root, note: '' },
  })
})

test('restored twice while the node was away', () => {
  const once = makeRestored({
    ...{ lineageId, oldGeneration: 1, newGeneration: 2, size: 5n, root, head: 9n },
    restoreId: '01930000-0000-7000-8000-0000000000ed',
    restoredAtUnixMs: 1,
    actor: { kind: 'service', id: 'restore' },
    ...{ reason: '', lineageCommits: 0n, last: undefined, rotations: [], privateKey: first },
  })
  const { links } = readRestored(once)
  const twice = restored({
    ...{ oldGeneration: 2, newGeneration: 3, size: 3n, head: 20n },
    last: { links, rotations: [] },
  })
  expect(meeting(twice, { pin }).common).toEqual(
    new Map([
      [1, 3n],
      [2, 3n],
    ]),
  )
})
