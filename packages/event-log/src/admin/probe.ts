import { nuid } from 'nats'
import { ApiError, errorCodes, refusalIn, type StreamInfo } from '../jetstream-api.ts'
import { encodeHeaders, NoAnswer } from '../requests.ts'
import type { AdminConnection } from './connection.ts'

/** What a server does, whatever its version says. */
export interface ServerReport {
  readonly serverId: string
  readonly version: string
  /** A stale expectation on a subject is refused. Without this there is no log. */
  readonly checksExpectations: boolean
  /** A batch with a stale member stores nothing, a good one everything. */
  readonly hasAtomicBatches: boolean
  /** An identical repetition of a stored commit is a "wrong last sequence" and no duplicate. */
  readonly retryIsConflict: boolean
  /** Several messages in one answer of direct get. */
  readonly hasBatchedGet: boolean
  /** Unknown settings are refused instead of dropped (2.12), which goes with I/O errors being fatal (2.14). */
  readonly isStrict: boolean
  readonly level: 'production' | 'evaluation' | 'unusable'
  /** For people: why it is not `production`. */
  readonly findings: readonly string[]
}

const timeoutMs = 5_000

/**
 * Tries the server on a scratch stream in memory, which is removed again. Whether it syncs every
 * message is a matter of its configuration file and not seen here; see `findNats` in embedded.
 */
export async function probeServer(admin: AdminConnection): Promise<ServerReport> {
  const { api, requests } = admin.link
  const stream = `PROBE_${nuid.next()}`
  const root = `probe.${stream}`
  const scratch = {
    name: stream,
    subjects: [`${root}.>`],
    storage: 'memory',
    num_replicas: 1,
    max_msgs: 100,
    allow_direct: true,
    duplicate_window: 60_000_000_000,
  }

  const publish = async (
    subject: string,
    headers: readonly (readonly [string, string])[],
  ): Promise<{ readonly errorCode: number; readonly isDuplicate: boolean }> => {
    const answer = await requests.ask(`${root}.${subject}`, Buffer.from('probe'), {
      timeoutMs,
      headers: encodeHeaders(headers),
    })
    if (answer.data.length === 0) return { errorCode: 0, isDuplicate: false }
    const ack: unknown = JSON.parse(Buffer.from(answer.data).toString('utf8'))
    const isDuplicate =
      typeof ack === 'object' && ack !== null && 'duplicate' in ack && ack.duplicate === true
    return { errorCode: refusalIn(ack)?.errorCode ?? 0, isDuplicate }
  }
  const expect = (sequence: number): readonly [string, string] => [
    'Nats-Expected-Last-Subject-Sequence',
    String(sequence),
  ]
  const batch = (id: string, sequence: number, isLast: boolean): (readonly [string, string])[] => [
    ['Nats-Batch-Id', id],
    ['Nats-Batch-Sequence', String(sequence)],
    ...(isLast ? [['Nats-Batch-Commit', '1'] as const] : []),
  ]
  const count = async (): Promise<number> => (await api.streamInfo(stream)).state.messages

  const isStrict = await refusesUnknown(admin, { ...scratch, holdfast_unknown: true })
  await api.call<StreamInfo>(`STREAM.CREATE.${stream}`, scratch)
  try {
    const once = [['Nats-Msg-Id', 'a'] as const, expect(0)]
    await publish('a', once)
    const again = await publish('a', once)
    const stale = await publish('a', [expect(0)])
    const other = await publish('b', [expect(7)])
    const checksExpectations =
      stale.errorCode === errorCodes.wrongLastSequence &&
      other.errorCode === errorCodes.wrongLastSequence &&
      (await count()) === 1

    const updated = await api
      .call<StreamInfo>(`STREAM.UPDATE.${stream}`, {
        ...scratch,
        allow_atomic: true,
      })
      .catch(() => undefined)
    let hasAtomicBatches = false
    if (updated?.config['allow_atomic'] === true) {
      const before = await count()
      await publish('c', [...batch('bad', 1, false), expect(0)])
      const bad = await publish('a', [...batch('bad', 2, true), expect(0)])
      const between = await count()
      await publish('c', [...batch('good', 1, false), expect(0)])
      const good = await publish('d', [...batch('good', 2, true), expect(0)])
      hasAtomicBatches =
        bad.errorCode !== 0 &&
        between === before &&
        good.errorCode === 0 &&
        (await count()) === before + 2
    }

    await publish('e', [])
    await publish('e', [])
    const found = await api.messagesFrom(stream, 1n, `${root}.e`)
    return judged({
      serverId: admin.serverId() ?? '',
      version: admin.serverVersion() ?? '',
      checksExpectations,
      hasAtomicBatches,
      retryIsConflict: again.errorCode === errorCodes.wrongLastSequence,
      hasBatchedGet: found.length === 2,
      isStrict,
    })
  } finally {
    await api.call(`STREAM.DELETE.${stream}`)
  }
}

function judged(report: Omit<ServerReport, 'level' | 'findings'>): ServerReport {
  const findings = [
    ...(report.checksExpectations ? [] : ['it ignores the expected sequence of a subject']),
    ...(report.hasAtomicBatches ? [] : ['it has no atomic batches (NATS 2.12)']),
    ...(report.hasBatchedGet ? [] : ['it reads one message at a time (NATS 2.11)']),
    ...(report.isStrict ? [] : ['it drops settings it does not know (NATS 2.12)']),
  ]
  const level = !report.checksExpectations
    ? 'unusable'
    : findings.length === 0
      ? 'production'
      : 'evaluation'
  return { ...report, level, findings }
}

async function refusesUnknown(
  admin: AdminConnection,
  config: { readonly name: string; readonly [setting: string]: unknown },
): Promise<boolean> {
  const { api } = admin.link
  try {
    await api.call(`STREAM.CREATE.${config.name}`, config)
  } catch (error) {
    if (error instanceof ApiError) return true
    if (error instanceof NoAnswer) return false
    throw error
  }
  await api.call(`STREAM.DELETE.${config.name}`)
  return false
}
