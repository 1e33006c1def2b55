import { newId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { CheckedReadModel, Difference, Projections } from '@holdfast/projections'
import type { Telemetry } from '@holdfast/telemetry'
import type { Alarm } from './alarm.ts'
import { untilNext } from './daily.ts'
import { readModelCheckMetrics } from './read-model-check-metrics.ts'
import { standingAlarms } from './standing-alarms.ts'

export interface Check {
  readonly id: string
  readonly origin: 'schedule' | 'request'
  readonly startedAtUnixMs: number
  /** Zero while it runs. */
  finishedAtUnixMs: number
  readonly readModels: readonly CheckItem[]
}

export interface CheckItem {
  readonly name: string
  state: 'pending' | 'running' | 'equal' | 'different' | 'failed'
  sequence: bigint
  goal: bigint
  seconds: number
  difference?: Difference
  error?: string
}

/** Whether the read models of a service equal a replay of the log: asked for, and every night. */
export interface ReadModelChecks {
  /** Begins a check of all of them, or joins the one under way. */
  start(origin: Check['origin']): Check
  /** The check of that id; of an empty one the check under way, or the last. */
  find(id: string): Check | undefined
  /** `HH:MM` in UTC, every day, or `off`. */
  schedule(time: string): void
  /** Gives up a check under way and waits until it has cleaned up. */
  stop(): Promise<void>
}

export interface ReadModelChecksOptions {
  readonly service: string
  readonly projections: Pick<Projections, 'check' | 'status'>
  readonly telemetry: Telemetry
  readonly alarm: (alarm: Alarm) => void
}

const sayAlarmsMs = 15_000

export function readModelChecks(options: ReadModelChecksOptions): ReadModelChecks {
  const { service, projections, telemetry, alarm } = options
  const metrics = readModelCheckMetrics(telemetry.registry)
  const stopping = new AbortController()
  const standing = standingAlarms(alarm)
  const found = new Map<string, Alarm>()
  const say = (): void => standing.say([...found.values()])
  let last: Check | undefined
  let running: Promise<void> | undefined
  let nightly: NodeJS.Timeout | undefined
  const saying = setInterval(say, sayAlarmsMs).unref()

  async function run(check: Check): Promise<void> {
    for (const item of check.readModels) {
      if (stopping.signal.aborted) fail(item, stopping.signal.reason)
      else await compare(item)
    }
    check.finishedAtUnixMs = Date.now()
    const { id, readModels } = check
    const different = readModels.filter(({ state }) => state === 'different').length
    telemetry.log.info(
      {
        checkId: id,
        readModels: readModels.length,
        different,
        durationMs: check.finishedAtUnixMs - check.startedAtUnixMs,
      },
      'read models checked',
    )
  }

  async function compare(item: CheckItem): Promise<void> {
    item.state = 'running'
    try {
      const result = await projections.check(item.name, stopping.signal, ({ sequence, goal }) =>
        Object.assign(item, { sequence, goal }),
      )
      settle(item, result)
    } catch (error) {
      fail(item, error)
    }
  }

  function settle(item: CheckItem, { sequence, seconds, difference }: CheckedReadModel): void {
    const { name } = item
    Object.assign(item, { sequence, goal: sequence, seconds })
    metrics.checked(name, difference === undefined, seconds)
    // Said to be over every time: who differed before a restart is known to whoever keeps alarms, not to us.
    found.set(name, difference ? alarmOf(name, difference) : { ...alarmAbout(name), isOver: true })
    say()
    item.state = difference ? 'different' : 'equal'
    if (!difference) return
    item.difference = difference
    telemetry.log.error({ projection: name, difference: print(difference) }, 'read model differs')
  }

  function fail(item: CheckItem, error: unknown): void {
    item.state = 'failed'
    item.error = error instanceof DomainError ? error.message : 'It could not be compared.'
    if (stopping.signal.aborted) return
    telemetry.log.warn({ err: error, projection: item.name }, 'read model not checked')
  }

  function start(origin: Check['origin']): Check {
    if (running && last) return last
    const check: Check = {
      id: newId<string>(),
      origin,
      startedAtUnixMs: Date.now(),
      finishedAtUnixMs: 0,
      readModels: projections
        .status()
        .map(({ name }) => ({ name, state: 'pending', sequence: 0n, goal: 0n, seconds: 0 })),
    }
    last = check
    running = run(check).finally(() => {
      running = undefined
    })
    return check
  }

  function schedule(time: string): void {
    if (time === 'off' || stopping.signal.aborted) return
    nightly = setTimeout(
      () => {
        start('schedule')
        schedule(time)
      },
      untilNext(time, service, Date.now()),
    ).unref()
  }

  return {
    start,
    find: (id) => (id === '' || last?.id === id ? last : undefined),
    schedule,
    async stop() {
      clearTimeout(nightly)
      clearInterval(saying)
      stopping.abort(new Error('the service stops'))
      await running
    },
  }
}

const alarmAbout = (name: string) =>
  ({
    code: 'read_model.differs',
    severity: 'critical',
    key: name,
    title: `Read model ${name} is not what the log makes it`,
  }) as const

const alarmOf = (name: string, difference: Difference): Alarm => ({
  ...alarmAbout(name),
  detail: print(difference),
})

function print({ table, key, kind, columns, rows }: Difference): string {
  const keys = Object.entries(key).map(([column, value]) => `${column}=${value}`)
  const what = {
    changed: `differs in ${columns.join(', ')}`,
    missing: 'is missing',
    unexpected: 'is there and should not be',
  }
  return `table ${table}: ${keys.join(', ')} ${what[kind]}; ${rows} rows of that table differ`
}
