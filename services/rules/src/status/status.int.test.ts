import { fileURLToPath } from 'node:url'
import { newId, uuidToBytes } from '@holdfast/domain'
import type { EventLog } from '@holdfast/event-log'
import { migrate, type Postgres, sql } from '@holdfast/postgres'
import { Lagging, openProjections, type Projections } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, type TestPostgres, testNats, testPostgres } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type TestHosts, testHosts } from '../testing/hosts.ts'
import { openTopology, type Topology } from '../topology/topology.ts'
import { topologyRows } from '../topology/topology-rows.ts'
import { topologyVersions } from '../topology/topology-versions.ts'
import { CounterBoard } from './counter-board.ts'
import { enforcementOf } from './enforcement.ts'
import { FirewallBoard } from './firewall-board.ts'
import { followReports, type StatusFeed } from './follow-reports.ts'
import { readAcknowledgement, readCoverage, readLastHits, readTotals } from './read-status.ts'
import { pruneStatus } from './status-store.ts'

// Topology and status on a real log, a real database and real telemetry.

let pg: TestPostgres
let nats: TestNats
let postgres: Postgres
let log: EventLog
let projections: Projections
let topology: Topology
let hosts: TestHosts
let now = 1_700_000_000_000

const telemetry = createTelemetry('rules', { level: 'silent' })
const organizationId = newId<string>()
const hourMs = 3_600_000
const version = Buffer.alloc(32, 1)

beforeAll(async () => {
  ;[pg, nats] = await Promise.all([testPostgres({ services: ['rules'] }), testNats()])
  postgres = pg.open('rules')
  log = await nats.open('rules')
  await migrate(postgres, fileURLToPath(new URL('../../migrations', import.meta.url)), {
    schema: 'rules',
  })
  projections = await openProjections({
    log,
    postgres,
    telemetry,
    service: 'rules',
    projections: [topologyVersions, topologyRows],
  })
  topology = openTopology({ postgres, control: [], now: () => now })
  hosts = testHosts(await nats.open('network'), nats)
}, 120_000)
afterAll(async () => {
  await projections?.stop()
  await Promise.all([nats?.close(), pg?.close()])
})

/** A busy machine may take longer than a reader would wait. */
async function settled(): Promise<void> {
  const head = await log.head()
  for (;;) {
    try {
      return await projections.reached(head)
    } catch (error) {
      if (!Lagging.is(error)) throw error
    }
  }
}

/** The boards and their feed, as they are after a start of the service. */
async function started() {
  const firewalls = new FirewallBoard()
  const counters = new CounterBoard()
  const feed: StatusFeed = await followReports({
    log,
    postgres,
    firewalls,
    counters,
    telemetry,
    now: () => now,
  })
  await log.head() // on the same connection: the server has taken the subscription before it answers
  return { firewalls, counters, feed }
}

const proven = (ruleSetSequence: number, more: object = {}) => ({
  backend: holdfast.agent.v1.FirewallBackend.FIREWALL_BACKEND_BPF,
  ruleSetSequence,
  policyVersion: version,
  observedVersion: version,
  isEnforced: true,
  provenAtUnixMs: now,
  ...more,
})

