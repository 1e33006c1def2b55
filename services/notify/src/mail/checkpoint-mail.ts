import { uuidV5 } from '@holdfast/domain'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'
import { checkpointMail } from './compose-mail.ts'
import { addMail } from './mail-store.ts'
import { tagOf } from './post-office.ts'

const subject = 'ctl.audit.checkpoint'
const namespace = '7f2d0b0e-93a4-5d3c-9a55-1d1f6c6d2b10'
const maxNote = 16 * 1024

/**
 * Mails the last signed checkpoint once a day (UTC). The mail's id follows from day and address, so several instances,
 * and starts on the same day, make one mail of it.
 */
export function mailCheckpoints(parts: {
  readonly log: Pick<EventLog, 'onSignal' | 'lineageId'>
  readonly postgres: Postgres
  readonly logger: Logger
  readonly to: readonly string[]
  readonly onWritten: () => void
  /** ms since 1970. */
  readonly now: () => number
}): { stop(): void } {
  const { log, postgres, logger, to, now } = parts
  let done = ''

  async function write(note: string, day: string): Promise<void> {
    for (const address of to) {
      await addMail(
        postgres,
        {
          id: uuidV5(namespace, `${log.lineageId}|${day}|${address}`),
          kind: 'checkpoint',
          recipient: { address },
          tag: tagOf(log.lineageId, address),
          content: checkpointMail(note, day),
        },
        now(),
      )
    }
    parts.onWritten()
  }

  const silence = log.onSignal(subject, (data) => {
    const day = new Date(now()).toISOString().slice(0, 10)
    if (day === done || data.length === 0 || data.length > maxNote) return
    done = day
    write(Buffer.from(data).toString('utf8'), day).catch((error: unknown) => {
      // Told again within a minute.
      done = ''
      logger.warn({ err: error }, 'a checkpoint is not mailed yet')
    })
  })
  return { stop: silence }
}
