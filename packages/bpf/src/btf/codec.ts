/** What generated readers and writers (gen/layout.ts) are made of. All throw RangeError. */

export function sized<T>(list: readonly T[], length: number): readonly T[] {
  if (list.length !== length) throw new RangeError(`${length} elements wanted, not ${list.length}`)
  return list
}

/** A copy: what was read does not change when the buffer is used again. */
export function copyBytes(bytes: Buffer, at: number, length: number): Uint8Array {
  if (at < 0 || at + length > bytes.length) throw new RangeError('the bytes end too early')
  return Uint8Array.from(bytes.subarray(at, at + length))
}

export function setBytes(bytes: Buffer, at: number, length: number, value: Uint8Array): void {
  if (value.length !== length) {
    throw new RangeError(`${length} bytes wanted, not ${value.length}`)
  }
  bytes.set(value, at)
}
