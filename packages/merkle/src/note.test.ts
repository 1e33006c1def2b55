import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatCheckpoint, formatOrigin, parseCheckpoint, witnessName } from './checkpoint.ts'
import { FormatError, TrustError } from './format-error.ts'
import { emptyRoot, rawLeafHash } from './hash.ts'
import { parseVerifierKey, signer, verifierKey } from './keys.ts'
import {
  addSignatures,
  cosignText,
  formatNote,
  maxNoteBytes,
  openNote,
  parseNote,
  signNote,
  signText,
} from './note.ts'
import { followRotations, openCheckpoint, signRotation } from './rotation.ts'

const lineageId = '01930000-0000-7000-8000-000000000001'
const other = '01930000-0000-7000-8000-000000000002'
const key = (n: number, generation = 1, lineage = lineageId) =>
  signer(formatOrigin({ lineageId: lineage, generation }), new Uint8Array(32).fill(n))
const witness = signer(witnessName(lineageId, other), new Uint8Array(32).fill(90), 'cosignature/v1')
const root = rawLeafHash(Buffer.from('x'))
const text = (size: bigint, generation = 1, lineage = lineageId) =>
  formatCheckpoint({ origin: formatOrigin({ lineageId: lineage, generation }), size, root })
const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof TrustError) return error.code
    if (error instanceof FormatError) return 'malformed'
    throw error
  }
  return 'ok'
}

describe('a note', () => {
  const a = key(1)
  const note = signNote(text(7n), a)

  test('any single changed, lost or added byte is refused', () => {
    const bytes = Buffer.from(note)
    const isOpened = (changed: Uint8Array) => codeOf(() => openNote(changed, [a.key])) === 'ok'
    expect(isOpened(bytes)).toBe(true)
    const opened: string[] = []
    for (let at = 0; at < bytes.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ (1 << bit)
        if (isOpened(changed)) opened.push(`${at}^${bit}`)
      }
      if (isOpened(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])))
        opened.push(`-${at}`)
      for (const added of ['\n', ' ', 'A', '\r'])
        if (
          isOpened(Buffer.concat([bytes.subarray(0, at), Buffer.from(added), bytes.subarray(at)]))
        )
          opened.push(`+${at}`)
    }
    expect(opened).toEqual([])
  })

  test.each([
    ['nothing', ''],
    ['no signatures', 'text\n'],
    ['an empty signature block', 'text\n\n'],
    ['no last newline', note.slice(0, -1)],
    ['a carriage return', note.replace('\n', '\r\n')],
    ['a tab', `\t${note}`],
    ['a NUL', `\0${note}`],
    ['a lone surrogate', `\ud800${note}`],
    ['a hyphen for the dash', note.replace('—', '-')],
    ['two spaces', note.replace('— ', '—  ')],
    ['base64 without padding', note.replace(/=+\n$/, '\n')],
    ['base64 of the web kind', note.replace(/\+/g, '-')],
    ['a line after the signatures', `${note}more\n`],
    ['an empty line after them', `${note}\n`],
    ['an empty name', note.replace(`— ${a.key.name}`, '— ')],
    ['a name with a plus', `${note}— a+b AAAAAAA=\n`],
    ['a name with a no-break space', `${note}— a\u00a0b AAAAAAA=\n`],
    ['a signature of four bytes', `${note}— a AAAAAA==\n`],
    ['a huge text', `${'x'.repeat(maxNoteBytes)}\n${note}`],
    ['signatures without end', note + '— a AAAAAAA=\n'.repeat(2000)],
  ])('with %s is refused', (_, hostile) => {
    expect(() => openNote(hostile, [a.key])).toThrow(FormatError)
  })

  test('bytes that are no UTF-8 are refused', () => {
    expect(() => parseNote(Buffer.concat([Uint8Array.of(0xff), Buffer.from(note)]))).toThrow(
      FormatError,
    )
  })

  test('unknown signatures are passed over, wrong ones of known keys are not', () => {
    const b = key(2)
    const both = addSignatures(note, signText(text(7n), b))
    expect(openNote(both, [a.key]).unknown).toHaveLength(1)
    expect(openNote(both, [a.key, b.key]).verified).toHaveLength(2)
    const wrong = addSignatures(note, { ...signText(text(8n), b) })
    expect(codeOf(() => openNote(wrong, [a.key]))).toBe('ok')
    expect(codeOf(() => openNote(wrong, [a.key, b.key]))).toBe('signature_invalid')
    expect(codeOf(() => openNote(note, [b.key]))).toBe('key_unknown')
    // Twice the same key counts once, and a wrong one behind a right one is seen.
    expect(openNote(note + note.slice(note.indexOf('—')), [a.key]).verified).toHaveLength(1)
    const { signatures } = parseNote(wrong)
    const disguised = signatures.map((s) => ({ ...s, name: a.key.name, keyId: a.key.keyId }))
    const hidden = formatNote({ text: text(7n), signatures: disguised })
    expect(codeOf(() => openNote(hidden, [a.key]))).toBe('signature_invalid')
  })

  test('a text that holds an empty line keeps it', () => {
    const spaced = 'one\n\ntwo\n'
    expect(openNote(signNote(spaced, a), [a.key]).text).toBe(spaced)
    expect(() => signNote('no newline', a)).toThrow(FormatError)
  })

  test('a cosignature is for its text and its time', () => {
    const cosigned = addSignatures(note, cosignText(text(7n), witness, 12n))
    const [, one] = openNote(cosigned, [a.key, witness.key]).verified
    expect(one?.timeSeconds).toBe(12n)
    const { signatures } = parseNote(cosigned)
    const later = signatures.map((s) => ({ ...s, bytes: Uint8Array.from(s.bytes) }))
    later[1]?.bytes.set([1], 0)
    const moved = formatNote({ text: text(7n), signatures: later })
    expect(codeOf(() => openNote(moved, [a.key, witness.key]))).toBe('signature_invalid')
    expect(() => signText(text(7n), witness)).toThrow(FormatError)
    expect(() => cosignText(text(7n), a, 1n)).toThrow(FormatError)
    expect(() => cosignText(text(7n), witness, 1n << 63n)).toThrow(FormatError)
    // A newer cosignature takes the place of the older.
    const again = addSignatures(cosigned, cosignText(text(7n), witness, 13n))
    expect(openNote(again, [witness.key]).verified).toMatchObject([{ timeSeconds: 13n }])
  })

  test('anything at all is read or refused', () => {
    const units = fc.array(fc.nat({ max: 0xffff })).map((codes) => String.fromCharCode(...codes))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), units), (input) => {
        expect(['malformed', 'key_unknown']).toContain(codeOf(() => openNote(input, [a.key])))
      }),
    )
  })
})

