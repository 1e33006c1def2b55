import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type CommandId, newId, type OrganizationId, type UserId } from '@holdfast/domain'
import { egressPolicy, openEgress } from '@holdfast/egress'
import { type AccessAttempt, accessRecorder, accessSources, accessStore } from '@holdfast/event-log'
import { migrate, sql } from '@holdfast/postgres'
import { openProjections } from '@holdfast/projections'
import { AlertService, ContributorService, type MethodTable, type RequestOf } from '@holdfast/proto'
import {
  type Alarm,
  type Answer,
  alarmSubject,
  type Call,
  type Caller,
  dataKeys,
  encodeAlarm,
  type Handlers,
  type Role,
  rolePermissions,
  secrets,
} from '@holdfast/service'
import { contributorHandlers } from '@holdfast/snapshot'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, testNats, testPostgres } from '@holdfast/testkit'
import { composeInbox, type InboxParts } from '../alerts/compose-inbox.ts'
import { openMailer } from '../mail/mailer.ts'
import { alertRuleRows } from '../projections/alert-rules.ts'
import { alertRows } from '../projections/alerts.ts'
import { webhooks } from '../projections/webhooks.ts'
import { notifyContributors } from '../snapshot/contributors.ts'
import { webhookQueue } from '../webhooks/queue.ts'
import type { InboxProcessWish } from './inbox-process.ts'
import { type TestSmtp, testSmtp } from './smtp.ts'

// The inbox on a real log, database and mail server, without its process: handlers are called as the gRPC server calls
// them. Auth is played, by the keys it would hand out.

const processFile = fileURLToPath(new URL('inbox-process.ts', import.meta.url))
const telemetry = () => createTelemetry('notify', { level: 'silent' })

/** Somebody with a role in these organizations; `*`: everywhere. */
export function person(role: Role, ...where: readonly string[]): Caller {
  const allowed = rolePermissions[role]
  const userId = newId<UserId>()
  const isMember = (organizationId: string) => where.includes('*') || where.includes(organizationId)
  return {
    kind: 'user',
    userId,
    service: 'gateway',
    actor: { kind: 'user', id: userId, method: 'password' },
    organizations: (permission) =>
      !allowed.has(permission) ? [] : where.includes('*') ? '*' : (where as OrganizationId[]), // as: a fixture
    can: (permission, organizationId) => allowed.has(permission) && isMember(organizationId),
    require(permission, organizationId, hidden) {
      if (allowed.has(permission) && isMember(organizationId)) return
      if (!isMember(organizationId) && hidden) throw hidden()
      throw new Error(isMember(organizationId) ? 'access.denied' : 'access.not_visible')
    },
  }
}

function callBy(caller: Caller, at?: bigint): Call {
  const commandId = newId<CommandId>()
  const correlationId = newId<string>()
  return {
    caller,
    commandId,
    isKeyed: false,
    correlationId,
    signal: new AbortController().signal,
    ...(at === undefined ? {} : { at }),
    committed: () => undefined,
    command: (organizationId) => ({
      commandId,
      isKeyed: false,
      actor: caller.actor,
      correlationId,
      ...(organizationId === undefined ? {} : { organizationId }),
    }),
  }
}

type Requests<T extends MethodTable> = {
  readonly [K in keyof T]: (
    request?: Parameters<T[K]['request']['encode']>[0],
    caller?: Caller,
    at?: bigint,
  ) => Promise<Answer<T[K]>>
}

function requests<T extends MethodTable>(handlers: Handlers<T>, table: T): Requests<T> {
  return Object.fromEntries(
    Object.entries(table).map(([name, method]) => [
      name,
      async (
        request: object = {},
        caller: Caller = person('SUPER_ADMIN', '*'),
        at: bigint | undefined = undefined,
      ) => {
        const decoded: RequestOf<typeof method> = method.request.decode(
          method.request.encode(request).finish(),
        )
        // as: the table and the handlers are of one service
        const handle = (handlers as unknown as Handlers<MethodTable>)[name]
        return await handle?.(decoded, callBy(caller, at))
      },
    ]),
  ) as unknown as Requests<T>
}

export type InboxSuite = Awaited<ReturnType<typeof startInboxSuite>>

