import { approvalSubject, guardStream } from '../approval.ts'
import { inboxPrefixOf } from '../connection.ts'
import { type Ingest, ingestPermission } from '../ingest.ts'

/** What one NATS user may publish and subscribe; nothing else. */
export interface Permissions {
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
}

const readingApproval = [
  `$JS.API.DIRECT.GET.${guardStream}`,
  `$JS.API.DIRECT.GET.${guardStream}.${approvalSubject}`,
]

const consumingAnyOf = (stream: string): readonly string[] =>
  ['CREATE', 'INFO', 'MSG.NEXT', 'DELETE'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.>`)

/**
 * A service: appends to its own context, reads the whole log, may not touch the stream itself, nor
 * look at its configuration, which names the subjects of the others (see ingest.ts).
 * `listensTo` are further core subjects, for example `tlm.node.>` for network.
 */
export function servicePermissions(options: {
  readonly name: string
  readonly stream: string
  /** What lets it append to its own context; left out for a service that only reads. */
  readonly ingest?: Ingest
  readonly listensTo?: readonly string[]
  /** Streams beside the log that it reads through consumers of its own. */
  readonly alsoReads?: readonly string[]
}): Permissions {
  const { name, stream, ingest, listensTo = [], alsoReads = [] } = options
  return {
    publish: [
      ...(ingest ? [ingestPermission(ingest, name)] : []),
      `$JS.API.STREAM.MSG.GET.${stream}`,
      `$JS.API.DIRECT.GET.${stream}`,
      `$JS.API.DIRECT.GET.${stream}.>`,
      ...consumingAnyOf(stream),
      // Unlike the log's, their configuration holds no secret, and a reader wants to know what it has missed.
      ...alsoReads.flatMap((other) => [`$JS.API.STREAM.INFO.${other}`, ...consumingAnyOf(other)]),
      ...readingApproval,
      '$JS.ACK.>',
      '$JS.FC.>',
      `ctl.${name}.>`,
    ],
    subscribe: [`${inboxPrefixOf(name)}.>`, 'ctl.>', 'safe.>', ...listensTo],
  }
}

/** What a node reads of the log, each through a consumer of its own, so that each has its own position. */
export const nodeFeeds = ({
  nodeId,
  organizationId,
}: {
  readonly nodeId: string
  readonly organizationId: string
}): readonly { readonly consumer: string; readonly filter: string }[] => [
  { consumer: nodeId, filter: `evt.network.interface.${nodeId}.>` },
  { consumer: `${nodeId}-node`, filter: `evt.network.node.${nodeId}` },
  { consumer: `${nodeId}-rules`, filter: `evt.rules.rule_set.${organizationId}` },
]

/**
 * A node: reads the interfaces that live on it, what is said of itself and its organization's rules, and tells what
 * it sees (`report`, `counters`, `flows`). Its organization never changes, so neither do its permissions.
 */
export function nodePermissions(options: {
  readonly nodeId: string
  readonly organizationId: string
  readonly stream: string
}): Permissions {
  const { nodeId, stream } = options
  return {
    publish: [
      ...nodeFeeds(options).flatMap(({ consumer, filter }) => [
        `$JS.API.CONSUMER.CREATE.${stream}.${consumer}.${filter}`,
        `$JS.API.CONSUMER.INFO.${stream}.${consumer}`,
        `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
        `$JS.API.CONSUMER.DELETE.${stream}.${consumer}`,
        // The subject of the wanted message stands in the request's subject, so it can be limited.
        `$JS.API.DIRECT.GET.${stream}.${filter}`,
      ]),
      ...readingApproval,
      `tlm.node.${nodeId}.>`,
    ],
    subscribe: [`${inboxPrefixOf(nodeId)}.>`, 'safe.>'],
  }
}

/** The guard and whoever creates streams: everything in the account. */
export const adminPermissions: Permissions = { publish: ['>'], subscribe: ['>'] }
