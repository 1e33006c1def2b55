import { fileURLToPath } from 'node:url'
import { type CommandId, newId, type OrganizationId, type UserId } from '@holdfast/domain'
import { migrate, type Postgres, sql } from '@holdfast/postgres'
import { openProjections } from '@holdfast/projections'
import { FlowService, type MethodTable, type RequestOf } from '@holdfast/proto'
import {
  type Answer,
  type Call,
  type Caller,
  type Handlers,
  type Role,
  rolePermissions,
} from '@holdfast/service'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, type TestPostgres, testNats, testPostgres } from '@holdfast/testkit'
import { composeAudit } from '../compose.ts'
import { readModels } from '../projections/read-models.ts'
import { type Facts, facts } from './facts.ts'

// The service on a real log and a real database, without its process: handlers are called as the gRPC server
// calls them. Hosts and the other services are played, by what they would have sent and stored.

/** Somebody with a role in these organizations. */
export function person(role: Role, ...where: readonly string[]): Caller {
  const allowed = rolePermissions[role]
  const userId = newId<UserId>()
  const isMember = (organizationId: string) => where.includes('*') || where.includes(organizationId)
  return {
    kind: 'user',
    userId,
    service: 'gateway',
    actor: { kind: 'user', id: userId, method: 'password' },
    organizations: (permission) =>
      !allowed.has(permission) ? [] : where.includes('*') ? '*' : (where as OrganizationId[]), // as: a fixture
    can: (permission, organizationId) => allowed.has(permission) && isMember(organizationId),
    require(permission, organizationId) {
      if (allowed.has(permission) && isMember(organizationId)) return
      throw new Error(isMember(organizationId) ? 'access.denied' : 'access.not_visible')
    },
  }
}

function callBy(caller: Caller): Call {
  const commandId = newId<CommandId>()
  const correlationId = newId<string>()
  const { signal } = new AbortController()
  return {
    caller,
    commandId,
    isKeyed: false,
    correlationId,
    signal,
    committed: () => undefined,
    command: () => ({ commandId, isKeyed: false, actor: caller.actor, correlationId }),
  }
}

type Requests<T extends MethodTable> = {
  readonly [K in keyof T]: (
    request?: Parameters<T[K]['request']['encode']>[0],
    caller?: Caller,
  ) => Promise<Answer<T[K]>>
}

export interface Suite {
  readonly pg: TestPostgres
  readonly nats: TestNats
  readonly postgres: Postgres
  readonly flows: Requests<typeof FlowService>
  readonly facts: Facts
  /** Sends as that node's NATS user would. */
  send(nodeId: string, ...batches: readonly Uint8Array[]): void
  /** Waits until all that was sent is stored, or refused. */
  stored(): Promise<void>
  /** Stops and starts what follows the flows. */
  restart(): Promise<void>
  /** Another instance beside the first; answers how to end it. */
  startAnother(): Promise<() => Promise<void>>
  close(): Promise<void>
}

/** Starts the real parts; takes some seconds. */
export async function startSuite(
  options: { readonly flowMaxBytes?: number; readonly isOwn?: boolean } = {},
): Promise<Suite> {
  const [pg, nats] = await Promise.all([
    testPostgres({ services: ['audit'], ...(options.isOwn ? { isOwn: true } : {}) }),
    testNats(),
  ])
  const postgres = pg.open('audit', { max: 8 })
  const [log, network, rules] = await Promise.all([
    nats.open('audit'),
    nats.open('network'),
    nats.open('rules'),
  ])
  await migrate(postgres, fileURLToPath(new URL('../../migrations', import.meta.url)), {
    schema: 'audit',
  })
  const projections = await openProjections({
    log,
    postgres,
    telemetry: createTelemetry('audit', { level: 'silent' }),
    service: 'audit',
    projections: readModels,
  })
  const compose = () =>
    composeAudit({
      log,
      postgres,
      telemetry: createTelemetry('audit', { level: 'silent' }),
      projections: () => projections,
      flowRetentionMs: 30 * 86_400_000,
      flowMaxBytes: options.flowMaxBytes ?? 1024 ** 3,
      now: Date.now,
    })
  let audit = compose()
  await audit.start()
  const { link } = nats.admin
  let sent = 0
  return {
    pg,
    nats,
    postgres,
    flows: requests(audit.flows, FlowService),
    facts: facts(network, rules),
    send(nodeId, ...batches) {
      for (const batch of batches) link.requests.tell(`tlm.node.${nodeId}.flows`, batch)
      sent += batches.length
    },
    async stored() {
      for (;;) {
        const { state } = await link.api.streamInfo('FLOWS')
        const [row] = await postgres.query<{ sequence: bigint }>(
          sql`select sequence from audit.flow_position`,
        )
        if (state.last_seq >= sent && (row?.sequence ?? 0n) >= BigInt(state.last_seq)) return
      }
    },
    async restart() {
      await audit.stop()
      audit = compose()
      await audit.start()
    },
    async startAnother() {
      const another = compose()
      await another.start()
      return another.stop
    },
    async close() {
      await audit.stop()
      await projections.stop()
      await Promise.all([nats.close(), pg.close()])
    },
  }
}

/** Handlers as functions of a request and of who asks. Requests get the defaults of their message. */
export function requests<T extends MethodTable>(handlers: Handlers<T>, table: T): Requests<T> {
  return Object.fromEntries(
    Object.entries(table).map(([name, method]) => [
      name,
      async (request: object = {}, caller: Caller = person('SUPER_ADMIN', '*')) => {
        const decoded: RequestOf<typeof method> = method.request.decode(
          method.request.encode(request).finish(),
        )
        // as: the table and the handlers are of one service
        const handle = (handlers as unknown as Handlers<MethodTable>)[name]
        return await handle?.(decoded, callBy(caller))
      },
    ]),
  ) as unknown as Requests<T>
}
