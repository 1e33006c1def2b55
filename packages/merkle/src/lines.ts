/** A line without its newline. */
export interface TextLine {
  /** Undefined when it is not UTF-8, or longer than allowed. */
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
      const rest = bytes.subarray(start, end)
      const line = held.length === 0 ? rest : Buffer.concat([...held, rest])
      held = []
      heldBytes = 0
      start = end + 1
      lines.push({ text: line.length > maxBytes ? undefined : decode(line), isWhole: true })
    }
    if (start < bytes.length) {
      held.push(new Uint8Array(bytes.subarray(start))) // the producer may reuse its buffer
      heldBytes += bytes.length - start
    }
    yield lines
    if (heldBytes > maxBytes) return yield [{ text: undefined, isWhole: true }]
  }
  if (heldBytes > 0) yield [{ text: decode(Buffer.concat(held)), isWhole: false }]
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
