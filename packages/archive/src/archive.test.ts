import { leafHash } from '@holdfast/merkle'
import { expect, test } from 'vitest'
import { openArchive } from './archive.ts'
import { decodeHeader } from './header.ts'
import { baseTimeUs, batched, collect, commitsOf, identity, plain } from './testing/commits.ts'
import { MemoryFiles } from './testing/memory-files.ts'
import type { Archive, OpenArchiveOptions } from './types.ts'

const open = (files: MemoryFiles, more: Partial<OpenArchiveOptions> = {}): Promise<Archive> =>
  openArchive({ directory: '/a', identity, files, sealAtBytes: 4096, ...more })

const code = (expected: string) => expect.objectContaining({ code: expected })

async function filled(files: MemoryFiles, count: number, group = 10): Promise<Archive> {
  const archive = await open(files)
  for (let n = 1; n <= count; n += group)
    await archive.append(commitsOf(n, Math.min(count, n + group - 1)))
  return archive
}

test('what is appended is read, by range and by sequence, before and after opening again', async () => {
  const files = new MemoryFiles()
  const archive = await filled(files, 400)
  const check = async (a: Archive): Promise<void> => {
    expect(plain(await collect(a.read(1n, 400n)))).toEqual(plain(commitsOf(1, 400)))
    expect(plain(await collect(a.read(77n, 333n)))).toEqual(plain(commitsOf(77, 333)))
    expect(plain(await collect(a.read(0n, 1n << 40n)))).toHaveLength(400)
    for (const n of [1, 2, 99, 256, 257, 400]) {
      const commit = await a.at(BigInt(n))
      expect(plain(commit ? [commit] : [])).toEqual(plain(commitsOf(n, n)))
    }
    expect(await a.at(0n)).toBeUndefined()
    expect(await a.at(401n)).toBeUndefined()
    const [last] = commitsOf(400, 400)
    expect(a.last).toEqual({ sequence: 400n, hash: last && leafHash(last) })
    expect(a.damage).toEqual([])
    expect(await a.verify()).toEqual([])
  }
  await check(archive)
  expect(archive.stats.segments).toBeGreaterThan(3)
  expect(archive.stats.sealedSequence).toBeGreaterThan(300n)
  await archive.close()
  const again = await open(files)
  await check(again)
  expect(again.stats).toEqual(archive.stats)
  await again.seal()
  await check(again)
  expect(again.stats.sealedSequence).toBe(400n)
  await again.append(commitsOf(401, 402))
  expect(again.last.sequence).toBe(402n)
})

test('an empty archive has no last commit', async () => {
  const archive = await open(new MemoryFiles())
  expect(archive.last).toEqual({ sequence: 0n, hash: new Uint8Array() })
  expect(await collect(archive.read(1n, 10n))).toEqual([])
  await archive.seal()
  expect(archive.stats.segments).toBe(0)
})

test('a gap is refused, and nothing is written', async () => {
  const files = new MemoryFiles()
  const archive = await filled(files, 5)
  for (const commits of [
    commitsOf(7, 8),
    commitsOf(5, 6),
    [...commitsOf(6, 6), ...commitsOf(8, 8)],
  ])
    await expect(archive.append(commits)).rejects.toEqual(code('archive.gap'))
  await archive.append(commitsOf(6, 8))
  expect(await archive.verify()).toEqual([])
})

test('a message id must be that of the headers', async () => {
  const archive = await open(new MemoryFiles())
  const [commit] = commitsOf(1, 1)
  if (commit === undefined) throw new Error('no commit')
  await expect(archive.append([{ ...commit, messageId: 'other' }])).rejects.toEqual(
    code('archive.commit_invalid'),
  )
})

test('an old segment is sealed when asked', async () => {
  let now = 1000
  const archive = await open(new MemoryFiles(), { now: () => now, sealAfterMs: 60_000 })
  await archive.append(commitsOf(1, 2))
  await archive.sealIfDue()
  expect(archive.stats.sealedSequence).toBe(0n)
  now += 60_000
  await archive.sealIfDue()
  expect(archive.stats.sealedSequence).toBe(2n)
})

test('time goes by the running maximum of commit times', async () => {
  const files = new MemoryFiles()
  const archive = await filled(files, 600)
  const us = (n: number): bigint => BigInt(baseTimeUs + n * 1000)
  // A clock that was set back, and a commit without a time.
  const [back, none] = commitsOf(1, 2)
  if (!back || !none) throw new Error('no commits')
  await archive.append([
    { ...back, sequence: 601n },
    { ...none, sequence: 602n, payload: new Uint8Array([255]) },
  ])
  await archive.append(commitsOf(603, 603))
  for (const a of [archive, await open(files)]) {
    expect(await a.sequenceAt(us(1) - 1n)).toBe(0n)
    for (const n of [1, 2, 255, 256, 257, 258, 300, 511, 599])
      for (const extra of [0n, 999n]) expect(await a.sequenceAt(us(n) + extra)).toBe(BigInt(n))
    expect(await a.sequenceAt(us(600))).toBe(602n)
    expect(await a.sequenceAt(us(603))).toBe(603n)
    expect(await a.sequenceAt(1n << 62n)).toBe(603n)
  }
})

