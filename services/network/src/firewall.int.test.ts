import { newId, type OrganizationId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import { subjectOf } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nodeCodec } from './codecs/node-codec.ts'
import { StatusBoard } from './status/status-board.ts'
import { loadStatus, saveStatus } from './status/status-store.ts'
import { type Suite, startSuite } from './testing/suite.ts'

let suite: Suite
let nodeId: string
const organizationId = newId<OrganizationId>()

beforeAll(async () => {
  suite = await startSuite()
  nodeId = (await suite.enroll(organizationId)).nodeId
}, 120_000)
afterAll(async () => await suite?.close())

const pass = 1
const drop = 2
const asIs = {
  defaultVerdict: pass,
  isStateful: false,
  dropsFragments: false,
  unparsableVerdict: drop,
}

async function refusalOf(work: Promise<unknown>): Promise<DomainError> {
  try {
    await work
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
  throw new Error('it was not refused')
}

test('an interface passes what no rule decides until told otherwise, one setting at a time', async () => {
  const { interface: made } = await suite.interfaces.createInterface({
    name: 'wg-plain',
    addresses: ['10.1.0.1/24'],
  })
  expect(made?.firewall).toMatchObject(asIs)
  const id = made?.id ?? ''
  const change = (firewall: object) => suite.interfaces.updateInterface({ id, firewall })
  await change({ defaultVerdict: drop })
  await change({ isStateful: true })
  const { interface: changed } = await change({ dropsFragments: true, unparsableVerdict: pass })
  const strict = {
    defaultVerdict: drop,
    isStateful: true,
    dropsFragments: true,
    unparsableVerdict: pass,
  }
  expect(changed?.firewall).toMatchObject(strict)
  await suite.settled()
  const { interface: found } = await suite.interfaces.getInterface({ interface: id })
  expect(found).toMatchObject({ firewall: strict, revision: 4 })
  const head = await suite.log.head()
  await change({ isStateful: true })
  expect(await suite.log.head()).toBe(head)
})

test('an interface can come with its firewall, and a bad one is refused by field', async () => {
  const wish = { name: 'wg-strict', addresses: ['10.2.0.1/24'] }
  const bad = refusalOf(
    // as: a number of no verdict, which the wire would carry
    suite.interfaces.createInterface({ ...wish, firewall: { defaultVerdict: 5 as 2 } }),
  )
  expect((await bad).fields).toMatchObject([{ field: 'firewall.default_verdict' }])
  const { interface: made } = await suite.interfaces.createInterface({
    ...wish,
    firewall: { defaultVerdict: drop },
  })
  expect(made?.firewall).toMatchObject({ ...asIs, defaultVerdict: drop })
})

test('uplinks of a node are in the log, in the read model, and apart from its interfaces', async () => {
  const uplinks = [
    { device: 'eth0', firewall: { defaultVerdict: drop, isStateful: true } },
    { device: 'eth1' },
  ]
  const set = (list: object[]) => suite.nodes.updateNode({ id: nodeId, uplinks: { uplinks: list } })
  const { node } = await set(uplinks)
  const expected = [
    { device: 'eth0', firewall: { ...asIs, defaultVerdict: drop, isStateful: true } },
    { device: 'eth1', firewall: asIs },
  ]
  expect(node?.uplinks).toMatchObject(expected)
  await suite.settled()
  const { node: found } = await suite.nodes.getNode({ node: nodeId })
  expect(found?.uplinks).toMatchObject(expected)

  const named = await suite.nodes.updateNode({ id: nodeId, name: 'renamed' })
  expect(named.node?.uplinks).toHaveLength(2)
  const events = []
  for await (const commit of suite.log.history(subjectOf('network', 'node', nodeId))) {
    events.push(...commit.events.map((stored) => nodeCodec.decode(stored)))
  }
  expect(events.at(-1)).toMatchObject({
    type: 'NodeUpdated',
    name: 'renamed',
    uplinks: [{ device: 'eth0' }, { device: 'eth1' }],
  })

  await suite.interfaces.createInterface({ name: 'wg-mine', addresses: ['10.3.0.1/24'] })
  const ours = await refusalOf(set([{ device: 'eth0' }, { device: 'wg-mine' }]))
  expect(ours.fields).toMatchObject([{ field: 'uplinks[1].device', code: 'is_interface' }])
  await set([{ device: 'wg-later' }])
  const taken = { name: 'wg-later', addresses: ['10.4.0.1/24'] }
  expect((await refusalOf(suite.interfaces.createInterface(taken))).code).toBe(
    'network.device_is_uplink',
  )
  expect((await set([])).node?.uplinks).toEqual([])
  await suite.interfaces.createInterface(taken)
})

test("a node shows its agent's last word about the firewall, and still does after a restart", async () => {
  const report = (more: object) =>
    holdfast.agent.v1.NodeReport.encode({
      nodeId,
      agentVersion: '1',
      instanceId: 'a',
      appliedSequence: 1,
      ...more,
    }).finish()
  const firewall = {
    backend: 2,
    isEnforced: false,
    policyVersion: new Uint8Array(32).fill(1),
    troubles: [{ ruleId: newId<string>(), reason: 'the verifier refused it' }],
    capabilities: [{ name: 'tcx', isAvailable: false, reason: 'needs Linux 6.6' }],
  }
  const shown = async () => (await suite.nodes.getNode({ node: nodeId })).node?.firewall
  expect(await shown()).toBeFalsy()
  suite.report(nodeId, report({ sentAtUnixMs: 1, firewall }))
  suite.report(nodeId, report({ sentAtUnixMs: 2 }))
  expect(await shown()).toMatchObject(firewall)
  const { nodes } = await suite.nodes.listNodes({})
  expect(nodes?.[0]?.firewall).toMatchObject(firewall)

  const board = new StatusBoard()
  board.take(nodeId, report({ sentAtUnixMs: 3, firewall }), 3)
  await saveStatus(suite.postgres, board)
  const restarted = new StatusBoard()
  await loadStatus(suite.postgres, restarted)
  expect(restarted.node(nodeId)?.firewall).toMatchObject(firewall)
  restarted.take(nodeId, report({ sentAtUnixMs: 4 }), 4)
  expect(restarted.node(nodeId)?.firewall).toMatchObject(firewall)
})

test('the read models equal a replay from the first commit', async () => {
  await suite.settled()
  for (const name of ['network.nodes', 'network.interfaces']) {
    const live = await suite.projections.hash(name)
    await suite.projections.rebuild(name)
    expect(await suite.projections.hash(name)).toBe(live)
  }
})
