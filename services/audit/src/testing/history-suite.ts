import { fileURLToPath } from 'node:url'
import { type CommandId, type Decider, newId } from '@holdfast/domain'
import type { Aggregate, Commit, EventLog, StoredEvent } from '@holdfast/event-log'
import { migrate } from '@holdfast/postgres'
import { openProjections } from '@holdfast/projections'
import { HistoryService } from '@holdfast/proto'
import type { Call, Caller } from '@holdfast/service'
import { createTelemetry } from '@holdfast/telemetry'
import { testNats, testPostgres } from '@holdfast/testkit'
import { composeHistory } from '../compose-history.ts'
import { objects } from '../projections/objects.ts'
import type { Told } from './random-history.ts'
import { person } from './suite.ts'

/** Stores whatever it is given, as one commit. */
const anything: Decider<readonly StoredEvent[], StoredEvent, number> = {
  initial: () => 0,
  decide: (events) => [...events],
  evolve: (count) => count + 1,
}

type Requests = {
  readonly [K in keyof typeof HistoryService]: (
    request: Parameters<(typeof HistoryService)[K]['request']['encode']>[0],
    how?: { readonly caller?: Caller; readonly at?: bigint },
  ) => Promise<ReturnType<(typeof HistoryService)[K]['response']['decode']>>
}

/** The history on a real log and a real database, without its process. */
export async function startHistorySuite() {
  const [pg, nats] = await Promise.all([testPostgres({ services: ['audit'] }), testNats()])
  const postgres = pg.open('audit', { max: 8 })
  const logs = new Map<string, EventLog>()
  for (const name of ['audit', 'auth', 'network', 'rules', 'notify']) {
    logs.set(name, await nats.open(name))
  }
  const logOf = (name: string): EventLog => {
    const found = logs.get(name)
    if (!found) throw new Error(`no log of ${name}`)
    return found
  }
  const log = logOf('audit')
  const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
  await migrate(postgres, migrations, { schema: 'audit' })
  const projections = await openProjections({
    log,
    postgres,
    telemetry: createTelemetry('audit', { level: 'silent' }),
    service: 'audit',
    projections: [objects],
  })
  const recorded: string[] = []
  const { history } = composeHistory({
    log,
    postgres,
    projections: () => projections,
    recorder: { record: ({ target = '' }) => recorded.push(target) },
  })
  return {
    postgres,
    log,
    projections,
    recorded,
    history: historyRequests(history),
    async tell({ context, type, id, organizationId, events }: Told, reason = ''): Promise<bigint> {
      const aggregate: Aggregate<readonly StoredEvent[], StoredEvent, number> = {
        context,
        type,
        decider: anything,
        codec: { encode: (event) => event, decode: (event) => event },
      }
      const stored = events.map((event) => ({ ...event, schema: 1 }))
      const { sequence } = await logOf(context).execute(aggregate, id, stored, {
        commandId: newId(),
        isKeyed: false,
        actor: { kind: 'user', id: newId(), method: 'password' },
        correlationId: newId<string>(),
        ...(organizationId === undefined ? {} : { organizationId }),
        reason,
      })
      return sequence
    },
    async commits(): Promise<readonly Commit[]> {
      const head = await log.safeHead()
      const found: Commit[] = []
      for (let sequence = 1n; sequence <= head; sequence++) {
        const commit = await log.read(sequence)
        if (commit) found.push(commit)
      }
      return found
    },
    async caughtUp(): Promise<bigint> {
      const head = await log.safeHead()
      await projections.reached(head)
      return head
    },
    async close() {
      await projections.stop()
      await Promise.all([nats.close(), pg.close()])
    },
  }
}

export type HistorySuite = Awaited<ReturnType<typeof startHistorySuite>>

export function historyRequests(handlers: ReturnType<typeof composeHistory>['history']): Requests {
  const entries = Object.entries(HistoryService).map(([name, method]) => [
    name,
    async (
      request: object,
      { caller = person('SUPER_ADMIN', '*'), at }: { caller?: Caller; at?: bigint } = {},
    ) => {
      const commandId = newId<CommandId>()
      const correlationId = newId<string>()
      const call: Call = {
        caller,
        commandId,
        isKeyed: false,
        correlationId,
        ...(at === undefined ? {} : { at }),
        signal: new AbortController().signal,
        committed: () => undefined,
        command: () => ({ commandId, isKeyed: false, actor: caller.actor, correlationId }),
      }
      // as, here and below: the table and the handlers are of one service
      const handle = Reflect.get(handlers, name) as (
        request: unknown,
        call: Call,
      ) => Promise<object>
      const answer = await handle(
        method.request.decode(method.request.encode(request).finish()),
        call,
      )
      return method.response.decode(method.response.encode(answer).finish())
    },
  ])
  return Object.fromEntries(entries) as unknown as Requests
}
