export interface TextLine {
  /** With the newline; gone when the next lines are read. */
  readonly bytes: Uint8Array
  /** Without it. Undefined when it is not UTF-8, or longer than allowed. */
  readonly text: string | undefined
  /** False for what stands after the last newline. */
  readonly isWhole: boolean
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Lines of a byte stream, those that a chunk ends at once. Holds one line at most; one longer than `maxBytes` ends the
 * stream, as a line without text.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<readonly TextLine[], void, undefined> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    const lines: TextLine[] = []
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const rest = bytes.subarray(start, end + 1)
      const line = held.length === 0 ? rest : Buffer.concat([...held, rest])
      const isTooLong = line.length - 1 > maxBytes
      held = []
      heldBytes = 0
      start = end + 1
      const text = isTooLong ? undefined : decode(line.subarray(0, -1))
      lines.push({ bytes: line, text, isWhole: true })
    }
    if (start < bytes.length) {
      held.push(new Uint8Array(bytes.subarray(start))) // the producer may reuse its buffer
      heldBytes += bytes.length - start
    }
    yield lines
    if (heldBytes > maxBytes) {
      return yield [{ bytes: new Uint8Array(), text: undefined, isWhole: true }]
    }
  }
  if (heldBytes === 0) return
  const bytes = Buffer.concat(held)
  yield [{ bytes, text: decode(bytes), isWhole: false }]
}

/** The quick way replaces what is no UTF-8 by U+FFFD; only where one is found the strict way has to look. */
function decode(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8')
  if (!text.includes('\ufffd')) return text
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
