import { KeysetService, RecoveryService, TableService } from '@holdfast/proto'
import { standingAlarms } from '@holdfast/service'
import type { BackupApp } from './app.ts'
import { ownCommand } from './commands/own-command.ts'
import { recoveries } from './commands/recovery-aggregate.ts'
import { configFiles } from './full/config-files.ts'
import { fullMaker } from './full/full-maker.ts'
import { reviewAlarm } from './full/review-alarm.ts'
import { tablePages } from './full/table-pages.ts'
import { recoveryHandlers } from './grpc/recovery-handlers.ts'
import type { Guard } from './guard/start-guard.ts'
import type { Maker } from './jobs/maker.ts'
import type { Offsite } from './offsite/offsite.ts'
import { recipientRows } from './projections/recipients.ts'
import { keysReviewedAt, listRecipientRows } from './queries/recipients.ts'

export interface Recovery {
  /** Of full backups. */
  readonly maker: Maker
}

const reviewLookMs = 60_000
/** Whose operational tables are part of full backups. */
const owners = ['auth', 'network', 'rules', 'audit', 'backup', 'notify'] as const

/** Full backups, and who can open them. */
export function composeRecovery(app: BackupApp, guard: Guard, offsite: Offsite): Recovery {
  const { log, postgres, settings, telemetry } = app
  app.project(recipientRows)
  const keysets = app.connect(KeysetService)
  const tables = new Map(owners.map((owner) => [owner as string, app.connect(TableService, owner)]))
  const places = { directory: settings.configDir, files: settings.configFiles ?? [] }
  const recipients = async (): Promise<readonly string[]> => {
    const { state } = await log.fold(recoveries, log.lineageId)
    return [...state.recipients.keys()]
  }

  offsite.from({
    recipients,
    async keyset(to, signal) {
      const made = await keysets.exportKeyset({ recipients: [...to] }, { signal })
      return {
        keyset: made.keyset,
        rootKey: made.rootKey,
        contentSha256: made.contentSha256,
        destroyedSequence: BigInt(made.destroyedSequence),
        keys: Number(made.keys),
      }
    },
    config: (signal) => configFiles(places, signal),
    async *tables(signal) {
      for await (const page of tablePages(tables, signal))
        if ('rows' in page) yield page
        else telemetry.log.warn(page, 'operational tables are not copied this time')
    },
    async keysetsRewritten(rewritten) {
      const command = { type: 'RecordKeysetsRewritten', ...rewritten } as const
      const context = ownCommand('', 'keysets off-site were written anew')
      await log.execute(recoveries, log.lineageId, command, context)
    },
  })

  app.serve(RecoveryService, {
    ...recoveryHandlers({
      log,
      postgres,
      offsite,
      derived: async (signal) => (await keysets.getRecoveryRecipient({}, { signal })).recipient,
      catchUp: () => app.projections.reached(log.seen()),
      now: Date.now,
    }),
    ...offsite.handlers,
  })

  const alarms = standingAlarms(app.alarm)
  let isLooking = false
  const look = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    try {
      const [first] = await listRecipientRows(postgres)
      const reviewedAt = await keysReviewedAt(postgres)
      alarms.say([reviewAlarm(reviewedAt || (first?.addedAtUnixMs ?? 0), Date.now())])
    } catch (error) {
      telemetry.log.info({ err: error }, 'whether a review of keys is due is looked at later')
    } finally {
      isLooking = false
    }
  }
  const timer = setInterval(() => void look(), reviewLookMs)
  app.onDrain(() => clearInterval(timer))

  return {
    maker: fullMaker({
      work: app.work,
      archiveDir: settings.archiveDir,
      places,
      keysets,
      tables,
      state: guard.state,
      recipients,
    }),
  }
}
