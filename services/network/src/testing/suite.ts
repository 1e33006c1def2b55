import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { generateX25519 } from '@holdfast/crypto'
import { type CommandId, newId, type OrganizationId, type UserId } from '@holdfast/domain'
import type { Aggregate, EventLog, StoredEvent } from '@holdfast/event-log'
import { migrate, type Postgres } from '@holdfast/postgres'
import { Lagging, openProjections, type Projections } from '@holdfast/projections'
import {
  CompensationService,
  ContributorService,
  holdfast,
  InterfaceService,
  type MethodTable,
  NodeService,
  PeerService,
} from '@holdfast/proto'
import {
  type Answer,
  type Call,
  type Caller,
  type Handlers,
  type Role,
  rolePermissions,
} from '@holdfast/service'
import { createTelemetry } from '@holdfast/telemetry'
import { testNats, testPostgres } from '@holdfast/testkit'
import { composeNetwork, type NetworkParts } from '../compose.ts'
import { readModels } from '../projections/read-models.ts'

// The service on a real log and a real database, without its process: handlers are called as the gRPC server
// calls them. Only auth is played, by what it would answer.

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
    require(permission, organizationId, hidden) {
      if (allowed.has(permission) && isMember(organizationId)) return
      if (!isMember(organizationId) && hidden) throw hidden()
      throw new Error(isMember(organizationId) ? 'access.denied' : 'access.not_visible')
    },
  }
}

export interface CallOptions {
  readonly caller?: Caller
  readonly commandId?: CommandId
  readonly requestHash?: Uint8Array
  readonly expectedRevision?: bigint
  readonly at?: bigint
}

/** A call, and where its command went. */
export function newCall(options: CallOptions = {}): { call: Call; sequence: () => bigint } {
  const caller = options.caller ?? person('SUPER_ADMIN', '*')
  const commandId = options.commandId ?? newId<CommandId>()
  const { signal } = new AbortController()
  const { requestHash, expectedRevision, at } = options
  const beside = {
    commandId,
    isKeyed: options.commandId !== undefined,
    correlationId: newId<string>(),
    signal,
    ...(requestHash === undefined ? {} : { requestHash }),
    ...(expectedRevision === undefined ? {} : { expectedRevision }),
  }
  let committed = 0n
  const call: Call = {
    ...beside,
    ...(at === undefined ? {} : { at }),
    caller,
    committed(sequence) {
      committed = sequence
    },
    command: (organizationId) => ({
      ...beside,
      actor: caller.actor,
      ...(organizationId === undefined ? {} : { organizationId }),
    }),
  }
  return { call, sequence: () => committed }
}

type Requests<T extends MethodTable> = {
  readonly [K in keyof T]: (
    request?: Parameters<T[K]['request']['encode']>[0],
    options?: CallOptions,
  ) => Promise<Answer<T[K]>>
}

export interface Suite {
  readonly log: EventLog
  readonly postgres: Postgres
  readonly projections: Projections
  readonly nodes: Requests<typeof NodeService>
  readonly interfaces: Requests<typeof InterfaceService>
  readonly peers: Requests<typeof PeerService>
  readonly contributors: Requests<typeof ContributorService>
  readonly compensation: Requests<typeof CompensationService>
  /** Another process of the service: what the first keeps in memory it does not know. */
  anotherCompensation(): Requests<typeof CompensationService>
  /** As auth would create it; answers its id. */
  createSite(organizationId: string, name: string): Promise<string>
  /** Enrolls a node of an organization; answers its id and its private enrolment key. */
  enroll(organizationId: string, name?: string): Promise<{ nodeId: string; privateKey: Uint8Array }>
  /** Nodes that were withdrawn. */
  readonly revoked: readonly string[]
  /** A host's report, as if its own NATS user had sent it. */
  report(nodeId: string, data: Uint8Array): void
  /** What the service's clock says; moves only when a test moves it. */
  clock: { now(): number; advance(ms: number): void; reset(): void }
  /** Waits until the read models include everything. */
  settled(): Promise<void>
  close(): Promise<void>
}

/** Stores what it is told: the rules of auth are auth's. */
const siteAsTold: Aggregate<StoredEvent, StoredEvent, null> = {
  context: 'auth',
  type: 'site',
  decider: { initial: () => null, decide: (event) => [event], evolve: () => null },
  codec: { encode: (event) => event, decode: (stored) => stored },
}

