import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestNats, testNats } from '@holdfast/testkit'
import { connect, credsAuthenticator, type NatsConnection } from 'nats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Commit } from '../index.ts'
import { createNatsKey, formatCredentials } from '../nats-key.ts'
import { counter, newCommand } from '../testing/counter.ts'
import { connectAdmin, issueNodeCredentials, nodeFilter, revokeUser } from './index.ts'

let nats: TestNats
let directory: string
const connections: NatsConnection[] = []
const nodeId = randomUUID()
const otherNode = randomUUID()

const interfaceOf: typeof counter = { ...counter, type: 'interface' }
const add = { type: 'Add', by: 1 } as const

beforeAll(async () => {
  nats = await testNats()
  directory = await mkdtemp(join(tmpdir(), 'holdfast-permissions-'))
  const log = await nats.open('network')
  for (const node of [nodeId, otherNode, nodeId])
    await log.execute(interfaceOf, `${node}.${randomUUID()}`, add, newCommand())
})
afterAll(async () => {
  for (const connection of connections) await connection.close()
  await nats.close()
  await rm(directory, { recursive: true })
})

/** A plain connection, and what the server complained about on it. */
async function connected(credentialsFile: string, name: string) {
  const connection = await connect({
    servers: nats.url,
    authenticator: credsAuthenticator(await readFile(credentialsFile)),
    inboxPrefix: `_INBOX_${name}`,
    reconnect: false,
  })
  connections.push(connection)
  return connection
}

const isRefused = async (connection: NatsConnection, subject: string, payload = '') => {
  try {
    await connection.request(subject, payload, { timeout: 500 })
    return false
  } catch (error) {
    return error instanceof Error && /permission/i.test(error.message)
  }
}

async function nodeCredentials(id: string) {
  const key = createNatsKey()
  const signingSeed = (await readFile(nats.identities.signingSeedFile, 'utf8')).trim()
  const jwt = await issueNodeCredentials({
    signingSeed,
    account: nats.identities.authority.account.publicKey,
    nodeId: id,
    natsPublicKey: key.publicKey,
    stream: nats.stream,
  })
  const file = join(directory, `${id}-${randomUUID()}.creds`)
  await writeFile(file, formatCredentials(jwt, key.seed), { mode: 0o600 })
  return { file, publicKey: key.publicKey }
}

describe('a service', () => {
  test('writes its own context, and nothing else', async () => {
    const network = await connected(nats.identities.credentialsFile('network'), 'network')
    const head = (await nats.admin.link.api.streamInfo(nats.stream)).state.last_seq
    for (const subject of [
      `evt.auth.user.${randomUUID()}`,
      'guard.approval',
      'ctl.auth.session-revoked',
      `evt.network.interface.${randomUUID()}`,
      `in.${nats.identities.ingest.token('auth')}.auth.user.${randomUUID()}`,
      `in.${nats.identities.ingest.token('guard')}.guard.approval`,
      `$JS.API.STREAM.INFO.${nats.stream}`,
      `$JS.API.STREAM.DELETE.${nats.stream}`,
      `$JS.API.STREAM.UPDATE.${nats.stream}`,
      `$JS.API.STREAM.PURGE.${nats.stream}`,
      `$JS.API.STREAM.MSG.DELETE.${nats.stream}`,
      `$JS.API.STREAM.RESTORE.${nats.stream}`,
      `$JS.API.STREAM.SNAPSHOT.${nats.stream}`,
      '$JS.API.STREAM.CREATE.MINE',
      '$JS.API.STREAM.LIST',
      `$JS.API.CONSUMER.DURABLE.CREATE.${nats.stream}.x`,
      '$SYS.REQ.SERVER.PING',
    ])
      expect([subject, await isRefused(network, subject)]).toEqual([subject, true])
    const { state, config } = await nats.admin.link.api.streamInfo(nats.stream)
    expect(state.last_seq).toBe(head)
    expect(config['deny_delete']).toBe(true)
  })

  test('cannot have the answer to a request stored in the log or taken for an approval', async () => {
    const network = await connected(nats.identities.credentialsFile('network'), 'network')
    const { stream } = nats
    const lengths = async () => [
      (await nats.admin.link.api.streamInfo(stream)).state.last_seq,
      (await nats.admin.link.api.streamInfo('GUARD')).state.last_seq,
    ]
    const before = await lengths()
    const config = { name: 'thief', ack_policy: 'none', deliver_policy: 'all' }
    for (const reply of [`evt.auth.user.${randomUUID()}`, 'guard.approval']) {
      const ask = (endpoint: string, body: unknown) =>
        network.publish(`$JS.API.${endpoint}`, JSON.stringify(body), { reply })
      ask(`DIRECT.GET.${stream}`, { seq: 1 })
      ask(`STREAM.MSG.GET.${stream}`, { seq: 1 })
      ask(`CONSUMER.CREATE.${stream}.thief`, { stream_name: stream, config })
      ask(`CONSUMER.MSG.NEXT.${stream}.thief`, { batch: 1 })
      ask(`CONSUMER.CREATE.${stream}.pushy`, {
        stream_name: stream,
        config: { ...config, name: 'pushy', deliver_subject: reply },
      })
    }
    await network.request(`$JS.API.CONSUMER.INFO.${stream}.thief`)
    expect(await lengths()).toEqual(before)
  })

  test('that only reads writes nothing', async () => {
    const gateway = await connected(nats.identities.credentialsFile('gateway'), 'gateway')
    expect(await isRefused(gateway, `evt.gateway.x.${randomUUID()}`)).toBe(true)
    expect(await isRefused(gateway, `evt.network.interface.${randomUUID()}`)).toBe(true)
  })

  test('hears no other inbox', async () => {
    const network = await connected(nats.identities.credentialsFile('network'), 'network')
    const refused = new Promise<boolean>((resolve) => {
      network.subscribe('_INBOX_auth.>', { callback: (error) => resolve(error !== null) })
    })
    expect(await refused).toBe(true)
  })
})

