import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { AuthService } from '@holdfast/proto'
import { openChannel } from '@holdfast/service'
import { throwawayAuthority } from '@holdfast/service/testing'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, testNats, testPostgres } from '@holdfast/testkit'

/** Real processes of real services around a real gateway. */
export interface RealSuite {
  /** Below `/api/v1`. */
  readonly url: string
  readonly password: string
  readonly organizationId: string
  readonly nats: TestNats
  /** Everything the gateway has printed. */
  readonly lines: readonly string[]
  /** Ends the gateway as an operator would; resolves with its exit code. */
  stopGateway(): Promise<number | null>
  close(): Promise<void>
}

interface Running {
  readonly child: ChildProcess
  readonly lines: string[]
  readonly exited: Promise<number | null>
}

const main = (service: string): string =>
  fileURLToPath(new URL(`../../../${service}/src/main.ts`, import.meta.url))

export async function realSuite(): Promise<RealSuite> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-gateway-'))
  const behind = ['auth', 'network', 'rules']
  const [nats, postgres, authority] = await Promise.all([
    testNats(),
    testPostgres({ services: behind }),
    throwawayAuthority(),
  ])
  const at = (port: number | undefined): string => `127.0.0.1:${port ?? 0}`
  const [httpPort = 0, ...ports] = await freePorts(1 + behind.length + behind.length + 1)
  const methods = new Map(behind.map((service, i) => [service, at(ports[i])]))
  const health = ports.slice(behind.length)
  const addresses = Object.fromEntries(
    [...methods].map(([service, place]) => [
      `HOLDFAST_${service.toUpperCase()}_GRPC_ADDRESS`,
      place,
    ]),
  )
  const running: Running[] = []

  async function start(service: string, index: number): Promise<Running> {
    const { ca, cert, key } = await authority.identity(service)
    const files = { CA: ca, CERT: cert, KEY: key }
    const tls: Record<string, string> = {}
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, `${service}.${name.toLowerCase()}`)
      await writeFile(path, content, { mode: 0o600 })
      tls[`HOLDFAST_TLS_${name}_FILE`] = path
    }
    const upper = service.toUpperCase()
    const listen = methods.get(service)
    const child = spawn(process.execPath, ['--import', 'tsx', main(service)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        ...nats.environment(service),
        ...tls,
        ...addresses,
        [`HOLDFAST_${upper}_HTTP_LISTEN`]: at(health[index]),
        ...(listen
          ? {
              [`HOLDFAST_${upper}_GRPC_LISTEN`]: listen,
              [`HOLDFAST_${upper}_POSTGRES_URL`]: postgres.url(service).reveal(),
            }
          : {}),
        HOLDFAST_ROOT_KEY: rootKey,
        HOLDFAST_KEYS_DIR: join(folder, 'keys'),
        HOLDFAST_NATS_SIGNING_SEED_FILE: nats.identities.signingSeedFile,
        HOLDFAST_NATS_ACCOUNT: nats.identities.authority.account.publicKey,
        HOLDFAST_AGENT_NATS_SERVERS: '127.0.0.1:4222',
        HOLDFAST_HTTP_HOST: '127.0.0.1',
        HOLDFAST_HTTP_PORT: String(httpPort),
        HOLDFAST_METRICS_TARGETS: behind.map((name, i) => `${name}=${at(health[i])}`).join(),
        HOLDFAST_AUTH_LOGINS_PER_MINUTE: '1000',
        HOLDFAST_AUTH_LOGIN_BURST: '1000',
      },
    })
    const lines: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
    createInterface({ input: child.stderr }).on('line', (line) => lines.push(line))
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
    const one = { child, lines, exited }
    running.push(one)
    return one
  }

  async function close(): Promise<void> {
    for (const { child, exited } of running) {
      if (child.exitCode === null) child.kill('SIGKILL')
      await exited
    }
    await nats.close()
    await postgres.close()
    await rm(folder, { recursive: true, force: true })
  }

  try {
    for (const [index, service] of behind.entries()) await start(service, index)
    const gateway = await start('gateway', behind.length)
    const password = 'correct horse battery staple'
    const channel = openChannel({
      address: { host: '127.0.0.1', port: ports[behind.indexOf('auth')] ?? 0 },
      service: 'auth',
      tls: await authority.identity('supervisor'),
      telemetry: createTelemetry('test', { level: 'silent' }),
    })
    const admin = {
      email: 'ada@example.org',
      username: 'ada',
      password,
      organizationName: 'Acme',
    }
    const seeded = await until('auth answers', running, () =>
      channel.client(AuthService).seedAdmin(admin, { timeoutMs: 5_000 }),
    )
    await channel.close(0)
    const url = `http://127.0.0.1:${httpPort}/api/v1`
    await until('the gateway answers', running, async () => {
      const response = await fetch(`${url}/ready`)
      if (!response.ok) throw new Error(await response.text())
    })
    return {
      url,
      password,
      organizationId: seeded.organizationId,
      nats,
      lines: gateway.lines,
      async stopGateway() {
        gateway.child.kill('SIGTERM')
        return gateway.exited
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const rootKey = randomBytes(32).toString('base64')

/** Tries until it works; says what everybody printed when it does not. */
async function until<T>(
  what: string,
  running: readonly Running[],
  attempt: () => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + 60_000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      const ended = running.find(({ child }) => child.exitCode !== null)
      if (Date.now() > deadline || ended) {
        const said = running.flatMap(({ lines }) => lines.slice(-20)).join('\n')
        throw new Error(`not in time: ${what}\n${said}`, { cause: error })
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** Ports nobody listens on now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => {
            const address = server.address()
            resolve(typeof address === 'object' && address ? address.port : 0)
          })
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}
