import { type CommandId, newId, type UserId } from '@holdfast/domain'
import { sql } from '@holdfast/postgres'
import { holdfast } from '@holdfast/proto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { builtinRules } from '../domain/alert-builtin.ts'
import { type InboxSuite, person, startInboxSuite } from '../testing/inbox-suite.ts'

let suite: InboxSuite
beforeAll(async () => {
  suite = await startInboxSuite()
}, 60_000)
afterAll(() => suite.close())

const { AlertState, Severity } = holdfast.notify.v1
const until = <T>(look: () => Promise<T> | T) => vi.waitFor(look, { timeout: 15_000, interval: 50 })
const admin = person('SUPER_ADMIN', '*')

async function listed(code: string) {
  const { alerts = [] } = await suite.alerts.listAlerts({})
  return (alerts ?? []).filter((alert) => alert.code === code)
}

const ruleNamed = (name: string): string =>
  builtinRules.find(({ settings }) => settings.name === name)?.id ?? ''

test('an alarm becomes an alert and a mail, is acknowledged, and ends by itself', async () => {
  const id = ruleNamed('A backup could not be validated')
  await suite.alerts.updateAlertRule({ id, mailTo: { items: ['ops@example.org'] } })
  const alarm = {
    code: 'backup.validation.failed',
    severity: 'warning',
    title: 'Backup of Acme could not be validated',
    detail: 'SHA-256 differs',
  } as const
  suite.alarm(alarm)
  await until(async () => {
    expect(await listed(alarm.code)).toHaveLength(1)
    expect(suite.smtp.mails).toHaveLength(1)
  })
  const [alert] = await listed(alarm.code)
  // The rule says how bad it is, whatever the service thinks.
  expect(alert).toMatchObject({
    severity: Severity.SEVERITY_CRITICAL,
    title: alarm.title,
    ruleId: id,
  })
  const [mail] = suite.smtp.mails
  expect(mail?.to).toEqual(['ops@example.org'])
  expect(mail?.subject).toBe('[Holdfast] CRITICAL: Backup of Acme could not be validated')
  expect(mail?.raw.replaceAll('=\r\n', '')).toContain(
    `https://holdfast.example/alerts/${alert?.id}`,
  )

  await until(async () => {
    const taken = await suite.alerts.acknowledgeAlert({ id: alert?.id ?? '', note: 'mine' }, admin)
    expect(taken.alert).toMatchObject({ note: 'mine', acknowledgedBy: admin.actor.id })
  })
  suite.alarm({ ...alarm, isOver: true })
  await until(async () =>
    expect(await listed(alarm.code)).toMatchObject([{ state: AlertState.ALERT_STATE_RESOLVED }]),
  )
  // Again, it is another alert.
  suite.alarm(alarm)
  await until(async () => expect(await listed(alarm.code)).toHaveLength(2))
  // As it was when it was acknowledged.
  const revision = BigInt(Number((await listed(alarm.code))[1]?.revision ?? 0))
  const then = await suite.alerts.getAlert({ id: alert?.id ?? '' }, admin, revision - 1n)
  expect(then.alert).toMatchObject({ state: AlertState.ALERT_STATE_ACKNOWLEDGED })
}, 60_000)

test('repetitions count up, and are few commits', async () => {
  const alarm = { code: 'test.repeated', severity: 'error', title: 'Again' } as const
  const before = await suite.log.head()
  // One at a time: what waits together counts as one.
  for (let i = 1; i <= 20; i++) {
    suite.alarm(alarm)
    await until(async () => expect((await listed(alarm.code))[0]?.count).toBe(i))
  }
  await until(async () => {
    const [found] = await listed(alarm.code)
    expect(found).toMatchObject({ count: 20, state: AlertState.ALERT_STATE_OPEN, ruleId: '' })
    expect(found?.revision).toBeGreaterThan(0)
  })
  expect(Number((await suite.log.head()) - before)).toBeLessThanOrEqual(6)
}, 60_000)

