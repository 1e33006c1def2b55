import { setTimeout as sleep } from 'node:timers/promises'
import { newId, type OrganizationId } from '@holdfast/domain'
import { DomainError, defineError, invalid } from '@holdfast/errors'
import { NodeService } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TlsIdentity } from './index.ts'
import { type Channel, openChannel } from './index.ts'
import { createRpcServer, type RpcServer } from './rpc-server.ts'
import { noRevocations, type TestTokens, testTokens, throwawayAuthority } from './testing.ts'
import { accessTokenIssuer, tokenVerifier } from './tokens.ts'
import type { Call, Client, Handlers } from './types.ts'

const organization = newId<OrganizationId>()
const Taken = defineError('test.taken', 'conflict', (d: { by: string }) => `taken by ${d.by}`)
const telemetry = createTelemetry('test', { level: 'silent' })
const waiting = new Set<Call>()
let calls = 0

/** What the test service does is asked for in the request. */
async function behave(what: string, call: Call): Promise<{ node: { name: string } }> {
  calls += 1
  switch (what) {
    case 'invalid':
      throw invalid({ field: 'name', code: 'name_invalid', detail: 'no' })
    case 'taken':
      throw Taken({ by: 'somebody' })
    case 'bug':
      throw new TypeError('private detail')
    case 'commit':
      call.committed(42n)
      return { node: { name: 'done' } }
    case 'wait':
      waiting.add(call)
      await sleep(60_000, undefined, { signal: call.signal, ref: false })
      return { node: { name: 'late' } }
    case 'elsewhere':
      call.caller.require('network.nodes.read', newId())
      return { node: { name: 'never' } }
    case 'who':
      return { node: { name: JSON.stringify(call.command(organization), bigints) } }
    default:
      return { node: { name: what } }
  }
}
const bigints = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value

const handlers: Handlers<typeof NodeService> = {
  enrollNode: ({ hostname }) => ({ nodeName: hostname }),
  getNode: ({ node }, call) => behave(node, call),
  listNodes: () => ({ nodes: [] }),
  updateNode: ({ id }, call) => behave(id, call),
  deleteNode: () => ({}),
}

let tls: Record<'network' | 'gateway' | 'stranger', TlsIdentity>
let tokens: TestTokens
let server: RpcServer
let port: number
let accessToken: string

async function serve(at = 0): Promise<[RpcServer, number]> {
  const verifier = tokenVerifier({
    issuer: accessTokenIssuer(tokens.lineageId),
    keys: tokens.keys,
    revocations: noRevocations,
  })
  const created = createRpcServer({
    address: { host: '127.0.0.1', port: at },
    tls: tls.network,
    telemetry: createTelemetry('test', { level: 'silent' }),
    verify: verifier.verify,
    reached: () => Promise.resolve(),
    durable: async (work) => work(),
  })
  created.serve(NodeService, handlers)
  return [created, await created.listen()]
}

beforeAll(async () => {
  const [ours, theirs] = await Promise.all([throwawayAuthority(), throwawayAuthority()])
  tls = {
    network: await ours.identity('network'),
    gateway: await ours.identity('gateway'),
    stranger: await theirs.identity('gateway'),
  }
  tokens = testTokens()
  accessToken = await tokens.issue([['OPERATOR', organization]])
  ;[server, port] = await serve()
})
afterAll(() => server.drain(100))

const open = (transport: 'mux' | 'unary', more: object = {}): Channel =>
  openChannel({
    address: { host: '127.0.0.1', port },
    service: 'network',
    tls: tls.gateway,
    telemetry,
    transport,
    ...more,
  })

