import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ArchivedCommit, openArchive, scanArchive } from '@holdfast/archive'
import {
  generateAgePair,
  generateRootKey,
  loadRootKey,
  rootKeyFingerprint,
  splitRootKey,
} from '@holdfast/crypto'
import { DomainError } from '@holdfast/errors'
import { verifyRestored } from '@holdfast/event-log'
import { openStorage, type Storage, surroundingsOf } from '@holdfast/storage'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBundleSource } from './bundle-source.ts'
import { openCopySource } from './copy/copy-source.ts'
import { keyFrom } from './key.ts'
import { placed } from './log-facts.ts'
import { planInstance, type RestoreOptions, restoreInstance } from './restore.ts'
import type { BackupSource } from './source.ts'
import {
  bundleOf,
  copyOf,
  createdAtUnixMs,
  lineageId,
  rows,
  type TestInstance,
  testInstance,
  timeOf,
} from './testing/instance.ts'

let instance: TestInstance
let bundle: string
let far: string
const storages: Storage[] = []
const version = '0.1.0'

beforeAll(async () => {
  instance = await testInstance()
  bundle = await bundleOf(instance)
  far = join(instance.root, 'far')
  await copyOf(instance, far)
})
afterAll(async () => {
  for (const storage of storages) await storage.close()
  await rm(instance.root, { recursive: true, force: true })
})

const storageAt = async (path: string): Promise<Storage> => {
  const storage = await openStorage(
    'local',
    { path },
    {},
    surroundingsOf({ egressAllow: [], localBase: path, localRoots: [path] }),
  )
  storages.push(storage)
  return storage
}
const copyAt = async (path: string): Promise<BackupSource> =>
  openCopySource(await storageAt(path), { label: path })

const both = async (): Promise<readonly (readonly [string, BackupSource])[]> => [
  ['bundle', openBundleSource(bundle)],
  ['copy', await copyAt(far)],
]
const byRootKey = () => keyFrom({ file: `${instance.rootKeyText}\n` })
const byOperator = () => keyFrom({ file: `# of Ada\n${instance.operator.identity}\n` })

let count = 0
const clean = (): string => join(instance.root, `data-${count++}`)
const restore = async (source: BackupSource, more: Partial<RestoreOptions> = {}) => {
  const data = clean()
  const report = await restoreInstance({
    ...{ source, key: await byRootKey(), version, target: { data } },
    ...more,
  })
  return { report, data: more.target?.data ?? data }
}

/** Everything below, with its content. */
async function contentOf(directory: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    () => [],
  ))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name)
      found.set(path.slice(directory.length + 1), (await readFile(path)).toString('base64'))
    }
  return found
}

