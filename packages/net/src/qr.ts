import { defineError } from '@holdfast/errors'
import QRCode from 'qrcode'

/** A QR symbol holds 2,953 bytes at most; long allowed-IP lists pass that. */
export const QrTooLong = defineError(
  'net.qr_too_long',
  'too_large',
  (d: { bytes: number; maxBytes: number }) =>
    `the text has ${d.bytes} bytes and a QR code holds at most ${d.maxBytes}; use the file instead`,
)

/** Bytes of the largest symbol (version 40) by level of error correction. */
const capacity = { M: 2331, L: 2953 } as const

type Level = keyof typeof capacity

/**
 * Level M survives a smudge; L, with smaller and more scannable symbols, is taken for what would not fit.
 * Throws `net.qr_too_long`.
 */
function levelFor(text: string, preferred: Level): Level {
  const bytes = Buffer.byteLength(text)
  if (bytes > capacity.L) throw QrTooLong({ bytes, maxBytes: capacity.L })
  return bytes > capacity[preferred] ? 'L' : preferred
}

/** PNG bytes, four pixels a module. Throws `net.qr_too_long`. */
export const qrPng = async (text: string): Promise<Uint8Array> =>
  QRCode.toBuffer([{ data: Buffer.from(text), mode: 'byte' }], {
    type: 'png',
    errorCorrectionLevel: levelFor(text, 'M'),
    margin: 4,
    scale: 4,
  })

/** An SVG document. Throws `net.qr_too_long`. */
export const qrSvg = async (text: string): Promise<string> =>
  QRCode.toString([{ data: Buffer.from(text), mode: 'byte' }], {
    type: 'svg',
    errorCorrectionLevel: levelFor(text, 'M'),
    margin: 4,
  })

/** Half-block characters for a terminal; always level L, because rows are scarce there. Throws `net.qr_too_long`. */
export const qrTerminal = async (text: string): Promise<string> =>
  QRCode.toString([{ data: Buffer.from(text), mode: 'byte' }], {
    type: 'utf8',
    errorCorrectionLevel: levelFor(text, 'L'),
    margin: 2,
  })
