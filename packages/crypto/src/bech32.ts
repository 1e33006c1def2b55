/** Bech32, BIP 173, without its limit of 90 characters: the text of age's recipients and identities. */

const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const
const checksumLength = 6

function polymod(values: readonly number[]): number {
  let sum = 1
  for (const value of values) {
    const top = sum >>> 25
    sum = ((sum & 0x1ffffff) << 5) ^ value
    for (const [bit, term] of generator.entries()) if ((top >>> bit) & 1) sum ^= term
  }
  return sum
}

const spread = (prefix: string): number[] => {
  const codes = [...Buffer.from(prefix, 'latin1')]
  return [...codes.map((code) => code >>> 5), 0, ...codes.map((code) => code & 31)]
}

/** Bytes to groups of five bits, the last one filled with zeros; and back, where the filling must be zeros. */
function regroup(
  data: Iterable<number>,
  from: number,
  to: number,
  pad: boolean,
): number[] | undefined {
  const groups: number[] = []
  let held = 0
  let bits = 0
  for (const value of data) {
    held = ((held << from) | value) & 0xfff
    bits += from
    while (bits >= to) {
      bits -= to
      groups.push((held >>> bits) & ((1 << to) - 1))
    }
  }
  const rest = held & ((1 << bits) - 1)
  if (pad && bits > 0) groups.push((rest << (to - bits)) & ((1 << to) - 1))
  return !pad && (bits >= from || rest !== 0) ? undefined : groups
}

/** In lower case. `prefix` is ours, and lower case. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  const words = regroup(bytes, 8, 5, true) ?? []
  const empty = Array.from({ length: checksumLength }, () => 0)
  const sum = polymod([...spread(prefix), ...words, ...empty]) ^ 1
  const checksum = empty.map((_, index) => (sum >>> (5 * (checksumLength - 1 - index))) & 31)
  return `${prefix}1${[...words, ...checksum].map((word) => alphabet[word]).join('')}`
}

/** All lower or all upper case. Undefined when it is no bech32, or a character was mistyped. */
export function decodeBech32(text: string): { prefix: string; bytes: Uint8Array } | undefined {
  const lower = text.toLowerCase()
  if (text !== lower && text !== text.toUpperCase()) return undefined
  const split = lower.lastIndexOf('1')
  const prefix = lower.slice(0, split)
  const words = [...lower.slice(split + 1)].map((letter) => alphabet.indexOf(letter))
  if (split < 1 || words.length < checksumLength || words.includes(-1)) return undefined
  if (!/^[\x21-\x7e]+$/.test(prefix)) return undefined
  if (polymod([...spread(prefix), ...words]) !== 1) return undefined
  const bytes = regroup(words.slice(0, -checksumLength), 5, 8, false)
  return bytes && { prefix, bytes: Uint8Array.from(bytes) }
}
