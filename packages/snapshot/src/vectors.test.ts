import { createDecipheriv, createHash, pbkdf2Sync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { make, readAll, type Things } from './testing/memory.ts'

// docs/formats/hfsnap.md. These files are forever: what they hold is read by every later version.

const things: Things = [
  ['auth.sites', 'Acme', [{ name: 'berlin', description: 'Zürich' }]],
  ['network.nodes', 'Acme', [{ name: 'gw-1', site: 'berlin' }]],
]
const passphrase = 'correct horse battery staple'
const protection = { kind: 'passphrase', passphrase } as const
const salt = new Uint8Array(16).map((_, at) => at)
const file = (name: string) => new URL(`../vectors/${name}.hfsnap`, import.meta.url)

test.each(['v1', 'v2', 'open'] as const)('%s opens', async (name) => {
  const bytes = new Uint8Array(readFileSync(file(name)))
  expect(await readAll(bytes, protection)).toEqual(things)
})

test.each([
  ['v1', 100_000],
  ['v2', 600_000],
] as const)('%s by the words of the page alone', (name, iterations) => {
  const bytes = readFileSync(file(name))
  const length = bytes.readUInt32BE(0)
  const header = bytes.subarray(4, 4 + length)
  const payload = bytes.subarray(4 + length)
  const read = JSON.parse(header.toString()) as Record<string, string>
  const sum = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')
  expect(read['header_checksum']).toBe(sum(header.subarray(86)))
  expect(read['checksum']).toBe(sum(payload))
  expect(read['kdf']).toBe(`${name}:${iterations}:AAECAwQFBgcICQoLDA0ODw==`)
  const key = pbkdf2Sync(passphrase, salt, iterations, 32, 'sha256')
  const open = createDecipheriv('aes-256-gcm', key, Buffer.from(read['nonce'] ?? '', 'base64'))
  open.setAAD(Buffer.concat([bytes.subarray(0, 4), header.subarray(164)]))
  open.setAuthTag(payload.subarray(-16))
  const stored = Buffer.concat([open.update(payload.subarray(0, -16)), open.final()])
  expect(gunzipSync(stored).toString().split('\n')).toEqual([
    '{"section":"auth.sites","organization":"Acme"}',
    '{"record":{"name":"berlin","description":"Zürich"}}',
    '{"section":"network.nodes","organization":"Acme"}',
    '{"record":{"name":"gw-1","site":"berlin"}}',
    '{"end":true,"records":2}',
    '',
  ])
})

test('one without compression and encryption shows what it is made of', async () => {
  const bytes = Buffer.from(await make(things, { isCompressed: false }))
  const page = readFileSync(new URL('../../../docs/formats/hfsnap.md', import.meta.url), 'utf8')
  const shown = /<!-- vector: plain -->\n```\n([\s\S]*?)\n```/.exec(page)?.[1]
  expect(shown).toBe(bytes.subarray(4).toString().replace('}{"section"', '}\n{"section"').trimEnd())
})