describe('a node', () => {
  test('follows its own interfaces through the log', async () => {
    const { file } = await nodeCredentials(nodeId)
    const log = await nats.open('network', { name: nodeId, credentialsFile: file })
    expect(log.lineageId).toBe(nats.lineageId)
    const commits: Commit[] = []
    for (let round = 1; round <= 2; round++) {
      const stopping = new AbortController()
      await log.subscribe(
        {
          from: 1n,
          filter: nodeFilter(nodeId),
          consumer: nodeId,
          name: 'node',
          signal: stopping.signal,
        },
        (batch) => {
          commits.push(...batch)
          if (commits.length >= 2 * round) stopping.abort()
        },
      )
    }
    expect(new Set(commits.map(({ aggregateId }) => aggregateId.split('.')[0]))).toEqual(
      new Set([nodeId]),
    )
  })

  test('reads nobody else and writes nothing but its reports', async () => {
    const { file } = await nodeCredentials(nodeId)
    const node = await connected(file, nodeId)
    const create = (consumer: string, filter: string) =>
      `$JS.API.CONSUMER.CREATE.${nats.stream}.${consumer}.${filter}`
    for (const subject of [
      `$JS.API.STREAM.INFO.${nats.stream}`,
      create(nodeId, nodeFilter(otherNode)),
      create(otherNode, nodeFilter(nodeId)),
      create(nodeId, 'evt.>'),
      `$JS.API.CONSUMER.CREATE.${nats.stream}.${nodeId}`,
      `$JS.API.CONSUMER.CREATE.${nats.stream}`,
      `$JS.API.CONSUMER.MSG.NEXT.${nats.stream}.${otherNode}`,
      `$JS.API.STREAM.MSG.GET.${nats.stream}`,
      `$JS.API.DIRECT.GET.${nats.stream}`,
      `$JS.API.DIRECT.GET.${nats.stream}.${nodeFilter(otherNode)}`,
      `evt.network.interface.${nodeId}.${randomUUID()}`,
      `tlm.node.${otherNode}.report`,
      'ctl.node.x',
    ])
      expect([subject, await isRefused(node, subject)]).toEqual([subject, true])
    const forged = {
      stream_name: nats.stream,
      config: { name: nodeId, filter_subject: 'evt.>', deliver_policy: 'all', ack_policy: 'none' },
    }
    const answer = await node.request(create(nodeId, nodeFilter(nodeId)), JSON.stringify(forged))
    expect(answer.json()).toHaveProperty('error')
  })

  test('that is revoked is cut off at once and stays out, across a restart too', async () => {
    const { file, publicKey } = await nodeCredentials(otherNode)
    const node = await connected(file, otherNode)
    const gone = node.closed()
    const system = await connectAdmin({
      url: nats.url,
      name: 'system',
      credentialsFile: nats.identities.credentialsFile('system'),
    })
    await revokeUser(system, {
      operatorSeed: (await readFile(nats.identities.operatorSeedFile, 'utf8')).trim(),
      account: nats.identities.authority.account.publicKey,
      userPublicKey: publicKey,
    })
    await gone
    await expect(connected(file, otherNode)).rejects.toThrow(/authorization/i)
    await system.close()
    await nats.restart()
    await expect(connected(file, otherNode)).rejects.toThrow(/authorization/i)
    const { file: another } = await nodeCredentials(otherNode)
    await connected(another, otherNode)
  })
})
