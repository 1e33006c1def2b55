import type { StreamConfig } from '../jetstream-api.ts'
import type { AdminConnection } from './connection.ts'
import { ensureStream } from './ensure-stream.ts'

/**
 * What nodes saw of flows, kept until audit has read it: `tlm.node.<node>.flows`. Telemetry and no part of the log:
 * old records make room for new ones, and a server that crashes may lose the last seconds.
 */
export const flowStream = 'FLOWS'

export interface FlowStreamSpec {
  /** Upper bound of the stream on disk; the oldest records go first. */
  readonly maxBytes: number
  /** 1 or 3. Default 1. */
  readonly replicas?: number
}

const nanosecondsPerHour = 3_600_000_000_000
const maxBatchBytes = 1024 * 1024

const flowStreamConfig = ({ maxBytes, replicas = 1 }: FlowStreamSpec): StreamConfig => ({
  name: flowStream,
  description: 'holdfast flow records',
  subjects: ['tlm.node.*.flows'],
  retention: 'limits',
  storage: 'file',
  num_replicas: replicas,
  discard: 'old',
  max_bytes: maxBytes,
  max_age: 24 * nanosecondsPerHour,
  max_msgs: -1,
  // A node that sends too much pushes its own records out first: one a second for a day, and half as many again.
  max_msgs_per_subject: 130_000,
  max_msg_size: maxBatchBytes,
  // Nobody waits for an answer, and without one no publisher can say where it goes (docs/adr/0009).
  no_ack: true,
  // What audit has read is in its tables; a sync for each batch of each node would slow the log down.
  persist_mode: 'async',
  allow_direct: true,
  deny_delete: true,
  deny_purge: true,
})

/** Creates the stream where it is missing; one with other limits gets these. May be repeated. */
export async function provisionFlows(admin: AdminConnection, spec: FlowStreamSpec): Promise<void> {
  await ensureStream(admin, flowStreamConfig(spec), [
    'max_bytes',
    'max_age',
    'max_msgs_per_subject',
    'max_msg_size',
    'subjects',
  ])
}
