/** A body in pieces of exactly `size` bytes, and a last one that may be shorter or empty. */
export async function* chunksOf(
  body: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<{ readonly bytes: Buffer; readonly isLast: boolean }> {
  let waiting: Uint8Array[] = []
  let length = 0
  for await (const part of body) {
    let rest = part
    while (length + rest.length > size) {
      waiting.push(rest.subarray(0, size - length))
      rest = rest.subarray(size - length)
      const bytes = Buffer.concat(waiting)
      waiting = []
      length = 0
      yield { bytes, isLast: false }
    }
    if (rest.length === 0) continue
    waiting.push(rest)
    length += rest.length
  }
  // Only the end of the body tells that a piece is the last: a full one waits here for it.
  yield { bytes: Buffer.concat(waiting), isLast: true }
}
