import { type Format, FormatError } from './format-error.ts'

/** Standard base64 of exactly one spelling: padding there, unused bits zero. Undefined otherwise. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) return undefined
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

export const encodeBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')

const decimalPattern = /^(?:0|[1-9]\d{0,18})$/
const maxDecimal = (1n << 63n) - 1n

/** ASCII decimal without leading zeros, below 2^63. Undefined otherwise. */
export function decodeDecimal(text: string): bigint | undefined {
  if (!decimalPattern.test(text)) return undefined
  const value = BigInt(text)
  return value <= maxDecimal ? value : undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text of bytes or of text, bounded. Throws FormatError for what is not UTF-8, or too long. */
export function readText(input: string | Uint8Array, maxBytes: number, format: Format): string {
  const length = typeof input === 'string' ? Buffer.byteLength(input) : input.length
  if (length > maxBytes) throw new FormatError(format, `is longer than ${maxBytes} bytes`)
  if (typeof input !== 'string') {
    try {
      return utf8.decode(input)
    } catch {
      throw new FormatError(format, 'is not UTF-8')
    }
  }
  if (!isWellFormed(input)) throw new FormatError(format, 'is not well-formed Unicode')
  return input
}

/** Without lone surrogates: only such a text has one UTF-8 form. */
export const isWellFormed = (text: string): boolean =>
  // Text without any, which is nearly all there is, takes the quick test only.
  !/[\ud800-\udfff]/.test(text) || !/\p{Surrogate}/u.test(text)
