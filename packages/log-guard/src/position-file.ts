import { constants } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { uuidFromBytes, uuidToBytes } from '@holdfast/domain'

/** The last commit that was archived, or is being archived at this moment. */
export interface Position {
  /** UUID. */
  readonly lineageId: string
  readonly generation: number
  /** 0 for an empty log. */
  readonly sequence: bigint
  /** `leafHash` of that commit, 32 bytes; zeroes for sequence 0. */
  readonly hash: Uint8Array
}

export type PositionRead =
  | { readonly type: 'none' }
  /** Neither slot can be read. */
  | { readonly type: 'damaged' }
  | { readonly type: 'known'; readonly position: Position }

/**
 * A third witness beside log and archive, in a place of its own: two slots of 512 bytes, written in
 * turn, so that a write cut short leaves the one before. It is synced together with each group of the
 * archive and before anybody hears of the group, hence it is never behind an acknowledgement.
 */
export interface PositionFile {
  /** What it says: as found at opening, then what was written last. */
  readonly content: PositionRead
  /** On the disk when it resolves. One at a time. */
  write(position: Position): Promise<void>
  close(): Promise<void>
}

const slotBytes = 512
const fileBytes = 2 * slotBytes
const magic = Buffer.from('HFPOSN\0\x01', 'latin1')
const crcAt = slotBytes - 4

/** Throws what the file system throws. `datasync` is for tests. */
export async function openPositionFile(
  path: string,
  datasync: (file: FileHandle) => Promise<void> = (file) => file.datasync(),
): Promise<PositionFile> {
  const directory = dirname(path)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    const { size } = await file.stat()
    const content = Buffer.alloc(fileBytes)
    if (size > 0) await file.read(content, 0, fileBytes, 0)
    const { found, counter } = readSlots(content, size)
    if (size === 0) {
      // The room is there from now on, so that no later write needs any.
      await file.write(content, 0, fileBytes, 0)
      await file.sync()
      await syncDirectory(directory)
    }
    let next = counter + 1n
    let last = found
    return {
      get content() {
        return last
      },
      async write(position) {
        const slot = encodeSlot(position, next)
        await file.write(slot, 0, slotBytes, Number(next % 2n) * slotBytes)
        await datasync(file)
        next += 1n
        last = { type: 'known', position }
      },
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

function readSlots(
  content: Buffer,
  size: number,
): { readonly found: PositionRead; readonly counter: bigint } {
  const slots = [0, slotBytes].map((at) => content.subarray(at, at + slotBytes))
  if (size === 0 || (size === fileBytes && slots.every(isBlank)))
    return { found: { type: 'none' }, counter: 0n }
  let best: { readonly position: Position; readonly counter: bigint } | undefined
  for (const slot of slots) {
    const read = decodeSlot(slot)
    if (read && (!best || read.counter > best.counter)) best = read
  }
  if (!best) return { found: { type: 'damaged' }, counter: 0n }
  return { found: { type: 'known', position: best.position }, counter: best.counter }
}

const isBlank = (slot: Buffer): boolean => slot.every((byte) => byte === 0)

export function encodeSlot(position: Position, counter: bigint): Buffer {
  const slot = Buffer.alloc(slotBytes)
  magic.copy(slot, 0)
  slot.writeBigUInt64BE(counter, 8)
  slot.set(uuidToBytes(position.lineageId), 16)
  slot.writeUInt32BE(position.generation, 32)
  slot.writeBigUInt64BE(position.sequence, 36)
  slot.set(position.hash, 44)
  slot.writeUInt32BE(crc32(slot.subarray(0, crcAt)), crcAt)
  return slot
}

export function decodeSlot(
  slot: Buffer,
): { readonly position: Position; readonly counter: bigint } | undefined {
  if (slot.length !== slotBytes || slot.compare(magic, 0, magic.length, 0, magic.length) !== 0)
    return undefined
  if (slot.readUInt32BE(crcAt) !== crc32(slot.subarray(0, crcAt))) return undefined
  return {
    counter: slot.readBigUInt64BE(8),
    position: {
      lineageId: uuidFromBytes(slot.subarray(16, 32)),
      generation: slot.readUInt32BE(32),
      sequence: slot.readBigUInt64BE(36),
      hash: new Uint8Array(slot.subarray(44, 76)),
    },
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const folder = await open(directory, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
