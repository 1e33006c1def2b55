import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatCheckpoint, signer, signNote } from '@holdfast/merkle'
import { sql } from '@holdfast/postgres'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTreeSuite, type TreeSuite, until } from './testing/tree-suite.ts'

let suite: TreeSuite
beforeEach(async () => {
  suite = await startTreeSuite()
  await suite.grow(300)
  await suite.settled()
})
afterEach(() => suite.close())

const root = async () => new Uint8Array((await suite.proofs.getCheckpoint()).checkpoint?.root ?? [])

test('a tree that was taken away comes back, and is the one that was signed', async () => {
  await suite.restart(async () => {
    await suite.postgres.execute(sql`truncate audit.tiles, audit.tree_position`)
  })
  await suite.grow(3)
  const size = await suite.settled()
  expect(await root()).toEqual(await suite.rootOf(size))
  expect(suite.tree.status().frozen).toBeUndefined()
})

test('tiles that were changed sign nothing; the tree is made again from the log', async () => {
  const before = await suite.checkpoints()
  // The root of the first 256 leaves, which the tree itself does not look at again.
  await suite.postgres.execute(sql`
    update audit.tiles set hashes = set_byte(hashes, 3, get_byte(hashes, 3) # 1)
    where level = 1 and tile = 0`)
  await suite.grow(1)
  const size = await suite.settled()
  expect(await root()).toEqual(await suite.rootOf(size))
  const after = await suite.checkpoints()
  expect(after.slice(0, before.length)).toEqual(before)
  for (const one of after)
    expect(one.note).toContain(Buffer.from(await suite.rootOf(one.size)).toString('base64'))
})

test('a leaf that was changed proves nothing, and is mended', async () => {
  await suite.postgres.execute(sql`
    update audit.tiles set hashes = set_byte(hashes, 3, get_byte(hashes, 3) # 1)
    where level = 0 and tile = 0`)
  await expect(suite.proofs.getEntryProof({ sequence: 2 })).rejects.toMatchObject({
    code: 'audit.tree_behind',
  })
  await until(async () => {
    const proven = await suite.proofs.getEntryProof({ sequence: 2 }).catch(() => undefined)
    return proven !== undefined
  })
})

test('a log that is not the one that was signed is never signed', async () => {
  const head = await suite.settled()
  // Somebody with the key and the database, but without the past: another history of the same size.
  const key = await suite.keyTools.keyFiles.find(
    new Uint8Array((await suite.proofs.listSigningKeys()).keys?.[0]?.publicKey ?? []),
  )
  const other = new Uint8Array(32).fill(7)
  const note = signNote(
    formatCheckpoint({ origin: suite.origin, size: head, root: other }),
    signer(suite.origin, key ?? new Uint8Array(32)),
  )
  await suite.postgres.execute(sql`
    update audit.checkpoints set root = ${other}, note = ${note} where size = ${head}`)
  const count = (await suite.checkpoints()).length
  await suite.grow(300)
  await until(() => suite.tree.status().frozen !== undefined)
  await until(() => suite.tree.status().size > head + 299n)
  await expect(suite.proofs.signCheckpoint()).rejects.toMatchObject({
    code: 'audit.signing_frozen',
  })
  expect(suite.tree.readiness().reason).toContain('does not begin with')
  expect((await suite.checkpoints()).length).toBe(count)
  // Entries are shown and proven all the same.
  await suite.restart()
  await until(() => suite.tree.status().frozen !== undefined)
  expect((await suite.checkpoints()).length).toBe(count)
})

test.each([
  ['root', sql`update audit.checkpoints set root = decode(repeat('00', 32), 'hex')`],
  ['note', sql`update audit.checkpoints set note = replace(note, '/1', '/2')`],
])('a checkpoint whose %s was changed is no ground to sign on', async (_, tampering) => {
  await suite.postgres.execute(tampering)
  const count = (await suite.checkpoints()).length
  await suite.grow(2)
  await until(() => suite.tree.status().frozen !== undefined)
  expect((await suite.checkpoints()).length).toBe(count)
})

test('a database that lost its checkpoints takes them from the archive before it signs', async () => {
  const kept = await suite.checkpoints()
  const directory = join(suite.archiveDir, suite.log.lineageId, 'checkpoints')
  await mkdir(directory, { recursive: true })
  for (const { size, note } of kept) await writeFile(join(directory, `${size}.note`), note)
  await suite.restart(async () => {
    await suite.postgres.execute(sql`truncate audit.checkpoints, audit.tiles, audit.tree_position`)
  })
  await suite.grow(1)
  await suite.settled()
  const sizes = (await suite.checkpoints()).map(({ size }) => size)
  expect(sizes).toEqual(expect.arrayContaining(kept.map(({ size }) => size)))
})

test('an archive that knows another history freezes signing', async () => {
  const head = await suite.settled()
  const key = await suite.keyTools.keyFiles.find(
    new Uint8Array((await suite.proofs.listSigningKeys()).keys?.[0]?.publicKey ?? []),
  )
  const text = formatCheckpoint({
    origin: suite.origin,
    size: head + 10n,
    root: new Uint8Array(32).fill(9),
  })
  const directory = join(suite.archiveDir, suite.log.lineageId, 'checkpoints')
  await mkdir(directory, { recursive: true })
  const note = signNote(text, signer(suite.origin, key ?? new Uint8Array(32)))
  await writeFile(join(directory, `${head + 10n}.note`), note)
  await suite.restart()
  // The log is shorter than what was signed.
  await until(() => suite.tree.status().frozen?.includes('a checkpoint of') === true)
  await suite.grow(20)
  await until(() => suite.tree.status().size >= head + 20n)
  await suite.restart()
  await until(() => suite.tree.status().frozen?.includes('does not begin with') === true)
})

test('without its key nothing is signed, and proofs go on', async () => {
  await suite.restart(async () => {
    for (const name of await readdir(suite.keysDir)) await rm(join(suite.keysDir, name))
  })
  await suite.grow(1)
  await until(() => suite.tree.status().frozen?.includes('no key to sign with') === true)
  await expect(suite.proofs.getEntryProof({ sequence: 3 })).resolves.toBeDefined()
})
