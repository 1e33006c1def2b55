import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openArchive } from './archive.ts'
import { cutSegment, readSegmentBytes, sealedBytes, sealedFacts, sealedSegments } from './beside.ts'
import { ArchiveDamaged } from './errors.ts'
import { commitsOf, identity, plain } from './testing/commits.ts'
import type { Archive } from './types.ts'

let directory: string
let archive: Archive
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-beside-'))
  archive = await openArchive({ directory, identity })
})
afterEach(async () => {
  await archive.close()
  rmSync(directory, { recursive: true, force: true })
})

test('pieces of the open segment are segments that follow each other, while it is written and sealed', async () => {
  await archive.append(commitsOf(1, 300))
  const a = await cutSegment({ directory: archive.directory, from: 1n, to: 200n, maxBytes: 1e6 })
  const b = await cutSegment({ directory: archive.directory, from: 201n, to: 300n, maxBytes: 1e6 })
  await archive.append(commitsOf(301, 310))
  await archive.seal()
  const c = await cutSegment({ directory: archive.directory, from: 301n, to: 999n, maxBytes: 1e6 })
  expect([a.last, b.last, c.last]).toEqual([200n, 300n, 310n])
  expect([b.previousHash, c.previousHash]).toEqual([a.lastHash, b.lastHash])
  const read = await Promise.all([a, b, c].map((each) => readSegmentBytes('t', each.bytes)))
  expect(plain(read.flatMap(({ commits }) => commits))).toEqual(plain(commitsOf(1, 310)))
  // The footer counts times of what stands before the piece, as that of a whole segment does.
  const [sealed] = await sealedSegments(archive.directory)
  const facts = await sealedFacts(archive.directory, sealed?.name ?? '')
  expect(read[2]?.facts.footer.runningMaxTimeUs).toBe(facts.footer.runningMaxTimeUs)
  expect(read[2]?.facts.footer.lastHash).toEqual(facts.footer.lastHash)
})

test('a piece ends where it is large enough, and takes one commit at least', async () => {
  await archive.append(commitsOf(1, 100))
  const one = await cutSegment({ directory: archive.directory, from: 7n, to: 100n, maxBytes: 1 })
  expect([one.first, one.last]).toEqual([7n, 7n])
  await expect(
    cutSegment({ directory: archive.directory, from: 50n, to: 101n, maxBytes: 1e6 }),
  ).rejects.toSatisfy(ArchiveDamaged.is)
})

test('every byte of a piece is judged', async () => {
  await archive.append(commitsOf(1, 3))
  const { bytes } = await cutSegment({
    directory: archive.directory,
    from: 2n,
    to: 3n,
    maxBytes: 1e6,
  })
  for (let at = 0; at < bytes.length; at++) {
    const bent = Buffer.from(bytes)
    bent[at] = (bent[at] ?? 0) ^ 1
    await expect(readSegmentBytes('t', bent)).rejects.toSatisfy(ArchiveDamaged.is)
    await expect(readSegmentBytes('t', bytes.subarray(0, at))).rejects.toSatisfy(ArchiveDamaged.is)
  }
})

test('a sealed segment that is not as it was sealed is not handed out whole', async () => {
  await archive.append(commitsOf(1, 50))
  await archive.seal()
  const [sealed] = await sealedSegments(archive.directory)
  const name = sealed?.name ?? ''
  const all: Uint8Array[] = []
  for await (const piece of sealedBytes(archive.directory, name)) all.push(piece)
  expect(Buffer.concat(all).length).toBe((await sealedFacts(archive.directory, name)).size)
  const { writeFileSync } = await import('node:fs')
  const bent = Buffer.concat(all)
  bent[200] = (bent[200] ?? 0) ^ 1
  writeFileSync(join(archive.directory, name), bent)
  await expect(async () => {
    for await (const _ of sealedBytes(archive.directory, name));
  }).rejects.toSatisfy(ArchiveDamaged.is)
})
