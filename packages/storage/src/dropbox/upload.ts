import { StorageBroken, StorageInvalidAnswer } from '../errors.ts'
import { chunksOf } from '../web/chunks.ts'
import { at, textAt, type WebAnswer } from '../web/client.ts'

/** A multiple of 4 MiB, as the service likes it; also what a broken connection costs at most. */
const chunkBytes = 8 * 1024 * 1024

/** One call of the content endpoint, with what it takes beside the body; patient, and 409 is an answer. */
export type Send = (
  call: string,
  argument: Readonly<Record<string, unknown>>,
  body: Uint8Array,
) => Promise<WebAnswer>

/**
 * By an upload session: https://www.dropbox.com/developers/documentation/http/documentation#files-upload_session-start.
 * Nothing is to be seen before the session is finished; one that never is goes away by itself.
 */
export async function upload(
  send: Send,
  commit: Readonly<Record<string, unknown>>,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  let sessionId: string | undefined
  let offset = 0
  for await (const { bytes, isLast } of chunksOf(body, chunkBytes)) {
    if (isLast && sessionId === undefined) {
      const { status } = await send('upload', commit, bytes)
      if (status !== 200) throw StorageInvalidAnswer({ why: `status ${status} to an upload` })
      return
    }
    sessionId ??= await begin(send)
    await append(send, sessionId, offset, bytes)
    offset += bytes.length
    if (isLast) await finish(send, sessionId, offset, commit)
  }
}

async function begin(send: Send): Promise<string> {
  const { value } = await send('upload_session/start', { close: false }, Buffer.alloc(0))
  const id = textAt(value, 'session_id')
  if (id === '') throw StorageInvalidAnswer({ why: 'an upload session without an ID' })
  return id
}

async function append(
  send: Send,
  sessionId: string,
  begin: number,
  bytes: Uint8Array,
): Promise<void> {
  const end = begin + bytes.length
  for (let offset = begin; offset < end; ) {
    const cursor = { session_id: sessionId, offset }
    const rest = bytes.subarray(offset - begin)
    const { status, value } = await send('upload_session/append_v2', { cursor, close: false }, rest)
    if (status === 200) return
    // What was sent arrived, and its answer was lost: it says how far it is.
    const correct = correctOffset(value)
    if (correct === undefined || correct <= offset || correct > end)
      throw StorageBroken({ why: 'the upload session is not where it was left' })
    offset = correct
  }
}

async function finish(
  send: Send,
  sessionId: string,
  offset: number,
  commit: Readonly<Record<string, unknown>>,
): Promise<void> {
  const cursor = { session_id: sessionId, offset }
  const { status } = await send('upload_session/finish', { cursor, commit }, Buffer.alloc(0))
  // It may have been finished by a call whose answer was lost; to begin anew is right in either case.
  if (status !== 200) throw StorageBroken({ why: 'the upload session cannot be finished' })
}

function correctOffset(value: unknown): number | undefined {
  const found = at(value, 'error', 'correct_offset')
  return typeof found === 'number' && Number.isSafeInteger(found) ? found : undefined
}