const failure = async (work: Promise<unknown>): Promise<DomainError> => {
  try {
    await work
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
  throw new Error('it did not fail')
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await sleep(5)
}

describe.each(['mux', 'unary'] as const)('over %s', (transport) => {
  let channel: Channel
  let nodes: Client<typeof NodeService>
  const ask = (node: string, more: object = {}) => nodes.getNode({ node }, { accessToken, ...more })

  beforeAll(() => {
    channel = open(transport)
    nodes = channel.client(NodeService)
  })
  afterAll(() => channel.close())

  test('an answer comes back decoded', async () => {
    expect((await ask('laptop')).node?.name).toBe('laptop')
  })

  test('errors survive with code, kind, details and fields', async () => {
    expect(await failure(ask('taken'))).toMatchObject({
      code: 'test.taken',
      kind: 'conflict',
      message: 'taken by somebody',
      details: { by: 'somebody' },
    })
    expect((await failure(ask('invalid'))).fields).toEqual([
      { field: 'name', code: 'name_invalid', detail: 'no' },
    ])
  })

  test('a bug keeps its message to itself', async () => {
    const error = await failure(ask('bug'))
    expect(error.code).toBe('internal')
    expect(error.message).not.toContain('private')
  })

  test('the sequence of a commit is told', async () => {
    let sequence = 0n
    await ask('commit', { onSequence: (told: bigint) => (sequence = told) })
    expect(sequence).toBe(42n)
  })

  test('what a command needs arrives', async () => {
    const commandId = newId()
    const requestHash = new Uint8Array(32).fill(7)
    const answer = await ask('who', {
      commandId,
      isKeyed: true,
      requestHash,
      expectedRevision: 9n,
      correlationId: 'c-1',
      reason: 'größer',
    })
    expect(JSON.parse(answer.node?.name ?? '')).toMatchObject({
      commandId,
      isKeyed: true,
      expectedRevision: '9',
      correlationId: 'c-1',
      reason: 'größer',
      organizationId: organization,
      actor: { kind: 'user', method: 'password' },
    })
  })

  test('bad metadata is named', async () => {
    const error = await failure(ask('x', { commandId: 'no-uuid' }))
    expect(error.fields[0]?.field).toBe('holdfast-command-id')
  })

  test('a deadline ends the call on both sides', async () => {
    waiting.clear()
    // Long enough that the call has come to the other side, also where the machine is busy.
    const ended = failure(ask('wait', { timeoutMs: 1_000 }))
    await until(() => waiting.size === 1)
    const error = await ended
    expect(error).toMatchObject({ code: 'rpc.timeout', kind: 'unavailable' })
    await until(() => [...waiting].every(({ signal }) => signal.aborted))
    expect(waiting.size).toBe(1)
  })

  test('a cancelled call is cancelled on the other side too', async () => {
    waiting.clear()
    const controller = new AbortController()
    const call = ask('wait', { signal: controller.signal })
    await until(() => waiting.size === 1)
    controller.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    await until(() => [...waiting].every(({ signal }) => signal.aborted))
  })

  test('a call cancelled before it is made is not made', async () => {
    const before = calls
    await expect(ask('x', { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no')
    await ask('y')
    expect(calls).toBe(before + 1)
  })

  test('without a token, or with a bad one, nothing runs', async () => {
    const before = calls
    expect((await failure(nodes.getNode({ node: 'x' }))).code).toBe('access.not_signed_in')
    const bad = await failure(nodes.getNode({ node: 'x' }, { accessToken: `${accessToken}x` }))
    expect(bad.code).toBe('access.token_invalid')
    const viewer = await tokens.issue([['VIEWER', organization]])
    const wrong = await failure(nodes.updateNode({ id: 'x' }, { accessToken: viewer }))
    expect(wrong).toMatchObject({ code: 'access.denied', kind: 'forbidden' })
    expect(calls).toBe(before)
  })

  test('another organization does not exist', async () => {
    expect((await failure(ask('elsewhere'))).kind).toBe('not_found')
  })

  test('a service is admitted by its certificate, for what names it', async () => {
    expect((await nodes.enrollNode({ hostname: 'h' })).nodeName).toBe('h')
    const self = openChannel({
      address: { host: '127.0.0.1', port },
      service: 'network',
      tls: tls.network,
      telemetry,
      transport,
    })
    const denied = await failure(self.client(NodeService).enrollNode({ hostname: 'h' }))
    expect(denied.code).toBe('access.service_denied')
    await self.close()
  })

  test('30 MiB pass, more is refused before it is sent', async () => {
    const name = 'x'.repeat(30 * 1024 * 1024)
    expect((await ask(name)).node?.name).toHaveLength(name.length)
    const error = await failure(ask('x'.repeat(32 * 1024 * 1024 + 1)))
    expect(error).toMatchObject({ code: 'rpc.too_large', kind: 'too_large' })
    expect((await ask('still there')).node?.name).toBe('still there')
  })

  test.each([
    ['of another authority', () => ({ tls: tls.stranger })],
    ['that is absent', () => ({ tls: { ...tls.gateway, cert: null, key: null } })],
  ])('a client certificate %s is refused', async (_, more) => {
    const refused = open(transport, more())
    const error = await failure(refused.client(NodeService).enrollNode({}, { timeoutMs: 3_000 }))
    expect(error.kind).toBe('unavailable')
    await refused.close()
  })

  test('a server that is not the one wanted is not told anything', async () => {
    const before = calls
    const wrong = open(transport, { service: 'auth' })
    const error = await failure(wrong.client(NodeService).getNode({ node: 'x' }, { accessToken }))
    expect(error.kind).toBe('unavailable')
    expect(calls).toBe(before)
    await wrong.close()
  })
})

describe('the mux', () => {
  test('10,000 calls at once are each answered with their own answer', async () => {
    const channel = open('mux')
    const nodes = channel.client(NodeService)
    const answers = await Promise.all(
      Array.from({ length: 10_000 }, (_, n) =>
        nodes.getNode({ node: `node-${n}` }, { accessToken }),
      ),
    )
    expect(answers.every(({ node }, n) => node?.name === `node-${n}`)).toBe(true)
    await channel.close()
  }, 30_000)

  test('calls in flight fail when the other end goes, later ones find the next', async () => {
    const [first, at] = await serve()
    const channel = open('mux', { address: { host: '127.0.0.1', port: at } })
    const nodes = channel.client(NodeService)
    waiting.clear()
    const inFlight = failure(nodes.getNode({ node: 'wait' }, { accessToken }))
    await until(() => waiting.size === 1)
    await first.drain(0)
    expect(await inFlight).toMatchObject({ code: 'rpc.disconnected', kind: 'unavailable' })
    expect([...waiting].every(({ signal }) => signal.aborted)).toBe(true)

    const down = await failure(nodes.getNode({ node: 'x' }, { accessToken }))
    expect(down).toMatchObject({ code: 'rpc.unreachable', kind: 'unavailable' })

    const [second] = await serve(at)
    await until(() => channel.isConnected())
    expect((await nodes.getNode({ node: 'back' }, { accessToken })).node?.name).toBe('back')
    await channel.close()
    await second.drain(100)
  })

  test('a drain answers what is open, refuses what is new, and ends', async () => {
    const [draining, at] = await serve()
    const channel = open('mux', { address: { host: '127.0.0.1', port: at } })
    const nodes = channel.client(NodeService)
    waiting.clear()
    const slow = failure(nodes.getNode({ node: 'wait' }, { accessToken, timeoutMs: 300 }))
    await until(() => waiting.size === 1)
    const drained = draining.drain(5_000)
    const late = await failure(nodes.getNode({ node: 'x' }, { accessToken }))
    expect(late.code).toBe('rpc.draining')
    expect((await slow).code).toBe('rpc.timeout')
    await drained
    await channel.close()
  })

  test('a method nobody serves is refused', async () => {
    const channel = open('mux')
    const { getNode } = NodeService
    const table = { missing: { ...getNode, path: '/holdfast.network.v1.NodeService/Missing' } }
    const error = await failure(channel.client(table).missing({}, { accessToken }))
    expect(error.code).toBe('rpc.unknown_method')
    await channel.close()
  })
})

test('a method without a handler or a usable rule keeps the service from starting', async () => {
  const [fresh] = await serve()
  const { getNode } = NodeService
  const missing = { ...handlers, getNode: undefined } as unknown as typeof handlers
  expect(() => fresh.serve(NodeService, missing)).toThrow(/GetNode has no handler/)
  const open = { getNode: { ...getNode, access: { services: [] } } }
  expect(() => fresh.serve(open, handlers)).toThrow(/empty access rule/)
  await fresh.drain(0)
})
