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
}): Permissions {
  const { name, stream, ingest, listensTo = [] } = options
  return {
    publish: [
      ...(ingest ? [ingestPermission(ingest, name)] : []),
      `$JS.API.STREAM.MSG.GET.${stream}`,
      `$JS.API.DIRECT.GET.${stream}`,
      `$JS.API.DIRECT.GET.${stream}.>`,
      `$JS.API.CONSUMER.CREATE.${stream}.>`,
      `$JS.API.CONSUMER.INFO.${stream}.>`,
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`,
      `$JS.API.CONSUMER.DELETE.${stream}.>`,
      ...readingApproval,
      '$JS.ACK.>',
      '$JS.FC.>',
      `ctl.${name}.>`,
    ],
    subscribe: [`${inboxPrefixOf(name)}.>`, 'ctl.>', 'safe.>', ...listensTo],
  }
}

/** The filter of a node's consumer: the interfaces that live on it. */
export const nodeFilter = (nodeId: string): string => `evt.network.interface.${nodeId}.>`

/** A node: reads its own interfaces through one consumer of its own name, and reports. */
export function nodePermissions(options: {
  readonly nodeId: string
  readonly stream: string
}): Permissions {
  const { nodeId, stream } = options
  return {
    publish: [
      `$JS.API.CONSUMER.CREATE.${stream}.${nodeId}.${nodeFilter(nodeId)}`,
      `$JS.API.CONSUMER.INFO.${stream}.${nodeId}`,
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${nodeId}`,
      `$JS.API.CONSUMER.DELETE.${stream}.${nodeId}`,
      // The subject of the wanted message stands in the request's subject, so it can be limited.
      `$JS.API.DIRECT.GET.${stream}.${nodeFilter(nodeId)}`,
      ...readingApproval,
      `tlm.node.${nodeId}.>`,
    ],
    subscribe: [`${inboxPrefixOf(nodeId)}.>`, 'safe.>'],
  }
}

/** The guard and whoever creates streams: everything in the account. */
export const adminPermissions: Permissions = { publish: ['>'], subscribe: ['>'] }
