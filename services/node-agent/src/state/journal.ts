import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { readIfThere, writeDurably } from './durable-file.ts'

const magic = Buffer.from('HFJ1')
const headerBytes = 8
/** Longer than anything we write; a length beyond it is damage. */
const maxRecordBytes = 512 * 1024 * 1024

/** Records in one file, in order. What was acknowledged survives a crash; a torn tail does not. */
export interface Journal {
  /** Bytes in the file. */
  size(): number
  /** Adds records and fsyncs; after a failure the same records may be appended again. */
  append(records: readonly Uint8Array[]): Promise<void>
  /** Puts one record in the place of everything. */
  replace(record: Uint8Array): Promise<void>
  close(): Promise<void>
}

export interface OpenedJournal {
  readonly journal: Journal
  readonly records: readonly Uint8Array[]
  /** Bytes behind the last sound record, cut off: a torn write, or damage. */
  readonly lostBytes: number
}

/**
 * Each record is a length and a CRC-32 (both big endian) and then its bytes. Reading stops at the first
 * record that is not sound, because what follows it cannot be told from rubbish.
 * Calls must not overlap; the owner queues them.
 */
export async function openJournal(path: string): Promise<OpenedJournal> {
  const content = await readIfThere(path)
  const { records, end } = readRecords(content ?? Buffer.alloc(0))
  const lostBytes = (content?.length ?? 0) - end
  if (content === undefined || end === 0) await writeDurably(path, magic)

  let size = Math.max(end, magic.length)
  let file = await open(path, 'r+')
  await file.truncate(size)

  return {
    records,
    lostBytes: end === 0 && content?.length === magic.length ? 0 : lostBytes,
    journal: {
      size: () => size,
      async append(added) {
        const bytes = Buffer.concat(added.flatMap(frame))
        await writeFully(file, bytes, size)
        await file.datasync()
        size += bytes.length
      },
      async replace(record) {
        const bytes = Buffer.concat([magic, ...frame(record)])
        await writeDurably(path, bytes)
        await file.close()
        file = await open(path, 'r+')
        size = bytes.length
      },
      close: () => file.close(),
    },
  }
}

function frame(record: Uint8Array): Uint8Array[] {
  const header = Buffer.alloc(headerBytes)
  header.writeUInt32BE(record.length, 0)
  header.writeUInt32BE(crc32(record), 4)
  return [header, record]
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const result = await file.write(bytes, written, bytes.length - written, position + written)
    written += result.bytesWritten
  }
}

/** `end` is where the sound part ends; 0 when not even the first bytes are ours. */
function readRecords(content: Buffer): { records: Uint8Array[]; end: number } {
  const records: Uint8Array[] = []
  if (!content.subarray(0, magic.length).equals(magic)) return { records, end: 0 }
  let at = magic.length
  while (at + headerBytes <= content.length) {
    const length = content.readUInt32BE(at)
    const record = content.subarray(at + headerBytes, at + headerBytes + length)
    if (length > maxRecordBytes || record.length < length) break
    if (crc32(record) !== content.readUInt32BE(at + 4)) break
    records.push(record)
    at += headerBytes + length
  }
  return { records, end: at }
}
