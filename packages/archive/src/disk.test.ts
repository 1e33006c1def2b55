import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rename, rm, symlink, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openArchive } from './archive.ts'
import { writeCheckpointNote } from './checkpoint-notes.ts'
import { scanArchive } from './scan.ts'
import { batched, collect, commitsOf, identity, plain } from './testing/commits.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-archive-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const open = () =>
  openArchive({ directory: join(directory, 'deep', 'archive'), identity, sealAtBytes: 8192 })

test('all of it on a real disk', async () => {
  const archive = await open()
  for (let n = 1; n <= 300; n += 20) await archive.append(commitsOf(n, n + 19))
  const folder = archive.directory
  await archive.close()
  const openFile = (await readdir(folder)).find((name) => name.startsWith('open-')) ?? ''
  await truncate(join(folder, openFile), 700)

  const again = await open()
  expect(again.damage).toMatchObject([{ kind: 'torn_tail', file: openFile, isRepaired: true }])
  await again.append(commitsOf(Number(again.last.sequence) + 1, 300))
  expect(await again.verify()).toEqual([])

  const [victim = ''] = (await readdir(folder)).sort().filter((name) => name.startsWith('seg-'))
  await truncate(join(folder, victim), 900)
  const [damage] = await again.verify()
  expect(damage).toMatchObject({ file: victim })
  await again.replace(1n, 150n, batched(commitsOf(1, 150)))
  expect(plain(await collect(again.read(1n, 300n)))).toEqual(plain(commitsOf(1, 300)))
  await again.close()

  await writeCheckpointNote(join(directory, 'deep/archive'), identity.lineageId, 9n, 'not a note')
  const [scanned] = await scanArchive(join(directory, 'deep/archive'))
  expect(scanned).toMatchObject({ commits: 300n, missing: [], damage: [{ kind: 'checkpoint' }] })
  expect(await scanArchive(folder)).toEqual([scanned])
  expect(await scanArchive(join(directory, 'nowhere'))).toEqual([])
})

test('what is no plain file is not followed and not waited for', async () => {
  const archive = await open()
  await archive.append(commitsOf(1, 20))
  await archive.seal()
  const folder = archive.directory
  await archive.close()
  const [name = ''] = await readdir(folder)
  await rename(join(folder, name), join(directory, 'elsewhere'))
  await symlink(join(directory, 'elsewhere'), join(folder, name))
  expect(await scanArchive(folder)).toMatchObject([{ damage: [{ kind: 'unreadable' }] }])
  await rm(join(folder, name))
  execFileSync('mkfifo', [join(folder, name)])
  expect((await scanArchive(folder))[0]?.firstBadSequence).toBe(1n)
  const again = await open()
  expect(again.damage[0]).toMatchObject({ firstBadSequence: 1n, isRepaired: false })
  await again.close()
})
