import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ArchivedCommit } from '@holdfast/archive'
import { testTools } from '@holdfast/testkit'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { Pusher } from './pusher.ts'
import { objectStore, recipientSets } from './store.ts'
import { type DavServer, davServer } from './testing/dav-server.ts'
import type { OffsiteProcessWish } from './testing/offsite-process.ts'
import { forgetAll, type OffsiteSuite, offsiteSuite } from './testing/offsite-suite.ts'
import { generation, keyChain, keys } from './testing/played-pusher.ts'
import { filesIn, type Objects, type ReadCopy, readCopy } from './testing/read-copy.ts'

let suite: OffsiteSuite
let dav: DavServer
beforeAll(async () => {
  suite = await offsiteSuite()
  dav = await davServer()
  await suite.append(100)
  await suite.archive.seal()
  await suite.append(20)
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
const remote = (): Objects => new Map([...dav.objects].map(([key, { bytes }]) => [key, bytes]))
const read = (): Promise<ReadCopy> =>
  readCopy(remote(), keys, generation, suite.operator.identity, keyChain)
const stateOf = (pusher: Pusher, id: string) => pusher.destination(id)?.state()
const soon = { timeout: 20_000, interval: 20 }
const settled = (pusher: Pusher, id: string): Promise<void> =>
  vi.waitFor(() => {
    const state = stateOf(pusher, id)
    expect(state).toMatchObject({ lagMs: 0, state: 'idle', failure: undefined })
    expect(state?.pushedSequence).toBe(suite.archive.last.sequence)
    expect(state?.manifests).toBeGreaterThan(0)
    expect(state?.verifiedAtUnixMs).toBeGreaterThan(0)
  }, soon)
const archivedCount = () => Number(suite.archive.last.sequence)
const sequences = (commits: readonly ArchivedCommit[]) => commits.map(({ sequence }) => sequence)

test('killed at any step, another process goes on where it was', async () => {
  const far = webdav()
  const wish: OffsiteProcessWish = {
    postgresUrl: suite.pg.url('backup').reveal(),
    archiveDir: suite.archiveDir,
    root: dirname(suite.archiveDir),
    archived: String(suite.archive.last.sequence),
    derived: suite.derived.recipient,
    recipients: [suite.operator.recipient],
    places: [...suite.places],
  }
  const file = fileURLToPath(new URL('testing/offsite-process.ts', import.meta.url))
  // The checksum is the second of its folder.
  const steps = [
    ['PUT', '/log/', 1],
    ['PUT', '/log/', 2],
    ['MOVE', '/tail/', 1],
    ['MOVE', '/manifests/', 1],
  ] as const
  let puts = 0
  for (const [wanted, folder, nth] of steps) {
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      env: {
        ...process.env,
        OFFSITE: JSON.stringify(wish),
        NODE_OPTIONS: '--conditions=@holdfast/source',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    let seen = 0
    const reached = new Promise<void>((resolve) => {
      dav.fate = (method, key) => {
        if (method === 'PUT') puts++
        if (method !== wanted || !key.includes(folder) || ++seen < nth) return 'go'
        resolve()
        return new Promise(() => undefined) // it is never answered
      }
    })
    await reached
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
  }
  dav.fate = () => 'go'
  const pusher = suite.pusher()
  await settled(pusher, far)
  const copy = await read()
  expect(sequences(copy.commits)).toEqual(
    Array.from({ length: archivedCount() }, (_, n) => BigInt(n) + 1n),
  )
  expect(copy.kinds).toMatchObject({ segment: 1, keyset: 1, config: 1, tables: expect.any(Number) })
  expect(copy.strays.filter((key) => !key.includes('/.holdfast-'))).toEqual([])
  expect(puts).toBeLessThan(80)
})

test('a key that was destroyed is in no keyset afterwards, where that can be; where not it is told', async () => {
  const [far, fixed] = [
    webdav(),
    suite.place('fixed', {
      kind: 'local',
      config: { path: join(suite.archiveDir, '..', 'fixed') },
      credentials: {},
    }),
  ]
  const pusher = suite.pusher({}, { lookMs: 50 })
  await settled(pusher, far)
  await settled(pusher, fixed)
  expect((await read()).keyset).toBe('keys first')
  const place = suite.places.get(fixed)
  if (place)
    suite.places.set(fixed, { ...place, location: { ...place.location, isImmutable: true } })
  // Until it is known here, keys are still written there.
  await vi.waitFor(() => expect(stateOf(pusher, fixed)?.location.isImmutable).toBe(true), soon)
  Object.assign(suite.played, { keys: 'second', destroyedSequence: 7n })
  await suite.append(1)
  pusher.wake()
  await vi.waitFor(async () => {
    const copy = await read()
    expect(copy.keyset).toBe('keys second')
    expect(copy.kinds).toMatchObject({ keyset: 1, root_key: 1 })
    expect(suite.played.told.at(-1)).toEqual({
      destroyedSequence: 7n,
      locationIds: [far],
      unreachedLocationIds: [fixed],
    })
  }, soon)
  const told = suite.played.told.length
  // It can be written again, and follows.
  if (place) suite.places.set(fixed, place)
  await vi.waitFor(() => {
    expect(suite.played.told.at(-1)).toEqual({
      destroyedSequence: 7n,
      locationIds: [far, fixed].sort(),
      unreachedLocationIds: [],
    })
  }, soon)
  expect(suite.played.told.length).toBe(told + 1)
})

test('an immutable place is given no key, and nothing there is ever deleted', async () => {
  const far = webdav({ isImmutable: true })
  dav.fate = (method, key) =>
    method === 'DELETE' && !key.includes('/.holdfast-') ? 'forbidden' : 'go'
  const pusher = suite.pusher({}, { manifestMs: 0 })
  await settled(pusher, far)
  await suite.append(10)
  await settled(pusher, far)
  await suite.archive.seal()
  await suite.append(1)
  await settled(pusher, far)
  const copy = await read()
  expect(copy.kinds['keyset']).toBeUndefined()
  expect(copy.kinds['tail']).toBeGreaterThan(1)
  expect(copy.manifests.at(-1)?.head['missing']).toEqual(['keyset'])
})

test('of manifests those of the days stay, the newest verified and those around a rollback point, and all they need', async () => {
  const far = webdav({ keepDaily: 2, keepWeekly: 0, keepMonthly: 0 })
  let now = Date.parse('2026-03-01T10:00:00Z')
  let pinned: readonly number[] = []
  const pusher = suite.pusher({ now: () => now, pinned: async () => pinned })
  await settled(pusher, far)
  const manifests = () => stateOf(pusher, far)?.newestManifestUnixMs ?? 0
  for (let round = 0; round < 14; round++) {
    const before = manifests()
    if (round === 5) pinned = [now + 1_000]
    await suite.append(3)
    if (round % 7 === 0) await suite.archive.seal()
    now += 6 * 3_600_000
    await vi.waitFor(() => expect(manifests()).toBeGreaterThan(before), soon)
    await vi.waitFor(() => expect(stateOf(pusher, far)?.state).toBe('idle'), soon)
  }
  await settled(pusher, far)
  // The newest is verified now, and the one before it no longer needed for that.
  pusher.wake()
  await vi.waitFor(async () => {
    const copy = await read()
    // Two days, and before and after the pinned moment.
    expect(
      copy.manifests.map(({ name }) => new Date(Number(name.first)).toISOString().slice(0, 13)),
    ).toEqual(['2026-03-02T16', '2026-03-02T22', '2026-03-03T22', '2026-03-04T22'])
    expect(copy.kinds).toMatchObject({ tables: 4, config: 1, keyset: 1 })
    expect(copy.strays).toEqual([])
  }, soon)
})

test('without its database it finds what stands there, and puts none of it again', async () => {
  const far = webdav()
  const first = suite.pusher()
  await settled(first, far)
  await first.stop()
  await forgetAll(suite.postgres)
  const before = new Map([...dav.objects].map(([key, { at }]) => [key, at]))
  const again = suite.pusher()
  await settled(again, far)
  const anew = [...dav.objects]
    .filter(([key, { at }]) => before.get(key) !== at)
    .map(([key]) => key)
  expect(anew.filter((key) => key.includes('/log/'))).toEqual([])
  expect(sequences((await read()).commits)).toHaveLength(archivedCount())
  // What counts as pushed is named by the manifests that come.
  const rows = await objectStore(suite.postgres, far).all()
  const log = rows.filter(({ kind }) => kind === 'segment' || kind === 'tail')
  expect(log.some(({ kind }) => kind === 'tail')).toBe(true)
  expect(log.filter(({ namedTo }) => namedTo !== undefined)).toEqual([])
})

test('the root key follows when only the keyset got there', async () => {
  const far = webdav()
  let cuts = 0
  const folder = (key: string) => key.slice(0, key.lastIndexOf('/'))
  dav.fate = (method, key) => {
    // Uploads have names of their own until they are whole: the keyset, its checksum, then the root key.
    if (method !== 'PUT' || !folder(key).endsWith('/keys') || ++cuts !== 3) return 'go'
    return 'forbidden'
  }
  const pusher = suite.pusher()
  await settled(pusher, far)
  expect(cuts).toBeGreaterThan(3)
  expect([...dav.objects.keys()].filter((key) => /\/root-key-\d+\.age$/.test(key))).toHaveLength(1)
})

test('while nobody signs the log goes on, the failure keeps its beginning, and nothing heaps up', async () => {
  const far = webdav()
  let signs = 0
  const pusher = suite.pusher({
    sign: () => {
      signs++
      return Promise.reject(new Error('audit is away'))
    },
  })
  await vi.waitFor(() => expect(stateOf(pusher, far)?.failure).toBeDefined(), soon)
  const since = stateOf(pusher, far)?.failure?.sinceUnixMs
  expect(since).toBeGreaterThan(0)
  await suite.append(3)
  await vi.waitFor(() => {
    expect(signs).toBeGreaterThan(6)
    expect(stateOf(pusher, far)).toMatchObject({
      pushedSequence: suite.archive.last.sequence,
      failure: { sinceUnixMs: since },
    })
  }, soon)
  const tables = [...dav.objects.keys()].filter((key) => /\/tables-\d+\.[a-z.]+\.age$/.test(key))
  expect(tables.length).toBeLessThanOrEqual(2)
})

test('a clock that is put back holds nothing up', async () => {
  const far = webdav()
  let ahead = 86_400_000
  const now = () => Date.now() + ahead
  const pusher = suite.pusher({ now }, { manifestMs: 200 })
  await settled(pusher, far)
  const before = stateOf(pusher, far)?.newestManifestUnixMs ?? 0
  ahead = 0
  await suite.append(3)
  await settled(pusher, far)
  await vi.waitFor(
    () => expect(stateOf(pusher, far)?.newestManifestUnixMs).toBeGreaterThan(before),
    soon,
  )
})

test('a location that was moved is given everything', async () => {
  const far = webdav()
  const pusher = suite.pusher()
  await settled(pusher, far)
  dav.objects.clear()
  const access = { kind: 'webdav', config: { url: `${dav.url}/` }, credentials: {} }
  suite.place('far', access, { id: far })
  pusher.wake()
  await vi.waitFor(
    async () => expect(sequences((await read()).commits)).toHaveLength(archivedCount()),
    soon,
  )
})

test('two installations never mix, nor does a log that was set back', async () => {
  const far = webdav()
  const first = suite.pusher()
  await settled(first, far)
  await first.stop()
  const before = remote()
  await forgetAll(suite.postgres)
  const clone = suite.pusher({ writerId: async () => '01930000-0000-7000-8000-00000000000b' })
  const code = (pusher: Pusher) => stateOf(pusher, far)?.failure?.code
  await vi.waitFor(() => expect(code(clone)).toBe('backup.offsite_other_writer'), soon)
  await clone.stop()
  const back = suite.pusher({ archived: () => 5n })
  await vi.waitFor(() => expect(code(back)).toBe('backup.offsite_ahead'), soon)
  await back.stop()
  expect(remote()).toEqual(before)
})

test('after a restore the log before it stays for a month', async () => {
  const far = webdav({ keepDaily: 1, keepWeekly: 0, keepMonthly: 0 })
  const first = suite.pusher()
  await settled(first, far)
  await first.stop()
  const objects = () => [...dav.objects.keys()].filter((key) => /\/(log|tail)\//.test(key))
  const manifests = () => [...dav.objects.keys()].filter((key) => key.endsWith('.jsonl.age'))
  const before = objects()
  const last = manifests().sort().at(-1)
  let later = 0
  const restored = suite.pusher(
    { generation: 2, archived: () => 0n, now: () => Date.now() + later },
    { idleManifestMs: 1_000 },
  )
  const follows = (count: number) =>
    vi.waitFor(() => {
      const newest = manifests().sort().at(-1) ?? ''
      expect(newest > (last ?? '')).toBe(true)
      expect(manifests()).toHaveLength(count)
      expect(stateOf(restored, far)).toMatchObject({ state: 'idle', failure: undefined })
    }, soon)
  // The last before and the first after, or the newest with them.
  await follows(3)
  expect(manifests()).toContain(last)
  expect(objects()).toEqual(before)
  later = 31 * 86_400_000
  await follows(1)
  expect(objects()).toEqual([])
})

test('a recipient that was added opens what comes, and who is needed for what went before is known', async () => {
  const far = webdav()
  const pusher = suite.pusher()
  await settled(pusher, far)
  const was = suite.played.recipients
  suite.played.recipients = [
    ...was,
    'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
  ]
  await suite.append(2)
  await settled(pusher, far)
  await vi.waitFor(async () => {
    const sets = await recipientSets(suite.postgres)
    expect(sets.map(({ recipients }) => recipients.length).sort()).toEqual([1, 2])
  }, soon)
  suite.played.recipients = was
})

test('stock age, gzip, tar and sha256sum open what docs/formats/offsite.md says they do', async ({
  skip,
}) => {
  const tools = await testTools(['age'])
  if (typeof tools === 'string') {
    process.stdout.write(`${tools}\n`)
    return skip()
  }
  const far = webdav()
  const pusher = suite.pusher()
  await settled(pusher, far)
  await pusher.stop()
  const root = join(suite.archiveDir, '..', 'fetched')
  for (const [key, bytes] of remote()) {
    mkdirSync(dirname(join(root, key)), { recursive: true })
    writeFileSync(join(root, key), bytes)
  }
  const identity = join(root, 'recovery.key')
  writeFileSync(identity, `${suite.operator.identity}\n`)
  const { path, env } = tools.age
  const shell = (command: string, ...given: readonly string[]): Buffer =>
    execFileSync('/bin/sh', ['-euc', command, 'sh', ...given], {
      env: { ...process.env, ...env, AGE: path, KEY: identity },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const find = (part: string): string => {
    const key = [...remote().keys()].find((each) => each.includes(part) && each.endsWith('.age'))
    return join(root, key ?? '')
  }
  for (const key of remote().keys())
    if (key.endsWith('.sha256'))
      shell('cd "$1" && sha256sum -c "$2"', dirname(join(root, key)), key.split('/').at(-1) ?? '')
  const segment = shell('"$AGE" -d -i "$KEY" "$1" | gzip -d', find('/log/seg-'))
  const [sealed] = [...filesIn(join(suite.archive.directory)).entries()].filter(([name]) =>
    name.startsWith('seg-'),
  )
  expect(segment.equals(sealed?.[1] ?? Buffer.alloc(0))).toBe(true)
  expect(
    shell(
      '"$AGE" -d -i "$KEY" "$1" | gzip -d | tar -xO env/holdfast.env',
      find('/config/'),
    ).toString(),
  ).toBe('HOLDFAST_X=1\n')
  expect(
    shell('"$AGE" -d -i "$KEY" "$1" | gzip -d | tail -1', find('/tables/')).toString(),
  ).toContain('"row":{"id":2}')
  expect(shell('"$AGE" -d -i "$KEY" "$1"', find('/root-key-')).toString()).toBe('root')
  expect(shell('"$AGE" -d -i "$KEY" "$1"', find('/checkpoints/')).toString()).toContain('holdfast/')
  // The last line is the signed statement of the bytes before.
  const hash = shell('"$AGE" -d -i "$KEY" "$1" | sed \'$d\' | sha256sum', find('/manifests/'))
    .toString()
    .slice(0, 64)
  const note = JSON.parse(
    shell('"$AGE" -d -i "$KEY" "$1" | tail -1', find('/manifests/')).toString(),
  ).signature
  expect(note).toContain(`sha256 ${Buffer.from(hash, 'hex').toString('base64')}\n`)
  expect(readFileSync(find('/keyset-')).subarray(0, 21).toString()).toBe('age-encryption.org/v1')
})
