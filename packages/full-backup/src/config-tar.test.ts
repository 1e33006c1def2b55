import { expect, test } from 'vitest'
import { configTar, readConfigTar } from './config-tar.ts'

const tarOf = async (name: string): Promise<Buffer> => {
  const pieces: Uint8Array[] = []
  const file = { name, mode: 0o600, content: Buffer.of(1) }
  for await (const piece of configTar([file], 0)) pieces.push(piece)
  return Buffer.concat(pieces)
}

test('a file of the configuration has no name that leads elsewhere', async () => {
  for (const name of ['', '/x', '../x', 'a/../b', 'x'.repeat(101), `${'y'.repeat(160)}/x`])
    await expect(tarOf(name)).rejects.toThrow('no file of the configuration')
})

test('a long name is parted, and read as it was', async () => {
  const name = `${'d'.repeat(95)}/${'f'.repeat(100)}`
  const tar = await tarOf(name)
  expect(tar).toHaveLength(4 * 512)
  expect(readConfigTar(tar).map((file) => file.name)).toEqual([name])
})

test('equal files are equal bytes', async () => {
  expect((await tarOf('env/holdfast.env')).equals(await tarOf('env/holdfast.env'))).toBe(true)
})
