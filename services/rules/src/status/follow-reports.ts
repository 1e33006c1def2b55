import { isUuid } from '@holdfast/domain'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Telemetry } from '@holdfast/telemetry'
import type { CounterBoard } from './counter-board.ts'
import type { FirewallBoard } from './firewall-board.ts'
import { loadFirewalls, pruneStatus, saveCounters, saveFirewalls } from './status-store.ts'

export interface StatusFeed {
  /** Writes down what is pending, so that queries see it. */
  flush(): Promise<void>
  /** Stops listening and writes down the rest. */
  stop(): Promise<void>
}

const saveEveryMs = 10_000
const pruneEveryMs = 3_600_000

/** Keeps the boards up to date with what hosts report, and the tables with the boards. */
export async function followReports(parts: {
  readonly log: Pick<EventLog, 'onSignal'>
  readonly postgres: Postgres
  readonly firewalls: FirewallBoard
  readonly counters: CounterBoard
  readonly telemetry: Telemetry
  readonly now: () => number
}): Promise<StatusFeed> {
  const { log, postgres, firewalls, counters, telemetry, now } = parts
  await loadFirewalls(postgres, firewalls)
  const silence = log.onSignal('tlm.node.>', (data, subject) => {
    const [, , nodeId = '', kind, ...rest] = subject.split('.')
    if (rest.length > 0 || !isUuid(nodeId)) return
    if (kind === 'report') {
      firewalls.take(nodeId, data, now())
      counters.hear(nodeId, now())
    } else if (kind === 'counters') counters.take(nodeId, data, now())
  })

  // One at a time: two writers of the same rows would wait for each other.
  let last: Promise<void> = Promise.resolve()
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const next = last.then(work)
    last = next.catch(() => undefined)
    return next
  }
  const flush = () =>
    inTurn(async () => {
      await saveFirewalls(postgres, firewalls)
      await saveCounters(postgres, counters)
    })
  const later = (work: () => Promise<void>) => () => {
    work().catch((error: unknown) => {
      telemetry.log.warn({ err: error }, 'host reports not written down; it will be tried again')
    })
  }
  const saving = setInterval(later(flush), saveEveryMs)
  const pruning = setInterval(
    later(() => inTurn(() => pruneStatus(postgres, now()))),
    pruneEveryMs,
  )
  saving.unref()
  pruning.unref()

  return {
    flush,
    async stop() {
      silence()
      clearInterval(saving)
      clearInterval(pruning)
      await flush()
    },
  }
}
