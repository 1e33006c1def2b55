/** Growing little-endian memory the blob is written into. Offsets are bytes, sections start at multiples of 64. */
export class Arena {
  bytes: Uint8Array
  u32: Uint32Array
  #used = 0

  /** `room`, whatever is in it, is used as long as it is large enough. */
  constructor(capacity: number, room?: Uint8Array) {
    this.bytes =
      room !== undefined && room.length >= capacity
        ? room.fill(0)
        : new Uint8Array(roundUp(capacity, 64))
    this.u32 = new Uint32Array(this.bytes.buffer)
  }

  /** Where the next section starts. */
  get used(): number {
    return this.#used
  }

  /** Zeroed room, aligned to 64 bytes; views (`bytes`, `u32`) taken before are stale afterwards. */
  take(bytes: number): number {
    const at = this.#used
    const end = roundUp(at + bytes, 64)
    this.reserve(end)
    this.#used = end
    return at
  }

  /** At least so many bytes in all. */
  reserve(bytes: number): void {
    if (bytes <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(roundUp(bytes, 64), this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.#used))
    this.bytes = larger
    this.u32 = new Uint32Array(larger.buffer)
  }

  /** Room with a copy of these words in it. */
  put(words: Uint32Array): number {
    const at = this.take(words.byteLength)
    this.u32.set(words, at >>> 2)
    return at
  }

  /** Room with a copy of these bytes in it, behind their number. */
  putText(text: Uint8Array): number {
    const at = this.take(4 + text.length)
    this.u32[at >>> 2] = text.length
    this.bytes.set(text, at + 4)
    return at
  }
}

export const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit
