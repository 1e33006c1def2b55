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
import {
  connectAdmin,
  flowStream,
  issueNodeCredentials,
  nodeFeeds,
  revokeUser,
  safeSubject,
} from './index.ts'

let nats: TestNats
let directory: string
const connections: NatsConnection[] = []
const nodeId = randomUUID()
const otherNode = randomUUID()
const organizationId = randomUUID()
const otherOrganization = randomUUID()
const [ownInterfaces, ownNode, ownRules] = filtersOf(nodeId, organizationId)
const [otherInterfaces, otherNodeItself, otherRules] = filtersOf(otherNode, otherOrganization)

function filtersOf(node: string, organization: string): readonly [string, string, string] {
  const [interfaces, itself, rules] = nodeFeeds({ nodeId: node, organizationId: organization })
  if (!interfaces || !itself || !rules) throw new Error('a node has three feeds')
  return [interfaces.filter, itself.filter, rules.filter]
}

const interfaceOf: typeof counter = { ...counter, type: 'interface' }
const nodeOf: typeof counter = { ...counter, type: 'node' }
const ruleSetOf: typeof counter = { ...counter, context: 'rules', type: 'rule_set' }
const add = { type: 'Add', by: 1 } as const

beforeAll(async () => {
  nats = await testNats()
  directory = await mkdtemp(join(tmpdir(), 'holdfast-permissions-'))
  const log = await nats.open('network')
  for (const node of [nodeId, otherNode, nodeId])
    await log.execute(interfaceOf, `${node}.${randomUUID()}`, add, newCommand())
  for (const node of [nodeId, otherNode]) await log.execute(nodeOf, node, add, newCommand())
  const rules = await nats.open('rules')
  for (const organization of [organizationId, otherOrganization])
    await rules.execute(ruleSetOf, organization, add, newCommand())
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
    organizationId: id === nodeId ? organizationId : otherOrganization,
    natsPublicKey: key.publicKey,
    lineageId: nats.spec.lineageId,
    safeSubject: safeSubject(nats.identities.ingest, 'nodes'),
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
  test('follows its interfaces, itself and the rules of its organization through the log', async () => {
    const { file } = await nodeCredentials(nodeId)
    const log = await nats.open('network', { name: nodeId, credentialsFile: file })
    expect(log.lineageId).toBe(nats.lineageId)
    const expected = new Map([
      [ownInterfaces, 2],
      [ownNode, 1],
      [ownRules, 1],
    ])
    for (const { consumer, filter } of nodeFeeds({ nodeId, organizationId })) {
      const commits: Commit[] = []
      const count = expected.get(filter) ?? 0
      // Twice, because a fixed name is used again after every restart.
      for (let round = 1; round <= 2; round++) {
        const stopping = new AbortController()
        await log.subscribe(
          { from: 1n, filter, consumer, name: 'node', signal: stopping.signal },
          (batch) => {
            commits.push(...batch)
            if (commits.length >= count * round) stopping.abort()
          },
        )
      }
      const prefix = filter.replace('>', '')
      expect(commits.filter(({ subject }) => subject.startsWith(prefix))).toHaveLength(2 * count)
    }
  })

  test('reads nobody else and writes nothing but its telemetry', async () => {
    const { file } = await nodeCredentials(nodeId)
    const node = await connected(file, nodeId)
    const create = (consumer: string, filter: string) =>
      `$JS.API.CONSUMER.CREATE.${nats.stream}.${consumer}.${filter}`
    for (const subject of [
      `$JS.API.STREAM.INFO.${nats.stream}`,
      create(nodeId, otherInterfaces),
      create(otherNode, ownInterfaces),
      create(nodeId, 'evt.>'),
      create(nodeId, ownRules),
      create(`${nodeId}-node`, otherNodeItself),
      create(`${nodeId}-rules`, otherRules),
      create(`${nodeId}-rules`, 'evt.rules.rule_set.*'),
      create(`${otherNode}-rules`, ownRules),
      `$JS.API.CONSUMER.CREATE.${nats.stream}.${nodeId}`,
      `$JS.API.CONSUMER.CREATE.${nats.stream}`,
      `$JS.API.CONSUMER.MSG.NEXT.${nats.stream}.${otherNode}`,
      `$JS.API.CONSUMER.MSG.NEXT.${nats.stream}.${otherNode}-rules`,
      `$JS.API.STREAM.MSG.GET.${nats.stream}`,
      `$JS.API.DIRECT.GET.${nats.stream}`,
      ...[otherInterfaces, otherNodeItself, otherRules].map(
        (filter) => `$JS.API.DIRECT.GET.${nats.stream}.${filter}`,
      ),
      `$JS.API.DIRECT.GET.${nats.stream}.evt.backup.lineage.${randomUUID()}`,
      `$JS.API.DIRECT.GET.${nats.stream}.evt.backup.lineage.>`,
      `$JS.API.DIRECT.GET.${nats.stream}.evt.backup.>`,
      `$JS.API.STREAM.INFO.${flowStream}`,
      `$JS.API.STREAM.MSG.GET.${flowStream}`,
      `$JS.API.DIRECT.GET.${flowStream}`,
      `$JS.API.CONSUMER.CREATE.${flowStream}.${nodeId}`,
      `$JS.API.STREAM.PURGE.${flowStream}`,
      `evt.network.interface.${nodeId}.${randomUUID()}`,
      `evt.rules.rule_set.${organizationId}`,
      `tlm.node.${otherNode}.report`,
      `tlm.node.${otherNode}.flows`,
      'ctl.node.x',
    ])
      expect([subject, await isRefused(node, subject)]).toEqual([subject, true])
    for (const [consumer, own] of [
      [nodeId, ownInterfaces],
      [`${nodeId}-rules`, ownRules],
    ] as const)
      for (const filters of [{ filter_subject: 'evt.>' }, { filter_subjects: ['evt.>', own] }]) {
        const config = { name: consumer, deliver_policy: 'all', ack_policy: 'none', ...filters }
        const forged = JSON.stringify({ stream_name: nats.stream, config })
        const answer = await node.request(create(consumer, own), forged)
        expect(answer.json()).toHaveProperty('error')
      }
    // Its permissions name any stream, and no other one holds what they name.
    for (const other of [flowStream, 'ACCESS']) {
      const at = `$JS.API.CONSUMER.CREATE.${other}.${nodeId}.${ownInterfaces}`
      const ask = async (filter_subject: string) => {
        const config = { name: nodeId, deliver_policy: 'all', ack_policy: 'none', filter_subject }
        const answer = await node.request(at, JSON.stringify({ stream_name: other, config }))
        return answer.json<Record<string, unknown>>()
      }
      expect(await ask('>')).toHaveProperty('error')
      expect(await ask(ownInterfaces)).toMatchObject({ num_pending: 0 })
    }
  })

  test('has its flow records kept, and an answer to them goes nowhere', async () => {
    const { file } = await nodeCredentials(nodeId)
    const node = await connected(file, nodeId)
    const { api } = nats.admin.link
    const heads = async () =>
      await Promise.all(
        [nats.stream, 'GUARD', flowStream].map(
          async (name) => (await api.streamInfo(name)).state.last_seq,
        ),
      )
    const before = await heads()
    const replies = [
      `evt.auth.user.${randomUUID()}`,
      'guard.approval',
      `in.${nats.identities.ingest.token('auth')}.auth.user.${randomUUID()}`,
      `tlm.node.${otherNode}.flows`,
      'ctl.auth.session-revoked',
      `$JS.API.STREAM.DELETE.${flowStream}`,
      `$JS.API.STREAM.DELETE.${nats.stream}`,
      '$JS.API.STREAM.CREATE.MINE',
    ]
    for (const reply of replies) node.publish(`tlm.node.${nodeId}.flows`, 'flows', { reply })
    await node.flush()
    const [log = 0, guard = 0, flows = 0] = before
    await expect.poll(heads).toEqual([log, guard, flows + replies.length])
    const { streams } = await api.call<{ streams: string[] }>('STREAM.NAMES', {})
    expect([...streams].sort()).toEqual(['ACCESS', nats.stream, flowStream, 'GUARD'])
  })

  test('gets no answer stored in the log, and none as a flow record another node could have sent', async () => {
    const { file } = await nodeCredentials(nodeId)
    const node = await connected(file, nodeId)
    const jetstream = nats.admin.link.api
    const heads = async () => [
      (await jetstream.streamInfo(nats.stream)).state.last_seq,
      (await jetstream.streamInfo('GUARD')).state.last_seq,
    ]
    const before = await heads()
    const victim = `tlm.node.${otherNode}.flows`
    const consumer = `${nodeId}-rules`
    const api = (endpoint: string) => `$JS.API.${endpoint}.${nats.stream}`
    const create = `${api('CONSUMER.CREATE')}.${consumer}.${ownRules}`
    const remove = `${api('CONSUMER.DELETE')}.${consumer}`
    const config = {
      name: consumer,
      filter_subject: ownRules,
      ack_policy: 'none',
      deliver_policy: 'all',
    }
    const wish = (more: object = {}) =>
      JSON.stringify({ stream_name: nats.stream, config: { ...config, ...more } })
    for (const reply of [`evt.rules.rule_set.${otherOrganization}`, 'guard.approval', victim]) {
      node.publish(`${api('DIRECT.GET')}.${ownRules}`, '', { reply })
      await node.request(create, wish())
      node.publish(create, wish(), { reply })
      node.publish(`${api('CONSUMER.MSG.NEXT')}.${consumer}`, '1', { reply })
      node.publish(`${api('CONSUMER.INFO')}.${consumer}`, '', { reply })
      await node.request(remove)
      await node.request(create, wish({ deliver_subject: reply }))
      await node.request(remove)
    }
    expect(await heads()).toEqual(before)
    // Answers may land there. What comes from a node names it first (holdfast.agent.v1, field 1, a string), and audit
    // takes nothing else: no answer of the server and no commit begins like that.
    const { first_seq: first, last_seq: last } = (await jetstream.streamInfo(flowStream)).state
    const claim = Buffer.concat([Buffer.from([0x0a, otherNode.length]), Buffer.from(otherNode)])
    for (let sequence = first; sequence <= last; sequence++) {
      const message = await jetstream.message(flowStream, BigInt(sequence))
      if (message?.subject !== victim) continue
      expect(Buffer.from(message.bytes).indexOf(claim)).not.toBe(0)
    }
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