test('another log is refused by name, before anything is written', async () => {
  const files = new MemoryFiles()
  await (await filled(files, 50)).close()
  const before = files.paths().map((path) => [path, files.get(path)])
  for (const path of files.paths()) {
    const bytes = files.get(path)
    if (bytes) files.put(path.replace('/1/', '/2/'), bytes)
  }
  await expect(
    open(files, { identity: { ...identity, rootKeyFingerprint: 'SHA256:other' } }),
  ).rejects.toEqual(
    expect.objectContaining({
      code: 'archive.foreign',
      details: expect.objectContaining({ field: 'root key', found: 'SHA256:1f3a' }),
    }),
  )
  await expect(open(files, { identity: { ...identity, generation: 2 } })).rejects.toEqual(
    code('archive.foreign'),
  )
  for (const [path, bytes] of before) expect(files.get(String(path))).toEqual(bytes)
})

test('a range is healed, what stands beside it is taken over, old files stay aside', async () => {
  const files = new MemoryFiles()
  const archive = await filled(files, 300)
  await archive.close()
  const victim = files.paths().find((path) => path.includes('seg-')) ?? ''
  const bytes = files.get(victim) ?? Buffer.alloc(0)
  bytes[1500] = (bytes[1500] ?? 0) ^ 1
  files.put(victim, bytes)
  const again = await open(files, { now: () => 5 })
  const [damage] = await again.verify()
  expect(damage).toMatchObject({ kind: 'frame', file: victim.split('/').at(-1) })
  const bad = damage?.firstBadSequence ?? 0n
  await expect(collect(again.read(1n, 300n))).rejects.toEqual(code('archive.damaged'))
  expect(await again.at(bad + 1n)).toBeDefined()
  await expect(again.at(bad)).rejects.toEqual(code('archive.damaged'))

  const wrong = commitsOf(Number(bad), Number(bad), 'other')
  await expect(again.replace(bad, bad, batched(wrong))).rejects.toEqual(code('archive.damaged'))
  await again.replace(bad, bad, batched(commitsOf(Number(bad), Number(bad))))
  expect(await again.verify()).toEqual([])
  expect(plain(await collect(again.read(1n, 300n)))).toEqual(plain(commitsOf(1, 300)))
  expect(files.paths()).toContain(`${victim}.damaged-5`)
  await again.append(commitsOf(301, 302))
  expect(await again.verify()).toEqual([])
})

test('a tail is replaced, or dropped, by whoever decides so', async () => {
  const archive = await filled(new MemoryFiles(), 300)
  const other = commitsOf(200, 250, 'other')
  await expect(archive.replace(200n, 250n, batched(other))).rejects.toEqual(code('archive.damaged'))
  await archive.replace(200n, 250n, batched(other), { tail: 'drop', content: 'other' })
  expect(archive.last.sequence).toBe(250n)
  expect(await archive.verify()).toEqual([])
  expect(plain(await collect(archive.read(199n, 300n)))).toEqual(
    plain([...commitsOf(199, 199), ...other]),
  )
  await archive.replace(101n, 100n, batched([]), { tail: 'drop' })
  expect(archive.last.sequence).toBe(100n)
  await archive.append(commitsOf(101, 300))
  expect(await archive.verify()).toEqual([])
  expect(plain(await collect(archive.read(1n, 300n)))).toEqual(plain(commitsOf(1, 300)))
})

test('nothing works after closing', async () => {
  const archive = await filled(new MemoryFiles(), 3)
  await archive.close()
  await archive.close()
  await expect(archive.append(commitsOf(4, 4))).rejects.toEqual(code('archive.closed'))
  await expect(archive.verify()).rejects.toEqual(code('archive.closed'))
})

test('after a rotation of the root key the archive goes on, and new segments are of the new one', async () => {
  const files = new MemoryFiles()
  await filled(files, 200)
  const names = { present: 'SHA256:2b2b', former: [identity.rootKeyFingerprint] }
  const rotated = {
    ...identity,
    get rootKeyFingerprint() {
      return names.present
    },
    get formerRootKeys() {
      return names.former
    },
  }
  await expect(open(files, { identity: { ...rotated, formerRootKeys: [] } })).rejects.toEqual(
    code('archive.foreign'),
  )
  const archive = await open(files, { identity: rotated })
  expect(archive.last.sequence).toBe(200n)
  await archive.append(commitsOf(201, 300))
  // Once more, while it is open.
  names.former.unshift(names.present)
  names.present = 'SHA256:3c3c'
  for (let n = 301; n <= 400; n += 10) await archive.append(commitsOf(n, n + 9))
  expect(await archive.verify()).toEqual([])
  const found = new Set<string>()
  for (const name of await files.list(archive.directory)) {
    const read = decodeHeader(files.get(`${archive.directory}/${name}`) ?? Buffer.alloc(0))
    if (typeof read !== 'string') found.add(read.header.identity.rootKeyFingerprint)
  }
  expect([...found].sort()).toEqual([identity.rootKeyFingerprint, 'SHA256:2b2b', 'SHA256:3c3c'])
  const again = await open(files, { identity: rotated })
  expect(plain(await collect(again.read(1n, 400n)))).toEqual(plain(commitsOf(1, 400)))
})