describe('a verifier key', () => {
  test('comes back as it was printed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.boolean(),
        (seed, isWitness) => {
          const { key: made } = signer(
            'a.example/ß',
            seed,
            isWitness ? 'cosignature/v1' : 'ed25519',
          )
          expect(parseVerifierKey(made.text)).toEqual(made)
        },
      ),
      { numRuns: 30 },
    )
  })

  test('any changed byte is refused', () => {
    const { text: good } = key(1).key
    for (let at = 0; at < good.length; at++) {
      const changed = `${good.slice(0, at)}${good[at] === 'A' ? 'B' : 'A'}${good.slice(at + 1)}`
      expect(() => parseVerifierKey(changed)).toThrow(FormatError)
    }
  })

  test('is no point everybody can sign for', () => {
    for (const y of [0, 1]) {
      const point = new Uint8Array(32)
      point[0] = y
      expect(() => verifierKey('x', point)).toThrow(FormatError)
      point[31] = 0x80
      expect(() => verifierKey('x', point)).toThrow(FormatError)
    }
  })
})

describe('a checkpoint', () => {
  const good = text(7n)
  test.each([
    ['no origin', good.replace(/^[^\n]*/, '')],
    ['a leading zero', good.replace('\n7\n', '\n07\n')],
    ['a sign', good.replace('\n7\n', '\n+7\n')],
    ['no size', good.replace('\n7\n', '\n\n')],
    ['a hex size', good.replace('\n7\n', '\n0x7\n')],
    ['a huge size', good.replace('\n7\n', `\n${1n << 63n}\n`)],
    ['a size without end', good.replace('\n7\n', `\n${'9'.repeat(1000)}\n`)],
    ['a short root', good.replace(/[^\n]*\n$/, 'AAAA\n')],
    ['an empty extension', `${good}\nx\n`],
    ['no last newline', good.slice(0, -1)],
    ['an empty tree with a root', good.replace('\n7\n', '\n0\n')],
  ])('with %s is refused', (_, hostile) => {
    expect(() => parseCheckpoint(hostile)).toThrow(FormatError)
  })

  test('extensions come back, newlines in parts do not', () => {
    const read = parseCheckpoint(`${good}ext one\n`)
    expect(read.extensions).toEqual(['ext one'])
    expect(formatCheckpoint(read)).toBe(`${good}ext one\n`)
    expect(() => formatCheckpoint({ origin: 'a\nb', size: 1n, root })).toThrow(FormatError)
    expect(formatCheckpoint({ origin: 'a', size: 0n, root: emptyRoot })).toContain('\n0\n')
  })
})

