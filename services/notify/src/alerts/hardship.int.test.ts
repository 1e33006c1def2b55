import { once } from 'node:events'
import { publishApproval } from '@holdfast/event-log/admin'
import { sql } from '@holdfast/postgres'
import { holdfast } from '@holdfast/proto'
import { afterEach, expect, test, vi } from 'vitest'
import { builtinRules } from '../domain/alert-builtin.ts'
import { openBySeverity } from '../queries/alerts.ts'
import { type InboxSuite, startInboxSuite } from '../testing/inbox-suite.ts'

let suite: InboxSuite
afterEach(() => suite.close())

const { AlertState } = holdfast.notify.v1
const until = <T>(look: () => Promise<T> | T) => vi.waitFor(look, { timeout: 20_000, interval: 50 })
const ruleNamed = (name: string): string =>
  builtinRules.find(({ settings }) => settings.name === name)?.id ?? ''

async function listed(code: string) {
  const { alerts } = await suite.alerts.listAlerts({})
  return (alerts ?? []).filter((alert) => alert.code === code)
}

test('a log that takes nothing is told of by mail and in the inbox, and later in the log', async () => {
  suite = await startInboxSuite()
  const id = ruleNamed('The log takes no changes')
  await suite.alerts.updateAlertRule({ id, mailTo: { items: ['ops@example.org'] } })
  const { nats, log } = suite
  const approve = async (refusal?: object): Promise<void> => {
    const { config, state } = await nats.admin.link.api.streamInfo(nats.stream)
    await publishApproval(nats.admin, nats.spec, {
      stream: nats.stream,
      lineageId: nats.lineageId,
      generation: nats.spec.generation,
      serverIds: refusal ? [] : [nats.server.serverId],
      allowsBatches: config['allow_atomic'] === true,
      durability: 'log+archive',
      sequence: BigInt(state.last_seq),
      approvedAtUnixMs: Date.now(),
      ...(refusal
        ? { refusal: { code: 'log.frozen', reason: 'commit 3 differs', firstBadSequence: 3n } }
        : {}),
    })
  }
  await approve({})
  await until(() => expect(log.status().isWritable).toBe(false))
  const head = await log.head()
  await until(async () => {
    expect(await listed('log.frozen')).toMatchObject([
      { state: AlertState.ALERT_STATE_OPEN, revision: 0, detail: 'commit 3 differs' },
    ])
    expect(suite.smtp.mails).toMatchObject([{ to: ['ops@example.org'] }])
  })
  expect(suite.smtp.mails[0]?.raw).toContain('commit 3 differs')
  const [, , , critical] = await openBySeverity(suite.postgres)
  expect(critical).toBe(1)
  expect(await log.head()).toBe(head)

  await approve()
  await until(async () => {
    const [alert, ...others] = await listed('log.frozen')
    expect(others).toEqual([])
    expect(alert?.state).toBe(AlertState.ALERT_STATE_RESOLVED)
    expect(alert?.revision).toBeGreaterThan(0)
  })
  expect(suite.smtp.mails).toHaveLength(1)
  expect(await suite.count('alert_cases')).toBe(0)
}, 90_000)

test('SIGKILL between raising and mailing: one alert, the same mail again', async () => {
  suite = await startInboxSuite()
  const id = ruleNamed('A backup could not be validated')
  await suite.alerts.updateAlertRule({ id, mailTo: { items: ['ops@example.org'] } })
  await suite.stop()
  const release = suite.smtp.holdAnswers()
  const first = await suite.asProcess()
  suite.alarm({ code: 'backup.validation.failed', severity: 'critical', title: 'Failed' })
  // The server has the mail; the sender does not know.
  await until(() => expect(suite.smtp.mails).toHaveLength(1))
  first.kill('SIGKILL')
  await once(first, 'exit')
  release()
  const second = await suite.asProcess()
  await until(() => expect(suite.smtp.mails).toHaveLength(2))
  const [one, again] = suite.smtp.mails
  expect(again?.messageId).toBe(one?.messageId)
  await until(async () => {
    const rows = await suite.postgres.query(sql`select from notify.mails where state = 'sent'`)
    expect(rows).toHaveLength(1)
    expect(await listed('backup.validation.failed')).toMatchObject([{ count: 1 }])
  })
  second.kill('SIGTERM')
  await once(second, 'exit')
}, 120_000)

test('what was there before the first start, and what a restored log brings, is not told', async () => {
  suite = await startInboxSuite()
  const id = ruleNamed('Burst of failed sign-ins')
  await suite.alerts.updateAlertRule({
    id,
    threshold: 1,
    actions: { items: ['notify.alert_rule'] },
    filter: '',
  })
  await suite.stop()
  // As after a restore: what was noted of alerts is gone or of another generation, the log is all there.
  await suite.postgres.execute(
    sql`update notify.alert_positions set stream = '0', sequence = 0 where source = 'log'`,
  )
  await suite.postgres.execute(sql`delete from notify.alert_cases`)
  const mails = suite.smtp.mails.length
  await suite.restart()
  await suite.alerts.updateAlertRule({ id, description: 'changed since' })
  await until(async () => {
    const found = await listed('notify.alert_rule.updated')
    expect(found).toMatchObject([{ count: 1 }])
  })
  expect(await listed('notify.alert_rule.created')).toEqual([])
  expect(suite.smtp.mails).toHaveLength(mails)
}, 60_000)

test('a server that refuses for now gets the mail later; one that refuses for good is told of', async () => {
  suite = await startInboxSuite()
  const id = ruleNamed('A backup could not be validated')
  await suite.alerts.updateAlertRule({ id, mailTo: { items: ['ops@example.org'] } })
  suite.smtp.refuse({ at: 'data', code: 451 }, { at: 'rcpt', code: 450 })
  suite.alarm({ code: 'backup.validation.failed', severity: 'critical', title: 'Later', key: 'a' })
  await until(() => expect(suite.smtp.mails).toHaveLength(1))
  suite.smtp.refuse({ at: 'rcpt', code: 550 })
  suite.alarm({ code: 'backup.validation.failed', severity: 'critical', title: 'Never', key: 'b' })
  await until(async () => expect(await listed('notify.mail_undeliverable')).toHaveLength(1))
  expect(suite.smtp.mails).toHaveLength(1)
  const [alert] = await listed('notify.mail_undeliverable')
  expect(JSON.stringify(alert)).not.toContain('ops@example.org')
}, 60_000)
