import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { DomainError } from '@holdfast/errors'
import {
  type HeaderFacts,
  type Manifest,
  openSnapshot,
  recordLine,
  sectionLine,
} from '@holdfast/snapshot'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { inspectTask, type Page, readTask } from './read-task.ts'
import { sealTask } from './seal-task.ts'

// The tasks of the work thread, called as it calls them.

let root: string
let directory: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-snapshot-'))
})
afterAll(() => rmSync(root, { recursive: true }))
beforeEach(() => {
  directory = mkdtempSync(join(root, 'job-'))
})

const limits = { maxBytes: 64 * 1024 * 1024 }
const log = { info() {}, warn() {}, error() {} }
/** The first page that is asked tells what a task did until then. */
const context = <A extends Record<string, (value: never) => unknown>>(answers: A) => ({
  signal: new AbortController().signal,
  progress: () => undefined as never,
  // as: the answers given are those the task asks
  ask: (async (name: keyof A, value: never) => await answers[name]?.(value)) as never,
  log,
})
const silent = context({})

const manifest = (counts: readonly (readonly [string, string, number])[]): Manifest => ({
  lineageId: '01930000-0000-7000-8000-000000000001',
  rootKeyFingerprint: '0123456789abcdef0123456789abcdef',
  sequence: 42n,
  contents: { devices: true, users: false, automation: true },
  organizations: [...new Set(counts.map(([, name]) => name))].map((name) => ({
    name,
    description: '',
  })),
  contributors: [...new Set(counts.map(([name]) => name))].map((name) => ({
    name,
    major: 1,
    minor: 0,
    domain: 'core',
    after: [],
  })),
  sections: counts.map(([contributor, organization, records]) => ({
    contributor,
    organization,
    records,
    sequence: 42n,
  })),
})

interface Made {
  readonly path: string
  readonly bytes: Buffer
  readonly steps: readonly number[]
}

async function made(
  counts: readonly (readonly [string, string, number])[],
  more: {
    readonly passphrase?: string
    readonly key?: Uint8Array
    readonly isCompressed?: boolean
    readonly lines?: string
  } = {},
): Promise<Made> {
  let at = 0
  const lines =
    more.lines ??
    [
      ...counts.map(
        ([contributor, organization, records]) =>
          sectionLine(contributor, organization) +
          Array.from({ length: records }, () =>
            recordLine(JSON.stringify({ name: `n-${at++}`, note: 'the same again and again' })),
          ).join(''),
      ),
      `${JSON.stringify({ end: true, records: counts.reduce((sum, [, , n]) => sum + n, 0) })}\n`,
    ].join('')
  const contentPath = join(directory, 'content.jsonl')
  writeFileSync(contentPath, lines)
  const facts: HeaderFacts = {
    backupId: '01930000-0000-7000-8000-0000000000aa',
    createdAt: '2026-11-21T21:00:00.000Z',
    version: '0.1.0',
    isCompressed: more.isCompressed ?? true,
    contentBytes: Buffer.byteLength(lines),
    manifest: manifest(counts),
  }
  const steps: number[] = []
  const path = join(directory, 'made.hfsnap')
  await sealTask(
    {
      contentPath,
      storedPath: join(directory, 'content.gz'),
      path,
      facts,
      protection: more.passphrase
        ? { kind: 'passphrase', passphrase: more.passphrase }
        : more.key
          ? { kind: 'instance_key', key: more.key, keyId: 'k', keyOwner: facts.backupId }
          : { kind: 'none' },
    },
    context({ reached: (step: number) => void steps.push(step) }),
  )
  return { path, bytes: readFileSync(path), steps }
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'taken'
  } catch (error) {
    if (error instanceof DomainError) return error.code
    throw error
  }
}

test('what is sealed is read back, page by page, from wherever it is gone on with', async () => {
  const key = new Uint8Array(randomBytes(32))
  const counts = [
    ['auth.sites', 'Acme', 450],
    ['network.nodes', 'Acme', 3],
    ['auth.sites', 'Other', 201],
  ] as const
  const { path, steps } = await made(counts, { key })
  expect(steps).toEqual([50, 60])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const instance = { kind: 'instance_key', key } as const
  const pages = async (from: number, wanted = [true, true, true]) => {
    const found: Page[] = []
    const wish = { path, limits, key: instance, wanted, from }
    const { records } = await readTask(
      wish,
      context({ page: (page: Page) => void found.push(page) }),
    )
    expect(records).toBe(654)
    return found.map(({ section, first, place, records: lines }) => [
      section,
      first,
      place,
      lines.length,
    ])
  }
  const whole = [
    [0, 0, 0, 200],
    [0, 200, 200, 200],
    [0, 400, 400, 50],
    [1, 0, 450, 3],
    [2, 0, 453, 200],
    [2, 200, 653, 1],
  ]
  expect(await pages(0)).toEqual(whole)
  expect(await pages(400)).toEqual(whole.slice(2))
  expect(await pages(453)).toEqual(whole.slice(4))
  expect(await pages(0, [false, true, false])).toEqual([whole[3]])
  const { header, bytes, headerJson } = await inspectTask({ path, limits }, silent)
  expect(header.manifest.sections.map(({ records }) => records)).toEqual([450, 3, 201])
  expect(bytes).toBe(statSync(path).size)
  expect(JSON.parse(headerJson)).toMatchObject({ format: '2.0', is_encrypted: true })
})

