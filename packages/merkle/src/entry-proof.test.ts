import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  parseConsistencyProof,
  parseEntryProof,
  verifyConsistencyProof,
  verifyEntryProof,
} from './entry-proof.ts'
import { FormatError, TrustError } from './format-error.ts'
import { leafHash } from './hash.ts'
import { followRotations } from './rotation.ts'
import { parseTlogProof, verifyTlogProof } from './tlog-proof.ts'

const file = (name: string) => readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8')
const own = JSON.parse(file('holdfast.json'))
const pinned = own.keys.first.verifierKey
const text = file('entry.tlog-proof')
const json = file('entry.json')
const { entry, rotations } = parseEntryProof(json)
const chain = followRotations(pinned, rotations)

/** Why it was refused; undefined when it was not. */
function refusal(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof TrustError) return error.code
    if (error instanceof FormatError) return error.format
    throw error
  }
}

/** Flips one bit of each byte in turn and lists where nobody minded. */
function unnoticed(good: string, accept: (changed: Uint8Array) => unknown): string[] {
  const bytes = Buffer.from(good)
  const places: string[] = []
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ (at % 2 === 0 ? 1 : 0x20)
    if (refusal(() => accept(changed)) === undefined)
      places.push(good.slice(Math.max(0, at - 20), at + 1))
  }
  return places
}

/** Signatures of witnesses nobody asked about may change: they are passed over. */
const logSignedOnly = text.slice(0, text.lastIndexOf('—'))

test('every changed byte of a proof text is refused', () => {
  expect(
    unnoticed(logSignedOnly, (changed) =>
      verifyTlogProof(parseTlogProof(changed), leafHash(entry), chain),
    ),
  ).toEqual([])
})

test('every changed byte of an entry proof is refused, but white space and the claimed first key', () => {
  const signedOnly = json.replace(/— holdfast\/[^ ]+\/node\/[^ ]+ [^\\]+\\n/, '')
  const places = unnoticed(signedOnly, (changed) => {
    const proof = parseEntryProof(changed)
    if (followRotations(pinned, proof.rotations).keys.length !== 2)
      throw new TrustError('rotation_broken', 'rotations differ')
    return verifyEntryProof(proof, chain)
  })
  expect(places.filter((place) => !/[\n ]$/.test(place))).toEqual([])
})

test('every changed byte of a consistency proof is refused', () => {
  const good = file('consistency.json')
  const signedOnly = good.replace(/— holdfast\/[^ ]+\/node\/[^ ]+ [^\\]+\\n/, '')
  const places = unnoticed(signedOnly, (changed) => {
    const proof = parseConsistencyProof(changed)
    if (followRotations(pinned, proof.rotations).keys.length !== 2)
      throw new TrustError('rotation_broken', 'rotations differ')
    return verifyConsistencyProof(proof, chain)
  })
  expect(places.filter((place) => !/[\n ]$/.test(place))).toEqual([])
})

test.each([
  ['another version', text.replace('@v1', '@v2')],
  ['no index', text.replace('index 1\n', '')],
  ['an index with a zero in front', text.replace('index 1', 'index 01')],
  ['a negative index', text.replace('index 1', 'index -1')],
  ['an empty extra line', text.replace('index', 'extra \nindex')],
  ['an extra line that is no base64', text.replace('index', 'extra !!\nindex')],
  ['extra behind the index', text.replace('index 1\n', 'index 1\nextra AAAA\n')],
  ['a short hash', text.replace(/index 1\n[^\n]+/, 'index 1\nAAAA')],
  [
    'hashes without end',
    text.replace('index 1\n', `index 1\n${`${'A'.repeat(43)}=\n`.repeat(64)}`),
  ],
  ['no checkpoint', text.slice(0, text.indexOf('\n\n') + 2)],
  ['carriage returns', text.replaceAll('\n', '\r\n')],
])('a proof text with %s is refused', (_, hostile) => {
  expect(refusal(() => parseTlogProof(hostile))).toMatch(/^(proof|note)$/)
})

test('extra data is read and trusted by nobody', () => {
  const proof = parseTlogProof(text.replace('index', 'extra AAAA\nindex'))
  expect(proof.extra).toHaveLength(3)
  expect(verifyTlogProof(proof, leafHash(entry), chain).size).toBe(5n)
})

test.each([
  ['no JSON', 'x'],
  ['a list', '[]'],
  ['a field more', json.replace('"format"', '"more": 1, "format"')],
  ['a field less', json.replace(/"messageId": "[^"]*",/, '')],
  ['a field twice', json.replace('"sequence": "2"', '"sequence": "1", "sequence": "2"')],
  ['a number for text', json.replace('"sequence": "2"', '"sequence": 2')],
  ['a lone surrogate', json.replace('"subject": "', '"subject": "\\ud800')],
  ['base64 with white space', json.replace('"payload": ""', '"payload": " "')],
  ['another format', json.replace('holdfast-entry/v1', 'holdfast-entry/v2')],
])('an entry proof with %s is refused', (_, hostile) => {
  expect(refusal(() => parseEntryProof(hostile))).toBe('entry proof')
})

test('an entry proof is for its own sequence', () => {
  const proof = parseEntryProof(json)
  for (const sequence of [1n, 3n, 5n, 6n]) {
    const moved = { ...proof, entry: { ...entry, sequence } }
    expect(refusal(() => verifyEntryProof(moved, chain))).toBe('proof_invalid')
  }
  // Fields of an object may come in any order, and escaped: other programs print JSON too.
  const value = JSON.parse(json)
  const turned = JSON.stringify(Object.fromEntries(Object.entries(value).reverse()))
  expect(verifyEntryProof(parseEntryProof(turned.replaceAll('—', '\\u2014')), chain).size).toBe(5n)
})

test('a consistency proof is for its own sizes', () => {
  const proof = parseConsistencyProof(file('consistency.json'))
  expect(refusal(() => verifyConsistencyProof({ ...proof, to: proof.from }, chain))).toBe(
    'proof_invalid',
  )
  const same = { ...proof, to: proof.from, path: [] }
  expect(verifyConsistencyProof(same, chain).to.size).toBe(3n)
})