/** Starts the real parts; takes some seconds. */
export async function startSuite(): Promise<Suite> {
  const [pg, nats] = await Promise.all([testPostgres({ services: ['network'] }), testNats()])
  const postgres = pg.open('network', { max: 8 })
  const log = await nats.open('network')
  const listeners: ((data: Uint8Array, subject: string) => void)[] = []
  const telemetry = createTelemetry('network', { level: 'silent' })
  const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
  await migrate(postgres, migrations, { schema: 'network' })
  const projections = await openProjections({
    log,
    postgres,
    telemetry,
    service: 'network',
    projections: readModels,
  })
  log.useCommands(projections.commands)

  const keys = new Map<string, Uint8Array>()
  const keyFor = (owner: string) => {
    const key = keys.get(owner) ?? new Uint8Array(randomBytes(32))
    keys.set(owner, key)
    return key
  }
  const tokens = new Map<string, { organizationId: string; nodeId: string; nodeName: string }>()
  const revoked: string[] = []
  let ahead = 0
  const clock = {
    now: () => Date.now() + ahead,
    advance(ms: number) {
      ahead += ms
    },
    reset() {
      ahead = 0
    },
  }
  const parts: NetworkParts = {
    log: {
      ...log,
      onSignal(subject, listener) {
        listeners.push(listener)
        return log.onSignal(subject, listener)
      },
    },
    postgres,
    telemetry,
    projections: () => projections,
    keyService: {
      getDataKeys: async ({ ownerId }) => ({
        keys: [{ id: newKeyId(ownerId ?? ''), key: keyFor(ownerId ?? ''), isActive: true }],
      }),
    },
    proofs: { listSigningKeys: async () => new holdfast.audit.v1.ListSigningKeysResponse() },
    enrolment: {
      redeemEnrolmentToken: async ({ token }) => {
        const found = tokens.get(token ?? '')
        if (!found) throw new Error('auth.enrolment_token_invalid')
        return { ...found, siteId: '', natsUserJwt: 'a jwt' }
      },
      revokeNode: async ({ nodeId }) => {
        revoked.push(nodeId ?? '')
        return {}
      },
    },
    door: {
      natsServers: ['tls://127.0.0.1:4222'],
      caCertificate: 'PEM',
      lineageId: log.lineageId,
      generation: 1,
    },
    localNodeId: undefined,
    now: clock.now,
  }
  const network = composeNetwork(parts)
  await network.start()

  /** A busy machine may take longer than a reader would wait. */
  const settled = async (): Promise<void> => {
    const head = await log.head()
    for (;;) {
      try {
        return await projections.reached(head)
      } catch (error) {
        if (!Lagging.is(error)) throw error
      }
    }
  }
  const suite: Suite = {
    log,
    postgres,
    projections,
    nodes: requests(network.nodes, NodeService),
    interfaces: requests(network.interfaces, InterfaceService),
    peers: requests(network.peers, PeerService),
    contributors: requests(network.contributors, ContributorService),
    compensation: requests(network.compensation, CompensationService),
    anotherCompensation: () => requests(composeNetwork(parts).compensation, CompensationService),
    async createSite(organizationId, siteName) {
      const auth = await nats.open('auth')
      const siteId = newId<string>()
      const data = holdfast.auth.v1.SiteCreated.encode({ organizationId, name: siteName }).finish()
      await auth.execute(
        siteAsTold,
        siteId,
        { type: 'SiteCreated', schema: 1, data },
        {
          commandId: newId<CommandId>(),
          isKeyed: false,
          actor: { kind: 'service', id: 'auth', method: 'certificate' },
          correlationId: newId<string>(),
        },
      )
      await settled()
      return siteId
    },
    revoked,
    clock,
    report(nodeId, data) {
      for (const listener of listeners) listener(data, `tlm.node.${nodeId}.report`)
    },
    settled,
    async enroll(organizationId, name = 'gw') {
      const { privateKey, publicKey } = generateX25519()
      const nodeId = newId<string>()
      const token = newId<string>()
      tokens.set(token, { organizationId, nodeId, nodeName: name })
      await suite.nodes.enrollNode({
        token,
        enrolmentKey: publicKey,
        natsPublicKey: 'UDCQHM5LNK5ZXYPTOFFBZOGC4NBDVGCKB3CJIKBAT4VQNJUJ2MF527DO',
        hostname: 'host',
        platform: 'linux x64',
      })
      await settled()
      return { nodeId, privateKey }
    },
    async close() {
      await network.stop()
      await projections.stop()
      await Promise.all([nats.close(), pg.close()])
    },
  }
  return suite
}

const newKeyId = (owner: string): string => `${owner.slice(0, -1)}f`

/** Handlers as functions of a request and of who asks. Requests get the defaults of their message. */
function requests<T extends MethodTable>(handlers: Handlers<T>, table: T): Requests<T> {
  return Object.fromEntries(
    Object.entries(table).map(([name, method]) => [
      name,
      async (request: object = {}, options?: CallOptions) => {
        const decoded = method.request.decode(method.request.encode(request).finish())
        // as: the table and the handlers are of one service
        const handle = (handlers as unknown as Handlers<MethodTable>)[name]
        return await handle?.(decoded, newCall(options).call)
      },
    ]),
  ) as unknown as Requests<T>
}
