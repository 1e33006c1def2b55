import { createHash, timingSafeEqual } from 'node:crypto'

/** Of the public key in wire format. */
export const fingerprintOf = (key: Uint8Array): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/** Several pins are separated by spaces or commas: a server whose key is about to change, or that has one a type. */
export function pinsOf(text: string): readonly string[] {
  return text
    .split(/[\s,]+/)
    .filter((pin) => pin !== '')
    .map((pin) => `SHA256:${pin.replace(/^SHA256:/, '').replace(/=+$/, '')}`)
}

export function isPinned(key: Uint8Array, pins: readonly string[]): boolean {
  const seen = Buffer.from(fingerprintOf(key))
  return pins.some((pin) => pin.length === seen.length && timingSafeEqual(Buffer.from(pin), seen))
}

/** The type in front of a public key in wire format, for example `ssh-ed25519`. */
export function keyTypeOf(key: Uint8Array): string {
  const bytes = Buffer.from(key)
  const length = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0
  const type = bytes.subarray(4, 4 + Math.min(length, 64)).toString('latin1')
  return /^[a-z0-9@.-]+$/i.test(type) ? type : 'unknown'
}
