import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '@holdfast/config'
import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nodeId, organizationId, pin } from '../testing/samples.ts'
import { agentKeys } from './agent-keys.ts'
import { type EnrollOptions, EnrolmentRefused, enroll } from './enroll.ts'
import { loadIdentity, writeIdentityFiles } from './identity.ts'

const { log } = createTelemetry('node-agent', { level: 'silent' })
const answer = {
  node_id: nodeId,
  organization_id: organizationId,
  node_name: 'gw-1',
  nats_user_jwt: 'a.b.c',
  nats_servers: ['192.0.2.1:4222'],
  ca_certificate: '-----BEGIN CERTIFICATE-----\n',
  lineage_id: pin.lineageId,
  generation: 1,
}

let folder = ''
let server: Server
let url = ''
let requests: { path: string; body: Record<string, string> }[] = []
let answers: { status: number; body: unknown }[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-agent-'))
  requests = []
  answers = []
  server = createServer((request, response) => {
    void read(request).then((body) => {
      requests.push({ path: request.url ?? '', body })
      const { status, body: content } = answers.shift() ?? { status: 200, body: answer }
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(content))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  url = `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}`
})
afterEach(() => {
  server.close()
  server.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
})

async function read(request: IncomingMessage): Promise<Record<string, string>> {
  let text = ''
  for await (const chunk of request) text += chunk
  return JSON.parse(text)
}

const attempt = async (more: Partial<EnrollOptions> = {}) =>
  enroll({
    url,
    token: new Secret('hfe_token'),
    keys: await agentKeys(folder),
    dataFolder: folder,
    log,
    signal: new AbortController().signal,
    retryMs: 1,
    ...more,
  })

test('the keys are made once, and for us alone', async () => {
  const keys = await agentKeys(folder)
  expect(await agentKeys(folder)).toEqual(keys)
  expect(statSync(join(folder, 'keys.json')).mode & 0o777).toBe(0o600)
})

test('public keys and the token go out, the identity comes back and is kept', async () => {
  const keys = await agentKeys(folder)
  const identity = await attempt()
  expect(requests[0]?.path).toBe('/api/v1/nodes/enroll')
  expect(requests[0]?.body).toMatchObject({
    token: 'hfe_token',
    enrolment_key: Buffer.from(keys.enrolment.publicKey).toString('base64'),
    nats_public_key: keys.nats.publicKey,
  })
  expect(identity).toMatchObject({ nodeId, nodeName: 'gw-1', ...pin })
  expect(await loadIdentity(folder)).toEqual(identity)
  expect(readFileSync(join(folder, 'identity.json'), 'utf8')).not.toContain('hfe_token')
})

test('an attempt that failed is repeated with the same keys', async () => {
  answers = [
    { status: 503, body: {} },
    { status: 429, body: {} },
    { status: 200, body: { ...answer, generation: 'one' } },
  ]
  await attempt()
  expect(requests).toHaveLength(4)
  expect(new Set(requests.map(({ body }) => JSON.stringify(body))).size).toBe(1)
})

test('a refusal is final, and said in the words of the gateway', async () => {
  answers = [{ status: 401, body: { detail: 'The token has expired.' } }]
  const attempted = attempt()
  await expect(attempted).rejects.toThrow(EnrolmentRefused)
  await expect(attempted).rejects.toThrow(/token has expired/)
  expect(requests).toHaveLength(1)
})

test('told to stop, it stops', async () => {
  const stopping = new AbortController()
  server.close()
  server.closeAllConnections()
  const attempted = attempt({ signal: stopping.signal, retryMs: 60_000 })
  setImmediate(() => stopping.abort())
  await expect(attempted).rejects.toThrow()
})

test('an answer without what is needed is no identity', async () => {
  for (const field of ['node_id', 'lineage_id', 'nats_servers', 'nats_user_jwt'] as const) {
    answers = [{ status: 200, body: { ...answer, [field]: '' } }]
    requests = []
    await attempt()
    expect(requests.length, field).toBe(2)
  }
})

test('what the NATS client reads is written for us alone', async () => {
  const identity = await attempt()
  const files = await writeIdentityFiles(folder, identity, await agentKeys(folder))
  expect(readFileSync(files.credentialsFile, 'utf8')).toContain('a.b.c')
  expect(files.caFile && readFileSync(files.caFile, 'utf8')).toBe(answer.ca_certificate)
  expect(statSync(files.credentialsFile).mode & 0o777).toBe(0o600)
})
