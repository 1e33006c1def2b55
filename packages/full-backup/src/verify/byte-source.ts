import { BundleInvalid } from '../errors.ts'

/** Bytes as they come, given out in pieces of the size that is asked for. Holds one piece. */
export class ByteSource {
  readonly #pieces: AsyncIterator<Uint8Array>
  #held: Uint8Array = new Uint8Array()
  #at = 0

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  /** Bytes given out so far. */
  get position(): number {
    return this.#at
  }

  /** Undefined at the end; at most `most` bytes, at least one. */
  async some(most: number): Promise<Uint8Array | undefined> {
    while (this.#held.length === 0) {
      const next = await this.#pieces.next()
      if (next.done) return undefined
      this.#held = next.value
    }
    const piece = this.#held.subarray(0, most)
    this.#held = this.#held.subarray(piece.length)
    this.#at += piece.length
    return piece
  }

  /** Exactly so many. Throws BundleInvalid, naming the member it was in. */
  async exactly(count: number, member: string): Promise<Buffer> {
    const parts: Uint8Array[] = []
    for (let left = count; left > 0; ) {
      const piece = await this.some(left)
      if (!piece) throw BundleInvalid({ member, reason: 'the file ends inside it' })
      parts.push(piece)
      left -= piece.length
    }
    // A copy: pieces may be parts of a buffer that is used again.
    return Buffer.concat(parts)
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}
