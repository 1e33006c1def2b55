import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateRootKey, loadRootKey, type RootKey } from '@holdfast/crypto'
import {
  AuthService,
  CompensationService,
  ContributorService,
  EnrolmentService,
  KeyService,
  KeysetService,
  OrganizationService,
  RootKeyService,
  SealService,
  SubscriberService,
  TableService,
  UserService,
} from '@holdfast/proto'
import { type Channel, type Client, openChannel, type Readiness } from '@holdfast/service'
import { throwawayAuthority } from '@holdfast/service/testing'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, type TestPostgres, testNats, testPostgres } from '@holdfast/testkit'

/** The clients of one service identity. */
export interface Clients {
  readonly auth: Client<typeof AuthService>
  readonly users: Client<typeof UserService>
  readonly organizations: Client<typeof OrganizationService>
  readonly enrolment: Client<typeof EnrolmentService>
  readonly keys: Client<typeof KeyService>
  readonly keysets: Client<typeof KeysetService>
  readonly tables: Client<typeof TableService>
  readonly contributors: Client<typeof ContributorService>
  readonly compensation: Client<typeof CompensationService>
  readonly subscribers: Client<typeof SubscriberService>
  readonly rootKeys: Client<typeof RootKeyService>
  readonly seal: Client<typeof SealService>
}

/** The service as a process of its own, on a real log and a real database. */
export interface AuthProcess {
  as(service: string): Promise<Clients>
  readonly nats: TestNats
  readonly postgres: TestPostgres
  readonly keysDir: string
  readonly rootKey: RootKey
  /** Where auth keeps it. */
  readonly rootKeyFile: string
  readonly lineageId: string
  /** What /readyz says. */
  readiness(): Promise<{
    readonly status: number
    readonly checks: Readonly<Record<string, Readiness>>
  }>
  /** What it has printed so far. */
  output(): string
  /** Ends it, by SIGKILL when asked, and starts it again; other settings may be given. */
  restart(options?: { isKilled?: boolean; env?: Record<string, string> }): Promise<void>
  /** Waits until one that was sealed serves everything. */
  served(): Promise<void>
  /** Starts another one with other settings, which is expected to end by itself. */
  runToEnd(env: Record<string, string>): Promise<{ code: number | null; output: string }>
  close(): Promise<void>
}

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20))
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const startTimeoutMs = 150_000

