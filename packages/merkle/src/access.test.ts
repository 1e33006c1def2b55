import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  firstOf,
  followRotations,
  formatCheckpoint,
  formatEntryProof,
  formatTombstone,
  formatTreeOrigin,
  inclusionProof,
  leafHash,
  logExtension,
  MemoryTiles,
  openCheckpoint,
  openTombstone,
  openTreeCheckpoint,
  parseEntryProof,
  parseTombstone,
  parseTreeOrigin,
  signer,
  signNote,
  signRotation,
  signTombstone,
  TileBuilder,
  TreeHead,
  verifierKey,
  verifyEntryProof,
} from './index.ts'

const log = { lineageId: '01930000-0000-7000-8000-000000000001', generation: 1 }
const access = { begunAtUnixMs: 1_780_000_000_000, first: 11n }
const origin = formatTreeOrigin({ ...log, access })
const logOrigin = formatTreeOrigin(log)
const seed = new Uint8Array(32).fill(1)
const key = signer(logOrigin, seed).key
const chain = followRotations(key, [])
const by = signer(origin, seed)

const record = (sequence: bigint) => ({
  sequence,
  subject: 'access.auth',
  messageId: `0193000${sequence}-0000-7000-8000-000000000001`,
  payload: new Uint8Array(Buffer.from(`record ${sequence}`)),
})
const rootOf = (first: bigint, last: bigint): Uint8Array => {
  const head = TreeHead.empty()
  for (let at = first; at <= last; at++) head.append(leafHash(record(at)))
  return head.root()
}
const noteOf = (extensions: readonly string[], signing = by) =>
  signNote(formatCheckpoint({ origin, size: 5n, root: rootOf(11n, 15n), extensions }), signing)
const tombstone = {
  origin,
  first: 11n,
  last: 13n,
  root: rootOf(11n, 13n),
  droppedAtUnixMs: 1_790_000_000_000,
  newestAtUnixMs: 1_781_999_999_999,
  reason: 'expired',
  logSize: 7n,
} as const

async function proof() {
  const tiles = new MemoryTiles()
  const builder = TileBuilder.empty()
  for (let at = 11n; at <= 15n; at++) tiles.write(builder.append(leafHash(record(at))))
  tiles.write(builder.partial())
  const path = await inclusionProof({ index: 2n, size: 5n, tiles: tiles.read })
  return {
    entry: record(13n),
    proof: { index: 2n, path, note: noteOf([logExtension(7n)]), extra: undefined },
    firstKey: key,
    rotations: [],
  }
}

test('vectors: a checkpoint, a proof and a tombstone of ACCESS', async () => {
  const file = new URL('../vectors/access.json', import.meta.url)
  const vectors = JSON.parse(readFileSync(file, 'utf8'))
  expect(vectors).toEqual({
    origin,
    checkpoint: noteOf([logExtension(7n)]),
    entry: formatEntryProof(await proof()),
    tombstone: signTombstone(tombstone, by),
  })
  expect(openTreeCheckpoint(vectors.checkpoint, chain).access).toEqual(access)
  expect(verifyEntryProof(parseEntryProof(vectors.entry), chain).size).toBe(5n)
  expect(openTombstone(vectors.tombstone, chain)).toMatchObject({ first: 11n, last: 13n })
})

test('an origin of ACCESS is one spelling, and none of the log', () => {
  expect(parseTreeOrigin(origin)).toEqual({ ...log, access })
  expect(firstOf(parseTreeOrigin(logOrigin))).toBe(1n)
  for (const bad of ['', '1-', '-1', '01-1', '1-0', '1-01', '1-1/', '1-1 ', 'x-1', '1-1-1'])
    expect(() => parseTreeOrigin(`${logOrigin}/access/${bad}`), bad).toThrow()
  expect(() => openCheckpoint(noteOf([logExtension(7n)]), chain)).toThrow(/ACCESS/)
})

test('a checkpoint of ACCESS says how far the log was, in one line', () => {
  for (const lines of [[], ['log'], ['log x'], ['log 07'], ['log 7', 'log 8'], ['other']])
    expect(() => openTreeCheckpoint(noteOf(lines), chain), `${lines}`).toThrow()
})

test('a key that handed over vouches for no later checkpoint and no later tombstone', () => {
  const next = verifierKey(logOrigin, signer(logOrigin, new Uint8Array(32).fill(2)).key.publicKey)
  const handed = followRotations(key, [signRotation(signer(logOrigin, seed), next, 7n)])
  expect(openTreeCheckpoint(noteOf([logExtension(7n)]), handed).size).toBe(5n)
  expect(openTombstone(signTombstone(tombstone, by), handed).reason).toBe('expired')
  const retired = { code: 'key_retired' }
  expect(() => openTreeCheckpoint(noteOf([logExtension(8n)]), handed)).toThrow(
    expect.objectContaining(retired),
  )
  expect(() => openTombstone(signTombstone({ ...tombstone, logSize: 8n }, by), handed)).toThrow(
    expect.objectContaining(retired),
  )
})

test('a tombstone is read in one spelling, and only for its own tree', () => {
  const text = formatTombstone(tombstone)
  expect(parseTombstone(text)).toEqual(tombstone)
  const changes: readonly (readonly [string, string])[] = [
    ['holdfast-tombstone/v1', 'holdfast-tombstone/v2'],
    [origin, logOrigin],
    ['11 13', '11 10'],
    ['11 13', '10 13'],
    ['11 13', '11 13 14'],
    ['dropped 1', 'dropped x1'],
    ['newest 1', 'oldest 1'],
    ['reason expired', 'reason because'],
    ['log 7\n', 'log 7\nlog 8\n'],
    ['log 7\n', 'log 7'],
  ]
  for (const [from, to] of changes)
    expect(() => parseTombstone(text.replace(from, to)), to).toThrow()
  const other = signer(origin, new Uint8Array(32).fill(3))
  expect(() => openTombstone(signTombstone(tombstone, other), chain)).toThrow(
    expect.objectContaining({ code: 'key_unknown' }),
  )
  const signed = signTombstone(tombstone, by)
  expect(() => openTombstone(signed.replace('11 13', '11 14'), chain)).toThrow(
    expect.objectContaining({ code: 'signature_invalid' }),
  )
})