/** Starts the real parts; takes some seconds. */
export async function startInboxSuite(more: { readonly pace?: InboxParts['pace'] } = {}) {
  const [pg, nats, smtp]: [Awaited<ReturnType<typeof testPostgres>>, TestNats, TestSmtp] =
    await Promise.all([testPostgres({ services: ['notify'] }), testNats(), testSmtp()])
  const postgres = pg.open('notify', { max: 8 })
  const [log, auth, backup] = await Promise.all([
    nats.open('notify'),
    nats.open('auth'),
    nats.open('backup'),
  ])
  const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
  await migrate(postgres, migrations, { schema: 'notify' })
  const projections = await openProjections({
    log,
    postgres,
    telemetry: telemetry(),
    service: 'notify',
    projections: [alertRows, alertRuleRows, webhooks],
  })
  log.useCommands(projections.commands)
  const egress = openEgress({ policy: egressPolicy(['127.0.0.0/8']) })
  const dataKey = { id: newId<string>(), key: new Uint8Array(randomBytes(32)), isActive: true }
  const server = { host: '127.0.0.1', port: smtp.port, tls: 'off', auth: undefined } as const
  const compose = () =>
    composeInbox({
      log,
      postgres,
      telemetry: telemetry(),
      keyService: { getDataKeys: () => Promise.resolve({ keys: [dataKey] }) },
      webhooks: webhookQueue(postgres, log.lineageId, () => undefined),
      mail: { mailer: openMailer({ server, from: 'holdfast@example.org' }), host: 'example.org' },
      checkpointMailTo: ['auditor@example.org'],
      instanceUrl: 'https://holdfast.example',
      reached: (sequence, signal) => projections.reached(sequence, signal),
      pace: {
        watch: { settleMs: 300, tickMs: 50 },
        self: { everyMs: 100, patienceMs: 200 },
        gatherMs: 0,
        ...more.pace,
        post: { tickMs: 50, firstRetryMs: 200, ...more.pace?.post },
      },
      now: Date.now,
    })
  const recorder = accessRecorder({
    store: accessStore({
      url: nats.url,
      name: 'auth',
      credentialsFile: nats.identities.credentialsFile('auth'),
    }),
    sources: accessSources(log.lineageId),
    log: telemetry().log,
    registry: telemetry().registry,
    now: Date.now,
  })
  let inbox = compose()
  const watching = async (): Promise<void> => {
    inbox.start()
    while (!inbox.isWatching()) await new Promise((resolve) => setImmediate(resolve))
  }
  await watching()

  return {
    pg,
    nats,
    smtp,
    postgres,
    log,
    auth,
    projections,
    get alerts() {
      return requests(inbox.alerts, AlertService)
    },
    get contributors() {
      const keyService = { getDataKeys: () => Promise.resolve({ keys: [dataKey] }) }
      const sealing = secrets(dataKeys(keyService, 'notify'), log.lineageId)
      const contributors = notifyContributors({
        postgres,
        webhooks: { log, secrets: sealing, now: Date.now },
        egress,
        rules: inbox.rules,
        rulesChanged: inbox.rulesChanged,
        async caughtUp(at) {
          const sequence = at ?? (await log.safeHead())
          await projections.reached(sequence)
          return sequence
        },
      })
      return requests(contributorHandlers(contributors), ContributorService)
    },
    /** As that service would. */
    alarm: (alarm: Alarm, service: 'backup' | 'auth' = 'backup') =>
      (service === 'backup' ? backup : auth).signal(alarmSubject(service), encodeAlarm(alarm)),
    /** As auth would. */
    access: (attempt: AccessAttempt) => recorder.record(attempt),
    checkpoint: (note: string) =>
      nats.admin.link.requests.tell('ctl.audit.checkpoint', Buffer.from(note)),
    /** The process ends and another one begins. */
    async restart(): Promise<void> {
      await inbox.stop()
      inbox = compose()
      await watching()
    },
    stop: () => inbox.stop(),
    /** As a process that can be killed; answers when it watches. */
    async asProcess(): Promise<ChildProcess> {
      const wish: InboxProcessWish = {
        natsUrl: nats.url,
        credentialsFile: nats.identities.credentialsFile('notify'),
        stream: nats.stream,
        postgresUrl: pg.url('notify').reveal(),
        smtpPort: smtp.port,
        dataKey: { id: dataKey.id, key: Buffer.from(dataKey.key).toString('base64') },
      }
      const child = spawn(process.execPath, ['--import', 'tsx', processFile], {
        env: { PATH: process.env['PATH'] ?? '', INBOX: JSON.stringify(wish) },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      return child
    },
    count: async (table: string): Promise<number> => {
      const [row] = await postgres.query<{ count: number }>(
        sql`select count(*)::integer as count from ${sql.identifier('notify', table)}`,
      )
      return row?.count ?? 0
    },
    async close(): Promise<void> {
      await inbox.stop()
      egress.close()
      await recorder.close()
      await projections.stop()
      await Promise.all([nats.close(), pg.close(), smtp.close()])
    },
  }
}
