import { defineError } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { KeyService } from '@holdfast/proto'
import { type Alarm, type Client, dataKeys, decodeAlarm, secrets } from '@holdfast/service'
import type { Telemetry } from '@holdfast/telemetry'
import { ruleChanges } from '../commands/alert-rule-changes.ts'
import { MailRefused } from '../domain/alert-errors.ts'
import { alertHandlers } from '../grpc/alert-handlers.ts'
import { mailCheckpoints } from '../mail/checkpoint-mail.ts'
import { testMail } from '../mail/compose-mail.ts'
import { usualMailRate } from '../mail/mail-rate.ts'
import type { ConfiguredMail } from '../mail/mail-settings.ts'
import { MailFailure } from '../mail/mailer.ts'
import { type PostPace, postOffice } from '../mail/post-office.ts'
import { countRules } from '../queries/alert-rules.ts'
import type { WebhookQueue } from '../webhooks/queue.ts'
import { alertMetrics } from './alert-metrics.ts'
import { dropCases } from './case-store.ts'
import { ruleBoard } from './rule-board.ts'
import { type SelfWatchPace, selfWatch, usualSelfPace } from './self-watch.ts'
import { logTeller } from './tell-log.ts'
import { tellPeople } from './tell-people.ts'
import { usualPace, Watch, type WatchPace } from './watch.ts'

export interface InboxParts {
  readonly log: EventLog
  readonly postgres: Postgres
  readonly telemetry: Telemetry
  readonly keyService: Pick<Client<typeof KeyService>, 'getDataKeys'>
  readonly webhooks: WebhookQueue
  readonly mail: ConfiguredMail | undefined
  readonly checkpointMailTo: readonly string[]
  readonly instanceUrl: string | undefined
  /** Waits until the read models include the sequence. */
  readonly reached: (sequence: bigint, signal?: AbortSignal) => Promise<void>
  readonly pace?: {
    readonly watch?: Partial<WatchPace>
    readonly self?: Partial<SelfWatchPace>
    readonly post?: Partial<PostPace>
    /** How long the first alert waits for others to go with it in one mail. */
    readonly gatherMs?: number
  }
  /** ms since 1970. */
  readonly now: () => number
}

const usualPostPace: PostPace = {
  rate: usualMailRate,
  tickMs: 1_000,
  firstRetryMs: 30_000,
  lastRetryMs: 1_800_000,
  giveUpMs: 86_400_000,
}
const usualGatherMs = 2_000
const alarmSubjects = 'ctl.*.alarm'
const testsPerMinute = 10

const TooManyTestMails = defineError(
  'notify.test_mails_exhausted',
  'exhausted',
  () => `At most ${testsPerMinute} test mails a minute.`,
)

export type Inbox = ReturnType<typeof composeInbox>

/** The inbox without its process: what a test and `main` put together alike. */
export function composeInbox(parts: InboxParts) {
  const { log, postgres, telemetry, mail, pace = {}, now } = parts
  const logger = telemetry.log
  const sealing = secrets(dataKeys(parts.keyService, 'notify', now), log.lineageId)
  const board = ruleBoard(postgres, logger)
  const metrics = alertMetrics(telemetry.registry, {
    postgres,
    lag: () => (watch.isLeading ? Math.max(0, Number(log.safe.current() - watch.sequence)) : 0),
  })
  const hear = (source: string) => (alarm: Alarm) => watch.hear({ alarm, source })
  const post =
    mail &&
    postOffice({
      postgres,
      logger,
      secrets: sealing,
      mailer: mail.mailer,
      host: mail.host,
      lineageId: log.lineageId,
      instanceUrl: parts.instanceUrl,
      pace: { ...usualPostPace, ...pace.post },
      onResult: metrics.mail,
      alarm: hear('notify'),
      now,
    })
  const teller = logTeller({ log, postgres, logger, reached: parts.reached })
  const watch: Watch = new Watch({
    log,
    postgres,
    logger,
    board,
    reached: parts.reached,
    tell: tellPeople({
      board,
      webhooks: parts.webhooks,
      mail: post && { gatherMs: pace.gatherMs ?? usualGatherMs, wake: post.wake },
      now,
    }),
    onRaised(raised) {
      metrics.raised(raised)
      teller.wake()
    },
    pace: { ...usualPace, ...pace.watch },
    now,
  })
  const self = selfWatch({
    log,
    hear: hear('notify'),
    pace: { ...usualSelfPace, ...pace.self },
    now,
  })

  let tests: number[] = []
  async function sendTest(to: string): Promise<string> {
    if (!mail) return ''
    tests = tests.filter((at) => at > now() - 60_000)
    if (tests.length >= testsPerMinute) throw TooManyTestMails({})
    tests.push(now())
    try {
      const messageId = `test-${now()}-${tests.length}@${mail.host}`
      return await mail.mailer.send({
        messageId,
        to,
        ...testMail(parts.instanceUrl),
        at: now(),
      })
    } catch (error) {
      if (!(error instanceof MailFailure)) throw error
      throw MailRefused({ answer: error.message }, error)
    }
  }

  const rules = ruleChanges({
    log,
    secrets: sealing,
    count: (organizationId) => countRules(postgres, organizationId),
    now,
  })
  const silences: (() => void)[] = []
  return {
    rules,
    rulesChanged: () => board.reload(),
    alerts: alertHandlers({
      log,
      postgres,
      secrets: sealing,
      rules,
      reached: parts.reached,
      rulesChanged: () => board.reload(),
      dropCase: (alertId) => dropCases(postgres, [alertId]),
      testMail: mail && sendTest,
    }),
    /** Begins to watch; the database must be migrated. */
    start(): void {
      silences.push(
        log.onSignal(alarmSubjects, (data, subject) => {
          const alarm = decodeAlarm(data)
          // The server lets nobody but a service send under its own name.
          if (alarm) hear(subject.split('.')[1] ?? '')(alarm)
        }),
      )
      if (post && parts.checkpointMailTo.length > 0) {
        const { wake: onWritten } = post
        const to = parts.checkpointMailTo
        silences.push(mailCheckpoints({ log, postgres, logger, to, onWritten, now }).stop)
      }
      watch.start()
      teller.start()
      self.start()
      post?.start()
    },
    async stop(): Promise<void> {
      for (const silence of silences) silence()
      self.stop()
      await Promise.all([watch.stop(), teller.stop(), post?.stop()])
      mail?.mailer.close()
    },
    /** For tests: whether this instance watches. */
    isWatching: () => watch.isLeading,
  }
}