test('hosts are known now and at any sequence of the past', async () => {
  const organization = newId<string>()
  const nodeId = await hosts.enroll(organization, 'GW-1', { siteId: newId<string>() })
  const wg = await hosts.createInterface(organization, nodeId, { listenPort: 5000 })
  const peerId = await hosts.addPeer(organization, nodeId, wg, {
    name: 'laptop',
    addresses: ['10.0.0.2', 'fd00::2'],
    allowedIps: ['192.168.7.0/24'],
  })
  await settled()
  const before = await topology.now(organization)
  expect(before.hosts[0]?.facts.interfaces).toMatchObject([
    {
      id: wg,
      device: 'wg0',
      listenPort: 5000,
      firewall: { defaultVerdict: 'pass', unparsableVerdict: 'drop' },
      peers: [{ id: peerId, prefixes: ['10.0.0.2/32', 'fd00::2/128', '192.168.7.0/24'] }],
    },
  ])
  const drop = holdfast.network.v1.FirewallVerdict.FIREWALL_VERDICT_DROP
  await hosts.updateInterface(organization, nodeId, wg, { firewall: { defaultVerdict: drop } })
  await hosts.updateNode(organization, nodeId, {
    name: 'gw-2',
    uplinks: [{ device: 'eth0', firewall: { isStateful: true } }],
  })
  const removed = await hosts.removePeer(organization, nodeId, wg, peerId)
  await settled()
  const after = await topology.now(organization)
  expect(after.sequence).toBe(removed)
  expect(after.hosts[0]).toMatchObject({
    name: 'gw-2',
    facts: {
      siteId: '',
      uplinks: [{ device: 'eth0', firewall: { isStateful: true, defaultVerdict: 'pass' } }],
      interfaces: [{ firewall: { defaultVerdict: 'drop' }, peers: [] }],
    },
  })
  expect(await topology.at(organization, before.sequence, now)).toEqual(before)
  // Followed and read at once are the same.
  const fresh = openTopology({ postgres, control: [], now: () => now })
  expect(await fresh.now(organization)).toEqual(after)

  const everything = { organizations: '*' } as const
  const named = async (name: string, at?: bigint) =>
    (await topology.nodes(everything, name, at)).map(({ id }) => id)
  expect(await named('GW-1')).toEqual([])
  expect(await named('gw-1', before.sequence)).toEqual([nodeId])
  expect(await named('Gw-2')).toEqual([nodeId])
  expect(await topology.nodes({ organizations: [newId()] }, nodeId, undefined)).toEqual([])
  const changes = await topology.changes(organization, before.sequence, removed, 100)
  expect(changes.map(({ sequence }) => sequence)).toEqual([removed - 2n, removed - 1n, removed])
  await hosts.deleteNode(organization, nodeId)
  await settled()
  expect((await topology.now(organization)).hosts).toEqual([])
})

test('of two nodes one is behind: the rule says which, and a restart forgets nothing', async () => {
  const [one, two] = await Promise.all([
    hosts.enroll(organizationId, 'one'),
    hosts.enroll(organizationId, 'two'),
  ])
  for (const nodeId of [one, two]) await hosts.createInterface(organizationId, nodeId, {})
  await settled()
  const first = await started()
  hosts.report(one, { instanceId: 'a', sentAtUnixMs: 1, firewall: proven(20) })
  hosts.report(two, { instanceId: 'a', sentAtUnixMs: 1, firewall: proven(10) })
  await vi.waitFor(() => expect(first.firewalls.node(two)?.firewall).toBeDefined())
  const rule = {
    id: newId<string>(),
    settings: { target: { kind: 'everything' }, isActive: true, expiresAtUnixMs: 0 },
    changedSequence: 20n,
  } as const
  const outcome = async (board: FirewallBoard) => {
    const { hosts: known } = await topology.now(organizationId)
    const { nodes, enforced, troubles } = enforcementOf(rule, known, board, now)
    return [nodes, enforced, troubles.map(({ nodeName }) => nodeName)]
  }
  expect(await outcome(first.firewalls)).toEqual([2, 1, ['two']])
  await first.feed.stop()
  const second = await started()
  expect(await outcome(second.firewalls)).toEqual([2, 1, ['two']])
  hosts.report(two, { instanceId: 'a', sentAtUnixMs: 2, firewall: proven(20) })
  await vi.waitFor(async () => expect(await outcome(second.firewalls)).toEqual([2, 2, []]))
  await second.feed.stop()
})

test('what a node acknowledged at a time is known later', async () => {
  const nodeId = newId<string>()
  const { firewalls, feed } = await started()
  const at = now
  const say = async (sequence: number, more: object = {}) => {
    const firewall = proven(sequence, more)
    hosts.report(nodeId, { instanceId: 'a', sentAtUnixMs: now, firewall })
    await vi.waitFor(() => expect(firewalls.node(nodeId)?.lastSeenUnixMs).toBe(now))
  }
  await say(5)
  now = at + 60_000
  await say(5, { provenAtUnixMs: now })
  now = at + 120_000
  await say(8, { isEnforced: false, error: 'the verifier refused' })
  await feed.flush()
  const of = async (ms: number) => await readAcknowledgement(postgres, nodeId, ms)
  expect(await of(at)).toBeUndefined()
  expect(await of(at + 61_000)).toMatchObject({ ruleSetSequence: 5n, reportedAtUnixMs: at })
  expect(await of(now + 1)).toMatchObject({ isEnforced: false, error: 'the verifier refused' })
  await pruneStatus(postgres, now + 500 * 86_400_000)
  expect(await of(at + 61_000)).toBeUndefined()
  expect(await of(now + 1)).toMatchObject({ ruleSetSequence: 8n })
  await feed.stop()
})

