import { randomBytes } from 'node:crypto'
import { combine, split } from 'shamir-secret-sharing'
import { keyBytes } from './aead.ts'
import { constantTimeEqual } from './constant-time-equal.ts'
import {
  ShardCountsInvalid,
  ShardDamaged,
  ShardMisfit,
  ShardOfAnotherRootKey,
  ShardsMixed,
  ShardsTooFew,
} from './errors.ts'
import { sha256 } from './hash.ts'
import { loadRootKey, type RootKey, rootKeyFingerprint } from './root-key.ts'

/**
 * Shards of the root key (Shamir's secret sharing over GF(2^8)): any `threshold` of them give it back, fewer say nothing
 * about it. Each is a text a person can print, read out and type again (docs/formats/shard.md).
 *
 * A share alone cannot be checked: whatever is put together yields some 32 bytes. So each text has a checksum, which
 * finds what was mistyped, and the fingerprint of the root key, which finds what was made to mislead.
 */
export interface Shard {
  /** Tells the shards of one splitting from those of another: 8 hex characters. */
  readonly setId: string
  /** 1 … shares. */
  readonly index: number
  readonly threshold: number
  readonly shares: number
  readonly rootKeyFingerprint: string
  /** To the second. */
  readonly madeAt: Date
  readonly payload: Uint8Array
}

export const maxShards = 16
export const shardFileName = (index: number): string => `holdfast.recovery.${index}.txt`

const format = 'holdfast-shard/v1'
/** In the order they are written and hashed in. */
const names = [
  'format',
  'set',
  'shard',
  'threshold',
  'shares',
  'root-key',
  'made-at',
  'payload',
] as const
type Name = (typeof names)[number]
type Lines = Readonly<Record<Name, string>>
// A byte of every byte of the key, and where on the curve they lie.
const payloadBytes = keyBytes + 1
const checksumBytes = 8

/** The texts, shard 1 first. Throws ShardCountsInvalid. */
export async function splitRootKey(
  rootKey: RootKey,
  { shares, threshold }: { readonly shares: number; readonly threshold: number },
  madeAt: Date,
): Promise<readonly string[]> {
  const areCounts = Number.isInteger(shares) && Number.isInteger(threshold)
  if (!areCounts || threshold < 2 || shares < threshold || shares > maxShards)
    throw ShardCountsInvalid({})
  const setId = randomBytes(4).toString('hex')
  const secret = new Uint8Array(Buffer.from(rootKey.reveal(), 'base64'))
  const payloads = await split(secret, shares, threshold)
  secret.fill(0)
  return payloads.map((payload, at) =>
    printShard({
      setId,
      index: at + 1,
      threshold,
      shares,
      rootKeyFingerprint: rootKeyFingerprint(rootKey),
      madeAt,
      payload,
    }),
  )
}

/**
 * The root key. More shards than are needed are all checked. Names the shard that is wrong rather than going on without
 * it. `expected` is the fingerprint of the root key that is needed, where that is known.
 *
 * Throws ShardDamaged, ShardOfAnotherRootKey, ShardsMixed, ShardMisfit, ShardsTooFew.
 */
export async function joinShards(texts: readonly string[], expected?: string): Promise<RootKey> {
  const shards = texts.map((text, at) => parseShard(text, at + 1))
  for (const shard of shards) ofRootKey(shard, expected ?? shard.rootKeyFingerprint)
  const [first] = shards
  if (!first) throw ShardsTooFew({ given: 0, needed: 2, missing: 2 })
  for (const shard of shards) fits(shard, first)

  const given = withoutRepetitions(shards)
  const missing = first.threshold - given.length
  if (missing > 0) throw ShardsTooFew({ given: given.length, needed: first.threshold, missing })
  return await combineAll(given, first)
}

/**
 * One text. White space, capitals and lines that begin with `#` do not matter. `position` names a shard whose own
 * number cannot be read. Throws ShardDamaged.
 */
