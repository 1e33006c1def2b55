import type { Brand } from '@holdfast/domain'
import { accept, type Parsed, refuse } from './parsed.ts'

/** 32 bytes as wg(8) writes them: base64, 44 characters. Public, private or preshared. */
export type WgKey = Brand<string, 'WgKey'>

// The last character carries two bits that decoders ignore; wg(8) wants them zero, and so one key has one spelling.
const pattern = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/
const zero = `${'A'.repeat(43)}=`

/** Refusals never quote the text: it may be a secret. */
export function parseWgKey(text: string): Parsed<WgKey> {
  if (!pattern.test(text)) {
    return refuse('key_invalid', 'is not a WireGuard key: 32 bytes in base64, 44 characters')
  }
  if (text === zero) return refuse('key_zero', 'is all zeros, which WireGuard takes for "no key"')
  return accept(text as WgKey) // as: checked above
}

/** The 32 bytes. */
export const wgKeyBytes = (key: WgKey): Uint8Array => new Uint8Array(Buffer.from(key, 'base64'))

/** Throws when it is not 32 bytes: only for bytes we made or stored. */
export function wgKeyFrom(bytes: Uint8Array): WgKey {
  if (bytes.length !== 32) throw new Error(`a WireGuard key has 32 bytes, not ${bytes.length}`)
  // as: base64 of 32 bytes is canonical
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') as WgKey
}