test('an alarm that no table could keep does not keep back others', async () => {
  const alarm = { code: 'test.odd', severity: 'error', title: 'Odd' } as const
  suite.alarm({ ...alarm, organizationId: 'Acme' })
  suite.alarm({ ...alarm, title: 'U+0000: \u0000', key: 'k'.repeat(5_000), detail: '\ud83d' })
  suite.alarm({ ...alarm, code: 'test.behind_odd' })
  await until(async () => expect(await listed('test.behind_odd')).toHaveLength(1))
  expect(await listed(alarm.code)).toMatchObject([{ title: 'U+0000:  ' }])
}, 30_000)

test('keys beyond twenty share one alert', async () => {
  for (let i = 0; i < 40; i++) {
    suite.alarm({ code: 'test.many', severity: 'info', title: `Thing ${i}`, key: `k${i}` })
  }
  await until(async () => {
    const found = await listed('test.many')
    expect(found).toHaveLength(21)
    expect(found.reduce((sum, { count = 0 }) => sum + Number(count), 0)).toBe(40)
  })
}, 30_000)

test('a threshold on failed sign-ins raises one alert, and a start of the process none', async () => {
  const fail = () =>
    suite.access({ action: 'login', result: 'failure', code: 'auth.credentials_invalid' })
  const id = ruleNamed('Burst of failed sign-ins')
  await suite.alerts.updateAlertRule({ id, threshold: 5 })
  await suite.restart()
  for (let i = 0; i < 4; i++) fail()
  suite.access({ action: 'login', result: 'success', userId: newId<UserId>() })
  await until(async () => expect(await suite.count('alert_windows')).toBe(1))
  expect(await listed('access.login')).toHaveLength(0)
  fail()
  await until(async () =>
    expect(await listed('access.login')).toMatchObject([{ count: 5, ruleId: id }]),
  )
  const mails = suite.smtp.mails.length
  const { alerts } = await suite.alerts.listAlerts({})
  await suite.restart()
  // Something after the start has been looked at, so everything before it has been, too.
  suite.alarm({ code: 'test.after', severity: 'info', title: 'After' })
  await until(async () => expect(await listed('test.after')).toHaveLength(1))
  expect((await suite.alerts.listAlerts({})).alerts).toHaveLength((alerts?.length ?? 0) + 1)
  expect(suite.smtp.mails).toHaveLength(mails)
}, 60_000)

test('a restored log is told of alerts that are still open: it may not know them', async () => {
  suite.alarm({ code: 'test.restored', severity: 'info', title: 'Open' })
  const told = async () => {
    const rows = await suite.postgres.query<{ told_count: bigint }>(
      sql`select told_count from notify.alert_cases where code = 'test.restored'`,
    )
    return rows.map((row) => row.told_count)
  }
  await until(async () => expect(await told()).toEqual([1n]))
  await suite.stop()
  // As if the log before had been told of many more.
  await suite.postgres.execute(sql`
    update notify.alert_cases set told_count = 99 where code = 'test.restored'`)
  await suite.postgres.execute(
    sql`update notify.alert_positions set stream = 'before' where source = 'log'`,
  )
  await suite.restart()
  await until(async () => expect(await told()).toEqual([1n]))
}, 30_000)

test('a day has one mail with a checkpoint', async () => {
  const mailed = () => suite.smtp.mails.filter(({ to }) => to.includes('auditor@example.org'))
  suite.checkpoint('holdfast/log/1\n42\nroot=\n\n— holdfast sig\n')
  await until(() => expect(mailed()).toHaveLength(1))
  expect(mailed()[0]?.raw).toContain('root')
  await suite.restart()
  suite.checkpoint('holdfast/log/1\n43\nroot=\n\n— holdfast sig\n')
  suite.alarm({ code: 'test.after_checkpoint', severity: 'info', title: 'After' })
  await until(async () => expect(await listed('test.after_checkpoint')).toHaveLength(1))
  expect(mailed()).toHaveLength(1)
}, 30_000)