async function refused(work: Promise<unknown>): Promise<DomainError> {
  try {
    await work
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

test('the whole comes back from one file and from a copy, by either key: same commits, same root', async () => {
  for (const [name, source] of await both())
    for (const key of [await byRootKey(), await byOperator()]) {
      const { report, data } = await restore(source, { key })
      expect(report, name).toMatchObject({
        ...{ lineageId, generation: 1, nextGeneration: 2, upTo: 40n, lastSequence: 40n },
        ...{ restoredSequence: 41n, signedUpTo: 39n, carried: 0, keyUsed: key.how },
        ...{ warnings: [], movedAside: undefined, rootKeyFile: join(data, 'root.key') },
        tables: [
          { name: 'auth.sessions', migration: 4, rows: 0 },
          { name: 'notify.deliveries', migration: 3, rows: 2 },
        ],
      })
      expect(Buffer.from(report.root)).toEqual(Buffer.from(instance.rootAt(40)))

      const archive = await openArchive({
        directory: join(data, 'archive'),
        identity: { lineageId, generation: 2, rootKeyFingerprint: instance.fingerprint },
      })
      expect(archive.damage).toEqual([])
      const found: ArchivedCommit[] = []
      for await (const batch of archive.read(1n, 41n)) found.push(...batch)
      await archive.close()
      const plain = (one: (typeof found)[number] | undefined) =>
        one && { ...one, headers: Buffer.from(one.headers), payload: Buffer.from(one.payload) }
      expect(found.slice(0, 40).map(plain)).toEqual(instance.commits.map(plain))
      const restored = found[40]
      if (!restored) throw new Error('there is no commit 41')
      expect(
        verifyRestored(placed(restored), { lineageId, logKey: instance.by.key.text }),
      ).toMatchObject({ generation: 2, size: 40n })

      const files = await contentOf(data)
      const text = (path: string) => Buffer.from(files.get(path) ?? '', 'base64').toString()
      expect(text('root.key')).toBe(`${instance.rootKeyText}\n`)
      expect(JSON.parse(text('keys/instance.json'))).toEqual({
        ...{ lineageId, generation: 2, maxBytes: 123_456_789 },
      })
      expect(text('keys/nats/operator.seed')).toBe('seed')
      expect([...files.keys()].filter((path) => path.startsWith('keys/signing/'))).toEqual([])
      expect(text('agent/identity.json')).toBe('{"node":"this"}')
      expect(text('restored/environment.env')).toBe('HOLDFAST_MODE=production\n')
      expect(text('restored/files/etc/holdfast/env')).toBe('HOLDFAST_X=1\n')
      expect(text('restored/tables/notify.deliveries.jsonl')).toBe(`${rows.join('\n')}\n`)
      expect(JSON.parse(text('run.json'))).toMatchObject({
        ...{ pid: 0, ports: { http: 8080, agent_edge: 41_234 }, processes: {} },
      })
      expect(JSON.parse(text('restored.json'))).toMatchObject({
        ...{ up_to: '40', lineage: lineageId, restored_sequence: '41', made_by: '0.1.0' },
        root: Buffer.from(instance.rootAt(40)).toString('hex'),
      })
      expect([...files.keys()].filter((path) => path.startsWith('identities/'))).toEqual([])
      const notes = [...files.keys()].filter((path) => path.endsWith('.note'))
      expect(notes.map((path) => path.split(`${lineageId}/`)[1]).sort()).toEqual([
        'access/1780000000000-11/checkpoints/5.note',
        'checkpoints/20.note',
        'checkpoints/39.note',
      ])
      for (const path of files.keys())
        expect((await stat(join(data, path))).mode & 0o077, path).toBe(0)
      expect((await stat(data)).mode & 0o777).toBe(0o700)
      // Whoever scans it finds nothing to complain of.
      const scan = await scanArchive(join(data, 'archive', lineageId), {})
      expect(scan.map(({ damage }) => damage)).toEqual([[]])
    }
})

test('a part of it: by sequence or by time, with its own root and without later checkpoints', async () => {
  for (const [name, source] of await both())
    for (const upTo of [{ sequence: 27n }, { unixMicros: timeOf(27) + 999_999n }]) {
      const { report, data } = await restore(source, { upTo })
      expect(report, name).toMatchObject({ upTo: 27n, lastSequence: 40n, restoredSequence: 28n })
      expect(Buffer.from(report.root)).toEqual(Buffer.from(instance.rootAt(27)))
      const notes = [...(await contentOf(data)).keys()].filter((path) => path.endsWith('.note'))
      expect(notes.sort()).toEqual([
        `archive/${lineageId}/access/1780000000000-11/checkpoints/5.note`,
        `archive/${lineageId}/checkpoints/20.note`,
      ])
    }
  const source = await copyAt(far)
  for (const upTo of [{ sequence: 0n }, { sequence: 41n }, { unixMicros: timeOf(0) }])
    expect((await refused(restore(source, { upTo }))).code).toBe('full_restore.point_unknown')
})

test('a wrong key is refused at once, with both fingerprints, and nothing is written', async () => {
  const other = generateRootKey()
  const otherPrint = rootKeyFingerprint(loadRootKey({ reveal: () => other }))
  const stranger = generateAgePair()
  for (const [name, source] of await both()) {
    const data = clean()
    const startedAt = performance.now()
    const wrong = await refused(
      restore(source, { key: await keyFrom({ file: other }), target: { data } }),
    )
    expect(performance.now() - startedAt).toBeLessThan(1000)
    expect(wrong.code, name).toBe('full_restore.wrong_key')
    expect(wrong.message).toContain(otherPrint)
    expect(wrong.message).toContain(instance.fingerprint)
    expect(wrong.message).not.toContain(other)

    const notForThem = await refused(
      restore(source, { key: await keyFrom({ file: stranger.identity }), target: { data } }),
    )
    expect(notForThem.code, name).toBe('full_restore.wrong_key')
    expect(notForThem.message).toContain(stranger.recipient)
    expect(notForThem.message).toContain(instance.fingerprint)
    const locked = await refused(
      restore(source, { key: await keyFrom({ passphrase: 'x' }), target: { data } }),
    )
    expect(locked.code, name).toMatch(/key_missing|wrong_key/)
    expect(await readdir(instance.root)).not.toContain(data.split('/').at(-1))
  }
})

test('a directory that holds something is left as it is without force, and moved aside with it', async () => {
  const source = openBundleSource(bundle)
  const data = clean()
  await mkdir(join(data, 'keys'), { recursive: true })
  await writeFile(join(data, 'keys/precious'), 'x')
  const before = await contentOf(data)
  expect((await refused(restore(source, { target: { data } }))).code).toBe(
    'full_restore.target_not_empty',
  )
  expect(await contentOf(data)).toEqual(before)
  const { report } = await restore(source, { target: { data }, force: true })
  expect(report.movedAside).toBeDefined()
  expect(await contentOf(report.movedAside ?? '')).toEqual(before)
  expect((await contentOf(data)).has('restored.json')).toBe(true)

  // What a start has fetched is no instance, and goes along.
  const programs = clean()
  await mkdir(join(programs, 'nats/bin'), { recursive: true })
  await writeFile(join(programs, 'nats/bin/nats-server'), 'program')
  await restore(source, { target: { data: programs } })
  expect((await contentOf(programs)).get('nats/bin/nats-server')).toBe(
    Buffer.from('program').toString('base64'),
  )
})

test('keys the instance made since the backup are kept, destroyed ones stay so, and generations only grow', async () => {
  const source = openBundleSource(bundle)
  const newer = '{"format":1,"id":"x","wrapped":"AA=="}'
  const { data } = await restore(source)
  await writeFile(join(data, 'keys/data/person.auth.1.json'), newer)
  await writeFile(join(data, 'keys/data/gone.auth.destroyed.json'), newer)
  await writeFile(
    join(data, 'keys/instance.json'),
    JSON.stringify({ lineageId, generation: 6, maxBytes: 1 }),
  )
  const { report } = await restore(source, { target: { data }, force: true })
  expect(report).toMatchObject({ nextGeneration: 7, keptKeys: 2 })
  const files = await contentOf(data)
  expect(files.has('keys/data/person.auth.1.json')).toBe(true)
  expect(files.has('keys/data/gone.auth.destroyed.json')).toBe(true)
  expect(
    (await refused(restore(source, { target: { data }, force: true, generation: 7 }))).code,
  ).toBe('full_restore.generation_taken')

  // Under another root key nobody could merge them.
  await writeFile(
    join(data, 'keys/root-key.json'),
    JSON.stringify({ format: 1, fingerprint: 'cd'.repeat(16) }),
  )
  const present = await contentOf(data)
  expect((await refused(restore(source, { target: { data }, force: true }))).code).toBe(
    'full_restore.newer_keys',
  )
  expect(await contentOf(data)).toEqual(present)
})

test('a backup of a later release is refused, with the reason', async () => {
  const later = openBundleSource(await bundleOf(instance, '9.0.0'))
  const error = await refused(restore(later))
  expect(error.code).toBe('full_restore.newer_release')
  expect(error.message).toContain('9.0.0')
})

test('a plan reads everything and writes nothing', async () => {
  const before = (await readdir(instance.root)).sort()
  for (const [, source] of await both()) {
    const steps = new Set<string>()
    const plan = await planInstance({
      ...{ source, key: await byOperator(), version },
      onProgress: ({ step }) => steps.add(step),
    })
    expect(plan).toMatchObject({ upTo: 40n, madeAtUnixMs: createdAtUnixMs, nextGeneration: 2 })
    expect([...steps]).toEqual(['key', 'verify'])
  }
  expect((await readdir(instance.root)).sort()).toEqual(before)
})

test('sealed: the root key is put into no file', async () => {
  const source = openBundleSource(bundle)
  const { data, report } = await restore(source, { isSealed: true })
  expect(report.rootKeyFile).toBeUndefined()
  for (const content of (await contentOf(data)).values())
    expect(Buffer.from(content, 'base64').toString('latin1')).not.toContain(instance.rootKeyText)
})

test('an archive on another disk is put there, and never over one that stands there', async () => {
  const source = openBundleSource(bundle)
  const archive = join(instance.root, 'other-disk')
  const { report, data } = await restore(source, { target: { data: clean(), archive } })
  expect(report.archive).toBe(archive)
  expect(await readdir(archive)).toEqual([lineageId])
  expect(await readdir(data)).not.toContain('archive')
  const again = await refused(restore(source, { target: { data: clean(), archive } }))
  expect(again.code).toBe('full_restore.target_unfit')
})

test('a copy of a copy in another place, with two instances in it, wants one named', async () => {
  const two = join(instance.root, 'two')
  await cp(far, two, { recursive: true })
  const other = await testInstance({ lineage: '01930000-0000-7000-8000-000000000002' })
  await copyOf(other, two)
  expect((await refused(restore(await copyAt(two)))).message).toContain('--lineage')
  const one = openCopySource(await storageAt(two), { label: two, lineage: lineageId })
  expect((await restore(one)).report.lineageId).toBe(lineageId)
  await rm(other.root, { recursive: true, force: true })
})

test('after the root key was rotated the present one opens what was put there before', async () => {
  // Everything as the former key left it, and a keyset under the next one.
  const next = await testInstance({ former: [instance.rootKey] })
  const path = join(next.root, 'rotated')
  await cp(far, path, { recursive: true })
  const folder = join(path, 'holdfast', lineageId, 'keys')
  await rm(folder, { recursive: true })
  const fresh = join(next.root, 'fresh')
  await copyOf(next, fresh)
  await cp(join(fresh, 'holdfast', lineageId, 'keys'), folder, { recursive: true })

  const key = await keyFrom({ file: next.rootKeyText })
  const { report, data } = await restore(await copyAt(path), { key })
  expect(report).toMatchObject({ upTo: 40n, rootKeyFingerprint: next.fingerprint })
  const archive = await openArchive({
    directory: join(data, 'archive'),
    identity: { lineageId, generation: 2, rootKeyFingerprint: next.fingerprint },
  })
  expect(archive.damage).toEqual([])
  await archive.close()
  const former = await refused(restore(await copyAt(path)))
  expect(former.code).toBe('full_restore.wrong_key')
  await rm(next.root, { recursive: true, force: true })
})

test('two shards of three open it, one does not', async () => {
  const counts = { shares: 3, threshold: 2 }
  const shards = await splitRootKey(instance.rootKey, counts, new Date(createdAtUnixMs))
  const { report } = await restore(await copyAt(far), {
    key: await keyFrom({ shards: shards.slice(1) }),
  })
  expect(report).toMatchObject({ upTo: 40n, keyUsed: 'shards' })
  expect((await refused(keyFrom({ shards: shards.slice(0, 1) }))).code).toBe(
    'crypto.shards_too_few',
  )
})
