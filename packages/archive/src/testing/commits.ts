import type { ArchivedCommit, ArchiveIdentity } from '../types.ts'

export const identity: ArchiveIdentity = {
  lineageId: '01890a5d-ac96-774b-bcce-b302099a8057',
  generation: 1,
  rootKeyFingerprint: 'SHA256:1f3a',
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return [...bytes, rest]
}

/** A payload that states a commit time, as holdfast.log.v1.Commit does. */
export const timedPayload = (timeUs: number, more = ''): Uint8Array =>
  new Uint8Array([
    8,
    1,
    13 << 3,
    ...varint(timeUs),
    ...(more ? [0x92, 1, ...varint(more.length)] : []),
    ...Buffer.from(more),
  ])

export const headersOf = (messageId: string): Uint8Array =>
  new Uint8Array(Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${messageId}\r\n\r\n`))

export const baseTimeUs = 1_700_000_000_000_000

/** Commits `from`..`to`, the same ones every time. */
export function commitsOf(from: number, to: number, text = ''): ArchivedCommit[] {
  return Array.from({ length: to - from + 1 }, (_, i) => {
    const n = from + i
    const messageId = `0189-${n}`
    return {
      sequence: BigInt(n),
      subject: `evt.network.interface.${n % 7}`,
      messageId,
      headers: headersOf(messageId),
      payload: timedPayload(baseTimeUs + n * 1000, text && `${text} ${n}`),
      storedAtUnixNs: BigInt(baseTimeUs + n * 1000) * 1000n + 7n,
    }
  })
}

/** For comparing: bytes as hex, so that a view and a copy are the same. */
export const plain = (commits: readonly ArchivedCommit[]): unknown[] =>
  commits.map((c) => ({
    ...c,
    headers: Buffer.from(c.headers).toString('hex'),
    payload: Buffer.from(c.payload).toString('hex'),
  }))

export async function collect(
  batches: AsyncIterable<readonly ArchivedCommit[]>,
): Promise<ArchivedCommit[]> {
  const all: ArchivedCommit[] = []
  for await (const batch of batches) all.push(...batch)
  return all
}

export async function* batched(
  commits: readonly ArchivedCommit[],
  size = 7,
): AsyncGenerator<readonly ArchivedCommit[]> {
  for (let at = 0; at < commits.length; at += size) yield commits.slice(at, at + size)
}
