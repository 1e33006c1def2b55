import { readFileSync } from 'node:fs'
import {
  emptyRoot,
  leafHash,
  signer,
  signRotation,
  TrustError,
  verifierKey,
} from '@holdfast/merkle'
import { expect, test } from 'vitest'
import {
  commonCommits,
  makeRestored,
  type RestoreFacts,
  readRestored,
  verifyRestored,
} from './restored.ts'

const lineageId = '01930000-0000-7000-8000-000000000001'
const first = new Uint8Array(32).fill(1)
const second = new Uint8Array(32).fill(2)
const name = (generation: number) => `holdfast/${lineageId}/${generation}`
const firstKey = signer(name(1), first).key.text
const secondKey = signer(name(1), second).key
const handover = signRotation(signer(name(1), first), secondKey, 7n)

const facts: RestoreFacts = {
  lineageId,
  oldGeneration: 1,
  newGeneration: 2,
  size: 5n,
  root: new Uint8Array(32).fill(7),
  head: 9n,
  restoreId: '01930000-0000-7000-8000-0000000000ee',
  restoredAtUnixMs: 1_790_000_000_000,
  actor: { kind: 'service', id: 'restore' },
  reason: 'the disk is gone — «alles»\nneu',
  lineageCommits: 0n,
  last: undefined,
  rotations: [handover],
  privateKey: second,
}
const made = makeRestored(facts)
const pin = { lineageId, logKey: firstKey }

test('whoever pinned the first key is led to the present one, and knows how far the old log counts', () => {
  const verified = verifyRestored(made, pin)
  expect(verified).toMatchObject({ lineageId, generation: 2, size: 5n, root: facts.root })
  expect(verified.logKey).toBe(secondKey.text)
  expect(verified.links).toMatchObject([{ oldGeneration: 1, head: 9n, reason: facts.reason }])
  expect(verifyRestored(made, { lineageId, logKey: secondKey.text }).generation).toBe(2)
  expect(makeRestored(facts)).toEqual(made)
})

test('every bent byte is refused, and so is what stands elsewhere', () => {
  for (let at = 0; at < made.bytes.length; at++) {
    const bytes = new Uint8Array(made.bytes)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
    expect(() => verifyRestored({ ...made, bytes }, pin), `byte ${at}`).toThrow()
  }
  expect(() => verifyRestored({ ...made, sequence: 7n }, pin)).toThrow(
    'not what its statement says',
  )
  expect(() => verifyRestored({ ...made, commitId: facts.restoreId }, pin)).toThrow()
  const elsewhere = `evt.backup.lineage.${facts.restoreId}`
  expect(() => verifyRestored({ ...made, subject: elsewhere }, pin)).toThrow()
  for (const more of [Uint8Array.of(0), Uint8Array.of(0x78, 1)]) {
    const bytes = new Uint8Array([...made.bytes, ...more])
    expect(() => verifyRestored({ ...made, bytes }, pin)).toThrow()
  }
})

test('a key that has handed over begins no generation, nor does a stranger, nor nobody', () => {
  const codeOf = (commit: typeof made, logKey = firstKey): string => {
    try {
      verifyRestored(commit, { lineageId, logKey })
    } catch (error) {
      return error instanceof TrustError ? error.code : String(error)
    }
    return 'accepted'
  }
  expect(codeOf(makeRestored({ ...facts, privateKey: first, head: 7n }))).toBe('key_retired')
  expect(codeOf(makeRestored({ ...facts, privateKey: new Uint8Array(32).fill(3) }))).toBe(
    'key_unknown',
  )
  // The handover is kept back: whoever was led to the second key does not go back to the first.
  const old = makeRestored({ ...facts, privateKey: first, rotations: [] })
  expect(codeOf(old)).toBe('accepted')
  expect(codeOf(old, secondKey.text)).toBe('key_unknown')
  expect(codeOf(makeRestored({ ...facts, privateKey: undefined }))).not.toBe('accepted')
  expect(readRestored(makeRestored({ ...facts, privateKey: undefined })).links).toHaveLength(1)
  const foreign = '01930000-0000-7000-8000-000000000002'
  const theirs = verifierKey(`holdfast/${foreign}/1`, secondKey.publicKey).text
  expect(codeOf(made, theirs)).not.toBe('accepted')
})

test('a generation that was itself restored names every step, though its commits may be gone', () => {
  const again = makeRestored({
    ...facts,
    oldGeneration: 2,
    newGeneration: 5,
    size: 3n,
    root: emptyRoot,
    last: readRestored(made),
  })
  const { links, generation } = verifyRestored(again, pin)
  expect(generation).toBe(5)
  expect(links.map((link) => [link.oldGeneration, link.newGeneration])).toEqual([
    [1, 2],
    [2, 5],
  ])
  expect([1, 2, 3, 5].map((each) => commonCommits(links, each))).toEqual([3n, 3n, 0n, 0n])
  const later = makeRestored({
    ...facts,
    oldGeneration: 2,
    newGeneration: 3,
    size: 30n,
    head: 31n,
    lineageCommits: 1n,
    last: readRestored(made),
  })
  expect(commonCommits(verifyRestored(later, pin).links, 1)).toBe(5n)
  expect(commonCommits(verifyRestored(later, pin).links, 2)).toBe(30n)
  expect(() =>
    makeRestored({ ...facts, oldGeneration: 3, newGeneration: 4, last: readRestored(made) }),
  ).toThrow('does not follow')
})

test.each([
  ['backwards', { newGeneration: 1 }],
  ['more than there was', { head: 4n }],
  ['no root', { root: new Uint8Array(31) }],
  ['no id', { restoreId: 'x' }],
  ['a long reason', { reason: 'x'.repeat(501) }],
  ['an actor of two lines', { actor: { kind: 'service', id: 'a\nb' } }],
] as const)('%s makes no statement', (_, change) => {
  expect(() => makeRestored({ ...facts, ...change })).toThrow()
})

test('vectors/restored.json and docs/formats/restored.md', () => {
  const vector = JSON.parse(
    readFileSync(new URL('../vectors/restored.json', import.meta.url), 'utf8'),
  )
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  const { commitId: messageId, bytes: payload, sequence, subject } = made
  expect(vector).toEqual({
    firstKey,
    sequence: String(sequence),
    subject,
    messageId,
    payload: hex(payload),
    leafHash: hex(leafHash({ sequence, subject, messageId, payload })),
    note: verifyRestored(made, pin).links[0]?.note,
  })
  const page = readFileSync(new URL('../../../docs/formats/restored.md', import.meta.url), 'utf8')
  expect(page).toContain(`\`\`\`\n${vector.note}\`\`\``)
})
