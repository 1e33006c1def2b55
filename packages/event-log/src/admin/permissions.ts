import { approvalHint, approvalSubject, guardStream } from '../approval.ts'
import { inboxPrefixOf } from '../connection.ts'
import { type Ingest, ingestPermission, ingestPermissions } from '../ingest.ts'
import { lineageSubject } from '../restored.ts'
import { safeSubject } from '../safe-signal.ts'

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
  readonly ingest: Ingest
  /** False for a service that only reads. Default true: it may append to its own context. */
  readonly appends?: boolean
  readonly listensTo?: readonly string[]
  /** Streams beside the log that it reads through consumers of its own. */
  readonly alsoReads?: readonly string[]
}): Permissions {
  const { name, stream, ingest, appends = true, listensTo = [], alsoReads = [] } = options
  return {
    publish: [
      ...(appends ? [ingestPermission(ingest, name)] : []),
      `$JS.API.STREAM.MSG.GET.${stream}`,
      `$JS.API.DIRECT.GET.${stream}`,
      `$JS.API.DIRECT.GET.${stream}.>`,
      ...consumingAnyOf(stream),
      // Unlike the log's, their configuration holds no secret, and a reader wants to know what it has missed.
      ...alsoReads.flatMap((other) => [
        `$JS.API.STREAM.INFO.${other}`,
        `$JS.API.STREAM.MSG.GET.${other}`,
        ...consumingAnyOf(other),
      ]),
      ...readingApproval,
      '$JS.ACK.>',
      '$JS.FC.>',
      `ctl.${name}.>`,
    ],
    subscribe: [
      `${inboxPrefixOf(name)}.>`,
      'ctl.>',
      safeSubject(ingest, 'services'),
      approvalHint,
      ...listensTo,
    ],
  }
}

/**
 * Which stream the log is changes with its generation, and a node's credentials outlive that: so they name any stream.
 * What they may read is bound by the names of consumers and subjects, which no other stream has.
 */
const anyStream = '*'

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
  readonly lineageId: string
  /** Where nodes hear how far the log is safe: `safeSubject(ingest, 'nodes')`. */
  readonly safeSubject: string
}): Permissions {
  const { nodeId, lineageId } = options
  return {
    publish: [
      ...nodeFeeds(options).flatMap(({ consumer, filter }) => [
        `$JS.API.CONSUMER.CREATE.${anyStream}.${consumer}.${filter}`,
        `$JS.API.CONSUMER.INFO.${anyStream}.${consumer}`,
        `$JS.API.CONSUMER.MSG.NEXT.${anyStream}.${consumer}`,
        `$JS.API.CONSUMER.DELETE.${anyStream}.${consumer}`,
        // The subject of the wanted message stands in the request's subject, so it can be limited.
        `$JS.API.DIRECT.GET.${anyStream}.${filter}`,
      ]),
      // How a generation begins, for whoever has pinned the one before.
      `$JS.API.DIRECT.GET.${anyStream}.${lineageSubject(lineageId)}`,
      ...readingApproval,
      `tlm.node.${nodeId}.>`,
    ],
    subscribe: [
      `${inboxPrefixOf(nodeId)}.>`,
      options.safeSubject,
      approvalHint,
      `ctl.audit.witness.${nodeId}`,
    ],
  }
}

const streamVerbs = ['INFO', 'CREATE', 'UPDATE', 'DELETE', 'MSG.GET']

/**
 * The guard in service backup: reads the log, appends to every context (it puts back what a server
 * lost), makes the log and its own stream anew, and says how far the log is safe. Nothing else: it
 * hears nobody, and answers nobody.
 */
export function guardPermissions(options: {
  /** Name of the connection. */
  readonly name: string
  readonly stream: string
  readonly ingest: Ingest
}): Permissions {
  const { name, stream, ingest } = options
  return {
    publish: [
      ...ingestPermissions(ingest),
      ...[stream, guardStream].flatMap((each) => [
        ...streamVerbs.map((verb) => `$JS.API.STREAM.${verb}.${each}`),
        `$JS.API.DIRECT.GET.${each}`,
        `$JS.API.DIRECT.GET.${each}.>`,
      ]),
      ...consumingAnyOf(stream),
      safeSubject(ingest, 'services'),
      safeSubject(ingest, 'nodes'),
      approvalHint,
    ],
    subscribe: [`${inboxPrefixOf(name)}.>`],
  }
}

/** The supervisor, who creates streams and accounts for them: everything in the account. */
export const adminPermissions: Permissions = { publish: ['>'], subscribe: ['>'] }
