import { isUuid } from '@holdfast/domain'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Telemetry } from '@holdfast/telemetry'
import type { StatusBoard } from './status-board.ts'
import { loadStatus, pruneStatus, saveStatus } from './status-store.ts'

export interface StatusFeed {
  /** Writes down what is pending, so that a query by status sees it. */
  flush(): Promise<void>
  /** Stops listening and writes down the rest. */
  stop(): Promise<void>
}

const saveEveryMs = 10_000
const pruneEveryMs = 3_600_000

/** Keeps the board up to date with what hosts report, and its tables with the board. */
export async function followReports(
  log: Pick<EventLog, 'onSignal'>,
  postgres: Postgres,
  board: StatusBoard,
  telemetry: Telemetry,
): Promise<StatusFeed> {
  await loadStatus(postgres, board)
  const silence = log.onSignal('tlm.node.>', (data, subject) => {
    const [, , nodeId = '', kind, ...rest] = subject.split('.')
    if (kind === 'report' && rest.length === 0 && isUuid(nodeId)) {
      board.take(nodeId, data, Date.now())
    }
  })

  // One at a time: two writers of the same rows would wait for each other.
  let last: Promise<void> = Promise.resolve()
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const next = last.then(work)
    last = next.catch(() => undefined)
    return next
  }
  const flush = () => inTurn(() => saveStatus(postgres, board))
  const later = (work: () => Promise<void>) => () => {
    work().catch((error: unknown) => {
      telemetry.log.warn({ err: error }, 'host status not written down; it will be tried again')
    })
  }
  const saving = setInterval(later(flush), saveEveryMs)
  const pruning = setInterval(
    later(() => inTurn(() => pruneStatus(postgres, board))),
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