export function parseShard(text: string, position: number): Shard {
  const { lines, checksum, complaint } = readLines(text)
  const damaged = (reason: string) =>
    ShardDamaged({
      shard: nameOf(text, lines, checksum) ?? `no. ${position} of those given`,
      reason,
    })
  if (complaint !== undefined) throw damaged(complaint)
  if (!hasAll(lines) || checksum === undefined)
    throw damaged(`its line ${missingName(lines)} is missing`)
  if (lines.format !== format) throw damaged(`it is no ${format}`)
  if (checksumOf(lines) !== checksum) throw damaged('its checksum does not match')
  const shard = toShard(lines)
  if (!shard) throw damaged('what it says of itself cannot be')
  return shard
}

function printShard(shard: Shard): string {
  const lines: Lines = {
    format,
    set: shard.setId,
    shard: String(shard.index),
    threshold: String(shard.threshold),
    shares: String(shard.shares),
    'root-key': shard.rootKeyFingerprint,
    'made-at': `${shard.madeAt.toISOString().slice(0, 19)}Z`.toLowerCase(),
    payload: Buffer.from(shard.payload).toString('hex'),
  }
  return [
    `# Holdfast: shard ${shard.index} of ${shard.shares} of the root key. Any ${shard.threshold} of them restore it.`,
    '# Keep each in another place, offline, and none on the machine they are of.',
    '# holdfast operator restore asks for them. Lines like this one need not be typed.',
    ...names.map((name) => `${name}: ${shown(name, lines[name])}`),
    `checksum: ${inGroups(checksumOf(lines))}`,
    '',
  ].join('\n')
}

const shown = (name: Name, value: string): string => {
  if (name === 'payload') return inGroups(value)
  return name === 'made-at' ? value.toUpperCase() : value
}

const inGroups = (hex: string): string => hex.match(/.{1,4}/g)?.join(' ') ?? ''

const checksumOf = (lines: Lines): string =>
  Buffer.from(
    sha256(names.map((name) => `${name}:${lines[name]}\n`).join('')).subarray(0, checksumBytes),
  ).toString('hex')

interface Read {
  readonly lines: Partial<Record<Name, string>>
  readonly checksum: string | undefined
  readonly complaint: string | undefined
}

function readLines(text: string): Read {
  const lines: Partial<Record<Name, string>> = {}
  let checksum: string | undefined
  let complaint: string | undefined
  for (const raw of text.toLowerCase().split('\n')) {
    const line = raw.replace(/\s+/g, '')
    if (line === '' || line.startsWith('#')) continue
    const colon = line.indexOf(':')
    const key = line.slice(0, Math.max(colon, 0))
    const value = line.slice(colon + 1)
    const name = names.find((known) => known === key)
    if (name && lines[name] === undefined) lines[name] = value
    else if (key === 'checksum' && checksum === undefined) checksum = value
    else
      complaint ??=
        name || key === 'checksum'
          ? `it has two lines ${key}`
          : 'it has a line that is none of a shard'
  }
  return { lines, checksum, complaint }
}

const hasAll = (lines: Partial<Record<Name, string>>): lines is Lines =>
  names.every((name) => lines[name] !== undefined)

const missingName = (lines: Partial<Record<Name, string>>): string =>
  names.find((name) => lines[name] === undefined) ?? 'checksum'

/**
 * Which shard a damaged text is of. When the number itself is what was altered, the checksum still knows which one it
 * was: there are 16.
 */
function nameOf(
  text: string,
  lines: Partial<Record<Name, string>>,
  checksum: string | undefined,
): string | undefined {
  for (let index = 1; index <= maxShards; index += 1) {
    const tried = { ...lines, shard: String(index) }
    if (hasAll(tried) && checksumOf(tried) === checksum) return tried.shard
  }
  return /shard:\s*(1[0-6]|[1-9])(?!\d)/i.exec(text)?.[1]
}

