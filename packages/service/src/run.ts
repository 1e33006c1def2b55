import type { Definition, Values } from '@holdfast/config'
import { type EventLog, LogUnavailable } from '@holdfast/event-log'
import { migrate, openPostgres } from '@holdfast/postgres'
import { openProjections, type Projection, type Projections } from '@holdfast/projections'
import { ReadModelService, TableService } from '@holdfast/proto'
import type { Alarm } from './alarm.ts'
import type { App, EarlyApp, EdgeApp } from './app.ts'
import { withoutEffects } from './effects.ts'
import { lateProjections } from './late-projections.ts'
import { type OperationalTables, tableHandlers } from './operational-tables.ts'
import { readModelChecks } from './read-model-checks.ts'
import { readModelHandlers } from './read-model-handlers.ts'
import { loadRestoredTables } from './restored-tables.ts'
import { createRpcServer } from './rpc-server.ts'
import type { EdgeSpec, GrpcServiceName, ServiceName, ServiceSpec } from './settings.ts'
import { standingAlarms } from './standing-alarms.ts'
import { type Base, start } from './start.ts'
import { readTlsIdentity } from './tls.ts'

export interface RunOptions<S extends ServiceSpec = ServiceSpec> {
  /** Folder of the service's .sql files. */
  readonly migrations: string
  /** What those make. */
  readonly operationalTables: OperationalTables
  /** Begins what the log itself waits for, before log and database are there; so it may wait for neither. */
  readonly onEarly?: (early: EarlyApp<S>) => Promise<void> | void
}

/**
 * Runs a service until it is told to stop: settings, telemetry, log, database, read models, methods, health.
 * What is not up yet is waited for; until then the process is alive and not ready. On SIGTERM: no new calls,
 * open ones finish, work stops, read models, log and database close.
 */
export function run<S extends ServiceSpec>(
  name: GrpcServiceName,
  settings: Definition<S>,
  options: RunOptions<S>,
  compose: (app: App<S>) => Promise<void> | void,
): Promise<void> {
  const open = async (base: Base, values: Values<S>): Promise<void> => {
    const { telemetry, life, health, edge, log } = base
    // Every S has the common settings; the compiler does not look that far into a mapped generic.
    const common = values as Values<ServiceSpec>
    const postgres = openPostgres({
      url: common.postgresUrl,
      max: common.postgresConnections,
      telemetry,
      name,
    })
    base.closesPostgres(() => postgres.close())
    await base.wait('the database', () => migrate(postgres, options.migrations, { schema: name }))

    if (common.restoredDir !== undefined) {
      const of = { directory: common.restoredDir, schema: name, tables: options.operationalTables }
      await base.wait('restored tables', () => loadRestoredTables(postgres, log, of, telemetry.log))
    }

    let opened: Projections | undefined
    const projections = lateProjections(() => opened)
    const server = createRpcServer({
      address: common.grpcListen,
      tls: readTlsIdentity(common),
      telemetry,
      verify: base.identity.verify,
      reached: (sequence, signal) => projections.reached(sequence, signal),
      durable: log.durable,
      mayCommand: () => refuseCommands(log),
    })
    const wanted: Projection[] = []
    const checks = readModelChecks({ service: name, projections, telemetry, alarm: edge.alarm })
    life.defer('projections', async () => {
      await checks.stop()
      await opened?.stop()
    })
    base.deferWork()
    life.defer('calls', () => server.drain(common.drainMs), common.drainMs + 2_000)

    await compose({
      ...edge,
      settings: values,
      postgres,
      projections,
      project: (...more) => void wanted.push(...more),
      serve:
        common.effects === 'on'
          ? server.serve
          : (table, handlers) => server.serve(table, withoutEffects(table, handlers)),
    })

    server.serve(ReadModelService, readModelHandlers(checks, projections))
    server.serve(TableService, tableHandlers(postgres, name, options.operationalTables))

    opened = await openProjections({ log, postgres, telemetry, service: name, projections: wanted })
    log.useCommands(opened.commands)
    life.defer('alarms', watchReadModels(opened, edge.alarm))
    health.check('projections', () => {
      if (projections.isReady()) return { isReady: true }
      const behind = projections.status().filter(({ state }) => state !== 'live')
      const reasons = behind.map(
        ({ name: which, state, reason = '' }) => `${which}: ${state} ${reason}`,
      )
      // A log that is kept closed delivers nothing; what there is can be read.
      const isClosed = log.status().isRefused === true
      const isReady = isClosed && behind.every(({ state }) => state !== 'halted')
      return { isReady, reason: reasons.join('; ').trim() }
    })
    health.page('/projections', () => contentOf(projections))
    await base.startWork()
    checks.schedule(common.readModelCheck)
    const port = await server.listen()
    server.setServing(true)
    telemetry.log.info({ port }, 'serving')
  }
  return start(name, settings, open, options.onEarly)
}

const readModelsEveryMs = 5_000

/** Tells of read models that stand still until a person looks. Returns the way to stop that. */
function watchReadModels(
  projections: Pick<Projections, 'status'>,
  alarm: (alarm: Alarm) => void,
): () => void {
  const alarms = standingAlarms(alarm)
  const look = (): void =>
    alarms.say(
      projections.status().map(({ name, state, reason = '' }) => ({
        code: 'projection.halted',
        severity: 'critical',
        key: name,
        title: `The read model ${name} stands still`,
        ...(state === 'halted' ? { detail: reason } : { isOver: true }),
      })),
    )
  const timer = setInterval(look, readModelsEveryMs)
  timer.unref()
  return () => clearInterval(timer)
}

/** What the read models hold, as hashes: equal hashes at equal checkpoints are equal rows. Reads every row. */
async function contentOf(projections: Projections): Promise<unknown> {
  const items = []
  for (const { name, version, state, checkpoint } of projections.status()) {
    const content_hash = await projections.hash(name)
    items.push({ name, version, state, checkpoint: checkpoint.toString(), content_hash })
  }
  return { items }
}

/** Like `run`, for a process without methods and without a database of its own. */
export function runEdge<S extends EdgeSpec>(
  name: ServiceName,
  settings: Definition<S>,
  compose: (app: EdgeApp<S>) => Promise<void> | void,
): Promise<void> {
  return start(name, settings, async (base, values) => {
    base.deferWork()
    await compose({ ...base.edge, settings: values })
    await base.startWork()
  })
}

/** A command that looks at a refused log before it appends would answer what it finds there. */
function refuseCommands(log: EventLog): void {
  const { isRefused, reason = '' } = log.status()
  if (isRefused === true) throw LogUnavailable({ reason })
}
