import { gather } from '@holdfast/domain'
import type { Postgres } from '@holdfast/postgres'
import type { Telemetry } from '@holdfast/telemetry'
import { type CommandKey, commandsProjection, findCommands } from './commands.ts'
import { contentHash } from './content-hash.ts'
import { UnknownProjection } from './errors.ts'
import { prepareLedger, usableBuilds } from './ledger.ts'
import { Positions, patienceMs } from './positions.ts'
import { Projector } from './projector.ts'
import { RecentCommands } from './recent-commands.ts'
import type { LogReader, Projection, Projections } from './types.ts'

export interface ProjectionsOptions {
  readonly log: LogReader
  readonly postgres: Postgres
  readonly telemetry: Telemetry
  /** Owner of the schema the views are in, for example `network`. */
  readonly service: string
  readonly projections: readonly Projection[]
}

/**
 * Starts the loop that feeds the read models of a service, the registry of its commands among them. Returns when
 * every read model can be queried; those that are missing, dropped or of another version are made from the log first.
 */
export async function openProjections(options: ProjectionsOptions): Promise<Projections> {
  const { postgres, service } = options
  const registry = commandsProjection(service)
  const projections = [registry, ...options.projections]
  refuseTwins(projections)

  const positions = new Positions(projections.map(({ name }) => name))
  const recent = new RecentCommands(service)
  const projector = new Projector({ ...options, projections, positions, recent })
  await postgres.tx((tx) => prepareLedger(tx, service))
  await projector.start()
  const find = gather((keys: readonly CommandKey[]) => findCommands(postgres, service, keys))

  return {
    reached: (sequence, signal) => positions.reach(sequence, undefined, signal),
    rebuild: (name, signal) => projector.rebuild(name, signal),
    check: (name, signal, onProgress) => projector.check(name, signal, onProgress),
    async hash(name) {
      const projection = projections.find((one) => one.name === name)
      if (!projection) throw UnknownProjection({ name })
      const builds = await usableBuilds(postgres, service, projection)
      const live = builds.find(({ state }) => state === 'live')
      if (!live) throw UnknownProjection({ name })
      return contentHash(postgres, projection, live)
    },
    status: () => projector.status(),
    isReady: () => projector.status().every(({ state }) => state === 'live' || state === 'standby'),
    commands: {
      find: async (organizationId, commandId) =>
        recent.find(organizationId, commandId) ?? (await find({ organizationId, commandId })),
      async reached(sequence, signal) {
        if (await recent.reach(sequence, patienceMs, signal)) return
        await positions.reach(sequence, registry.name, signal)
      },
    },
    stop: () => projector.stop(),
  }
}

function refuseTwins(projections: readonly Projection[]): void {
  const seen = new Set<string>()
  const names = projections.flatMap(({ name, tables }) => [name, ...tables.map((t) => t.name)])
  for (const name of names) {
    if (seen.has(name)) throw new Error(`two read models are called ${name}`)
    seen.add(name)
  }
}
