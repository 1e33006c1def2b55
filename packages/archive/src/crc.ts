import { crc32 } from 'node:zlib'

/** CRC-32 (ISO-HDLC, as in gzip) of these bytes after each other. */
export function crcOf(first: Uint8Array, second?: Uint8Array): number {
  const value = crc32(first)
  return second === undefined ? value : crc32(second, value)
}
