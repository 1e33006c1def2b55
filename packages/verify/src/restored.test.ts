import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openArchive, writeCheckpointNote } from '@holdfast/archive'
import {
  formatCheckpoint,
  formatOrigin,
  type Leaf,
  leafHash,
  type RestoredStatement,
  type Signer,
  signer,
  signNote,
  signRestored,
  signRotation,
  TreeHead,
} from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'
import { afterAll, expect, test } from 'vitest'
import { verifyArchive } from './archive.ts'
import { parseKnown } from './auditor.ts'
import { auditor, summary } from './testing/auditor.ts'
import { archivedOf, entryOf, identity, keys, rotated, smallEntries } from './testing/small-log.ts'

const { lineageId } = identity
const origin = formatOrigin({ lineageId, generation: 2 })
const inGeneration2 = (by: Uint8Array): Signer => signer(origin, by)
const { createHash } = await import('node:crypto')
const privateKey = (name: string) =>
  new Uint8Array(createHash('sha512').update(`key ${name}`).digest().subarray(0, 32))

const directories: string[] = []
afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true })
})

const rootOf = (entries: readonly Leaf[]): Uint8Array => {
  const tree = TreeHead.empty()
  for (const entry of entries) tree.append(leafHash(entry))
  return tree.root()
}
/** The key handed over at size 9, in a commit that is cut off. */
const handover = signRotation(keys.first, keys.second.key, 9n)
const taken = smallEntries.slice(0, 5)

function statement(change: Partial<RestoredStatement> = {}): RestoredStatement {
  return {
    ...{ lineageId, oldGeneration: 1, newGeneration: 2, size: 5n, root: rootOf(taken), head: 12n },
    restoreId: '01930000-0000-7000-8000-0000000000ee',
    ...{ restoredAtUnixMs: 1_790_000_000_000, version: 1n, reason: '' },
    actor: { kind: 'service', id: 'restore' },
    evidence: new Uint8Array(32),
    ...change,
  }
}
const restored = (note: string): Leaf =>
  entryOf(6n, {
    ...{ context: 'backup', type: 'lineage', aggregate: lineageId, version: 1, generation: 2 },
    events: [{ type: 'Restored', data: holdfast.log.v1.Restored.encode({ note }).finish() }],
  })
const signed = signRestored(statement(), keys.second)

/** Five commits, how the generation began, the handover again, one more; and a checkpoint of the new generation. */
async function verdict(sixth: Leaf, known: readonly string[] = []) {
  const seventh = rotated(7n, handover)
  const payload = holdfast.log.v1.Commit.decode(seventh.payload)
  const again = {
    ...seventh,
    payload: new Uint8Array(holdfast.log.v1.Commit.encode({ ...payload, generation: 2 }).finish()),
  }
  const entries = [...taken, sixth, again]
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-verify-'))
  directories.push(directory)
  const archive = await openArchive({
    directory,
    identity: { lineageId, generation: 2, rootKeyFingerprint: 'test' },
  })
  await archive.append(entries.map(archivedOf))
  await archive.close()
  const by = inGeneration2(privateKey('second'))
  const note = signNote(formatCheckpoint({ origin, size: 7n, root: rootOf(entries) }), by)
  await writeCheckpointNote(directory, lineageId, 7n, note)
  const asked = { ...auditor, known: known.map((each) => parseKnown(each, 'kept.note')) }
  return summary(await verifyArchive(directory, asked))
}
const clean = { exit: 0, firstBad: undefined, codes: [] }
const oldNote = (size: bigint, root: Uint8Array) =>
  signNote(formatCheckpoint({ origin: formatOrigin(identity), size, root }), keys.first)

test('a log goes on behind a restore, and the key an auditor pinned before leads to what signs now', async () => {
  expect(await verdict(restored(signed))).toEqual(clean)
})

test('a checkpoint of the old generation still says what the log begins with', async () => {
  const same = oldNote(4n, rootOf(taken.slice(0, 4)))
  expect(await verdict(restored(signed), [same])).toEqual(clean)
  const other = oldNote(4n, new Uint8Array(32).fill(1))
  expect((await verdict(restored(signed), [other])).codes).toEqual(['known_checkpoint_differs'])
  // One of more commits than were taken over tells of the cut.
  const more = oldNote(9n, new Uint8Array(32).fill(1))
  expect((await verdict(restored(signed), [more])).codes).toEqual(['known_checkpoint_not_reached'])
})

test.each([
  [
    'signed by a key that had handed over',
    signRestored(statement(), keys.first),
    'restore_invalid',
  ],
  ['signed by a stranger', signRestored(statement(), keys.stranger), 'key_unknown'],
  [
    'of other commits',
    signRestored(statement({ root: new Uint8Array(32) }), keys.second),
    'restore_invalid',
  ],
  ['of another size', signRestored(statement({ size: 4n }), keys.second), 'restore_invalid'],
  [
    'of another generation',
    signRestored(statement({ newGeneration: 3 }), keys.second),
    'restore_invalid',
  ],
  ['no statement', 'x', 'restore_invalid'],
])('a restore is refused when its statement is %s', async (_, note, code) => {
  const { exit, codes } = await verdict(restored(note))
  expect(exit).not.toBe(0)
  expect(codes).toContain(code)
})

test('a generation that begins with anything else is refused', async () => {
  const other = entryOf(6n, {
    ...{ context: 'rules', type: 'rule_set', aggregate: lineageId, version: 1, generation: 2 },
    events: [{ type: 'RuleAdded', data: new Uint8Array() }],
  })
  expect(await verdict(other)).toMatchObject({ firstBad: 6n, codes: ['restore_invalid'] })
})
