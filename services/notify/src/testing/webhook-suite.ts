import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type CommandId, newId } from '@holdfast/domain'
import { egressPolicy } from '@holdfast/egress'
import type { Actor, Aggregate, EventLog, StoredEvent } from '@holdfast/event-log'
import { migrate, type Postgres } from '@holdfast/postgres'
import { openProjections, type Projections } from '@holdfast/projections'
import { holdfast, type MethodTable, type RequestOf, WebhookService } from '@holdfast/proto'
import type { Alarm, Answer, Call, Caller, Handlers } from '@holdfast/service'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, type TestPostgres, testNats, testPostgres } from '@holdfast/testkit'
import { alertRuleRows } from '../projections/alert-rules.ts'
import { webhooks as webhookRows } from '../projections/webhooks.ts'
import { openWebhooks, type WebhookLimits } from '../webhooks/open-webhooks.ts'

// Webhooks on a real log, a real database and real HTTP, without the service's process. Only auth is played.

export const organizationA = 'aaaaaaaa-0000-7000-8000-000000000001'
export const organizationB = 'bbbbbbbb-0000-7000-8000-000000000002'

const actor: Actor = {
  kind: 'user',
  id: '0f0f0f0f-0000-7000-8000-000000000003',
  method: 'password',
}

/** Everything, or one organization's administrator. */
export const person = (organization: '*' | string): Caller => ({
  kind: 'user',
  service: 'gateway',
  actor,
  // as: ids of this file
  organizations: () => (organization === '*' ? '*' : [organization as never]),
  can: (_permission, id) => organization === '*' || organization === id,
  require(_permission, id, hidden) {
    if (organization !== '*' && organization !== id)
      throw hidden ? hidden() : new Error('access.not_visible')
  },
})

export interface CallOptions {
  readonly caller?: Caller
  readonly commandId?: CommandId
  readonly expectedRevision?: bigint
  readonly at?: bigint
}

function newCall(options: CallOptions): Call {
  const { caller = person('*'), commandId = newId<CommandId>(), expectedRevision, at } = options
  const beside = {
    commandId,
    isKeyed: options.commandId !== undefined,
    correlationId: newId<string>(),
    signal: new AbortController().signal,
    ...(expectedRevision === undefined ? {} : { expectedRevision }),
  }
  return {
    ...beside,
    ...(at === undefined ? {} : { at }),
    caller,
    committed: () => undefined,
    command: (organizationId) => ({
      ...beside,
      actor: caller.actor,
      ...(organizationId === undefined ? {} : { organizationId }),
    }),
  }
}

type Requests<T extends MethodTable> = {
  readonly [K in keyof T]: (
    request?: Parameters<T[K]['request']['encode']>[0],
    options?: CallOptions,
  ) => Promise<Answer<T[K]>>
}

/** Handlers as functions of a request and of who asks. Requests get the defaults of their message. */
export function requests<T extends MethodTable>(handlers: Handlers<T>, table: T): Requests<T> {
  return Object.fromEntries(
    Object.entries(table).map(([name, method]) => [
      name,
      async (request: object = {}, options: CallOptions = {}) => {
        const decoded: RequestOf<typeof method> = method.request.decode(
          method.request.encode(request).finish(),
        )
        // as: the table and the handlers are of one service
        const handle = (handlers as unknown as Handlers<MethodTable>)[name]
        return await handle?.(decoded, newCall(options))
      },
    ]),
  ) as unknown as Requests<T>
}

/** What others write into the log: peers, as network would. */
const peers: Aggregate<readonly StoredEvent[], StoredEvent, null> = {
  context: 'network',
  type: 'interface',
  decider: { initial: () => null, decide: (events) => events, evolve: () => null },
  codec: { encode: (event) => event, decode: (event) => event },
}

const peerAdded = (name: string): StoredEvent => ({
  type: 'PeerAdded',
  schema: 1,
  data: holdfast.network.v1.PeerAdded.encode({
    peerId: newId<string>(),
    settings: { name, addresses: ['10.10.0.2'], isEnabled: true },
    publicKey: Buffer.alloc(32, 1),
    privateKey: { keyId: 'k', nonce: Buffer.alloc(12), ciphertext: Buffer.from('private') },
  }).finish(),
})

export const testLimits: WebhookLimits = {
  timeoutMs: 2_000,
  schedule: [50, 100, 150],
  parallel: 8,
  suspendAfter: 5,
  maxPending: 100_000,
  keepDeliveredMs: 3_600_000,
  keepDeadMs: 3_600_000,
  drainMs: 500,
}

