import { once } from 'node:events'
import { Client, credentials } from '@grpc/grpc-js'
import { holdfast, MuxService, NodeService } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRpcServer, type RpcServer } from './rpc-server.ts'
import { noRevocations, testTokens, throwawayAuthority } from './testing.ts'
import { tokenVerifier } from './tokens.ts'

// A client of ours that has gone wrong, byte by byte. Nothing it says may reach a handler it is not admitted
// to, or end the process.

let server: RpcServer
let client: Client
let handled = 0
const tokens = testTokens()
const count = () => {
  handled += 1
  return {}
}

beforeAll(async () => {
  const authority = await throwawayAuthority()
  const verifier = tokenVerifier({ issuer: 'x', keys: tokens.keys, revocations: noRevocations })
  server = createRpcServer({
    address: { host: '127.0.0.1', port: 0 },
    tls: await authority.identity('network'),
    telemetry: createTelemetry('test', { level: 'silent' }),
    verify: verifier.verify,
    reached: () => Promise.resolve(),
    durable: async (work) => work(),
  })
  server.serve(NodeService, {
    enrollNode: count,
    getNode: count,
    listNodes: count,
    updateNode: count,
    deleteNode: count,
  })
  const port = await server.listen()
  const { ca, key, cert } = await authority.identity('rules')
  client = new Client(`127.0.0.1:${port}`, credentials.createSsl(ca, key, cert), {
    'grpc.ssl_target_name_override': 'network',
  })
})
afterAll(async () => {
  client.close()
  await server.drain(100)
})

const { ConnectRequest, ConnectResponse } = holdfast.mux.v1
type Frame = holdfast.mux.v1.ConnectRequest.$Properties

const open = () =>
  client.makeBidiStreamRequest(
    MuxService.connect.path,
    (bytes: Uint8Array) => Buffer.from(bytes),
    (bytes: Buffer) => ConnectResponse.decode(bytes),
  )
const encode = (frame: Frame): Uint8Array => ConnectRequest.encode(frame).finish()

/** What comes back for one frame: the codes of the replies, or that the stream was ended. */
async function said(bytes: Uint8Array): Promise<number[] | 'ended'> {
  const stream = open()
  const ended = once(stream, 'error').then(
    () => 'ended' as const,
    () => 'ended' as const,
  )
  const answered = once(stream, 'data').then(
    ([frame]: ReturnType<typeof ConnectResponse.decode>[]) =>
      (frame?.replies ?? []).map(({ code }) => code ?? 0),
    () => 'ended' as const,
  )
  stream.write(bytes)
  stream.end()
  const outcome = await Promise.race([answered, ended, once(stream, 'end').then(() => [])])
  stream.on('error', () => undefined)
  stream.cancel()
  return outcome
}

test.each<[string, Frame, number[] | 'ended']>([
  ['no id', { calls: [{ method: NodeService.getNode.path }] }, [16]],
  ['no method', { calls: [{ id: 1 }] }, [5]],
  ['an unknown method', { calls: [{ id: 1, method: '/x/Y' }] }, [5]],
  ['the mux itself', { calls: [{ id: 1, method: MuxService.connect.path }] }, [5]],
  [
    'a request that is none',
    { calls: [{ id: 1, method: NodeService.enrollNode.path, request: Buffer.from([0xff]) }] },
    [7],
  ],
  [
    'one id twice',
    {
      calls: [
        { id: 1, method: '/x/Y' },
        { id: 1, method: '/x/Y' },
      ],
    },
    'ended',
  ],
  ['a cancellation of nothing', { cancelled: [1, 2, 3] }, []],
  [
    'a bad token',
    {
      calls: [{ id: 1, method: NodeService.getNode.path, metadata: { authorization: 'Bearer x' } }],
    },
    [16],
  ],
  [
    'another scheme',
    {
      calls: [
        { id: 1, method: NodeService.getNode.path, metadata: { authorization: 'Basic eDp4' } },
      ],
    },
    [16],
  ],
])('a frame with %s', async (_, frame, expected) => {
  expect(await said(encode(frame))).toEqual(expected)
  expect(handled).toBe(0)
})

test('any bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1 }), async (bytes) => {
      await said(bytes)
    }),
    { numRuns: 100 },
  )
  expect(handled).toBe(0)
  expect(await said(encode({ calls: [{ id: 1, method: '/x/Y' }] }))).toEqual([5])
})

test('probes that speak gRPC get an answer, and are told when it changes', async () => {
  const check = (service: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const name = Buffer.from(service)
      client.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]),
        (error, answer) => (error ? reject(error) : resolve(answer?.[1])),
      )
    })
  expect(await check('')).toBe(2)
  server.setServing(true)
  expect(await check('')).toBe(1)
  expect(await check('holdfast.network.v1.NodeService')).toBe(1)
  await expect(check('somebody.Else')).rejects.toMatchObject({ code: 5 })

  const watch = client.makeServerStreamRequest(
    '/grpc.health.v1.Health/Watch',
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes[1],
    Buffer.alloc(0),
  )
  expect(await once(watch, 'data')).toEqual([1])
  server.setServing(false)
  expect(await once(watch, 'data')).toEqual([2])
  watch.on('error', () => undefined)
  watch.cancel()
})
