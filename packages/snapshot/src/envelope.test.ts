import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { DomainError } from '@holdfast/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SnapshotKey } from './protection.ts'
import { newPassphraseFormat } from './protection.ts'
import { linesOf, make, manifestOf, readAll, type Things } from './testing/memory.ts'

const things: Things = [
  ['auth.sites', 'Acme', [{ name: 'berlin' }, { name: 'Zürich 😀' }]],
  ['network.nodes', 'Acme', [{ name: 'gw-1', site: 'berlin' }]],
  ['auth.sites', 'Other', [{ name: 'paris' }]],
]
const instance = {
  kind: 'instance_key',
  key: new Uint8Array(32).fill(7),
  keyId: 'k-1',
  keyOwner: '01930000-0000-7000-8000-000000000002',
} as const

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'taken'
  } catch (error) {
    if (error instanceof DomainError) return error.code
    throw error
  }
}
const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'taken',
    (error: Error) => error.message,
  )

describe('round trips', () => {
  test.each([true, false])('in the clear, compressed: %s', async (isCompressed) => {
    expect(await readAll(await make(things, { isCompressed }))).toEqual(things)
  })

  test('sealed with a passphrase, however its accents are typed', async () => {
    const protection = { kind: 'passphrase', passphrase: 'caf\u00e9 horse battery' } as const
    const bytes = await make(things, { protection })
    const key: SnapshotKey = { kind: 'passphrase', passphrase: 'cafe\u0301 horse battery' }
    expect(await readAll(bytes, key)).toEqual(things)
    expect(await codeOf(readAll(bytes))).toBe('backup.passphrase_needed')
    const other: SnapshotKey = { kind: 'passphrase', passphrase: 'horse' }
    expect(await codeOf(readAll(bytes, other))).toBe('backup.snapshot_sealed')
    expect(Buffer.from(bytes).includes('gw-1')).toBe(false)
    expect(Buffer.from(bytes).includes('"kdf":"v2:600000:')).toBe(true)
  })

  test('sealed with the key of the instance', async () => {
    const bytes = await make(things, { protection: instance })
    expect(await readAll(bytes, instance)).toEqual(things)
    const other: SnapshotKey = { kind: 'instance_key', key: new Uint8Array(32) }
    expect(await codeOf(readAll(bytes, other))).toBe('backup.snapshot_sealed')
  })

  test('whatever the records are', async () => {
    const record = fc.dictionary(
      fc.string({ maxLength: 20 }).filter((name) => name !== '__proto__'),
      fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 50 }),
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.constant(null),
      ),
    )
    const sections = fc.uniqueArray(
      fc.tuple(
        fc.constantFrom('auth.sites', 'auth.users', 'network.nodes'),
        fc.constantFrom('Acme', 'Other', 'Dritte Ü'),
        fc.array(record, { minLength: 1, maxLength: 30 }),
      ),
      { selector: ([contributor, organization]) => `${contributor} ${organization}` },
    )
    await fc.assert(
      fc.asyncProperty(
        sections,
        fc.boolean(),
        fc.boolean(),
        async (given, isSealed, isCompressed) => {
          const protection = isSealed ? instance : ({ kind: 'none' } as const)
          const bytes = await make(given, { protection, isCompressed })
          expect(await readAll(bytes, isSealed ? instance : undefined)).toEqual(
            // A null and its absence are told apart, and so is the order.
            JSON.parse(JSON.stringify(given)),
          )
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('damage', () => {
  const cases = [
    ['in the clear', { protection: { kind: 'none' } }, undefined],
    ['sealed', { protection: instance }, instance],
  ] as const

  test.each(cases)('every bit flipped, %s', async (_, making, key) => {
    const bytes = await make(things, making)
    for (let at = 0; at < bytes.length; at++) {
      const altered = bytes.slice()
      altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8))
      const code = await codeOf(readAll(altered, key))
      expect
        .soft(['backup.snapshot_damaged', 'backup.not_a_snapshot'], `byte ${at}`)
        .toContain(code)
    }
  })

  test.each(cases)('cut anywhere, or with something behind it, %s', async (_, making, key) => {
    const bytes = await make(things, making)
    for (let length = 0; length < bytes.length; length++) {
      const code = await codeOf(readAll(bytes.slice(0, length), key))
      expect.soft(['backup.snapshot_damaged', 'backup.not_a_snapshot'], `${length}`).toContain(code)
    }
    const longer = new Uint8Array([...bytes, 0])
    expect(await codeOf(readAll(longer, key))).toBe('backup.snapshot_damaged')
  })

  test('a sealed header cannot be altered by who can count checksums', async () => {
    const bytes = Buffer.from(await make(things, { protection: instance }))
    const at = bytes.indexOf('"Other"')
    bytes.write('"Outer"', at)
    const length = bytes.readUInt32BE(0)
    const sum = createHash('sha256')
      .update(bytes.subarray(4 + 86, 4 + length))
      .digest('hex')
    bytes.write(sum, 4 + 20)
    expect(await codeOf(readAll(bytes, instance))).not.toBe('taken')
  })
})

describe('lies', () => {
  const lie = (making: Parameters<typeof make>[1]) => async () =>
    await messageOf(readAll(await make(things, making)))
  const manifest = manifestOf(things)
  const lines = linesOf(things)
  const more = (text: string) => ({ content: Buffer.from(text) })

  test('about how much is in it', async () => {
    expect(await lie({ facts: { contentBytes: 10 } })()).toContain('more in it')
    expect(await lie({ facts: { contentBytes: 9_999 } })()).toContain('less in it')
    expect(await lie({ facts: { contentBytes: 2 ** 40 } })()).toContain('larger than 10 MiB')
    expect(await lie({ facts: { contentBytes: 9 * 2 ** 20 } })()).toContain('1/250')
  })

  test('a bomb is let go early', async () => {
    const content = Buffer.alloc(64 * 2 ** 20, 'x')
    const before = process.memoryUsage().rss
    expect(await lie({ content })()).toContain('larger than 10 MiB')
    const facts = { contentBytes: 5 * 2 ** 20 }
    expect(await lie({ content, facts })()).toMatch(/too long|more in it/)
    expect(await lie({ content, facts: { contentBytes: 2 ** 20 } })()).toMatch(
      /too long|more in it/,
    )
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20)
  })

  test('about what is in it', async () => {
    const less = { ...manifest, sections: manifest.sections.slice(1) }
    expect(await lie({ facts: { manifest: less } })()).toContain('not the section')
    const [first, ...others] = manifest.sections
    if (!first) throw new Error('no section')
    const fewer = { ...manifest, sections: [{ ...first, records: 1 }, ...others] }
    expect(await lie({ facts: { manifest: fewer } })()).toContain('does not have')
    const longer = { ...manifest, sections: [{ ...first, records: 3 }, ...others] }
    expect(await lie({ facts: { manifest: longer } })()).toContain('are missing before line')
    const swapped = { ...manifest, sections: [...others, first] }
    expect(await lie({ facts: { manifest: swapped } })()).toContain('not the section')
    const twice = { ...manifest, sections: [...manifest.sections, first] }
    expect(await lie({ facts: { manifest: twice } })()).toContain('one twice')
    const foreign = { ...manifest, sections: [{ ...first, organization: 'Evil' }] }
    expect(await lie({ facts: { manifest: foreign } })()).toContain('not among the organizations')
  })

  test.each([
    ['no end', lines.split('\n').slice(0, -2).join('\n').concat('\n'), 'ends too early'],
    ['more behind the end', `${lines}{"record":{}}\n`, 'follows its end'],
    ['a cut line', lines.slice(0, -1), 'cut'],
    ['another count', lines.replace('"records":4', '"records":5'), 'counts other'],
    ['a name twice', lines.replace('"site":"berlin"', '"name":"x"'), 'a name twice'],
    ['a prototype', lines.replace('"site":"berlin"', '"__proto__":{"x":1}'), '__proto__'],
    ['a record in disguise', lines.replace('{"name":"paris"}', '{},"section":{}'), 'after the end'],
    ['depth', lines.replace('"berlin"', `${'['.repeat(99)}${']'.repeat(99)}`), 'too deep'],
    ['a list as record', lines.replace('{"name":"paris"}', '[]'), 'is no record'],
    ['half a surrogate pair', lines.replace('paris', String.raw`\ud800`), 'surrogate'],
    ['a long line', lines.replace('paris', randomBytes(2 ** 20).toString('hex')), 'too long'],
  ])('in a line: %s', async (_, content, said) => {
    expect(await lie(more(content))()).toContain(said)
  })

  test('bytes that are no text', async () => {
    const content = Buffer.from(lines)
    content[content.indexOf('paris')] = 0xff
    expect(await lie({ content })()).toContain('not UTF-8')
  })

  test('a second gzip stream, or rubbish, behind the first', async () => {
    const content = Buffer.from(lines)
    const tail = Buffer.concat([gzipSync(content), Buffer.from('rubbish')])
    const bytes = await make(things, {
      isCompressed: false,
      content: tail,
      facts: { isCompressed: true, contentBytes: content.length },
    })
    expect(await messageOf(readAll(bytes))).toMatch(/follows|broken/)
    const two = Buffer.concat([gzipSync(content), gzipSync('x')])
    const second = await make(things, {
      isCompressed: false,
      content: two,
      facts: { isCompressed: true, contentBytes: content.length },
    })
    expect(await messageOf(readAll(second))).toMatch(/more in it/)
  })

  test.each([
    ['control characters', 'Ac\u0000me'],
    ['a line break', 'Ac\nme'],
    ['too long', 'A'.repeat(129)],
    ['empty', ''],
  ])('names of organizations: %s', async (_, name) => {
    const hostile: Things = [['auth.sites', name, [{ name: 'x' }]]]
    expect(await codeOf(make(hostile).then((bytes) => readAll(bytes)))).toBe(
      'backup.snapshot_damaged',
    )
  })

  test('headers of a gigabyte', async () => {
    const bytes = await make(things)
    new DataView(bytes.buffer).setUint32(0, 2 ** 30)
    expect(await messageOf(readAll(bytes))).toContain('1 MiB')
  })
})

describe('versions and keys', () => {
  /** With another text in the header and all checksums right. */
  const rewritten = async (from: string | RegExp, to: string, protection = instance as never) => {
    const bytes = Buffer.from(await make(things, { protection }))
    const length = bytes.readUInt32BE(0)
    const header = bytes.subarray(4, 4 + length).toString()
    const other = header.replace(from, to)
    expect(other).not.toBe(header)
    const payload = bytes.subarray(4 + length)
    const rest = Buffer.from(other)
    rest.write(createHash('sha256').update(rest.subarray(86)).digest('hex'), 20)
    const size = Buffer.alloc(4)
    size.writeUInt32BE(rest.length)
    return await messageOf(readAll(Buffer.concat([size, rest, payload]), instance))
  }

  test.each([
    ['"format":"2.0"', '"format":"3.0"', 'Format 3.0 is not known'],
    ['"kind":"snapshot"', '"kind":"full"', 'kind must be'],
    ['"version":', '"x":1,"version":', 'The header field x'],
    ['"version":', '"version":"1","version":', 'a name twice'],
    ['aes-256-gcm', 'aes-256-cbc', 'The cipher aes-256-cbc'],
    ['"manifest":{', '"manifest":{"x":1,', 'manifest.x'],
    ['hkdf:', 'v3:600000:', 'The key format'],
    ['hkdf:', 'v2:599999:', '599999 iterations'],
    ['hkdf:', 'v2:10000001:', '10000001 iterations'],
    ['hkdf:', 'v1:600000:', '600000 iterations'],
    ['hkdf:', 'v2:0600000:', 'malformed'],
    ['hkdf:', 'v2:4294967296600000:', 'malformed'],
    ['hkdf:', 'v2:600000:', 'goes with the key of an instance'],
    [/"key_id":"k-1",/, '', 'goes with the key of an instance'],
    [/"nonce":"[^"]*"/, '"nonce":"AAAA"', '12 bytes'],
    ['"is_encrypted":true', '"is_encrypted":false', 'belongs to an encrypted one'],
    ['"is_encrypted":true', '"is_encrypted":1', 'true or false'],
    ['"created_at":"2026-11-21', '"created_at":"2026-31-41', 'is no time'],
    ['"payload_bytes":', '"payload_bytes":1', 'another length'],
    ['"major":1', '"major":-1', 'major must be'],
  ])('%s as %s', async (from, to, said) => {
    expect(await rewritten(from, to)).toContain(said)
  })

  test('what may be left alone is', async () => {
    expect(await rewritten('"version":', '"x_later":{"a":[1]},"version":')).toContain(
      'does not open', // known to be fine by the parser; the encryption knows better
    )
    const none = { kind: 'none' } as never
    expect(await rewritten('"version":', '"x_later":{"a":[1]},"version":', none)).toBe('taken')
  })

  test('new ones ask for 600,000 iterations and a salt of their own', () => {
    const one = newPassphraseFormat()
    expect(one).toMatchObject({ version: 2, iterations: 600_000 })
    expect(one.salt).toHaveLength(16)
    expect(one.salt).not.toEqual(newPassphraseFormat().salt)
  })
})

test('an organization as auth takes it is taken: counted by characters, with a long description', async () => {
  const name = '\u{1f9ed}'.repeat(128)
  const things: Things = [['auth.sites', name, [{ name: 'x' }]]]
  const organizations = [{ name, description: 'd'.repeat(2000) }]
  const manifest = { ...manifestOf(things), organizations }
  expect(await codeOf(make(things, { facts: { manifest } }).then((b) => readAll(b)))).toBe('taken')
})

test('more records than anybody should be told of are refused by the header', async () => {
  const things: Things = [['auth.sites', 'Acme', [{ name: 'x' }]]]
  const [section] = manifestOf(things).sections
  const sections = [{ ...section, records: 1_000_001 }] as never
  const manifest = { ...manifestOf(things), sections }
  expect(await messageOf(make(things, { facts: { manifest } }).then((b) => readAll(b)))).toContain(
    'more than 1000000 records',
  )
})

describe('what is no snapshot is told by its beginning', () => {
  const tar = Buffer.alloc(512)
  tar.write('ustar', 257)
  test.each([
    ['nothing', Buffer.alloc(0), 'empty'],
    ['JSON', Buffer.from('{"organizations":[]}'), 'plain JSON'],
    ['JSON with space before', Buffer.from('\ufeff \n[1]'), 'plain JSON'],
    ['gzip', gzipSync('x'), 'This is gzip'],
    ['zip', Buffer.from('PK\u0003\u0004'), 'zip'],
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]), 'zstd'],
    ['age', Buffer.from('age-encryption.org/v1\n'), 'age'],
    ['tar', tar, 'full backup'],
    ['.fsdn', Buffer.from('\0\0\0\u0050{"backup_id":"1","checksum":"x","version":"2.0"}'), '.fsdn'],
    ['anything', Buffer.from('hello, world'), 'beginning'],
  ])('%s', async (_, bytes, said) => {
    expect(await codeOf(readAll(bytes))).toBe('backup.not_a_snapshot')
    expect(await messageOf(readAll(bytes))).toContain(said)
  })

  test('a file larger than the bound', async () => {
    const large: Things = [['auth.sites', 'Acme', [{ name: 'x'.repeat(5000) }]]]
    const bytes = await make(large, { isCompressed: false })
    expect(await codeOf(readAll(bytes, undefined, 4096))).toBe('backup.import_too_large')
  })
})
