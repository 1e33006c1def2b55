import type { Commit } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { Caller, CallOptions } from '@holdfast/service'
import { createTelemetry } from '@holdfast/telemetry'
import type { FastifyInstance } from 'fastify'
import { type AppOptions, buildApp } from '../app.ts'
import type { Clients } from '../clients.ts'
import type { EventSource } from '../events/event-hub.ts'
import type { TimeSource } from '../http/at.ts'

/** One call a service was asked for. */
export interface SeenCall {
  readonly method: string
  readonly request: unknown
  readonly options: CallOptions
}

type Fakes = { readonly [S in keyof Clients]?: Partial<Clients[S]> }

/** Services that answer as a test says, and record what they were asked. Anything else fails the test. */
export function fakeClients(fakes: Fakes): { clients: Clients; calls: SeenCall[] } {
  const calls: SeenCall[] = []
  const client = (name: keyof Clients): unknown =>
    new Proxy(
      {},
      {
        get: (_target, method) => async (request: unknown, options: CallOptions) => {
          calls.push({ method: `${name}.${String(method)}`, request, options })
          const fake: unknown = Reflect.get(fakes[name] ?? {}, method)
          if (typeof fake !== 'function') throw new Error(`unexpected call: ${String(method)}`)
          return fake(request, options)
        },
      },
    )
  const names = [
    'auth',
    'users',
    'organizations',
    'enrolment',
    'nodes',
    'interfaces',
    'peers',
    'rules',
    'changeSets',
    'policy',
    'flows',
    'proofs',
    'entries',
    'history',
    'archive',
    'snapshots',
    'restoreJobs',
    'validations',
    'storage',
    'backups',
    'schedules',
    'recovery',
    'restores',
    'webhooks',
    'alerts',
    'subscribers',
    'readModels',
    'rootKeys',
    'seal',
  ] as const
  // A proxy has every method; the fakes given are typed.
  const clients = Object.fromEntries(
    names.map((name) => [name, client(name)]),
  ) as unknown as Clients
  return { clients, calls }
}

/** A log in memory. */
export function fakeLog(): EventSource &
  TimeSource & {
    append(...commits: Commit[]): void
    signalAll(data: string): void
  } {
  const commits: Commit[] = []
  const wake = new Set<() => void>()
  const handlers = new Set<(data: Uint8Array, subject: string) => void>()
  const last = () => commits.at(-1)?.sequence ?? 0n
  return {
    // As the log does while nothing holds it back.
    safe: { current: () => 2n ** 63n - 1n, onAdvance: () => () => {} },
    head: async () => last(),
    read: async (sequence) => commits.find((commit) => commit.sequence === sequence),
    onSignal(_subject, handler) {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
    signalAll(data) {
      for (const handler of handlers) handler(Buffer.from(data), 'ctl.auth.session-revoked')
    },
    append(...more) {
      commits.push(...more)
      for (const resume of [...wake]) resume()
    },
    async subscribe({ from, signal }, onBatch) {
      let next = from
      while (!signal.aborted) {
        const batch = commits.filter(({ sequence }) => sequence >= next).slice(0, 100)
        if (batch.length > 0) {
          next += BigInt(batch.length)
          await onBatch(batch)
          continue
        }
        await new Promise<void>((resolve) => {
          const resume = () => {
            wake.delete(resume)
            signal.removeEventListener('abort', resume)
            resolve()
          }
          wake.add(resume)
          signal.addEventListener('abort', resume, { once: true })
        })
      }
    },
  }
}

export const someone = 'f0b5a1de-0000-7000-8000-00000000000a'
export const session = 'f0b5a1de-0000-7000-8000-00000000000b'
export const acme = 'f0b5a1de-0000-7000-8000-00000000000c'

/** A token with our claims. Nothing verifies it here. */
export function token(claims: Record<string, unknown> = {}): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const inAnHour = Math.floor(Date.now() / 1000) + 3600
  return `${part({ alg: 'EdDSA' })}.${part({ sub: someone, sid: session, exp: inAnHour, ...claims })}.c2ln`
}

export const bearer = (claims?: Record<string, unknown>) => ({
  authorization: `Bearer ${token(claims)}`,
})

export interface FakeGateway {
  readonly app: FastifyInstance
  readonly calls: SeenCall[]
  readonly log: ReturnType<typeof fakeLog>
}

/** The gateway over fakes. */
export async function fakeGateway(
  fakes: Fakes = {},
  options: Partial<AppOptions> = {},
): Promise<FakeGateway> {
  const { clients, calls } = fakeClients(fakes)
  const log = fakeLog()
  const app = await buildApp({
    clients,
    authenticate: async () => caller('*'),
    log,
    telemetry: createTelemetry('gateway', { level: 'silent' }),
    limits: { perPrincipal: 0, perAddress: 0, signIn: 0 },
    system: {
      metricsTargets: [],
      metricsToken: undefined,
      isProduction: false,
      readiness: async () => ({ isReady: true, checks: {}, warnings: [] }),
    },
    trustedProxies: [],
    access: { record: () => undefined },
    isOverloaded: () => false,
    ...options,
  })
  return { app, calls, log }
}

/** A caller who may read events everywhere, or in some organizations. */
export const caller = (where: '*' | readonly string[]): Caller =>
  ({
    kind: 'user',
    userId: someone,
    sessionId: session,
    service: 'gateway',
    actor: { kind: 'user', id: someone, sessionId: session },
    organizations: () => where,
    can: () => true,
    require: () => undefined,
  }) as unknown as Caller // ids are minted elsewhere

export const aPeer = new holdfast.network.v1.Peer({
  id: 'f0b5a1de-0000-7000-8000-000000000001',
  organizationId: acme,
  nodeId: 'f0b5a1de-0000-7000-8000-000000000002',
  interfaceId: 'f0b5a1de-0000-7000-8000-000000000003',
  interfaceName: 'wg0',
  name: 'laptop',
  publicKey: 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=',
  addresses: ['10.10.0.2'],
  isEnabled: true,
  keepaliveSeconds: 25,
  createdAtUnixMs: 1_790_000_000_000,
  updatedAtUnixMs: 1_790_000_000_000,
  revision: 7,
  status: 1,
  rxBytes: 9_007_199_254_740_991,
  enforcement: 1,
})