test('rules: bad input, names, isolation, secrets', async () => {
  const acme = newId<string>()
  const settings = { name: 'Peers', severity: 2, actions: ['network.peer'], isEnabled: true }
  const create = (more: object, caller = person('ORG_ADMIN', acme)) =>
    suite.alerts.createAlertRule({ settings: { ...settings, ...more } }, caller)
  const made = await create({})
  expect(made.rule).toMatchObject({ organizationId: acme, isBuiltin: false })
  await expect(create({})).rejects.toMatchObject({ code: 'notify.alert_rule_name_taken' })
  for (const [wrong, code] of [
    [{ name: '' }, 'required'],
    [{ name: 'a', severity: 9 }, 'severity_invalid'],
    [{ name: 'a', actions: ['network.nothing'] }, 'action_unknown'],
    [{ name: 'a', actions: ['notify.alert.raised'] }, 'action_is_alert'],
    [{ name: 'a', actions: [] }, 'required'],
    [{ name: 'a', alarms: ['log.frozen'] }, 'either_or'],
    [{ name: 'a', filter: 'data.x ==' }, 'filter_invalid'],
    [{ name: 'a', threshold: 5, windowMs: 1 }, 'out_of_range'],
    [{ name: 'a', threshold: 5_000, windowMs: 60_000 }, 'out_of_range'],
  ] as const) {
    await expect(create(wrong)).rejects.toMatchObject({ fields: [{ code }] })
  }
  // The instance's are for who may do so everywhere; reading them is for all.
  const id = ruleNamed('Super-admin made')
  const other = person('ORG_ADMIN', newId<string>())
  await expect(suite.alerts.updateAlertRule({ id, isEnabled: false }, other)).rejects.toThrow()
  await expect(suite.alerts.deleteAlertRule({ id })).rejects.toMatchObject({
    code: 'notify.alert_rule_builtin',
  })
  const { rules = [], watching } = await suite.alerts.listAlertRules({}, other)
  expect(rules?.map(({ settings: shown }) => shown?.name)).not.toContain('Peers')
  expect(watching).toBe(builtinRules.length)
  const backup = ruleNamed('A backup could not be validated')
  const mine = await suite.alerts.getAlertRule({ rule: backup }, other)
  expect(mine.rule?.mailTo).toEqual(['[hidden]'])
  expect((await suite.alerts.getAlertRule({ rule: backup })).rule?.mailTo).toEqual([
    'ops@example.org',
  ])
  // Nor does the inbox show what is another organization's.
  suite.alarm({ code: 'test.of_acme', severity: 'info', title: 'x', organizationId: acme })
  await until(async () => expect(await listed('test.of_acme')).toHaveLength(1))
  const seen = await suite.alerts.listAlerts({}, other)
  expect(seen).toMatchObject({ alerts: [], open: 0 })
  const ofAcme = await suite.alerts.listAlerts({}, person('VIEWER', acme))
  expect(ofAcme).toMatchObject({ alerts: [{ code: 'test.of_acme' }], open: 1 })
  await suite.alerts.deleteAlertRule({ id: made.rule?.id ?? '' }, person('ORG_ADMIN', acme))
  await expect(create({})).resolves.toBeDefined()
}, 30_000)

test('a super-admin is made: the rule of the product says so, and no other role', async () => {
  const { RoleGranted, Role } = holdfast.auth.v1
  const grant = async (role: number) => {
    const commandId = newId<CommandId>()
    await suite.auth.execute(
      {
        context: 'auth',
        type: 'user',
        decider: {
          initial: () => 0,
          decide: () => [role],
          evolve: (state: number) => state,
        },
        codec: {
          encode: (event: number) => ({
            type: 'RoleGranted',
            schema: 1,
            data: RoleGranted.encode({ binding: { role: event } }).finish(),
          }),
          decode: () => role,
        },
      },
      newId<string>(),
      {},
      {
        commandId,
        isKeyed: false,
        actor: { kind: 'service', id: 'auth' },
        correlationId: commandId,
      },
    )
  }
  await grant(Role.ROLE_VIEWER)
  await grant(Role.ROLE_SUPER_ADMIN)
  await until(async () =>
    expect(await listed('auth.user.role_granted')).toMatchObject([
      { title: 'Super-admin made', count: 1 },
    ]),
  )
  const [alert] = await listed('auth.user.role_granted')
  expect(alert?.aboutSequence).toBeGreaterThan(0)
  expect(alert?.detail).toContain('granted a role')
}, 30_000)

test('a test mail goes to an address and to nothing else', async () => {
  const wrong = suite.alerts.testMail({ to: 'x\r\nBcc: y@z' })
  await expect(wrong).rejects.toMatchObject({ fields: [{ code: 'address_invalid' }] })
  expect((await suite.alerts.testMail({ to: 'new@example.org' })).answer).toMatch(/^250/)
}, 30_000)
