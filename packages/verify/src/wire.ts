/** Bytes that are not the protobuf message they should be. */
export class WireError extends Error {}

const kindOf = ['number', 'fixed64', 'bytes', 'group', 'group', 'fixed32'] as const

/**
 * Reads protobuf fields in a row. Stricter than protobuf: no groups, no over-long or over-large
 * numbers, nothing beyond the end; whoever reads differently would see another commit in the same bytes.
 */
export class WireReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at: number

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  get hasMore(): boolean {
    return this.#at < this.#end
  }

  /** Field number and wire type, as they stand: `number * 8 + type`. */
  tag(): number {
    const tag = this.number()
    if (tag < 8 || tag > 0xffffffff) throw new WireError('a field without a number')
    return tag
  }

  /** A varint up to 2^53 − 1. */
  number(): number {
    let value = 0
    let factor = 1
    for (let length = 1; length <= 8; length++) {
      if (this.#at >= this.#end) throw new WireError('it ends inside a number')
      const byte = this.#bytes[this.#at++] as number // in range: #end is at most the length
      value += (byte & 0x7f) * factor
      if (byte < 0x80) {
        if (byte === 0 && length > 1) throw new WireError('a number is longer than it need be')
        if (value > Number.MAX_SAFE_INTEGER) throw new WireError('a number is out of range')
        return value
      }
      factor *= 128
    }
    throw new WireError('a number is out of range')
  }

  /** A view, no copy. */
  bytes(): Uint8Array {
    const length = this.number()
    const start = this.#skip(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** A reader of an embedded message. */
  message(): WireReader {
    const length = this.number()
    const start = this.#skip(length)
    return new WireReader(this.#bytes, start, start + length)
  }

  /** Names and ids are ASCII; anything else comes out as something that no name is. */
  text(): string {
    const bytes = this.bytes()
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  }

  skip(tag: number): void {
    switch (kindOf[tag & 7]) {
      case 'number':
        this.#skipNumber()
        return
      case 'fixed64':
        this.#skip(8)
        return
      case 'bytes':
        this.#skip(this.number())
        return
      case 'fixed32':
        this.#skip(4)
        return
      default:
        throw new WireError('a field of a kind nobody writes')
    }
  }

  // A field nobody here reads may use all of its 64 bits.
  #skipNumber(): void {
    for (let length = 1; length <= 10; length++) {
      if (this.#at >= this.#end) throw new WireError('it ends inside a number')
      if ((this.#bytes[this.#at++] as number) < 0x80) return
    }
    throw new WireError('a number is out of range')
  }

  #skip(length: number): number {
    const start = this.#at
    if (length > this.#end - start) throw new WireError('it ends inside a field')
    this.#at = start + length
    return start
  }
}
