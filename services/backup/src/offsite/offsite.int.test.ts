import { join } from 'node:path'
import type { ArchivedCommit } from '@holdfast/archive'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { Pusher } from './pusher.ts'
import { type DavServer, davServer } from './testing/dav-server.ts'
import { forgetAll, type OffsiteSuite, offsiteSuite } from './testing/offsite-suite.ts'
import { generation, keyChain, keys, lineageId } from './testing/played-pusher.ts'
import { filesIn, type Objects, type ReadCopy, readCopy } from './testing/read-copy.ts'

let suite: OffsiteSuite
let dav: DavServer
let local: string
beforeAll(async () => {
  suite = await offsiteSuite()
  dav = await davServer()
  await suite.append(100)
  await suite.checkpoint()
})
afterAll(async () => {
  await suite?.close()
  await dav?.close()
})
beforeEach(async () => {
  suite.places.clear()
  await forgetAll(suite.postgres)
  dav.objects.clear()
  dav.fate = () => 'go'
})

const webdav = (more = {}) =>
  suite.place('far', { kind: 'webdav', config: { url: dav.url }, credentials: {} }, more)
const folder = (name: string, more = {}) => {
  local = join(suite.archiveDir, '..', name)
  return suite.place(name, { kind: 'local', config: { path: local }, credentials: {} }, more)
}
const remote = (): Objects => new Map([...dav.objects].map(([key, { bytes }]) => [key, bytes]))
const read = (objects: Objects, identity = suite.operator.identity): Promise<ReadCopy> =>
  readCopy(objects, keys, generation, identity, keyChain)

async function archived(): Promise<readonly ArchivedCommit[]> {
  const all: ArchivedCommit[] = []
  for await (const batch of suite.archive.read(1n, suite.archive.last.sequence)) all.push(...batch)
  return all
}
const plain = (commits: readonly ArchivedCommit[]): unknown[] =>
  commits.map(({ sequence, subject, messageId, payload, storedAtUnixNs }) => ({
    ...{ sequence, subject, messageId, storedAtUnixNs },
    payload: Buffer.from(payload).toString('latin1'),
  }))

const stateOf = (pusher: Pusher, id: string) => pusher.destination(id)?.state()
/** All that is in the archive is there, named by a manifest, and read back. */
const settled = (pusher: Pusher, id: string): Promise<void> =>
  vi.waitFor(
    () => {
      const state = stateOf(pusher, id)
      expect(state).toMatchObject({
        pushedSequence: suite.archive.last.sequence,
        lagMs: 0,
        state: 'idle',
        failure: undefined,
        totals: { damaged: 0 },
      })
      expect(state?.manifests).toBeGreaterThan(0)
      expect(state?.verifiedAtUnixMs).toBeGreaterThan(0)
    },
    { timeout: 20_000, interval: 20 },
  )

test('a folder and a server get all there is; what comes later comes as tails, which segments replace', async () => {
  const [far, near] = [webdav(), folder('near')]
  const pusher = suite.pusher()
  await settled(pusher, far)
  await settled(pusher, near)
  for (const objects of [remote(), filesIn(local)]) {
    const copy = await read(objects)
    expect(plain(copy.commits)).toEqual(plain(await archived()))
    expect(copy.strays).toEqual([])
    expect(copy.kinds).toEqual({
      ...{ writer: 1, tail: 1, checkpoint: 1, manifest: 1 },
      ...{ keyset: 1, root_key: 1, config: 1, tables: 1 },
    })
    expect(copy.keyset).toBe('keys first')
    expect(copy.manifests[0]?.head).toMatchObject({
      format: 'holdfast-offsite/v1',
      lineage: lineageId,
      generation: 1,
      last_sequence: String(suite.archive.last.sequence),
      recipients: [suite.derived.recipient, suite.operator.recipient],
      missing: [],
    })
    // The one that follows from the root key opens it all as well.
    expect((await read(objects, suite.derived.identity)).commits).toHaveLength(copy.commits.length)
  }
  await suite.append(50)
  await suite.checkpoint()
  await settled(pusher, far)
  const before = await read(remote())
  expect(before.kinds).toMatchObject({ tail: 2 })
  await suite.archive.seal()
  await suite.append(1)
  await settled(pusher, far)
  await vi.waitFor(async () => {
    const copy = await read(remote())
    // Named by the manifest there is, the first tail stays.
    expect(copy.kinds).toMatchObject({ segment: 1, tail: 2 })
    expect(plain(copy.commits)).toEqual(plain(await archived()))
  }, 10_000)
  await pusher.stop()
})

test('whatever request is cut or its answer lost, the next attempt goes on, without a gap, a stray or all of it again', async () => {
  const far = webdav()
  const pusher = suite.pusher({}, { lookMs: 25 })
  // Every request of a round fails once, the odd ones after they were carried out.
  let failedAt = 0
  let requests = 0
  dav.fate = () => {
    requests++
    if (requests <= failedAt) return 'go'
    failedAt = requests + Math.floor(requests / 8)
    return requests % 2 === 0 ? 'cut' : 'lost'
  }
  await suite.append(30)
  await settled(pusher, far)
  expect(requests).toBeGreaterThan(40)
  dav.fate = () => 'go'
  await pusher.stop()
  // Another process finds what this one left.
  const again = suite.pusher()
  await settled(again, far)
  const copy = await read(remote())
  expect(plain(copy.commits)).toEqual(plain(await archived()))
  expect(copy.strays.filter((key) => !key.includes('/.holdfast-'))).toEqual([])
  await again.stop()
})

