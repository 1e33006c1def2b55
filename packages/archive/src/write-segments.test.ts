import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openArchive } from './archive.ts'
import { ArchiveGap } from './errors.ts'
import type { ArchivedCommit } from './types.ts'
import { writeSegments } from './write-segments.ts'

const identity = {
  lineageId: '01930000-0000-7000-8000-000000000001',
  generation: 2,
  rootKeyFingerprint: 'ab'.repeat(16),
}
const commit = (n: number): ArchivedCommit => ({
  sequence: BigInt(n),
  subject: `evt.network.interface.${n % 5}`,
  messageId: `m-${n}`,
  headers: Buffer.from(`NATS/1.0\r\nNats-Msg-Id: m-${n}\r\n\r\n`),
  payload: Buffer.alloc(50, n),
  storedAtUnixNs: BigInt(n) * 1_000n,
})
const some = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => commit(from + i))

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-segments-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

test('what was written at once is an archive that can be gone on with', async () => {
  const directory = await temporary()
  const writer = await writeSegments({ directory, identity, sealAtBytes: 32 * 1024 })
  await writer.add(some(1, 700))
  await writer.add(some(701, 701))
  await expect(writer.add(some(703, 704))).rejects.toSatisfy(ArchiveGap.is)
  await writer.end()

  const archive = await openArchive({ directory, identity })
  expect(archive.last).toEqual({ sequence: 701n, hash: writer.last.hash })
  expect(archive.stats.segments).toBeGreaterThan(2)
  expect(await archive.verify()).toEqual([])
  await archive.append(some(702, 710))
  const read: ArchivedCommit[] = []
  for await (const batch of archive.read(1n, 710n)) read.push(...batch)
  expect(read.map(({ sequence }) => sequence)).toEqual(some(1, 710).map((one) => one.sequence))
  expect(Buffer.from(read[699]?.payload ?? [])).toEqual(commit(700).payload)
  expect(await archive.verify()).toEqual([])
  await archive.close()
})

test('an empty log is an empty archive', async () => {
  const directory = await temporary()
  const writer = await writeSegments({ directory, identity })
  await writer.end()
  const archive = await openArchive({ directory, identity })
  expect(archive.last.sequence).toBe(0n)
  await archive.close()
})
