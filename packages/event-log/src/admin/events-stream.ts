import { inboxPrefixOf } from '../connection.ts'
import { eventsPermission, eventsStream, eventsTransform } from '../events/events-subjects.ts'
import type { Ingest } from '../ingest.ts'
import type { StreamConfig } from '../jetstream-api.ts'
import type { AdminConnection } from './connection.ts'
import { ensureStream } from './ensure-stream.ts'
import type { Permissions } from './permissions.ts'

/**
 * What happened, as JSON without secrets, for programs outside (docs/subscribers.md). Derived from the log and no
 * state: old events make room for new ones, and a subscriber that was away for longer asks the API.
 */
export interface EventsStreamSpec {
  readonly ingest: Ingest
  /** Upper bound of the stream on disk. */
  readonly eventsMaxBytes: number
  /** How long an event is kept, ms. */
  readonly eventsMaxAgeMs: number
  /** 1 or 3. Default 1. */
  readonly replicas?: number
}

const eventsStreamConfig = (spec: EventsStreamSpec): StreamConfig => ({
  name: eventsStream,
  description: 'holdfast events',
  subjects: [eventsPermission(spec.ingest)],
  subject_transform: eventsTransform,
  retention: 'limits',
  storage: 'file',
  num_replicas: spec.replicas ?? 1,
  discard: 'old',
  max_bytes: spec.eventsMaxBytes,
  max_age: spec.eventsMaxAgeMs * 1_000_000,
  max_msgs: -1,
  max_msgs_per_subject: -1,
  max_msg_size: 1024 * 1024,
  duplicate_window: 600_000_000_000,
  compression: 'none',
  deny_delete: true,
  deny_purge: true,
  allow_rollup_hdrs: false,
  allow_direct: false,
})

/** Creates the stream where it is missing; one with other limits gets these. May be repeated. */
export async function provisionEvents(
  admin: AdminConnection,
  spec: EventsStreamSpec,
): Promise<void> {
  await ensureStream(admin, eventsStreamConfig(spec), ['max_bytes', 'max_age', 'subjects'])
}

/** These permissions, and to write EVENTS and look after the consumers of subscribers. */
export const publishingEvents = (permissions: Permissions, ingest: Ingest): Permissions => ({
  ...permissions,
  publish: [
    ...permissions.publish,
    eventsPermission(ingest),
    ...['CREATE', 'INFO', 'DELETE'].map((verb) => `$JS.API.CONSUMER.${verb}.${eventsStream}.>`),
  ],
})

/**
 * An external subscriber: takes from the one consumer that was made for it and says what it has dealt with. It cannot
 * change that consumer, make another or look at the stream, so it sees what the consumer's subjects take in.
 */
export const subscriberPermissions = (consumer: string): Permissions => ({
  publish: [
    `$JS.API.CONSUMER.MSG.NEXT.${eventsStream}.${consumer}`,
    `$JS.API.CONSUMER.INFO.${eventsStream}.${consumer}`,
    `$JS.ACK.${eventsStream}.${consumer}.>`,
  ],
  subscribe: [`${inboxPrefixOf(consumer)}.>`],
})