/** Undefined when a value is none of ours: the checksum was right, so somebody else wrote it. */
function toShard(lines: Lines): Shard | undefined {
  const counts = [lines.shard, lines.threshold, lines.shares].map((value) =>
    /^([1-9]|1[0-6])$/.test(value) ? Number(value) : 0,
  )
  const [index = 0, threshold = 0, shares = 0] = counts
  const madeAt = new Date(lines['made-at'].toUpperCase())
  const payload = new Uint8Array(Buffer.from(lines.payload, 'hex'))
  const isShard =
    lines.format === format &&
    /^[0-9a-f]{8}$/.test(lines.set) &&
    index >= 1 &&
    threshold >= 2 &&
    index <= shares &&
    threshold <= shares &&
    /^[0-9a-f]{32}$/.test(lines['root-key']) &&
    /^\d{4}-\d\d-\d\dt\d\d:\d\d:\d\dz$/.test(lines['made-at']) &&
    !Number.isNaN(madeAt.getTime()) &&
    /^[0-9a-f]+$/.test(lines.payload) &&
    payload.length === payloadBytes &&
    payload.at(-1) !== 0
  if (!isShard) return undefined
  const fingerprint = lines['root-key']
  return {
    setId: lines.set,
    index,
    threshold,
    shares,
    rootKeyFingerprint: fingerprint,
    madeAt,
    payload,
  }
}

function ofRootKey(shard: Shard, expected: string): void {
  if (shard.rootKeyFingerprint === expected) return
  throw ShardOfAnotherRootKey({ shard: shard.index, given: shard.rootKeyFingerprint, expected })
}

/** What one splitting says of all its shards. Two sets of one root key do not mix either. */
function fits(shard: Shard, first: Shard): void {
  ofRootKey(shard, first.rootKeyFingerprint)
  const isSame =
    shard.setId === first.setId &&
    shard.threshold === first.threshold &&
    shard.shares === first.shares &&
    shard.madeAt.getTime() === first.madeAt.getTime()
  if (!isSame)
    throw ShardsMixed({
      shard: shard.index,
      set: shard.setId,
      otherShard: first.index,
      otherSet: first.setId,
    })
}

/** The same shard twice counts once; two that claim one number, or one place on the curve, do not. */
function withoutRepetitions(shards: readonly Shard[]): readonly Shard[] {
  const kept: Shard[] = []
  for (const shard of shards) {
    const same = kept.find(({ index }) => index === shard.index)
    if (same && constantTimeEqual(same.payload, shard.payload)) continue
    if (same || kept.some(({ payload }) => payload.at(-1) === shard.payload.at(-1)))
      throw ShardMisfit({ shards: String(shard.index) })
    kept.push(shard)
  }
  return kept
}

/**
 * The first `threshold` of them that give the key with the fingerprint all of them name; then every other one must
 * give it too. At most 12,870 tries.
 */
async function combineAll(given: readonly Shard[], first: Shard): Promise<RootKey> {
  for (const chosen of choose(given, first.threshold)) {
    const rootKey = await combineTo(chosen, first.rootKeyFingerprint)
    if (!rootKey) continue
    const misfits: number[] = []
    for (const shard of given) {
      if (chosen.includes(shard)) continue
      const fitsIn = await combineTo([shard, ...chosen.slice(1)], first.rootKeyFingerprint)
      if (!fitsIn) misfits.push(shard.index)
    }
    if (misfits.length > 0) throw ShardMisfit({ shards: misfits.join(', ') })
    return rootKey
  }
  throw ShardMisfit({
    shards: `${given.map(({ index }) => index).join(', ')} (at least one of them)`,
  })
}

async function combineTo(
  shards: readonly Shard[],
  fingerprint: string,
): Promise<RootKey | undefined> {
  const key = await combine(shards.map(({ payload }) => payload))
  const text = Buffer.from(key).toString('base64')
  key.fill(0)
  const rootKey = loadRootKey({ reveal: () => text })
  return rootKeyFingerprint(rootKey) === fingerprint ? rootKey : undefined
}

function* choose<T>(from: readonly T[], count: number): Generator<readonly T[]> {
  if (count === 0) yield []
  for (const [at, one] of from.entries()) {
    if (from.length - at < count) return
    if (count > 0) for (const rest of choose(from.slice(at + 1), count - 1)) yield [one, ...rest]
  }
}
