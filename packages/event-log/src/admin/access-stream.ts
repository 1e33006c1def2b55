import {
  type AccessWriter,
  accessPermission,
  accessStream,
  accessSubjects,
  accessTransform,
} from '../access/access-subjects.ts'
import type { Ingest } from '../ingest.ts'
import type { StreamConfig } from '../jetstream-api.ts'
import { describeLog, type LogIdentity } from '../stream-config.ts'
import type { AdminConnection } from './connection.ts'
import { ensureStream } from './ensure-stream.ts'
import type { Permissions } from './permissions.ts'

/**
 * Who was let in and who was not: `access.auth`, `access.gateway`, `access.audit`. No part of the log and no state: its writers are
 * bounded (access/access-limits.ts), and it has an age of its own. A record is never changed or removed before.
 */
export interface AccessStreamSpec extends LogIdentity {
  /** The subjects the stream listens to. */
  readonly ingest: Ingest
  /** Upper bound of the stream on disk; the oldest records go first. Default 512 MiB. */
  readonly accessMaxBytes?: number
  /** How long a record is kept; 0: until there is no room. Default 90 days. */
  readonly accessMaxAgeMs?: number
  /** 1 or 3. Default 1. */
  readonly replicas?: number
}

const mebibyte = 1024 * 1024
const dayMs = 86_400_000
const repeatsMs = 600_000
const ageOf = (maxAgeMs: number): number => (maxAgeMs === 0 ? 0 : Math.max(maxAgeMs, repeatsMs))

export const accessDefaults = { maxBytes: 512 * mebibyte, maxAgeMs: 90 * dayMs } as const

const accessStreamConfig = (spec: AccessStreamSpec): StreamConfig => ({
  name: accessStream,
  description: describeLog(spec).replace('holdfast log', 'holdfast access'),
  subjects: accessSubjects(spec.ingest),
  subject_transform: accessTransform,
  retention: 'limits',
  storage: 'file',
  num_replicas: spec.replicas ?? 1,
  discard: 'old',
  max_bytes: spec.accessMaxBytes ?? accessDefaults.maxBytes,
  // No shorter than the window below, which the server insists on; 0 is without end.
  max_age: ageOf(spec.accessMaxAgeMs ?? accessDefaults.maxAgeMs) * 1_000_000,
  max_msgs: -1,
  max_msgs_per_subject: -1,
  max_msg_size: 64 * 1024,
  // A writer that got no answer repeats its record; by then the server may have been away for a while.
  duplicate_window: repeatsMs * 1_000_000,
  compression: 'none',
  deny_delete: true,
  deny_purge: true,
  allow_rollup_hdrs: false,
  allow_direct: true,
  // Synced record by record: a dozen a second at most, and a proof of them must not lose its end.
  no_ack: false,
})

/** Creates the stream where it is missing; one with other limits or writers gets these. May be repeated. */
export async function provisionAccess(
  admin: AdminConnection,
  spec: AccessStreamSpec,
): Promise<void> {
  await ensureStream(admin, accessStreamConfig(spec), ['max_bytes', 'max_age', 'subjects'])
}

/** These permissions, and to write records of one's own. */
export const recordingAccess = (
  permissions: Permissions,
  { name, ingest }: { readonly name: AccessWriter; readonly ingest: Ingest },
): Permissions => ({
  ...permissions,
  publish: [...permissions.publish, accessPermission(ingest, name)],
})
