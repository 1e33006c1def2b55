import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  formatTreeOrigin,
  leafHash,
  signer,
  signTombstone,
  TreeHead,
  verifierKey,
} from '@holdfast/merkle'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { disk } from '../files.ts'
import type { ArchivedCommit, Files } from '../types.ts'
import { openAccessArchive } from './access-archive.ts'
import { rootOf } from './gone-file.ts'
import { scanAccess } from './scan-access.ts'

const lineageId = '01930000-0000-7000-8000-000000000001'
const identity = { lineageId, generation: 1, rootKeyFingerprint: 'f'.repeat(32) }
const epoch = { begunAtUnixMs: 1_780_000_000_000, first: 11n }
const origin = formatTreeOrigin({ lineageId, generation: 1, access: epoch })
const by = signer(origin, new Uint8Array(32).fill(7))

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-access-'))
})
afterEach(() => rm(directory, { recursive: true }))

const open = (files: Files = disk) => openAccessArchive({ directory, identity, epoch, files })

function record(sequence: bigint): ArchivedCommit {
  const messageId = `id-${sequence}`
  return {
    sequence,
    subject: 'access.auth',
    messageId,
    headers: Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${messageId}\r\n\r\n`),
    payload: Buffer.from(`record ${sequence}`),
    storedAtUnixNs: sequence * 1_000_000_000n,
  }
}
const records = (from: bigint, to: bigint) =>
  Array.from({ length: Number(to - from) + 1 }, (_, at) => record(from + BigInt(at)))

function rootUpTo(last: bigint): Uint8Array {
  const head = TreeHead.empty()
  for (const one of records(epoch.first, last)) head.append(leafHash(one))
  return head.root()
}

const note = (first: bigint, last: bigint, leaves: Uint8Array) =>
  signTombstone(
    {
      origin,
      first,
      last,
      root: rootOf(leaves),
      droppedAtUnixMs: 1_790_000_000_000,
      newestAtUnixMs: Number(last) * 1000,
      reason: 'expired',
      logSize: 5n,
    },
    by,
  )

async function filled() {
  const archive = await open()
  for (const [from, to] of [
    [11n, 20n],
    [21n, 300n],
    [301n, 310n],
  ] as const)
    await archive.append(records(from, to))
  return archive
}

test('segments follow each other from the first record of the epoch on', async () => {
  const archive = await filled()
  expect(archive.next).toBe(311n)
  expect(archive.head.root()).toEqual(rootUpTo(310n))
  expect(archive.kept.map(({ newestAtUnixMs }) => newestAtUnixMs)).toEqual([20e3, 300e3, 310e3])
  await expect(archive.append(records(312n, 313n))).rejects.toMatchObject({ code: 'archive.gap' })
  const again = await open()
  expect([again.next, again.damage]).toEqual([311n, []])
  expect(again.head.root()).toEqual(rootUpTo(310n))
  const scanned = await scanAccess(archive.directory)
  expect(scanned).toMatchObject({ first: 11n, size: 300n, kept: 300n, damage: [], missing: [] })
})

test('a tombstone stands for whole segments, and the tree stays what it was', async () => {
  const archive = await filled()
  const leaves = await archive.leaves(11n, 300n)
  await archive.bury(note(11n, 300n, leaves), leaves)
  const names = await readdir(archive.directory)
  expect(names.filter((name) => name.startsWith('seg-'))).toHaveLength(1)
  await archive.append(records(311n, 320n))
  const again = await open()
  expect([again.next, again.damage, again.kept.length]).toEqual([321n, [], 2])
  expect(again.head.root()).toEqual(rootUpTo(320n))
  const scanned = await scanAccess(archive.directory)
  expect(scanned).toMatchObject({ size: 310n, kept: 20n, damage: [], missing: [] })
  expect(scanned.gone.map(({ tombstone }) => tombstone.last)).toEqual([300n])
  // Content is gone.
  for (const name of names) {
    const path = join(archive.directory, name)
    expect((await readFile(path)).includes('record 12')).toBe(false)
  }
})

test('records that never came are stood for behind the last one', async () => {
  const archive = await filled()
  const leaves = Buffer.concat(records(311n, 330n).map((one) => leafHash(one)))
  await archive.bury(note(311n, 330n, leaves), leaves)
  expect(archive.next).toBe(331n)
  await archive.append(records(331n, 340n))
  expect((await open()).head.root()).toEqual(rootUpTo(340n))
})

test('a tombstone of other leaves, or of parts of segments, is refused', async () => {
  const archive = await filled()
  const leaves = await archive.leaves(11n, 20n)
  const other = leaves.slice()
  other[5] = (other[5] ?? 0) ^ 1
  await expect(archive.bury(note(11n, 20n, leaves), other)).rejects.toThrow(/root/)
  const part = leaves.slice(0, 5 * 32)
  await expect(archive.bury(note(11n, 15n, part), part)).rejects.toThrow(/whole segments/)
  expect((await open()).kept).toHaveLength(3)
})

test('an end at any step leaves the segments or the tombstone', async () => {
  await filled()
  const before = await mkdtemp(join(tmpdir(), 'holdfast-access-before-'))
  await cp(directory, before, { recursive: true })
  let steps = 0
  for (let allowed = 0; ; allowed++) {
    await rm(directory, { recursive: true })
    await cp(before, directory, { recursive: true })
    const archive = await open(dyingAfter(allowed))
      .then(async (one) => {
        const leaves = await one.leaves(11n, 300n)
        await one.bury(note(11n, 300n, leaves), leaves)
        return one
      })
      .catch(() => undefined)
    const again = await open()
    expect([again.next, again.damage]).toEqual([311n, []])
    expect(again.head.root()).toEqual(rootUpTo(310n))
    expect([1, 3]).toContain(again.kept.length)
    const { damage, missing, size } = await scanAccess(again.directory)
    expect({ damage, missing, size }).toEqual({ damage: [], missing: [], size: 300n })
    steps++
    if (archive) break
  }
  expect(steps).toBeGreaterThan(6)
  await rm(before, { recursive: true })
})

/** A disk that does so many changes more, and then nothing: as after SIGKILL. */
function dyingAfter(allowed: number): Files {
  let left = allowed
  const once = <A extends unknown[], T>(change: (...args: A) => Promise<T>) => {
    return async (...args: A): Promise<T> => {
      if (left-- <= 0) throw new Error('the process ended')
      return await change(...args)
    }
  }
  return {
    ...disk,
    open: async (path, mode) => {
      if (mode !== 'read' && left-- <= 0) throw new Error('the process ended')
      const file = await disk.open(path, mode)
      return {
        ...file,
        write: once(async (bytes: Uint8Array, position: number) => {
          // Half of it is on the disk when it ends here.
          await file.write(bytes.subarray(0, bytes.length / 2), position)
          if (left-- <= 0) throw new Error('the process ended')
          await file.write(
            bytes.subarray(bytes.length / 2),
            position + Math.floor(bytes.length / 2),
          )
        }),
        dataSync: once(() => file.dataSync()),
      }
    },
    rename: once(disk.rename),
    remove: once(disk.remove),
    syncDirectory: once(disk.syncDirectory),
  }
}

test('a changed byte is noticed, in a segment, in a tombstone and in its leaves', async () => {
  const archive = await filled()
  const leaves = await archive.leaves(21n, 300n)
  await archive.bury(note(21n, 300n, leaves), leaves)
  for (const name of await readdir(archive.directory)) {
    const path = join(archive.directory, name)
    const whole = await readFile(path)
    const step = Math.max(1, Math.floor(whole.length / 40))
    for (let at = 0; at < whole.length; at += step) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 1
      await writeFile(path, changed)
      const { damage } = await scanAccess(archive.directory)
      expect({ name, at, isDamaged: damage.length > 0 }).toMatchObject({ isDamaged: true })
      const opened = await open().catch(() => undefined)
      if (opened)
        await expect(opened.append([record(opened.next)])).rejects.toMatchObject({
          code: 'archive.damaged',
        })
    }
    await writeFile(path, whole)
  }
  expect((await open()).damage).toEqual([])
  await rm(join(archive.directory, (await readdir(archive.directory))[0] ?? ''))
  const { missing } = await scanAccess(archive.directory)
  expect(missing).toHaveLength(1)
})

test('a segment of the log or of another epoch is no record of this one', async () => {
  const archive = await filled()
  const other = await openAccessArchive({
    directory,
    identity,
    epoch: { ...epoch, begunAtUnixMs: epoch.begunAtUnixMs + 1 },
  })
  expect(verifierKey(origin, by.key.publicKey).text).toContain('access')
  const [name = ''] = await readdir(archive.directory)
  await cp(join(archive.directory, name), join(other.directory, name))
  await expect(
    openAccessArchive({
      directory,
      identity,
      epoch: { ...epoch, begunAtUnixMs: epoch.begunAtUnixMs + 1 },
    }),
  ).rejects.toMatchObject({ code: 'archive.foreign' })
  const { damage } = await scanAccess(other.directory)
  expect(damage.map(({ kind }) => kind)).toEqual(['foreign'])
})
