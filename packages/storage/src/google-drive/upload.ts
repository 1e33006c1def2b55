import { StorageBroken, StorageInvalidAnswer } from '../errors.ts'
import { chunksOf } from '../web/chunks.ts'
import { Busy, patiently, type WebAnswer, type WebClient, waitOf } from '../web/client.ts'
import { isBusy, refusalOf } from './refusal.ts'

/** A multiple of 256 KiB, as the protocol asks; also what a broken connection costs at most. */
const chunkBytes = 8 * 1024 * 1024

/**
 * Resumable upload: https://developers.google.com/workspace/drive/api/guides/manage-uploads#resumable. After a break the
 * session is asked how far it came, and goes on there.
 */
export async function uploadTo(
  client: WebClient,
  session: string,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  let isStored = false
  let begin = 0
  try {
    for await (const { bytes, isLast } of chunksOf(body, chunkBytes)) {
      const end = begin + bytes.length
      isStored = await patiently(signal, async (attempt) => {
        const state = attempt === 1 ? begin : await stateOf(client, session, signal)
        if (state === 'stored') return true
        if (state < begin || state > end)
          throw StorageInvalidAnswer({ why: `an upload at ${state} of ${begin} to ${end}` })
        if (state === end && !isLast) return false
        return await putChunk(client, session, bytes.subarray(state - begin), state, isLast, signal)
      })
      begin = end
      if (isStored) return
    }
    throw StorageBroken({ why: 'the upload did not end with its last byte' })
  } catch (error) {
    throw error instanceof Forgotten ? StorageBroken({ why: error.message }, error) : error
  } finally {
    // What broke must not be finished by anybody; whether this arrives, sessions end by themselves.
    if (!isStored)
      await client
        .ask({
          method: 'DELETE',
          url: session,
          isAnonymous: true,
          signal: AbortSignal.timeout(5_000),
        })
        .catch(() => undefined)
  }
}

/** Whether all of it is stored; false when more is to come. */
async function putChunk(
  client: WebClient,
  session: string,
  bytes: Uint8Array,
  begin: number,
  isLast: boolean,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const end = begin + bytes.length
  const span = bytes.length === 0 ? '*' : `${begin}-${end - 1}`
  const answer = await client.ask({
    method: 'PUT',
    url: session,
    headers: { 'content-range': `bytes ${span}/${isLast ? end : '*'}` },
    body: bytes,
    signal,
  })
  const state = read(answer)
  if (state === 'stored') {
    if (isLast) return true
    throw StorageInvalidAnswer({ why: 'an upload that ended before its last byte' })
  }
  // It may have taken less than it was given; the next attempt asks from where.
  if (isLast || state !== end) throw StorageBroken({ why: `${state} of ${end} bytes were taken` })
  return false
}

/** The next byte it waits for. */
async function stateOf(
  client: WebClient,
  session: string,
  signal: AbortSignal | undefined,
): Promise<number | 'stored'> {
  const headers = { 'content-range': 'bytes */*' }
  return read(await client.ask({ method: 'PUT', url: session, headers, signal }))
}

function read({ status, headers, value }: WebAnswer): number | 'stored' {
  if (status === 200 || status === 201) return 'stored'
  if (status === 308) {
    // No range: nothing yet.
    const last = /^bytes=0-(\d+)$/.exec(headers.range ?? '')?.[1]
    return last === undefined ? 0 : Number(last) + 1
  }
  if (isBusy(status, value)) throw new Busy(waitOf(headers))
  // The session is gone: the whole upload begins again.
  if (status === 404 || status === 410) throw new Forgotten('the upload was forgotten')
  throw refusalOf(status, value)
}

class Forgotten extends Error {}
