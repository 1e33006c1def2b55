import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { KeyDestroyed } from '@holdfast/crypto'
import { type Decider, newId } from '@holdfast/domain'
import {
  type AccessAttempt,
  type Actor,
  type Aggregate,
  accessRecorder,
  accessSources,
  accessStore,
  type EventLog,
  type StoredEvent,
} from '@holdfast/event-log'
import { migrate, sql } from '@holdfast/postgres'
import { openProjections } from '@holdfast/projections'
import { EntryService } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { testNats, testPostgres } from '@holdfast/testkit'
import { composeEntries } from '../compose-entries.ts'
import { readModels } from '../projections/read-models.ts'
import type { SearchSizes } from '../queries/entry-search.ts'
import { requests } from './suite.ts'
import { until } from './tree-suite.ts'

/** Stores whatever it is given, as one commit. */
const anything: Decider<readonly StoredEvent[], StoredEvent, number> = {
  initial: () => 0,
  decide: (events) => [...events],
  evolve: (count) => count + 1,
}

export interface Told {
  readonly context: 'network' | 'rules' | 'auth'
  readonly type: string
  readonly id: string
  readonly events: readonly { readonly type: string; readonly data: Uint8Array }[]
  readonly organizationId?: string
  readonly actor?: Actor
  readonly correlationId?: string
  readonly reason?: string
}

/** The audit trail on a real log, a real ACCESS and a real database; auth is played. */
export async function startEntrySuite(
  options: { readonly retentionMs?: number; readonly sizes?: SearchSizes } = {},
) {
  const [pg, nats] = await Promise.all([testPostgres({ services: ['audit'] }), testNats()])
  const postgres = pg.open('audit', { max: 10 })
  const logs: Record<string, EventLog> = {}
  for (const name of ['audit', 'network', 'rules', 'auth']) logs[name] = await nats.open(name)
  const logOf = (name: string): EventLog => {
    const found = logs[name]
    if (!found) throw new Error(`no log of ${name}`)
    return found
  }
  const log = logOf('audit')
  const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
  await migrate(postgres, migrations, { schema: 'audit' })
  const telemetry = () => createTelemetry('audit', { level: 'silent' })
  const projections = await openProjections({
    log,
    postgres,
    telemetry: telemetry(),
    service: 'audit',
    projections: readModels,
  })
  const newKeys = () => [
    { id: newId<string>(), key: new Uint8Array(randomBytes(32)), isActive: true },
  ]
  let keys = newKeys()
  const people = new Map<string, ReturnType<typeof newKeys>>()
  const forgotten = new Set<string>()
  /** As auth answers it: of a person, or of the lineage. */
  const keysOf = async (ownerId: string) => {
    if (ownerId === log.lineageId) return keys
    if (forgotten.has(ownerId)) throw KeyDestroyed({ keyId: `${ownerId}.access` })
    const own = people.get(ownerId) ?? newKeys()
    people.set(ownerId, own)
    return own
  }
  let ahead = 0
  const now = () => Date.now() + ahead
  const recorderAs = (service: string, at: () => number = now) => {
    const { log: logger, registry } = telemetry()
    const sources = accessSources(log.lineageId, keysOf)
    sources.useKeys(keys)
    const credentialsFile = nats.identities.credentialsFile(service)
    const store = accessStore({ url: nats.url, credentialsFile, name: service })
    const limits = {
      windowMs: 60_000,
      failuresOfSource: 10_000,
      failures: 10_000,
      sums: 50,
      successes: 10_000,
      frequent: 200,
    }
    const waiting = { maxWaiting: 20_000 }
    return accessRecorder({ store, sources, log: logger, registry, now: at, limits, ...waiting })
  }
  const compose = () =>
    composeEntries({
      log,
      postgres,
      telemetry: telemetry(),
      keyService: { getDataKeys: async ({ ownerId }) => ({ keys: await keysOf(ownerId ?? '') }) },
      projections: () => projections,
      recorder: recorderAs('audit'),
      retentionMs: options.retentionMs ?? 90 * 86_400_000,
      sweepEveryMs: 50,
      ...(options.sizes ? { sizes: options.sizes } : {}),
      now,
    })
  let trail = compose()
  trail.start()
  const suite = {
    nats,
    postgres,
    log,
    projections,
    get entries() {
      return requests(trail.entries, EntryService)
    },
    /** Stores a commit as its service would. */
    async tell({ context, type, id, events, ...how }: Told): Promise<bigint> {
      const aggregate: Aggregate<readonly StoredEvent[], StoredEvent, number> = {
        context,
        type,
        decider: anything,
        codec: { encode: (event) => event, decode: (event) => event },
      }
      const stored = events.map((event) => ({ ...event, schema: 1 }))
      const outcome = await logOf(context).execute(aggregate, id, stored, {
        commandId: newId(),
        isKeyed: false,
        actor: { kind: 'service', id: context },
        correlationId: newId<string>(),
        ...how,
      })
      return outcome.sequence
    },
    /** Records of the door, as auth keeps them. */
    async record(attempts: readonly AccessAttempt[], at?: (index: number) => number) {
      let index = 0
      const recorder = recorderAs('auth', at ? () => at(index) : now)
      for (index = 0; index < attempts.length; index++) {
        const attempt = attempts[index]
        if (attempt) recorder.record(attempt)
      }
      await recorder.close()
    },
    /** Waits until both trails are rows. */
    async caughtUp(): Promise<void> {
      await projections.reached(await log.safeHead())
      const { state } = await nats.admin.link.api.streamInfo('ACCESS')
      await until(async () => {
        const [row] = await postgres.query<{ sequence: bigint }>(
          sql`select sequence from audit.access_position`,
        )
        return (row?.sequence ?? 0n) >= BigInt(state.last_seq)
      })
    },
    /** Moves the clock of the service. */
    advance(ms: number) {
      ahead += ms
    },
    /** Nobody can open what was sealed until now. */
    /** As auth does when a person is forgotten. */
    forget(userId: string) {
      forgotten.add(userId)
    },
    destroyKeys() {
      keys = []
      ahead += 120_000
    },
    /** Ends the service and starts it again, with something done in between. */
    async restart(between: () => Promise<void> = async () => {}) {
      await trail.stop()
      await between()
      trail = compose()
      trail.start()
    },
    async close() {
      await trail.stop()
      await projections.stop()
      await Promise.all([nats.close(), pg.close()])
    },
  }
  return suite
}

export type EntrySuite = Awaited<ReturnType<typeof startEntrySuite>>
