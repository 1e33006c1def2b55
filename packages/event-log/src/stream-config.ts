import { LogMismatch } from './errors.ts'
import { guardSubjects, guardTransform, type Ingest, logSubjects, logTransform } from './ingest.ts'
import type { StreamConfig } from './jetstream-api.ts'

/** Which log a stream is. */
export interface LogIdentity {
  readonly lineageId: string
  readonly generation: number
}

const pattern = /^holdfast log; lineage=([0-9a-f-]{36}); generation=([1-9][0-9]{0,8})$/

export const describeLog = ({ lineageId, generation }: LogIdentity): string =>
  `holdfast log; lineage=${lineageId}; generation=${generation}`

/** Throws `log.mismatch` when the stream is none of ours. */
export function identityOf(config: StreamConfig): LogIdentity {
  const match = pattern.exec(config.description ?? '')
  const [, lineageId, generation] = match ?? []
  if (lineageId === undefined || generation === undefined)
    throw LogMismatch({ stream: config.name, reason: 'it does not say which log it is' })
  return { lineageId, generation: Number(generation) }
}

export const maxMessageBytes = 8 * 1024 * 1024

/**
 * The only configuration a log may have. Nothing ever leaves it: full means that writes are refused.
 * No compression and no server-side encryption: both have lost data (research/eventlog-backup.md 1.4).
 */
export function logStreamConfig(options: {
  readonly stream: string
  readonly identity: LogIdentity
  readonly ingest: Ingest
  readonly maxBytes: number
  readonly replicas: number
  /** Whether the server knows atomic batches. */
  readonly allowsBatches: boolean
}): StreamConfig {
  return {
    name: options.stream,
    description: describeLog(options.identity),
    subjects: logSubjects(options.ingest),
    subject_transform: logTransform,
    retention: 'limits',
    storage: 'file',
    num_replicas: options.replicas,
    discard: 'new',
    max_bytes: options.maxBytes,
    max_msgs: -1,
    max_msgs_per_subject: -1,
    max_age: 0,
    max_msg_size: maxMessageBytes,
    max_consumers: -1,
    duplicate_window: 600_000_000_000,
    compression: 'none',
    deny_delete: true,
    deny_purge: true,
    allow_rollup_hdrs: false,
    allow_direct: true,
    no_ack: false,
    sealed: false,
    ...(options.allowsBatches ? { allow_atomic: true } : {}),
  }
}

/** Keeps the last approvals; see approval.ts. */
export const guardStreamConfig = (ingest: Ingest, replicas: number): StreamConfig => ({
  name: 'GUARD',
  description: 'holdfast guard approvals',
  subjects: guardSubjects(ingest),
  subject_transform: guardTransform,
  retention: 'limits',
  storage: 'file',
  num_replicas: replicas,
  discard: 'old',
  max_msgs: -1,
  max_msgs_per_subject: 16,
  max_bytes: 4 * 1024 * 1024,
  max_msg_size: 64 * 1024,
  allow_direct: true,
})

/** A setting that is not what it has to be. */
export interface ConfigDrift {
  readonly setting: string
  readonly expected: unknown
  readonly found: unknown
}

/**
 * Settings that differ. What the server leaves out of its answer is the setting's zero; settings we
 * do not name must be absent or zero too, or a new kind of limit could slip in.
 */
export function driftBetween(expected: StreamConfig, found: StreamConfig): ConfigDrift[] {
  const ignored = new Set(['metadata', 'placement', 'consumer_limits', 'mirror_direct'])
  const settings = new Set([...Object.keys(expected), ...Object.keys(found)])
  const drift: ConfigDrift[] = []
  for (const setting of settings) {
    if (ignored.has(setting)) continue
    const want = expected[setting]
    const have = found[setting]
    if (isSame(want, have)) continue
    // Subjects carry tokens, and drift is reported in the open.
    const isSecret = setting === 'subjects'
    drift.push({
      setting,
      expected: isSecret ? '[secret]' : want,
      found: isSecret ? '[secret]' : have,
    })
  }
  return drift
}

const isZero = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === 0 ||
  value === '' ||
  value === 'none' ||
  value === 'default' ||
  (Array.isArray(value) && value.length === 0)

const isSame = (a: unknown, b: unknown): boolean =>
  (isZero(a) && isZero(b)) || JSON.stringify(a) === JSON.stringify(b)