test('what could not be read anywhere is not made', async () => {
  const counts = [['auth.sites', 'Acme', 1]] as const
  const bad = `${sectionLine('auth.sites', 'Acme')}${recordLine('{"a":1,"a":2}')}{"end":true,"records":1}\n`
  expect(await codeOf(made(counts, { lines: bad }))).toBe('backup.snapshot_damaged')
})

test('without encryption the payload is what stock gzip opens', async () => {
  const { bytes } = await made([['auth.sites', 'Acme', 5]])
  const payload = bytes.subarray(4 + bytes.readUInt32BE(0))
  expect(gunzipSync(payload).toString()).toContain('"name":"n-4"')
})

/** Reads all of it, as an import does before it writes; nothing may ever be handed out of what is not good. */
async function taken(path: string, key?: Uint8Array, maxBytes = limits.maxBytes): Promise<unknown> {
  const file = { path, limits: { maxBytes } }
  await inspectTask(file, silent)
  const wish = { ...file, key: key && ({ kind: 'instance_key', key } as const) }
  return await readTask(wish, silent)
}

describe('a file that is not as it was made', () => {
  const refused = ['backup.snapshot_damaged', 'backup.not_a_snapshot']

  test.each(['clear', 'sealed'])('every byte flipped, %s', async (kind) => {
    const key = kind === 'sealed' ? new Uint8Array(32).fill(3) : undefined
    const { path, bytes } = await made([['auth.sites', 'Acme', 2]], key ? { key } : {})
    let said = new Set<string>()
    for (let at = 0; at < bytes.length; at++) {
      const altered = Buffer.from(bytes)
      altered[at] = (altered[at] ?? 0) ^ 0xff
      writeFileSync(path, altered)
      const error = await taken(path, key).then(
        () => undefined,
        (thrown: DomainError) => thrown,
      )
      expect.soft(refused, `byte ${at}`).toContain(error?.code)
      said = said.add(`${error?.details['what'] ?? error?.message}`)
    }
    // The cause has a name.
    expect([...said].every((words) => words.length > 10)).toBe(true)
  })

  test('every truncation', async () => {
    const { path, bytes } = await made([['auth.sites', 'Acme', 2]])
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length))
      expect.soft(refused, `${length} bytes`).toContain(await codeOf(taken(path)))
    }
  })

  test('a bomb within and a giant without are refused in bounded memory', async () => {
    const { path, bytes } = await made([['auth.sites', 'Acme', 2]])
    const length = bytes.readUInt32BE(0)
    const bomb = gzipSync(Buffer.alloc(96 * 1024 * 1024, 'x'))
    const header = JSON.parse(bytes.subarray(4, 4 + length).toString()) as Record<string, unknown>
    const { createHash } = await import('node:crypto')
    const sum = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')
    const lying = (content: number): Buffer => {
      const rest = { ...header, payload_bytes: bomb.length, content_bytes: content }
      const text = Buffer.from(JSON.stringify({ ...rest, checksum: sum(bomb) }))
      text.write(sum(text.subarray(86)), 20)
      const size = Buffer.alloc(4)
      size.writeUInt32BE(text.length)
      return Buffer.concat([size, text, bomb])
    }
    const before = process.memoryUsage().rss
    for (const content of [100, 1024 * 1024, 60 * 1024 * 1024, 2 ** 40]) {
      writeFileSync(path, lying(content))
      expect(['backup.snapshot_damaged', 'backup.import_too_large']).toContain(
        await codeOf(taken(path)),
      )
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024)
    writeFileSync(path, bytes)
    expect(await codeOf(taken(path, undefined, 100))).toBe('backup.import_too_large')
  })
})

test('a header is believed by whoever made it and by nobody after', async () => {
  const { path } = await made([['auth.sites', 'Acme', 1]], { passphrase: 'correct horse battery' })
  const bytes = readFileSync(path)
  const source = {
    size: bytes.length,
    read: async (at: number, length: number) => bytes.subarray(at, at + length),
  }
  const { header } = await openSnapshot(source, limits)
  expect(header.encryption?.format).toMatchObject({
    kind: 'pbkdf2',
    version: 2,
    iterations: 600_000,
  })
})
