import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseKeys, parseKnown } from './auditor.ts'
import { verifyConsistency } from './consistency.ts'
import { verifyEntry } from './entry.ts'
import { codes, sentence } from './findings.ts'
import { toJson, toText } from './result.ts'
import { auditor, strict, summary } from './testing/auditor.ts'
import { keys, logOf, smallNotes, witnesses } from './testing/small-log.ts'

const log = await logOf()

describe('an entry', () => {
  test('with its proof is in the log', async () => {
    for (let sequence = 1n; sequence <= 10n; sequence++) {
      const result = verifyEntry(await log.entry(sequence), strict)
      expect(summary(result)).toEqual({ exit: 0, firstBad: undefined, codes: [] })
      expect(result.size).toBe(10n)
    }
  })

  test('that was changed is not', async () => {
    const document = JSON.parse((await log.entry(5n)).toString('utf8'))
    const change = (entry: object, more: object = {}) =>
      verifyEntry(
        Buffer.from(
          JSON.stringify({ ...document, ...more, entry: { ...document.entry, ...entry } }),
        ),
        auditor,
      )
    const other = log.entries[5]
    expect(summary(change({ sequence: '6' }))).toMatchObject({ exit: 1, firstBad: 6n })
    expect(summary(change({ subject: other?.subject }))).toMatchObject({ exit: 1, firstBad: 5n })
    expect(summary(change({ messageId: other?.messageId }))).toMatchObject({
      exit: 1,
      firstBad: 5n,
    })
    const payload = Buffer.from(other?.payload ?? []).toString('base64')
    expect(summary(change({ payload }))).toMatchObject({ exit: 1, codes: ['proof_invalid'] })
    expect(summary(change({}, { surplus: 1 }))).toMatchObject({
      exit: 1,
      codes: ['line_malformed'],
    })
  })

  test('is compared with a checkpoint of the same size, and asks for a proof otherwise', async () => {
    const known = (note: string) => ({ ...auditor, known: [parseKnown(note, 'kept.note')] })
    const entry = await log.entry(5n)
    expect(summary(verifyEntry(entry, known(log.notes[2] ?? '')))).toMatchObject({ exit: 0 })
    expect(summary(verifyEntry(entry, known(log.notes[0] ?? '')))).toMatchObject({
      exit: 2,
      codes: ['known_checkpoint_not_reached'],
    })
  })

  test('proves nothing under another key', async () => {
    const result = verifyEntry(await log.entry(5n), { ...auditor, keys: [keys.stranger.key] })
    expect(summary(result)).toMatchObject({ exit: 3, codes: ['key_unknown'] })
  })
})

describe('two checkpoints', () => {
  const note = (i: number) => ({ name: `${i}.note`, text: log.notes[i] ?? '' })

  test('of one log are consistent', async () => {
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const proof = { name: 'proof', text: await log.consistencyOf(a, b) }
      for (const notes of [[], [note(a), note(b)], [note(b), note(a)]]) {
        const result = verifyConsistency(notes, proof, auditor)
        expect(summary(result)).toEqual({ exit: 0, firstBad: undefined, codes: [] })
        expect(result.size).toBe(smallNotes[b]?.size)
      }
    }
    // That the first key led to the second would stand in the proof.
    const pair = [note(2), note(2)]
    expect(summary(verifyConsistency(pair, undefined, strict))).toMatchObject({
      exit: 3,
      codes: ['key_unknown'],
    })
    const later = { ...strict, keys: [keys.second.key] }
    expect(summary(verifyConsistency(pair, undefined, later))).toMatchObject({ exit: 0 })
  })

  test('without a proof show nothing', () => {
    expect(
      summary(
        verifyConsistency([note(1), note(2)], undefined, { ...auditor, keys: [keys.second.key] }),
      ),
    ).toMatchObject({
      exit: 2,
      codes: ['proof_missing'],
    })
  })

  test('of two histories are not', async () => {
    const forged = await logOf(log.entries.with(2, log.entries[3] ?? never()), smallNotes)
    const proof = { name: 'proof', text: await forged.consistencyOf(1, 2) }
    const result = verifyConsistency(
      [note(0), { name: 'new', text: forged.notes[2] ?? '' }],
      proof,
      auditor,
    )
    expect(summary(result)).toMatchObject({ exit: 1, codes: ['consistency_invalid'] })
  })
})

const never = (): never => {
  throw new Error('no such entry')
}

test('keys come as text or as lines of a file, each for its own option', () => {
  const file = `# of the log\n${keys.first.key.text}\n\n${keys.second.key.text}\n`
  expect(parseKeys(file, 'ed25519', 'f')).toHaveLength(2)
  expect(() => parseKeys(witnesses.anna.key.text, 'ed25519', 'f')).toThrow('of a witness')
  expect(() => parseKeys(keys.first.key.text, 'cosignature/v1', 'f')).toThrow('of a log')
  expect(() => parseKeys('nonsense', 'ed25519', 'f')).toThrow('no verifier key')
  expect(() => parseKnown('nonsense', 'f')).toThrow('no checkpoint')
})

test('a result is two verdicts for people and for programs', async () => {
  const result = verifyEntry(await log.entry(5n), { ...auditor, keys: [] })
  expect(toText(result)).toContain('integrity:     ok\ncompleteness:  INCOMPLETE')
  expect(toText(result)).toContain('trust on first use')
  expect(toJson(result)).toMatchObject({
    exit_code: 2,
    integrity: { verdict: 'ok', problem_count: 0 },
    completeness: { verdict: 'incomplete', up_to: '10', problems: [{ code: 'key_unpinned' }] },
    first_bad_sequence: null,
    key_is_pinned: false,
  })
  for (const finding of result.findings.kept) expect(sentence(finding)).not.toContain('\n')
})

test('docs/verify.md lists every code with its verdict and its meaning', () => {
  const page = readFileSync(new URL('../../../docs/verify.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (\w+) \| (.+) \|$/gm)].map((row) =>
    row.slice(1),
  )
  expect(rows).toEqual(
    Object.entries(codes).map(([code, { verdict, meaning }]) => [code, verdict, meaning]),
  )
})
