/**
 * Headers of a tar as POSIX.1-1988 lays them down (ustar), in one spelling: the same entry is the same 512 bytes, so
 * whoever reads makes the header anew and compares. `tar` and tar-stream read them (write-bundle.test.ts).
 */
export const blockBytes = 512
/** Behind the last entry, and nothing behind it. */
export const endBytes = 2 * blockBytes

export interface TarEntry {
  readonly name: string
  readonly size: number
  readonly modifiedAtUnixSeconds: number
  /** 0600 unless told otherwise. */
  readonly mode?: number
}

const maxNameBytes = 100
const maxSize = 0o77777777777
const maxTime = 0o77777777777

/** Throws RangeError for what does not fit. */
export function encodeTarHeader({
  name,
  size,
  modifiedAtUnixSeconds,
  mode = 0o600,
}: TarEntry): Buffer {
  const [prefix, rest] = split(name)
  if (size < 0 || size > maxSize || modifiedAtUnixSeconds < 0 || modifiedAtUnixSeconds > maxTime)
    throw new RangeError(`tar: ${name} is out of range`)
  const block = Buffer.alloc(blockBytes)
  block.write(rest, 0, 'latin1')
  block.write(octal(mode & 0o7777, 7), 100, 'latin1')
  block.write(octal(0, 7), 108, 'latin1')
  block.write(octal(0, 7), 116, 'latin1')
  block.write(octal(size, 11), 124, 'latin1')
  block.write(octal(modifiedAtUnixSeconds, 11), 136, 'latin1')
  block.write('        ', 148, 'latin1')
  block.write('0', 156, 'latin1')
  block.write('ustar\u000000', 257, 'latin1')
  block.write(prefix, 345, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${octal(sum, 6)}\0 `, 148, 'latin1')
  return block
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')

/** A longer name is parted at its last slash. */
function split(name: string): readonly [prefix: string, rest: string] {
  if (!/^[\x21-\x7e]+$/.test(name)) throw new RangeError('tar: a name has other characters')
  if (name.length <= maxNameBytes) return ['', name]
  const slash = name.lastIndexOf('/')
  const [prefix, rest] = [name.slice(0, slash), name.slice(slash + 1)]
  if (slash < 1 || rest.length > maxNameBytes || prefix.length > 155)
    throw new RangeError('tar: a name is too long')
  return [prefix, rest]
}

/** What a header says; undefined when it is not in our spelling. */
export function decodeTarHeader(block: Buffer): Required<TarEntry> | undefined {
  const text = (from: number, length: number): string => {
    const end = block.indexOf(0, from)
    return block.toString('latin1', from, end < 0 ? from + length : Math.min(end, from + length))
  }
  const number = (from: number, digits: number): number => Number.parseInt(text(from, digits), 8)
  const prefix = text(345, 155)
  const entry = {
    name: prefix === '' ? text(0, maxNameBytes) : `${prefix}/${text(0, maxNameBytes)}`,
    size: number(124, 11),
    modifiedAtUnixSeconds: number(136, 11),
    mode: number(100, 7),
  }
  try {
    return encodeTarHeader(entry).equals(block) ? entry : undefined
  } catch {
    return undefined // RangeError alone: it cannot be spelled
  }
}

/** Zeros behind so many bytes of content. */
export const paddingBytes = (size: number): number =>
  (blockBytes - (size % blockBytes)) % blockBytes
