import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from '@holdfast/postgres'
import { holdfast, NodeService, ReadModelService } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, type TestPostgres, testNats, testPostgres } from '@holdfast/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Alarm, alarmSubject, decodeAlarm } from './alarm.ts'
import { type Channel, openChannel } from './channel.ts'
import { effectsOffNotice } from './effects.ts'
import { testTokens } from './test-tokens.ts'
import { throwawayAuthority } from './testing.ts'
import type { TlsIdentity } from './tls.ts'
import { accessTokenIssuer } from './tokens.ts'
import type { Client } from './types.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-run-'))
const tokens = testTokens()
let gateway: TlsIdentity
let environment: Record<string, string>
const running: Service[] = []

interface Service {
  readonly child: ChildProcess
  readonly lines: Record<string, unknown>[]
  readonly said: string[]
  readonly exited: Promise<number | null>
  line(message: string): Promise<Record<string, unknown>>
}

function start(more: Record<string, string> = {}): Service {
  const file = fileURLToPath(new URL('run.fixture.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', file], {
    env: { PATH: process.env['PATH'], ...environment, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: Record<string, unknown>[] = []
  const said: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)))
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line))
  const exited = once(child, 'close').then(([code]: (number | null)[]) => code ?? null)
  const service: Service = {
    child,
    lines,
    said,
    exited,
    async line(message) {
      for (;;) {
        const found = lines.find(({ msg }) => msg === message)
        if (found) return found
        if (child.exitCode !== null) throw new Error(`it ended: ${said.join('\n')}`)
        await sleep(10)
      }
    },
  }
  running.push(service)
  return service
}

async function health(service: Service, path: string): Promise<{ status: number; text: string }> {
  const { port } = await service.line('health')
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  return { status: response.status, text: await response.text() }
}