test('an outage is caught up with, and holds up no other', async () => {
  const [far, near] = [webdav(), folder('other')]
  const pusher = suite.pusher()
  await settled(pusher, far)
  dav.fate = () => 'cut'
  const before = suite.archive.last.sequence
  for (let round = 0; round < 5; round++) {
    await suite.append(40, 20_000)
    await vi.waitFor(() => expect(stateOf(pusher, near)?.lagMs).toBe(0), 10_000)
  }
  await vi.waitFor(() =>
    expect(stateOf(pusher, far)).toMatchObject({
      state: 'waiting',
      pushedSequence: before,
      failure: { code: 'storage.broken' },
    }),
  )
  expect(stateOf(pusher, far)?.lagMs).toBeGreaterThan(0)
  dav.fate = () => 'go'
  await settled(pusher, far)
  expect(plain((await read(remote())).commits)).toEqual(plain(await archived()))
  await pusher.stop()
})

test('a place that refuses says so', async () => {
  const far = webdav()
  dav.fate = (method) => (method === 'PUT' ? 'full' : 'go')
  const pusher = suite.pusher()
  await vi.waitFor(
    () =>
      expect(stateOf(pusher, far)).toMatchObject({
        state: 'refused',
        failure: { code: 'storage.full' },
      }),
    10_000,
  )
  dav.fate = () => 'forbidden'
  await vi.waitFor(
    () => expect(stateOf(pusher, far)).toMatchObject({ failure: { code: 'storage.denied' } }),
    10_000,
  )
  await pusher.stop()
})

test('nothing is pushed while nobody knows whom to encrypt to', async () => {
  const far = webdav()
  const pusher = suite.pusher({ derivedRecipient: () => Promise.reject(new Error('auth is away')) })
  await vi.waitFor(
    () =>
      expect(stateOf(pusher, far)).toMatchObject({ failure: { code: 'backup.offsite_nobody' } }),
    10_000,
  )
  expect([...dav.objects.keys()]).toEqual([])
  await pusher.stop()
})

test('reading back finds what is old, damaged, missing, cut, swapped or doubled, and the archive puts it right', async () => {
  await suite.archive.seal()
  await suite.append(20, 5_000)
  await suite.archive.seal()
  await suite.append(5)
  const far = webdav()
  const found: string[] = []
  const pusher = suite.pusher()
  await settled(pusher, far)
  const kind = (part: string): string => {
    const key = [...dav.objects.keys()].find(
      (each) => each.includes(part) && !each.endsWith('.sha256'),
    )
    if (!key) throw new Error(`there is no ${part}`)
    return key
  }
  const segments = [...dav.objects.keys()].filter(
    (key) => key.includes('/log/seg-') && key.endsWith('.age'),
  )
  const [one = '', two = ''] = segments
  const get = (key: string): Buffer => dav.objects.get(key)?.bytes ?? Buffer.alloc(0)
  const put = (key: string, bytes: Buffer) => dav.objects.set(key, { bytes, at: 0 })
  const flipped = (bytes: Buffer, at: number): Buffer => {
    const copy = Buffer.from(bytes)
    copy[at] = (copy[at] ?? 0) ^ 1
    return copy
  }
  const old = get(one)
  const harm: readonly [string, () => void][] = [
    ['a flipped byte', () => put(one, flipped(old, old.length >> 1))],
    ['a cut object', () => put(one, old.subarray(0, -1))],
    ['a longer object', () => put(one, Buffer.concat([old, Buffer.of(0)]))],
    ['an object that is gone', () => dav.objects.delete(one)],
    [
      'two that were swapped',
      () => {
        const other = get(two)
        put(two, get(one))
        put(one, other)
      },
    ],
    ['one in the place of another', () => put(two, get(one))],
    ['a checksum that is gone', () => dav.objects.delete(`${one}.sha256`)],
    ['a checksum of another', () => put(`${one}.sha256`, get(`${two}.sha256`))],
    ['a damaged tail', () => put(kind('/tail/'), flipped(get(kind('/tail/')), 300))],
    ['a damaged manifest', () => put(kind('/manifests/'), flipped(get(kind('/manifests/')), 200))],
    ['a damaged keyset', () => put(kind('/keyset-'), flipped(get(kind('/keyset-')), 200))],
    ['damaged tables', () => put(kind('/tables/'), flipped(get(kind('/tables/')), 200))],
    ['a keyset that is gone', () => dav.objects.delete(kind('/keyset-'))],
  ]
  for (const [what, doHarm] of harm) {
    const before = stateOf(pusher, far)?.verifiedAtUnixMs ?? 0
    doHarm()
    await pusher.destination(far)?.verify()
    let mostDamaged = 0
    await vi.waitFor(
      () => {
        const state = stateOf(pusher, far)
        mostDamaged = Math.max(mostDamaged, state?.totals.damaged ?? 0)
        expect(state?.verifiedAtUnixMs).toBeGreaterThan(before)
      },
      { timeout: 10_000, interval: 1 },
    )
    if (mostDamaged > 0) found.push(what)
    await settled(pusher, far)
    const copy = await read(remote())
    expect(plain(copy.commits)).toEqual(plain(await archived()))
  }
  expect(found).toEqual(harm.map(([what]) => what))
  await pusher.stop()
})