/** `natsOptions`: how its log is guarded; the log is approved once where the test guards it. */
export async function startAuth(
  env: Record<string, string> = {},
  natsOptions: Parameters<typeof testNats>[0] = {},
): Promise<AuthProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-test-auth-'))
  const [nats, postgres, authority] = await Promise.all([
    testNats(natsOptions),
    testPostgres({ services: ['auth'] }),
    throwawayAuthority(),
  ])
  const keysDir = join(directory, 'keys')
  const file = async (name: string, contents: string | Buffer): Promise<string> => {
    const path = join(directory, name)
    await writeFile(path, contents, { mode: 0o600 })
    return path
  }
  const rootKey = generateRootKey()
  const rootKeyFile = await file('root.key', rootKey)
  const own = await authority.identity('auth')
  const settings: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    ...nats.environment('auth'),
    HOLDFAST_AUTH_GRPC_LISTEN: '127.0.0.1:0',
    HOLDFAST_AUTH_HTTP_LISTEN: '127.0.0.1:0',
    HOLDFAST_AUTH_POSTGRES_URL: postgres.url('auth').reveal(),
    HOLDFAST_TLS_CA_FILE: await file('ca.pem', own.ca),
    HOLDFAST_TLS_CERT_FILE: await file('cert.pem', own.cert),
    HOLDFAST_TLS_KEY_FILE: await file('key.pem', own.key),
    HOLDFAST_ROOT_KEY_FILE: rootKeyFile,
    HOLDFAST_ROOT_KEY_REPLACE: rootKeyFile,
    HOLDFAST_KEYS_DIR: keysDir,
    HOLDFAST_NATS_SIGNING_SEED_FILE: nats.identities.signingSeedFile,
    HOLDFAST_NATS_ACCOUNT: nats.identities.authority.account.publicKey,
    HOLDFAST_AUTH_LOGINS_PER_MINUTE: '10000',
    HOLDFAST_AUTH_LOGIN_BURST: '10000',
    ...env,
  }

  let child: ChildProcess
  let ended: Promise<number | null>
  let output = ''
  let port = 0
  /** Where in the output the last start began. */
  let startedAt = 0
  const channels = new Map<string, Channel>()
  const closeChannels = async () => {
    await Promise.all([...channels.values()].map((channel) => channel.close(0)))
    channels.clear()
  }

  const launch = (more: Record<string, string>, onOutput: (text: string) => void) => {
    const launched = spawn(process.execPath, ['--import', 'tsx', main], {
      env: { ...settings, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    launched.stdout.on('data', (chunk: Buffer) => onOutput(chunk.toString()))
    launched.stderr.on('data', (chunk: Buffer) => onOutput(chunk.toString()))
    const exited = new Promise<number | null>((resolve) => launched.once('close', resolve))
    return { launched, exited }
  }

  /** Resolves when it says where it serves. */
  const start = (more: Record<string, string>) =>
    new Promise<void>((resolve, reject) => {
      const from = output.length
      startedAt = from
      const fail = (why: string) => reject(new Error(`auth ${why}:\n${output.slice(from)}`))
      const timer = setTimeout(() => fail('did not start in time'), startTimeoutMs)
      const { launched, exited } = launch(more, (text) => {
        output += text
        const serving = /"port":(\d+)[^\n]*"(?:serving|sealed: [^"]*)"/.exec(output.slice(from))
        if (!serving) return
        port = Number(serving[1])
        clearTimeout(timer)
        resolve()
      })
      child = launched
      ended = exited
      void exited.then((code) => {
        clearTimeout(timer)
        fail(`ended with ${code}`) // says nothing when it was serving
      })
    })

  const stop = async (isKilled: boolean) => {
    await closeChannels()
    child.kill(isKilled ? 'SIGKILL' : 'SIGTERM')
    await ended
  }

  if (natsOptions.isGuarded === false) await nats.approve()
  await start({})
  return {
    nats,
    postgres,
    keysDir,
    rootKeyFile,
    rootKey: loadRootKey({ reveal: () => rootKey }),
    lineageId: nats.lineageId,
    async readiness() {
      const health = [...output.matchAll(/"port":(\d+)[^\n]*"health"/g)].at(-1)?.[1]
      const response = await fetch(`http://127.0.0.1:${health}/readyz`)
      const { checks } = (await response.json()) as { checks: Record<string, Readiness> }
      return { status: response.status, checks }
    },
    output: () => output,
    async served() {
      await until(() => /"port":\d+[^\n]*"serving"/.test(output.slice(startedAt)))
      port = Number([...output.matchAll(/"port":(\d+)[^\n]*"serving"/g)].at(-1)?.[1])
      await closeChannels()
    },
    async as(service) {
      const channel =
        channels.get(service) ??
        openChannel({
          address: { host: '127.0.0.1', port },
          service: 'auth',
          tls: await authority.identity(service),
          telemetry: createTelemetry(service, { level: 'silent' }),
        })
      channels.set(service, channel)
      return {
        auth: channel.client(AuthService),
        users: channel.client(UserService),
        organizations: channel.client(OrganizationService),
        enrolment: channel.client(EnrolmentService),
        keys: channel.client(KeyService),
        keysets: channel.client(KeysetService),
        tables: channel.client(TableService),
        contributors: channel.client(ContributorService),
        compensation: channel.client(CompensationService),
        subscribers: channel.client(SubscriberService),
        rootKeys: channel.client(RootKeyService),
        seal: channel.client(SealService),
      }
    },
    async restart({ isKilled = false, env: more = {} } = {}) {
      await stop(isKilled)
      await start(more)
    },
    async runToEnd(more) {
      let text = ''
      const { exited } = launch(more, (chunk) => {
        text += chunk
      })
      return { code: await exited, output: text }
    },
    async close() {
      await stop(false)
      await Promise.all([nats.close(), postgres.close()])
      await rm(directory, { recursive: true, force: true })
    },
  }
}
