import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  decodeSlot,
  encodeSlot,
  openPositionFile,
  type Position,
  type PositionRead,
} from './position-file.ts'

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-position-'))
  path = join(directory, 'guard', 'position')
})
afterEach(() => rm(directory, { recursive: true }))

const at = (sequence: bigint): Position => ({
  lineageId: '01890a5d-ac96-774b-bcce-b302099a8057',
  generation: 1,
  sequence,
  hash: new Uint8Array(32).fill(Number(sequence)),
})

async function written(...positions: readonly Position[]): Promise<void> {
  const file = await openPositionFile(path)
  for (const position of positions) await file.write(position)
  await file.close()
}

async function read(): Promise<PositionRead> {
  const file = await openPositionFile(path)
  await file.close()
  return file.content
}

test('the last position written is the one found, over openings too', async () => {
  expect(await read()).toEqual({ type: 'none' })
  await written(at(1n))
  expect(await read()).toEqual({ type: 'known', position: at(1n) })
  await written(at(2n), at(3n))
  await written(at(4n))
  expect(await read()).toEqual({ type: 'known', position: at(4n) })
})

test('a position may go back: a human may have decided so', async () => {
  await written(at(9n), at(2n))
  expect(await read()).toEqual({ type: 'known', position: at(2n) })
})

test('a slot cut short or damaged leaves the one before, never something else', async () => {
  await written(at(1n), at(2n))
  const content = await readFile(path)
  for (let byte = 0; byte < content.length; byte += 7) {
    const damaged = Buffer.from(content)
    damaged.writeUInt8((damaged.readUInt8(byte) ^ 0x10) & 0xff, byte)
    await writeFile(path, damaged)
    // write 1 stands in the second slot, write 2 in the first
    expect(await read()).toEqual({ type: 'known', position: at(byte < 512 ? 1n : 2n) })
  }
})

test('a file without a readable slot is damaged, not empty', async () => {
  await written(at(1n))
  await writeFile(path, (await readFile(path)).fill(0x55))
  expect(await read()).toEqual({ type: 'damaged' })
  await writeFile(path, 'short')
  expect(await read()).toEqual({ type: 'damaged' })
})

test('a position is not on the disk before it is synced', async () => {
  const failing = await openPositionFile(path, () => Promise.reject(new Error('EIO')))
  await expect(failing.write(at(1n))).rejects.toThrow('EIO')
  await failing.close()
})

test('every position survives encoding, and no other bytes are one', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 63n }),
      fc.nat(511),
      fc.integer({ min: 1, max: 255 }),
      (sequence, byte, flip) => {
        const position = { ...at(0n), sequence }
        const slot = encodeSlot(position, 7n)
        expect(decodeSlot(slot)).toEqual({ position, counter: 7n })
        slot.writeUInt8(slot.readUInt8(byte) ^ flip, byte)
        expect(decodeSlot(slot)).toBeUndefined()
      },
    ),
  )
})