export interface Suite {
  readonly nats: TestNats
  readonly pg: TestPostgres
  readonly log: EventLog
  readonly network: EventLog
  readonly postgres: Postgres
  /** Another one after `reopen`. */
  projections: Projections
  /** Adds peers, one commit each; `perCommit` puts so many into one. */
  addPeers(names: readonly string[], organizationId: string, perCommit?: number): Promise<void>
  /** An instance of the service's webhooks, not started. */
  instance(limits?: Partial<WebhookLimits>): Instance
  /** Closes the read models and opens them again. */
  reopen(between: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

export interface Instance {
  readonly webhooks: Requests<typeof WebhookService>
  readonly queue: ReturnType<typeof openWebhooks>['queue']
  readonly alarms: readonly Alarm[]
  /** `name{labels} value` lines. */
  metrics(): Promise<string>
  start(): void
  stop(): Promise<void>
}

/** Of every organization; the same in a child process. */
export const testKeyService = {
  getDataKeys: async () =>
    await Promise.resolve({
      keys: [{ id: 'k1', key: new Uint8Array(32).fill(7), isActive: true }],
    } as holdfast.auth.v1.GetDataKeysResponse),
}

export async function startSuite(): Promise<Suite> {
  const [pg, nats] = await Promise.all([testPostgres({ services: ['notify'] }), testNats()])
  const postgres = pg.open('notify', { max: 10 })
  const log = await nats.open('notify')
  const network = await nats.open('network')
  const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
  await migrate(postgres, migrations, { schema: 'notify' })
  const open = async (): Promise<Projections> => {
    const telemetry = createTelemetry('notify', { level: 'silent' })
    const projections = [webhookRows, alertRuleRows]
    return await openProjections({ log, postgres, telemetry, service: 'notify', projections })
  }
  const suite: Suite = {
    nats,
    pg,
    log,
    network,
    postgres,
    projections: await open(),
    async addPeers(names, organizationId, perCommit = 1) {
      const interfaceId = `${newId<string>()}.${newId<string>()}`
      const commits: Promise<unknown>[] = []
      for (let at = 0; at < names.length; at += perCommit) {
        const events = names.slice(at, at + perCommit).map(peerAdded)
        const commandId = newId<CommandId>()
        const context = {
          commandId,
          isKeyed: false,
          organizationId,
          actor,
          correlationId: commandId,
        }
        commits.push(network.execute(peers, interfaceId, events, { ...context, reason: 'test' }))
      }
      await Promise.all(commits)
    },
    instance(limits = {}) {
      const alarms: Alarm[] = []
      const telemetry = createTelemetry('notify', { level: 'silent' })
      const opened = openWebhooks({
        log,
        postgres,
        telemetry,
        projections: () => suite.projections,
        keyService: testKeyService,
        alarm: (alarm) => void alarms.push(alarm),
        policy: egressPolicy(['127.0.0.0/8']),
        limits: { ...testLimits, ...limits },
        now: Date.now,
      })
      return {
        webhooks: requests(opened.handlers, WebhookService),
        queue: opened.queue,
        alarms,
        metrics: () => telemetry.registry.metrics(),
        start: opened.start,
        stop: opened.stop,
      }
    },
    async reopen(between) {
      await suite.projections.stop()
      await between()
      suite.projections = await open()
    },
    async close() {
      await suite.projections.stop()
      await Promise.all([nats.close(), pg.close()])
    },
  }
  return suite
}

export interface Taken {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly headers: Record<string, string>
  readonly body: string
  /** `performance.now()`. */
  readonly at: number
}

export interface Receiver {
  readonly url: string
  /** What was answered with 2xx, in order. */
  readonly taken: Taken[]
  /** Every request. */
  readonly requests: Taken[]
  /** How the next ones are answered. */
  answer: (
    request: Taken,
    nth: number,
  ) => {
    readonly status: number
    readonly headers?: Record<string, string>
    readonly body?: string
    readonly afterMs?: number
  }
  /** Requests that are being answered, at most so far: more than one would break the order. */
  readonly mostAtOnce: () => number
  close(): Promise<void>
}

/** Somebody's endpoint, over plain HTTP on loopback. */
export async function startReceiver(): Promise<Receiver> {
  let open = 0
  let most = 0
  const taken: Taken[] = []
  const all: Taken[] = []
  const receiver = { taken, requests: all, answer: () => ({ status: 204 }) } as unknown as {
    -readonly [K in keyof Receiver]: Receiver[K]
  }
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    open++
    most = Math.max(most, open)
    response.on('close', () => open--)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const parsed = JSON.parse(body) as {
        type?: string
        data?: { fields?: { settings?: { name?: string } } }
      }
      const one: Taken = {
        id: String(request.headers['webhook-id']),
        type: parsed.type ?? '',
        name: parsed.data?.fields?.settings?.name ?? '',
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([key, value]) => [key, String(value)]),
        ),
        body,
        at: performance.now(),
      }
      all.push(one)
      const { status, headers = {}, body: text, afterMs = 0 } = receiver.answer(one, all.length)
      setTimeout(() => {
        if (status >= 200 && status < 300) taken.push(one)
        response.writeHead(status, headers).end(text)
      }, afterMs)
    })
  }
  const server: Server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  receiver.mostAtOnce = () => most
  receiver.close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return receiver
}

/** Resolves when it holds. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  patienceMs = 60_000,
): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