test('counts of two nodes add up over restarts of agents and of the service', async () => {
  const organization = newId<string>()
  const [one, two] = await Promise.all([
    hosts.enroll(organization, 'one'),
    hosts.enroll(organization, 'two'),
  ])
  await settled()
  const ruleId = newId<string>()
  const other = newId<string>()
  let board = await started()
  let sent = 0
  const count = async (nodeId: string, instanceId: string, packets: number, id = ruleId) => {
    const { FLOW_DIRECTION_INGRESS: direction } = holdfast.agent.v1.FlowDirection
    const counters = [
      { ruleId: uuidToBytes(id), direction, packets, bytes: packets * 100, limitedPackets: 1 },
    ]
    hosts.count(nodeId, { instanceId, sentAtUnixMs: ++sent, counters })
    const take = vi.spyOn(board.counters, 'take')
    await vi.waitFor(() => expect(take).toHaveBeenCalled())
    take.mockRestore()
  }
  const total = async () => {
    await board.feed.flush()
    return (await readTotals(postgres, organization, [ruleId, other])).get(ruleId)
  }
  await count(one, 'a', 100)
  await count(two, 'x', 7)
  expect(await total()).toMatchObject({ ingressPackets: 107, lastHitUnixMs: now })
  await count(one, 'a', 150)
  await count(one, 'b', 20) // the agent started again
  await count(two, 'x', 2) // the counter was set back
  expect(await total()).toMatchObject({ ingressPackets: 179, ingressBytes: 17_900 })

  await board.feed.stop()
  board = await started()
  const hitAt = now
  now += hourMs
  await count(one, 'b', 20) // nothing new is no hit
  expect(await total()).toMatchObject({ ingressPackets: 179, lastHitUnixMs: hitAt })
  await count(one, 'b', 25)
  expect(await total()).toMatchObject({ ingressPackets: 184, lastHitUnixMs: now })
  const hours = await postgres.query<{ hour_unix_ms: bigint; packets: bigint }>(sql`
    select hour_unix_ms, packets from rules.rule_hits where rule_id = ${ruleId}::uuid order by 1`)
  expect(hours.map(({ packets }) => packets)).toEqual([179n, 5n])
  const lastHits = await readLastHits(postgres, organization)
  expect(lastHits.get(ruleId)).toBe(Number(hours[1]?.hour_unix_ms))
  expect(board.counters.packetsPerSecond([one, two], ruleId, now)).toBe(0.5)

  // A stranger's node counts for its own organization, an unknown one for nobody.
  const stranger = await hosts.enroll(newId<string>(), 'elsewhere')
  await settled()
  await count(stranger, 'a', 1000)
  await count(newId<string>(), 'a', 1000)
  expect(await total()).toMatchObject({ ingressPackets: 184 })
  await board.feed.stop()
})

test('watched time is kept by the hour', async () => {
  const nodeId = newId<string>()
  const { firewalls, feed } = await started()
  for (let i = 0; i < 4; i++) {
    now += 10_000
    hosts.report(nodeId, { instanceId: 'a', sentAtUnixMs: now, firewall: proven(1) })
    await vi.waitFor(() => expect(firewalls.node(nodeId)?.lastSeenUnixMs).toBe(now))
    await feed.flush()
  }
  const days = (await readCoverage(postgres, [nodeId], now - hourMs)).get(nodeId)
  expect([...(days ?? [])]).toEqual([[Math.floor(now / (24 * hourMs)), 30_000]])
  expect(await readCoverage(postgres, [nodeId], now + hourMs)).toEqual(new Map())
  await feed.stop()
})

test('while the database is away, nothing that was said is lost', async () => {
  const nodeId = newId<string>()
  const { firewalls, feed } = await started()
  hosts.report(nodeId, { instanceId: 'a', sentAtUnixMs: 1, firewall: proven(3) })
  await vi.waitFor(() => expect(firewalls.node(nodeId)).toBeDefined())
  await postgres.execute(sql`alter table rules.acknowledgements rename to away`)
  await expect(feed.flush()).rejects.toThrow()
  await postgres.execute(sql`alter table rules.away rename to acknowledgements`)
  await feed.flush()
  expect(await readAcknowledgement(postgres, nodeId, now + 1)).toMatchObject({
    ruleSetSequence: 3n,
  })
  await feed.stop()
})