beforeAll(async () => {
  const authority = await throwawayAuthority()
  gateway = await authority.identity('gateway')
  const { ca, cert, key } = await authority.identity('network')
  const save = (name: string, content: Buffer): string => {
    writeFileSync(join(folder, name), content, { mode: 0o600 })
    return join(folder, name)
  }
  environment = {
    HOLDFAST_NETWORK_GRPC_LISTEN: '127.0.0.1:0',
    HOLDFAST_NETWORK_HTTP_LISTEN: '127.0.0.1:0',
    HOLDFAST_NETWORK_DRAIN: '5s',
    HOLDFAST_NETWORK_POSTGRES_URL: 'postgres://nobody@127.0.0.1:9/nothing',
    HOLDFAST_NATS_URL: 'nats://127.0.0.1:9',
    HOLDFAST_LOG_LEVEL: 'debug',
    HOLDFAST_TLS_CA_FILE: save('ca.pem', ca),
    HOLDFAST_TLS_CERT_FILE: save('cert.pem', cert),
    HOLDFAST_TLS_KEY_FILE: save('key.pem', key),
    TEST_JWKS: JSON.stringify({
      keys: [{ ...tokens.publicKey.export({ format: 'jwk' }), kid: tokens.keyId }],
    }),
  }
})
afterEach(async () => {
  for (const { child, exited } of running.splice(0)) {
    child.kill('SIGKILL')
    await exited
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

test('bad settings end the start, all of them named', async () => {
  const service = start({ HOLDFAST_NETWORK_DRAIN: 'soon', HOLDFAST_LOG_LEVEL: 'loud' })
  expect(await service.exited).toBe(1)
  expect(service.said.join()).toMatch(/HOLDFAST_NETWORK_DRAIN.*HOLDFAST_LOG_LEVEL/)
})

test('with nothing there it is alive, not ready, says why, and stops when told', async () => {
  const service = start()
  expect(await health(service, '/healthz')).toMatchObject({ status: 200 })
  const { status, text } = await health(service, '/readyz')
  expect(status).toBe(503)
  expect(JSON.parse(text).checks.start.reason).toBe('waiting for the log')
  expect((await health(service, '/metrics')).text).toContain('process_resident_memory_bytes')
  expect((await health(service, '/else')).status).toBe(404)
  service.child.kill('SIGTERM')
  expect(await service.exited).toBe(0)
})

describe('with a log and a database', () => {
  let nats: TestNats
  let postgres: TestPostgres
  let channel: Channel
  let nodes: Client<typeof NodeService>
  let accessToken: string
  let real: Record<string, string>

  beforeAll(async () => {
    ;[nats, postgres] = await Promise.all([testNats(), testPostgres({ services: ['network'] })])
    real = {
      ...nats.environment('network'),
      HOLDFAST_NETWORK_POSTGRES_URL: postgres.url('network').reveal(),
    }
    // The lineage of the log is what its tokens are issued for.
    accessToken = await testTokensOf(nats.lineageId)
  })
  afterEach(() => channel?.close(0))
  afterAll(async () => {
    await nats?.close()
    await postgres?.close()
  })

  test.each([
    ['on', true],
    ['off', false],
  ])('with effects %s it acts outside by itself: %s', async (effects, acts) => {
    const service = start({ ...real, HOLDFAST_EFFECTS: effects })
    await service.line('serving')
    const lines = JSON.stringify(service.lines)
    expect(lines).toContain('work started')
    expect(lines.includes('told somebody')).toBe(acts)
    const { effects: told } = JSON.parse((await health(service, '/readyz')).text).checks
    expect(told?.reason ?? '').toBe(acts ? '' : effectsOffNotice)
  })

  const testTokensOf = (lineageId: string): Promise<string> =>
    tokens.issue([['SUPER_ADMIN', '*']], { issuer: accessTokenIssuer(lineageId) })

  async function connected(service: Service): Promise<void> {
    const { port } = await service.line('serving')
    channel = openChannel({
      address: { host: '127.0.0.1', port: Number(port) },
      service: 'network',
      tls: gateway,
      telemetry: createTelemetry('test', { level: 'silent' }),
    })
    nodes = channel.client(NodeService)
  }

  test('it waits for the log, then serves: what is written can be read at once', async () => {
    await nats.server.stop()
    const service = start(real)
    expect(await health(service, '/readyz')).toMatchObject({ status: 503 })
    await nats.restart()
    await connected(service)
    await service.line('ready')
    // It is ready once it has heard that the log is open.
    await vi.waitFor(
      async () => expect(await health(service, '/readyz')).toMatchObject({ status: 200 }),
      { timeout: 20_000, interval: 50 },
    )

    let sequence = 0n
    await nodes.enrollNode({ hostname: 'laptop' }, { onSequence: (told) => (sequence = told) })
    expect(sequence).toBeGreaterThan(0n)
    const { node } = await nodes.getNode({ node: 'laptop' }, { accessToken, minSequence: sequence })
    expect(node?.name).toBe('laptop')

    expect(
      service.lines.find(({ method }) => String(method).endsWith('/EnrollNode')),
    ).toMatchObject({ msg: 'call', code: 'OK', peer: 'gateway', sequence: Number(sequence) })
    const { text } = await health(service, '/metrics')
    expect(text).toMatch(
      /holdfast_grpc_server_handled_total\{grpc_service="holdfast.network.v1.NodeService",method="GetNode",code="OK"\} 1/,
    )
    expect(JSON.stringify(service.lines)).not.toContain(accessToken)
  })

  test('asked to, it compares its read models with a replay, and raises an alarm until they are equal again', async () => {
    const listener = await nats.open('notify')
    const alarms: Alarm[] = []
    const deaf = listener.onSignal(alarmSubject('network'), (data) => {
      const alarm = decodeAlarm(data)
      if (alarm?.code === 'read_model.differs') alarms.push(alarm)
    })
    const database = postgres.open('network')
    const service = start(real)
    await connected(service)
    const readModels = channel.client(ReadModelService)
    let sequence = 0n
    await nodes.enrollNode({ hostname: 'checked' }, { onSequence: (told) => (sequence = told) })
    await nodes.getNode({ node: 'checked' }, { accessToken, minSequence: sequence })

    const viewer = await tokens.issue([['VIEWER', '*']], {
      issuer: accessTokenIssuer(nats.lineageId),
    })
    for (const call of [readModels.checkReadModels, readModels.getCheck]) {
      await expect(call({}, { accessToken: viewer })).rejects.toMatchObject({
        code: 'access.denied',
      })
    }
    await expect(
      readModels.getCheck({ checkId: 'another' }, { accessToken }),
    ).rejects.toMatchObject({ code: 'read_model.check_not_found' })
    expect(
      (await readModels.listReadModels({}, { accessToken })).readModels?.map(({ name }) => name),
    ).toEqual(['network.commands', 'network.names'])

    const outcome = async () => {
      const { checkId } = await readModels.checkReadModels({}, { accessToken })
      const found = async () => (await readModels.getCheck({ checkId }, { accessToken })).check
      await expect.poll(async () => Number((await found())?.finishedAtUnixMs)).toBeGreaterThan(0)
      return (await found())?.readModels?.find(({ name }) => name === 'network.names')
    }
    const { CheckState } = holdfast.ops.v1
    expect(await outcome()).toMatchObject({
      state: CheckState.CHECK_STATE_EQUAL,
      sequence: Number(sequence),
    })
    await database.execute(sql`update network.names set name = 'forged' where name = 'checked'`)
    const different = await outcome()
    expect(different).toMatchObject({
      state: CheckState.CHECK_STATE_DIFFERENT,
      difference: { table: 'names', kind: 'changed', columns: ['name'], rows: 1 },
    })
    expect(Object.keys(different?.difference?.key ?? {})).toEqual(['id'])
    expect(JSON.stringify(service.lines)).not.toContain('forged')
    expect((await health(service, '/metrics')).text).toContain(
      'holdfast_read_model_check_equal{projection="network.names"} 0',
    )
    await database.execute(sql`update network.names set name = 'checked' where name = 'forged'`)
    expect(await outcome()).toMatchObject({ state: CheckState.CHECK_STATE_EQUAL })
    expect((await health(service, '/metrics')).text).toContain(
      'holdfast_read_model_check_equal{projection="network.names"} 1',
    )
    await expect
      .poll(() =>
        alarms
          .filter(({ key }) => key === 'network.names')
          .map(({ severity, isOver }) => [severity, isOver]),
      )
      .toEqual([
        ['critical', true],
        ['critical', undefined],
        ['critical', true],
      ])
    deaf()
    await listener.close()
  })

  test('told to stop, it answers what is open, drains in order and ends with 0', async () => {
    const service = start(real)
    await connected(service)
    const slow = nodes.getNode({ node: 'slow' }, { accessToken })
    await service.line('taking a while')
    service.child.kill('SIGTERM')
    expect((await slow).node?.name).toBe('nobody')
    expect(await service.exited).toBe(0)
    const steps = service.lines.filter(({ msg }) => msg === 'drained').map(({ step }) => step)
    expect(steps).toEqual([
      'alarms',
      'calls',
      'work',
      'projections',
      'identity',
      'channels',
      'log',
      'postgres',
      'health',
      'tracing',
    ])
    expect(service.lines.some(({ msg }) => msg === 'work drained')).toBe(true)
  })

  test('told twice, it leaves at once', async () => {
    const service = start(real)
    await connected(service)
    const slow = nodes.getNode({ node: 'slow' }, { accessToken }).catch((error: Error) => error)
    await service.line('taking a while')
    service.child.kill('SIGTERM')
    await service.line('stopping')
    service.child.kill('SIGINT')
    expect(await service.exited).toBe(1)
    expect(await slow).toMatchObject({ code: 'rpc.disconnected' })
  })

  test('an error nobody caught is logged once and ends it with 1', async () => {
    const service = start(real)
    await connected(service)
    await nodes.getNode({ node: 'bug' }, { accessToken }).catch(() => undefined)
    expect(await service.exited).toBe(1)
    const fatal = service.lines.filter(({ level }) => level === 'fatal')
    expect(fatal).toHaveLength(1)
    expect(fatal[0]).toMatchObject({ err: { message: 'nobody caught this' } })
  })
})
