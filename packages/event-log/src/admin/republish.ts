import { nuid } from 'nats'
import { LogUnavailable, RestoreRefused } from '../errors.ts'
import { type Ingest, ingestSubject } from '../ingest.ts'
import { errorCodes, refusalIn } from '../jetstream-api.ts'
import { encodeHeaders, NoAnswer } from '../requests.ts'
import { parseSubject } from '../subject.ts'
import type { AdminConnection } from './connection.ts'

/** A commit as the archive kept it. */
export interface ArchivedCommit {
  readonly sequence: bigint
  readonly subject: string
  readonly messageId: string
  readonly payload: Uint8Array
  /** Its stored header block; what is not about the first append goes along (traceparent). */
  readonly header?: Uint8Array
}

export interface RepublishOptions {
  readonly ingest: Ingest
  readonly stream: string
  /** Where the stream ends now; the first commit has to be the next. */
  readonly lastSequence: bigint
  /** Whether the stream takes atomic batches: one flush of the disk for many commits. */
  readonly allowsBatches: boolean
}

const attemptTimeoutMs = 30_000
/** A batch has to fit into the server's memory for one, with room to spare. */
const maxBatchBytes = 4 * 1024 * 1024
const maxBatchMessages = 1000
/** Commits on their way one by one; the server refuses all behind one it refused. */
const maxSingles = 64

/**
 * Stores archived commits again, with the sequences, bytes and message ids they had. Each attempt
 * says where the stream has to end, so that nothing is stored anywhere else, and each acknowledged
 * sequence is compared. May be repeated after a failure, from where the stream ends then. Resolves
 * with the last sequence.
 *
 * Throws `log.restore_refused`, which names the sequence, and `log.unavailable` when no answer came.
 */
export async function republish(
  admin: AdminConnection,
  commits: AsyncIterable<ArchivedCommit> | Iterable<ArchivedCommit>,
  options: RepublishOptions,
): Promise<bigint> {
  let last = options.lastSequence
  let group: ArchivedCommit[] = []
  let bytes = 0
  // One group is made while the server is at the one before.
  let before: Promise<void> = Promise.resolve()
  const store = async (): Promise<void> => {
    if (group.length === 0) return
    const stored = storeGroup(admin, group, options, before)
    // Told by the next wait; until then nobody listens.
    stored.catch(() => undefined)
    await before
    before = stored
    group = []
    bytes = 0
  }
  const limit = options.allowsBatches ? maxBatchMessages : maxSingles
  for await (const commit of commits) {
    if (commit.sequence !== last + 1n)
      throw RestoreRefused({ sequence: commit.sequence, reason: `${last + 1n} has to come first` })
    if (group.length === limit || bytes + commit.payload.length > maxBatchBytes) await store()
    group.push(commit)
    bytes += commit.payload.length
    last = commit.sequence
  }
  await store()
  await before
  return last
}

/** `before`: the group that has to be stored first. */
async function storeGroup(
  admin: AdminConnection,
  group: readonly ArchivedCommit[],
  options: RepublishOptions,
  before: Promise<void>,
): Promise<void> {
  const isBatch = options.allowsBatches && group.length > 1
  const isStored = isBatch && (await storeTogether(admin, group, options))
  await before
  // A batch that is refused says not which member was the cause; by themselves they do.
  if (!isStored) await storeSingly(admin, group, options)
}

/** False when the batch was refused, and nothing of it stored. */
async function storeTogether(
  admin: AdminConnection,
  group: readonly ArchivedCommit[],
  options: RepublishOptions,
): Promise<boolean> {
  const { requests } = admin.link
  const first = group[0]
  const last = group.at(-1)
  if (!first || !last) return true
  const id = nuid.next()
  group.forEach((commit, index) => {
    if (commit === last) return
    const headers = [
      ...headersOf(commit, options, commit === first),
      ['Nats-Batch-Id', id] as const,
      ['Nats-Batch-Sequence', String(index + 1)] as const,
    ]
    requests.tell(subjectOf(commit, options), commit.payload, encodeHeaders(headers))
  })
  const ack = await acknowledged(admin, last, options, [
    ...headersOf(last, options, false),
    ['Nats-Batch-Id', id],
    ['Nats-Batch-Sequence', String(group.length)],
    ['Nats-Batch-Commit', '1'],
  ])
  if ('refusal' in ack) return false
  verify(last, ack.sequence)
  return true
}

async function storeSingly(
  admin: AdminConnection,
  group: readonly ArchivedCommit[],
  options: RepublishOptions,
): Promise<void> {
  for (let at = 0; at < group.length; at += maxSingles) {
    const answers = await Promise.all(
      group.slice(at, at + maxSingles).map(async (commit) => ({
        commit,
        ack: await acknowledged(admin, commit, options, headersOf(commit, options, true)),
      })),
    )
    for (const { commit, ack } of answers) {
      if ('refusal' in ack) throw RestoreRefused({ sequence: commit.sequence, reason: ack.refusal })
      verify(commit, ack.sequence)
    }
  }
}

function verify(commit: ArchivedCommit, stored: bigint): void {
  if (stored === commit.sequence) return
  throw RestoreRefused({ sequence: commit.sequence, reason: `it was stored at ${stored}` })
}

function subjectOf(commit: ArchivedCommit, { ingest }: RepublishOptions): string {
  const { sequence, subject } = commit
  const parts = parseSubject(subject)
  if (!parts) throw RestoreRefused({ sequence, reason: `${subject} is no subject of the log` })
  return ingestSubject(ingest.token(parts.context), subject)
}

const ours = /^(Nats-Expected-|Nats-Batch-|Nats-Msg-Id$)/i

function headersOf(
  commit: ArchivedCommit,
  { stream }: RepublishOptions,
  isPlaced: boolean,
): (readonly [string, string])[] {
  const kept: [string, string][] = []
  if (commit.header) {
    for (const line of Buffer.from(commit.header).toString('latin1').split('\r\n').slice(1)) {
      const colon = line.indexOf(':')
      if (colon < 1 || ours.test(line.slice(0, colon))) continue
      kept.push([line.slice(0, colon), line.slice(colon + 1).trim()])
    }
  }
  return [
    ...(commit.messageId === '' ? [] : [['Nats-Msg-Id', commit.messageId] as const]),
    ['Nats-Expected-Stream', stream],
    ...(isPlaced
      ? [['Nats-Expected-Last-Sequence', (commit.sequence - 1n).toString()] as const]
      : []),
    ...kept,
  ]
}

async function acknowledged(
  admin: AdminConnection,
  commit: ArchivedCommit,
  options: RepublishOptions,
  headers: readonly (readonly [string, string])[],
): Promise<{ readonly sequence: bigint } | { readonly refusal: string }> {
  let data: Uint8Array
  try {
    const answer = await admin.link.requests.ask(subjectOf(commit, options), commit.payload, {
      timeoutMs: attemptTimeoutMs,
      headers: encodeHeaders(headers),
    })
    if (answer.headers?.code === 503) return { refusal: 'no stream takes it' }
    data = answer.data
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    throw LogUnavailable({ reason: `commit ${commit.sequence}: ${error.message}` }, error)
  }
  const ack: unknown = JSON.parse(Buffer.from(data).toString('utf8'))
  const refusal = refusalIn(ack)
  if (refusal) {
    const isElsewhere = refusal.errorCode === errorCodes.wrongLastSequence
    return { refusal: isElsewhere ? 'the stream does not end before it' : refusal.message }
  }
  const { seq } = ack as { readonly seq: number } // the documented acknowledgement
  return { sequence: BigInt(seq) }
}
