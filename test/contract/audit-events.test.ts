import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { signingKeyCodec } from '../../services/audit/src/codecs/signing-key-codec.ts'
import type { SigningKeyEvent } from '../../services/audit/src/domain/signing-key.ts'

// As in network-events.test.ts: bytes of every schema ever published, never edited or removed.

const directory = join(import.meta.dirname, 'events/audit')

interface Frozen {
  readonly type: string
  readonly schema: number
  /** Base64. */
  readonly data: string
  /** What it means today, bytes as `{ "$bytes": base64 }`. */
  readonly event: object
}

const events: readonly SigningKeyEvent[] = [
  { type: 'SigningKeyIntroduced', publicKey: new Uint8Array(32).fill(1) },
  {
    type: 'SigningKeyRotated',
    statement: new Uint8Array(Buffer.from('holdfast-key-rotation/v1\n…\n')),
    signature: new Uint8Array(64).fill(3),
    newPublicKey: new Uint8Array(32).fill(2),
  },
]

const plain = (event: unknown): object =>
  JSON.parse(
    JSON.stringify(event, (_, value: unknown) =>
      value instanceof Uint8Array ? { $bytes: Buffer.from(value).toString('base64') } : value,
    ),
  )

const fileOf = ({ type, schema }: { readonly type: string; readonly schema: number }) =>
  join(directory, `${type}.v${schema}.json`)

if (process.env['UPDATE_FIXTURES']) {
  mkdirSync(directory, { recursive: true })
  for (const event of events) {
    const { type, schema, data } = signingKeyCodec.encode(event)
    const path = fileOf({ type, schema })
    if (existsSync(path)) continue
    const frozen = { type, schema, data: Buffer.from(data).toString('base64'), event: plain(event) }
    writeFileSync(path, `${JSON.stringify(frozen, null, 2)}\n`)
  }
}

test.each(readdirSync(directory).sort())('%s is still read as it was meant', (file) => {
  const frozen: Frozen = JSON.parse(readFileSync(join(directory, file), 'utf8'))
  const stored = { ...frozen, data: new Uint8Array(Buffer.from(frozen.data, 'base64')) }
  expect(plain(signingKeyCodec.decode(stored))).toMatchObject(frozen.event)
})

test.each(events)('$type is written as published', (event) => {
  const { type, schema, data } = signingKeyCodec.encode(event)
  const frozen: Frozen = JSON.parse(readFileSync(fileOf({ type, schema }), 'utf8'))
  expect(Buffer.from(data).toString('base64')).toBe(frozen.data)
  expect(signingKeyCodec.decode({ type, schema, data })).toEqual(event)
})

test('a schema this release does not know is refused, not skipped', () => {
  const stored = { type: 'SigningKeyRotated', schema: 2, data: new Uint8Array() }
  expect(() => signingKeyCodec.decode(stored)).toThrow(/not known here/)
})
