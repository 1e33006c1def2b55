import { BtfInvalid } from './parse.ts'

/** The bytes of a section of a 64-bit little-endian ELF file. Throws BtfInvalid when there is none of that name. */
export function sectionOf(file: Buffer, name: string): Buffer {
  try {
    return find(file, name)
  } catch (error) {
    if (error instanceof RangeError)
      throw new BtfInvalid('the file ends too early', { cause: error })
    throw error
  }
}

function find(file: Buffer, name: string): Buffer {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) {
    throw new BtfInvalid('this is no 64-bit little-endian ELF file')
  }
  const headersAt = Number(file.readBigUInt64LE(0x28))
  const headerBytes = file.readUInt16LE(0x3a)
  const count = file.readUInt16LE(0x3c)
  const header = (index: number): { name: number; data: Buffer } => {
    const at = headersAt + index * headerBytes
    const offset = Number(file.readBigUInt64LE(at + 0x18))
    const bytes = Number(file.readBigUInt64LE(at + 0x20))
    return { name: file.readUInt32LE(at), data: file.subarray(offset, offset + bytes) }
  }
  const names = header(file.readUInt16LE(0x3e)).data
  for (let index = 0; index < count; index++) {
    const section = header(index)
    const end = names.indexOf(0, section.name)
    if (names.toString('latin1', section.name, end) === name) return section.data
  }
  throw new BtfInvalid(`there is no section ${name}`)
}
