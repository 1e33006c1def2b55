import { fileURLToPath } from 'node:url'
import { type CommandId, newId } from '@holdfast/domain'
import { defineError } from '@holdfast/errors'
import type { Aggregate, EventLog, StoredEvent } from '@holdfast/event-log'
import { migrate, type Postgres } from '@holdfast/postgres'
import { Lagging, openProjections, type Projections } from '@holdfast/projections'
import {
  ChangeSetService,
  CompensationService,
  ContributorService,
  holdfast,
  PolicyService,
  RuleService,
} from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { testNats, testPostgres } from '@holdfast/testkit'
import { composeRules } from '../compose.ts'
import type { FlowClient } from '../policy/observed-hosts.ts'
import { readModels } from '../projections/read-models.ts'
import { type Requests, requests } from './calls.ts'
import { type TestHosts, testHosts } from './hosts.ts'

// The service on a real log and a real database, without its process.

export interface Suite {
  readonly log: EventLog
  readonly postgres: Postgres
  readonly projections: Projections
  readonly rules: Requests<typeof RuleService>
  readonly changeSets: Requests<typeof ChangeSetService>
  readonly policy: Requests<typeof PolicyService>
  readonly contributors: Requests<typeof ContributorService>
  readonly compensation: Requests<typeof CompensationService>
  /** Begins to listen to hosts and to the clock; without it nobody hears what hosts say. */
  start(): Promise<void>
  readonly hosts: TestHosts
  /** Another instance of the service, on the same log and database. */
  another(): Promise<ReturnType<typeof composeRules>>
  /** Takes back what nobody confirmed in time, as the timer would. */
  revertOverdue(): Promise<void>
  /** As auth would create it; answers its id. */
  createOrganization(name: string): Promise<string>
  createSite(organizationId: string, name?: string): Promise<string>
  /** What the service's clock says; moves only when a test moves it. */
  clock: { now(): number; advance(ms: number): void; reset(): void }
  /** Waits until the read models include everything. */
  settled(): Promise<void>
  close(): Promise<void>
}

export const revertGraceMs = 30_000

const AuditAway = defineError(
  'test.audit_away',
  'unavailable',
  () => 'audit is not part of this suite',
)
const away = () => Promise.reject(AuditAway({}))
const noAudit: FlowClient = { getFlow: away, summarizeFlows: away }

/** Stores what it is told: the rules of auth are auth's. */
const asTold = (type: string): Aggregate<StoredEvent, StoredEvent, null> => ({
  context: 'auth',
  type,
  decider: { initial: () => null, decide: (event) => [event], evolve: () => null },
  codec: { encode: (event) => event, decode: (stored) => stored },
})

/** Starts the real parts; takes some seconds. */
export async function startSuite(): Promise<Suite> {
  const [pg, nats] = await Promise.all([testPostgres({ services: ['rules'] }), testNats()])
  const postgres = pg.open('rules', { max: 8 })
  const log = await nats.open('rules')
  const auth = await nats.open('auth')
  const hosts = testHosts(await nats.open('network'), nats)
  const telemetry = createTelemetry('rules', { level: 'silent' })
  const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
  await migrate(postgres, migrations, { schema: 'rules' })
  const projections = await openProjections({
    log,
    postgres,
    telemetry,
    service: 'rules',
    projections: readModels,
  })
  log.useCommands(projections.commands)

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
  const compose = (over: EventLog) =>
    composeRules({
      log: over,
      postgres,
      telemetry,
      projections: () => projections,
      revertGraceMs,
      flows: noAudit,
      control: [],
      now: clock.now,
    })
  const service = compose(log)
  let stop: (() => Promise<void>) | undefined

  const tell = async (type: string, id: string, event: StoredEvent) => {
    await auth.execute(asTold(type), id, event, {
      commandId: newId<CommandId>(),
      isKeyed: false,
      actor: { kind: 'service', id: 'auth', method: 'certificate' },
      correlationId: newId<string>(),
    })
    return id
  }

  return {
    log,
    postgres,
    projections,
    hosts,
    rules: requests(service.rules, RuleService),
    changeSets: requests(service.changeSets, ChangeSetService),
    policy: requests(service.policy, PolicyService),
    contributors: requests(service.contributors, ContributorService),
    compensation: requests(service.compensation, CompensationService),
    async start() {
      await service.start()
      await log.head() // on the same connection: the server has taken the subscription before it answers
      stop = service.stop
    },
    another: async () => compose(await nats.open('rules')),
    revertOverdue: () => service.reverts.check(),
    clock,
    createOrganization: (name) =>
      tell('organization', newId<string>(), {
        type: 'OrganizationCreated',
        schema: 1,
        data: holdfast.auth.v1.OrganizationCreated.encode({ name }).finish(),
      }),
    createSite: (organizationId, name = 'site') =>
      tell('site', newId<string>(), {
        type: 'SiteCreated',
        schema: 1,
        data: holdfast.auth.v1.SiteCreated.encode({ organizationId, name }).finish(),
      }),
    /** A busy machine may take longer than a reader would wait. */
    async settled() {
      const head = await log.head()
      for (;;) {
        try {
          return await projections.reached(head)
        } catch (error) {
          if (!Lagging.is(error)) throw error
        }
      }
    },
    async close() {
      await stop?.()
      await projections.stop()
      await Promise.all([nats.close(), pg.close()])
    },
  }
}
