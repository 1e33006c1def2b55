// The lines as a program reads them that looks at one after the other: `hf_lines` of bpf/bench/classify.bpf.c.
import type { Fields } from './fields.ts'

const head = 64
/** Bytes behind the map's power of two that the last line may reach into. */
export const scanOverrun = 128
const bytesOfLine = { 4: 40, 6: 88 } as const

export function scanImage(fields: Fields): Buffer {
  const { family, count } = fields
  const stride = bytesOfLine[family]
  const bytes = Buffer.alloc(head + count * stride)
  bytes.writeUInt32LE(count, 0)
  bytes.writeUInt32LE(head, 8)
  for (let i = 0; i < count; i++) writeLine(bytes, head + i * stride, fields, i)
  return bytes
}

function writeLine(bytes: Buffer, at: number, fields: Fields, i: number): void {
  const { source, destination, sourceLength, destinationLength, sport, dport, protocol } = fields
  const value = (column: Uint32Array | undefined): number => column?.[i] ?? 0
  let next = at
  if (fields.family === 4) {
    const word = (of: number, to: number): void => {
      next = bytes.writeUInt32LE(to, next)
      next = bytes.writeUInt32LE(of, next)
    }
    word(value(source[0]), value(destination[0]))
    word(maskWord(sourceLength[i], 0), maskWord(destinationLength[i], 0))
  } else {
    const words = (of: (word: number) => number): void => {
      for (let word = 0; word < 4; word++) next = bytes.writeUInt32BE(of(word), next)
    }
    words((word) => value(source[word]))
    words((word) => value(destination[word]))
    words((word) => maskWord(sourceLength[i], word))
    words((word) => maskWord(destinationLength[i], word))
  }
  for (const bound of [0, 1] as const) {
    const word = boxWord(value(sport[bound]), value(dport[bound]), protocol[bound][i] ?? 0)
    next = bytes.writeBigUInt64LE(word, next)
  }
  // As the tables have it: the place, and below it the action.
  bytes.writeUInt32LE((i << 4) | (fields.action[i] ?? 0), next)
}

/** `hf_box` of bpf/include/holdfast.h. */
const boxWord = (sport: number, dport: number, protocol: number): bigint =>
  BigInt(sport) | (BigInt(dport) << 18n) | (BigInt(protocol) << 36n)

const maskWord = (length = 0, word: number): number => {
  const bits = Math.min(32, Math.max(0, length - word * 32))
  return bits === 0 ? 0 : (0xffff_ffff << (32 - bits)) >>> 0
}