describe('keys hand over', () => {
  const [a, b, c] = [key(1), key(2), key(3, 2)]
  const ab = signRotation(a, b.key, 10n)
  const bc = signRotation(b, c.key, 20n)
  const open = (note: string, pinned = a.key, rotations = [ab, bc]) =>
    codeOf(() => openCheckpoint(note, followRotations(pinned, rotations), [witness.key]))

  test('each is believed as long as it was in office', () => {
    expect(open(signNote(text(10n), a))).toBe('ok')
    expect(open(signNote(text(11n), a))).toBe('key_retired')
    expect(open(signNote(text(11n), b))).toBe('ok')
    expect(open(signNote(text(21n), b))).toBe('key_retired')
    // In the next generation the same key has another name, and the retired ones say nothing.
    expect(open(signNote(text(1n, 2), key(2, 2)))).toBe('key_retired')
    expect(open(signNote(text(1n, 2), c))).toBe('ok')
    expect(open(signNote(text(1n, 3), key(3, 3)))).toBe('ok')
    expect(open(signNote(text(1n), key(9)))).toBe('key_unknown')
    expect(open(signNote(text(1n, 1, other), key(1, 1, other)))).toBe('origin_foreign')
    expect(
      open(signNote('example.com/log\n1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n', a)),
    ).toBe('origin_foreign')
  })

  test('a witness does not stand in for the log', () => {
    const note = formatNote({ text: text(7n), signatures: [cosignText(text(7n), witness, 1n)] })
    expect(open(note)).toBe('key_unknown')
  })

  test('from a key in the middle on', () => {
    expect(followRotations(b.key, [ab, bc]).keys.map((k) => k.introduced.text)).toEqual([
      b.key.text,
      c.key.text,
    ])
    expect(open(signNote(text(5n), a), b.key)).toBe('key_unknown')
    expect(open(signNote(text(5n), b), b.key)).toBe('ok')
    expect(open(signNote(text(5n), b), key(7).key)).toBe('key_unknown')
  })

  test('only in order, signed, and never back', () => {
    const broken = (rotations: Parameters<typeof followRotations>[1]) =>
      codeOf(() => followRotations(a.key, rotations))
    expect(broken([ab, bc])).toBe('ok')
    expect(broken([ab, signRotation(a, key(5).key, 10n)])).toBe('rotation_broken')
    expect(broken([ab, signRotation(b, a.key, 11n)])).toBe('rotation_broken')
    expect(broken([{ ...ab, signature: bc.signature }])).toBe('rotation_broken')
    expect(broken([{ ...ab, signature: new Uint8Array(63) }])).toBe('malformed')
    // Somebody else's statement about our key, under another lineage's name.
    expect(broken([signRotation(key(1, 1, other), key(5, 1, other).key, 1n)])).toBe(
      'rotation_broken',
    )
    expect(() => signRotation(a, key(5, 1, other).key, 1n)).toThrow(FormatError)
    expect(() => signRotation(key(1, 2), key(5, 1).key, 1n)).toThrow(FormatError)
    expect(() => signRotation(a, key(1, 2).key, 1n)).toThrow(FormatError)
  })

  test('any changed byte of a statement is refused', () => {
    const followed: number[] = []
    for (let at = 0; at < ab.statement.length; at++) {
      const statement = Uint8Array.from(ab.statement)
      statement[at] = (statement[at] ?? 0) ^ 1
      const run = () => followRotations(a.key, [{ statement, signature: ab.signature }])
      if (codeOf(run) === 'ok' && run().keys.length > 1) followed.push(at)
    }
    expect(followed).toEqual([])
  })
})
