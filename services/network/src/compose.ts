import { compensationHandlers } from '@holdfast/compensation'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Projections } from '@holdfast/projections'
import type { EnrolmentService, KeyService, ProofService } from '@holdfast/proto'
import type { Client } from '@holdfast/service'
import { dataKeys } from '@holdfast/service'
import { contributorHandlers } from '@holdfast/snapshot'
import type { Logger, Telemetry } from '@holdfast/telemetry'
import { claims } from './commands/claims.ts'
import { OneAtATime } from './commands/one-at-a-time.ts'
import { secrets } from './commands/secrets.ts'
import { networkCompensables } from './compensation/compensables.ts'
import type { AgentDoor, Edge } from './grpc/edge.ts'
import { interfaceHandlers } from './grpc/interface-handlers.ts'
import { nodeHandlers } from './grpc/node-handlers.ts'
import { peerHandlers } from './grpc/peer-handlers.ts'
import { openHomes } from './queries/homes.ts'
import { interfaceMatcher } from './queries/interfaces.ts'
import { networkContributors } from './snapshot/contributors.ts'
import { followReports, type StatusFeed } from './status/follow-reports.ts'
import { nodeMetrics } from './status/node-metrics.ts'
import { StatusBoard } from './status/status-board.ts'

export interface NetworkParts {
  readonly log: EventLog
  readonly postgres: Postgres
  readonly telemetry: Telemetry
  /** Asked for once calls come in: they do not exist while the service is put together. */
  projections(): Pick<Projections, 'reached'>
  readonly keyService: Pick<Client<typeof KeyService>, 'getDataKeys'>
  readonly enrolment: Pick<Client<typeof EnrolmentService>, 'redeemEnrolmentToken' | 'revokeNode'>
  readonly proofs: Pick<Client<typeof ProofService>, 'listSigningKeys'>
  readonly door: AgentDoor
  readonly localNodeId: string | undefined
  /** ms since 1970. */
  readonly now: () => number
}

/** The service without its process: what a test and `main` put together alike. */
export function composeNetwork(parts: NetworkParts) {
  const { log, postgres, telemetry, now } = parts
  const board = new StatusBoard()
  let feed: StatusFeed | undefined
  const catchUp = () => parts.projections().reached(log.seen())
  const edge: Edge = {
    tools: {
      log,
      secrets: secrets(dataKeys(parts.keyService, 'network')),
      claims: claims(log, now),
      perNode: new OneAtATime(),
      enrolmentKeys: new Map(),
      now,
    },
    postgres,
    homes: openHomes(postgres, catchUp),
    matchInterfaces: interfaceMatcher(postgres),
    board,
    flushStatus: async () => await feed?.flush(),
    catchUp,
    enrolment: parts.enrolment,
    door: parts.door,
    logVerifierKey: () => firstKey(parts.proofs, telemetry.log),
    localNodeId: parts.localNodeId,
  }
  return {
    contributors: contributorHandlers(
      networkContributors({
        tools: edge.tools,
        postgres,
        async caughtUp(at) {
          const head = at ?? (await log.safeHead())
          await parts.projections().reached(head)
          return head
        },
      }),
    ),
    compensation: compensationHandlers({
      log,
      compensables: networkCompensables({ ...edge.tools, enrolment: parts.enrolment }),
      now,
    }),
    nodes: nodeHandlers(edge),
    interfaces: interfaceHandlers(edge),
    peers: peerHandlers(edge),
    /** Begins to listen to hosts; the database must be migrated. */
    async start(): Promise<void> {
      feed = await followReports(log, postgres, board, telemetry)
      nodeMetrics(telemetry.registry, postgres, board, telemetry.log, now)
    },
    /** Writes down what hosts said last. */
    async stop(): Promise<void> {
      await feed?.stop()
    },
  }
}

const keyWaitMs = 2_000

/** An enrolment does not wait for audit: without an answer the agent pins the key it sees first. */
async function firstKey(proofs: NetworkParts['proofs'], log: Logger): Promise<string> {
  try {
    const { keys } = await proofs.listSigningKeys({}, { timeoutMs: keyWaitMs })
    return keys[0]?.verifierKey ?? ''
  } catch (error) {
    log.warn({ err: error }, 'a node is enrolled without the key of the log')
    return ''
  }
}
