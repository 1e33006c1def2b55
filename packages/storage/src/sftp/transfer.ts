import type { SftpSession } from './session.ts'

/** What every server takes in one packet; OpenSSH would take more. */
const chunkBytes = 30 * 1024
/** Requests on the way at once: 2 MiB, the window of a channel, so that a long way costs no speed. */
const maxInFlight = 64

/** Writes the body from the beginning of an open file; requests overlap, a failure of any ends it. Answers how many bytes. */
export async function writeAll(
  session: SftpSession,
  handle: Buffer,
  body: AsyncIterable<Uint8Array>,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (bytes: number) => void },
): Promise<number> {
  const inFlight = new Set<Promise<void>>()
  let position = 0
  let done = 0
  let failure: { readonly error: unknown } | undefined

  const write = (data: Uint8Array): void => {
    const at = position
    position += data.length
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.length)
    const writing = session
      .request<void>(
        (sftp, answer) => sftp.write(handle, bytes, 0, bytes.length, at, answer),
        options.signal,
      )
      .then(
        () => {
          done += bytes.length
          options.onProgress?.(done)
        },
        (error: unknown) => {
          failure ??= { error }
        },
      )
      .finally(() => inFlight.delete(writing))
    inFlight.add(writing)
  }

  let pending = Buffer.alloc(0)
  for await (const chunk of body) {
    let rest = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk])
    for (; rest.length >= chunkBytes; rest = rest.subarray(chunkBytes)) {
      while (inFlight.size >= maxInFlight) await Promise.race(inFlight)
      if (failure) throw failure.error
      write(rest.subarray(0, chunkBytes))
    }
    pending = rest
    if (failure) throw failure.error
  }
  if (pending.length > 0) write(pending)
  await Promise.all(inFlight)
  if (failure) throw failure.error
  return position
}

/** Reads from `from` up to `to`; ends early, without a word, where the file does. */
export async function* readRange(
  session: SftpSession,
  handle: Buffer,
  from: number,
  to: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const ahead: Promise<Buffer>[] = []
  let next = from
  const fill = (): void => {
    while (next < to && ahead.length < maxInFlight) {
      const length = Math.min(chunkBytes, to - next)
      const reading = readWhole(session, handle, next, length, signal)
      // Whoever stops early does not wait for the others.
      reading.catch(() => undefined)
      ahead.push(reading)
      next += length
    }
  }
  for (fill(); ; fill()) {
    const reading = ahead.shift()
    if (!reading) return
    const bytes = await reading
    if (bytes.length > 0) yield bytes
  }
}

/** A server may answer with less than it was asked for without being at the end. */
async function readWhole(
  session: SftpSession,
  handle: Buffer,
  position: number,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const read = await session
      .request<number>(
        (sftp, done) => sftp.read(handle, bytes, filled, length - filled, position + filled, done),
        signal,
      )
      .catch((error: unknown) => {
        if (isEndOfFile(error)) return 0
        throw error
      })
    if (read <= 0) break
    filled += read
  }
  return bytes.subarray(0, filled)
}

const isEndOfFile = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 1
