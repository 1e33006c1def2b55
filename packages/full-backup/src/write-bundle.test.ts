import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'
import { expect, test } from 'vitest'
import { encodeTarHeader } from './tar-header.ts'
import { smallBackup } from './testing/small-backup.ts'
import { writeBundle } from './write-bundle.ts'

test('another reader of tar finds every member, with the sums that are listed', async () => {
  const { made } = await smallBackup()
  expect((await stat(made.path)).mode & 0o777).toBe(0o600)
  const sums = new Map<string, string>()
  let listed = ''
  const reader = extract()
  reader.on('entry', (header, stream, next) => {
    expect(header).toMatchObject({ type: 'file', mode: 0o600, uid: 0, gid: 0 })
    const hash = createHash('sha256')
    stream.on('data', (data) => {
      const piece = data as Buffer // as: no encoding is set
      hash.update(piece)
      if (header.name === 'MANIFEST.sha256') listed += piece.toString()
    })
    stream.on('end', () => {
      sums.set(header.name, hash.digest('hex'))
      next()
    })
  })
  await pipeline(createReadStream(made.path), reader)
  sums.delete('MANIFEST.sha256')
  expect([...sums].map(([name, sum]) => `${sum}  ${name}\n`).join('')).toBe(listed)
})

test('a bundle that was not finished is none, and nothing is written over', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'bundle-')), 'x.hfbak')
  const late = { name: 'manifest.json', size: 2, content: () => Buffer.from('{}') }
  const failing = {
    name: 'keys/keyset.age',
    // biome-ignore lint/correctness/useYield: it fails before
    async *content(): AsyncGenerator<Uint8Array> {
      throw new Error('gone')
    },
  }
  await expect(writeBundle(path, 1, late, [failing])).rejects.toThrow('gone')
  const left = await readFile(path)
  expect(left.subarray(0, 512).every((byte) => byte === 0)).toBe(true)
  await expect(writeBundle(path, 1, late, [])).rejects.toThrow(/EEXIST/)
})

test('names that do not fit, and members out of order, are not written', async () => {
  const entry = { size: 1, modifiedAtUnixSeconds: 1 }
  expect(() => encodeTarHeader({ ...entry, name: 'ä' })).toThrow(/characters/)
  expect(() => encodeTarHeader({ ...entry, name: 'x'.repeat(101) })).toThrow(/too long/)
  expect(() => encodeTarHeader({ ...entry, name: 'x', size: 8 * 1024 ** 3 })).toThrow(/range/)
  const path = join(await mkdtemp(join(tmpdir(), 'bundle-')), 'x.hfbak')
  const late = { name: 'manifest.json', size: 2, content: () => Buffer.from('{}') }
  const member = (name: string) => ({ name, content: () => [Buffer.from('x')] })
  for (const names of [
    ['evil'],
    ['keys/root-key.age', 'keys/keyset.age'],
    ['keys/keyset.age', 'keys/keyset.age'],
  ])
    await expect(writeBundle(path, 1, late, names.map(member))).rejects.toThrow(
      /cannot stand there/,
    )
})
