import { newId, uuidToBytes } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import { holdfast } from '@holdfast/proto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { person } from './testing/calls.ts'
import { type Suite, startSuite } from './testing/suite.ts'

// Questions about rules, and what hosts prove and count of them: a real log, a real database, real telemetry.

const { FlowDirection, FlowVerdict, FirewallBackend } = holdfast.agent.v1
const { Action, Direction, Expectation, Protocol, TargetKind } = holdfast.rules.v1
const everything = { kind: TargetKind.TARGET_KIND_EVERYTHING }

let suite: Suite
beforeAll(async () => {
  suite = await startSuite()
  await suite.start()
}, 120_000)
afterAll(async () => await suite?.close())

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'no error'
  } catch (error) {
    return error instanceof DomainError ? error.code : String(error)
  }
}

/** An organization with two nodes, each with an interface and a peer at 10.20.<n>.2. */
async function world() {
  const organization = await suite.createOrganization(`org ${newId<string>()}`)
  const nodes = []
  for (const n of [1, 2]) {
    const nodeId = await suite.hosts.enroll(organization, `gw-${n}`)
    const interfaceId = await suite.hosts.createInterface(organization, nodeId, { name: `wg${n}` })
    const peer = { name: `laptop-${n}`, addresses: [`10.20.${n}.2`] }
    await suite.hosts.addPeer(organization, nodeId, interfaceId, peer)
    nodes.push({ nodeId, interfaceId })
  }
  await suite.settled()
  const [one, two] = nodes
  if (!one || !two) throw new Error('two were made')
  const rule = async (name: string, settings: holdfast.rules.v1.RuleSettings.$Properties) => {
    const { rule: made } = await suite.rules.createRule({
      organization,
      settings: { priority: 100, isActive: true, target: everything, name, ...settings },
    })
    await suite.settled()
    if (!made?.id) throw new Error('no rule')
    return { ...made, id: made.id }
  }
  return { organization, one, two, rule }
}
const deny = { action: Action.ACTION_DENY }
const allow = { action: Action.ACTION_ALLOW }

const packet = (source: string, port = 5432) => ({
  source,
  destination: '10.10.0.5',
  protocol: 'tcp',
  sourcePort: 40_000,
  destinationPort: port,
  direction: FlowDirection.FLOW_DIRECTION_INGRESS,
})

/** The node proves everything up to a sequence. */
function prove(nodeId: string, sequence: bigint | number, more: object = {}) {
  const version = Buffer.alloc(32, Number(sequence) % 251)
  suite.hosts.report(nodeId, {
    agentVersion: '1',
    instanceId: 'a',
    sentAtUnixMs: suite.clock.now(),
    firewall: {
      backend: FirewallBackend.FIREWALL_BACKEND_BPF,
      ruleSetSequence: Number(sequence),
      policyVersion: version,
      observedVersion: version,
      isEnforced: true,
      provenAtUnixMs: suite.clock.now(),
      ...more,
    },
  })
  return version
}

test('a rule says on which nodes it is proved, and what it hit there', async () => {
  const { organization, one, two, rule } = await world()
  const { id } = await rule('no-db', { ...deny, protocol: Protocol.PROTOCOL_TCP })
  const enforcement = async () =>
    (await suite.rules.getRule({ rule: id, withCounters: true })).rule?.enforcement
  expect(await enforcement()).toMatchObject({ nodes: 2, enforced: 0 })
  const head = await suite.log.head()
  prove(one.nodeId, head)
  prove(two.nodeId, head - 1n)
  await vi.waitFor(async () => expect(await enforcement()).toMatchObject({ enforced: 1 }))
  await vi.waitFor(async () =>
    expect((await enforcement())?.troubles).toMatchObject([
      { nodeName: 'gw-2', reason: `has the rules as of ${head - 1n}, not yet of ${head}` },
    ]),
  )
  for (const { nodeId } of [one, two]) {
    const direction = FlowDirection.FLOW_DIRECTION_INGRESS
    const counters = [{ ruleId: uuidToBytes(id), direction, packets: 5, bytes: 500 }]
    suite.hosts.count(nodeId, { instanceId: 'a', sentAtUnixMs: 1, counters })
  }
  await vi.waitFor(async () => {
    const { rule: found } = await suite.rules.getRule({ rule: id, withCounters: true })
    expect(found?.counters).toMatchObject({ ingressPackets: 10, ingressBytes: 1000 })
  })
  const { rules: listed } = await suite.rules.listRules({
    organizationId: organization,
    nodeId: two.nodeId,
  })
  expect(listed?.map((found) => found.settings?.name)).toEqual(['no-db'])
})

test('an applied change is confirmed only once every node has proved it, unless by force', async () => {
  const { organization, one, two, rule } = await world()
  await rule('first', deny)
  const operations = [
    {
      kind: holdfast.rules.v1.StagedOperationKind.STAGED_OPERATION_KIND_CREATE,
      settings: { name: 'second', priority: 7, isActive: true, target: everything, ...allow },
    },
  ]
  await suite.changeSets.applyChangeSet({ organization, operations, confirmWithinSeconds: 60 })
  await suite.settled()
  const head = await suite.log.head()
  prove(one.nodeId, head)
  expect(await codeOf(suite.changeSets.confirmChangeSet({ organization }))).toBe(
    'rules.not_enforced_everywhere',
  )
  prove(two.nodeId, head)
  await vi.waitFor(async () =>
    expect(await codeOf(suite.changeSets.confirmChangeSet({ organization }))).toBe('no error'),
  )
})

test('a test that would fail blocks the write, and nothing else', async () => {
  const { organization, rule } = await world()
  await rule('guests', { ...deny, source: '10.20.0.0/16', direction: Direction.DIRECTION_BOTH })
  const save = (more: object = {}) =>
    suite.policy.savePolicyTest({
      organization,
      test: {
        name: 'guests never reach the database',
        protocol: Protocol.PROTOCOL_TCP,
        source: '10.20.0.0/16',
        destination: '10.10.0.5/32',
        destinationPorts: { from: 5432, to: 5432 },
        expectation: Expectation.EXPECTATION_DROP,
        ...more,
      },
    })
  expect(await codeOf(save({ name: 'wrong', expectation: Expectation.EXPECTATION_PASS }))).toBe(
    'rules.policy_test_failed',
  )
  const { test: saved } = await save()
  const hole = { ...allow, source: '10.20.1.2/32', priority: 500 }
  expect(await codeOf(rule('hole', hole))).toBe('rules.policy_test_failed')
  expect(await codeOf(rule('elsewhere', { ...hole, source: '10.30.0.0/16' }))).toBe('no error')
  // It was written before there was such a test, or by force: the service starts and answers all the same.
  const again = await suite.another()
  await again.start()
  await again.stop()
  const { results } = await suite.policy.runPolicyTests({ organization })
  expect(results).toMatchObject([{ isPassed: true, test: { id: saved?.id } }])
  await suite.policy.deletePolicyTest({ id: saved?.id ?? '' })
  expect(await codeOf(rule('hole', hole))).toBe('no error')
  await suite.settled()
  expect((await suite.policy.listPolicyTests({ organizationId: organization })).tests).toEqual([])
})

test('a test looks back: when it did not hold, and which commit made it so', async () => {
  const { organization, rule } = await world()
  const guests = { ...deny, source: '10.20.0.0/16', direction: Direction.DIRECTION_BOTH }
  await rule('guests', guests)
  const start = await suite.log.head()
  const { id } = await rule('hole', { ...allow, source: '10.20.1.2/32', priority: 500 })
  const opened = await suite.log.head()
  await suite.rules.deleteRule({ id })
  const closed = await suite.log.head()
  await suite.policy.savePolicyTest({
    organization,
    test: {
      name: 'guests stay out',
      source: '10.20.0.0/16',
      expectation: Expectation.EXPECTATION_DROP,
    },
  })
  await suite.settled()
  const run = (more: object) => suite.policy.runPolicyTests({ organization, ...more })
  const { results } = await run({ fromSequence: Number(start) })
  expect(results?.[0]).toMatchObject({
    isPassed: true,
    violations: [
      {
        fromSequence: Number(opened),
        toSequence: Number(closed),
        ruleId: id,
        witness: { source: '10.20.1.2' },
      },
    ],
  })
  const then = await run({ atSequence: Number(opened) })
  expect(then.results?.[0]).toMatchObject({ isPassed: false, ruleId: id })
  const draft = await suite.changeSets.openChangeSet({ organization, name: 'try' })
  expect(await codeOf(run({ fromSequence: 1, changeSetId: draft.changeSet?.id ?? '' }))).toBe(
    'invalid',
  )
})

test('a packet is judged now, in the past and on a draft, and the way there is shown', async () => {
  const { organization, one, rule } = await world()
  const { id } = await rule('no-db', {
    ...deny,
    protocol: Protocol.PROTOCOL_TCP,
    destinationPorts: { from: 5432, to: 5432 },
  })
  const before = await suite.log.head()
  const draft = await suite.changeSets.openChangeSet({ organization, name: 'open the database' })
  const changeSetId = draft.changeSet?.id ?? ''
  await suite.rules.createRule({
    organization,
    changeSetId,
    settings: { name: 'dba', priority: 900, isActive: true, target: everything, ...allow },
  })
  const ask = async (more: object = {}) => {
    const question = { organization, interface: 'wg1', packet: packet('10.20.1.2'), ...more }
    return (await suite.policy.simulatePackets(question)).verdicts?.[0]
  }
  expect(await ask()).toMatchObject({
    verdict: FlowVerdict.FLOW_VERDICT_DROP,
    ruleId: id,
    ruleName: 'no-db',
    decidedBy: 'rule',
    trace: [{ ruleName: 'no-db', isMatch: true }],
  })
  expect(await ask({ packet: packet('10.20.1.2', 80) })).toMatchObject({
    verdict: FlowVerdict.FLOW_VERDICT_PASS,
    decidedBy: 'default',
    trace: [{ isMatch: false, reason: 'destination port 80 is outside 5432' }],
  })
  expect(await ask({ changeSetId })).toMatchObject({ ruleName: 'dba' })
  await suite.rules.deleteRule({ id })
  await suite.settled()
  expect(await ask()).toMatchObject({ decidedBy: 'default' })
  expect(await ask({ atSequence: Number(before) })).toMatchObject({ ruleId: id })
  expect(await codeOf(ask({ packet: packet('10.20.1.2/32') }))).toBe('invalid')
  expect(await codeOf(ask({ interface: 'wg9' }))).toBe('rules.device_not_found')
  expect(await codeOf(ask({ interface: '', node: 'gw-1' }))).toBe('rules.device_not_found')
  expect(await ask({ interface: one.interfaceId })).toBeDefined()
  const stranger = { caller: person('VIEWER', newId()) }
  const question = { organization, interface: 'wg1', packet: packet('10.20.1.2') }
  expect(await codeOf(suite.policy.simulatePackets(question, stranger))).toBe(
    'rules.organization_not_found',
  )
})

test('the firewall of a node, as meant and as acknowledged, now and then', async () => {
  const { one, rule } = await world()
  const { id } = await rule('old', deny)
  const then = await suite.log.head()
  prove(one.nodeId, then)
  const ask = (more: object = {}) => suite.policy.getNodePolicy({ node: one.nodeId, ...more })
  await vi.waitFor(async () =>
    expect((await ask()).acknowledged?.ruleSetSequence).toBe(Number(then)),
  )
  suite.clock.advance(60_000)
  await suite.rules.deleteRule({ id })
  await rule('new', { ...deny, priority: 5 })
  const now = await suite.log.head()
  const version = prove(one.nodeId, now, { isEnforced: false, error: 'the verifier refused' })
  await vi.waitFor(async () =>
    expect(await ask()).toMatchObject({
      devices: [{ device: 'wg1', defaultVerdict: 'pass', rules: [{ settings: { name: 'new' } }] }],
      ruleSetSequence: Number(now),
      acknowledged: { isEnforced: false, error: 'the verifier refused', policyVersion: version },
    }),
  )
  const past = await suite.policy.getNodePolicy({ node: one.nodeId }, { at: then })
  expect(past.devices?.[0]?.rules).toMatchObject([{ id, settings: { name: 'old' } }])
  expect(past.ruleSetSequence).toBe(Number(then))
  expect(await codeOf(ask({ node: 'gw-9' }))).toBe('rules.node_not_found')
  suite.clock.reset()
})

test('why a packet was dropped then: the rule, its author, and whether the node enforced it', async () => {
  const { organization, one, rule } = await world()
  const { id } = await rule('block-scanner', { ...deny, source: '192.0.2.0/24' })
  const sequence = await suite.log.head()
  prove(one.nodeId, sequence)
  const askedAt = Date.now()
  const why = (more: object = {}) =>
    suite.policy.explainFlow({
      organization,
      interface: 'wg1',
      packet: packet('192.0.2.7'),
      atUnixMs: 0,
      ...more,
    })
  await vi.waitFor(async () => expect((await why()).wasEnforced).toBe(true))
  expect(await why()).toMatchObject({
    verdict: { verdict: FlowVerdict.FLOW_VERDICT_DROP, ruleName: 'block-scanner' },
    rule: { id },
    lastChange: { ruleId: id, actorKind: 'user', sequence: Number(sequence) },
    ruleSetSequence: Number(sequence),
    remark: 'on wg1 of gw-1',
  })
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(askedAt))
  await suite.rules.deleteRule({ id })
  await suite.settled()
  expect((await why()).verdict).toMatchObject({ decidedBy: 'default', ruleId: '' })
  expect(await why({ atUnixMs: askedAt })).toMatchObject({ rule: { id } })
  expect(await codeOf(why({ atUnixMs: Date.now() + 3_600_000 }))).toBe('invalid')
})

test('rules that deserve a second look are named with a proof', async () => {
  const { organization, rule } = await world()
  const wide = await rule('wide', { ...deny, source: '10.0.0.0/8', priority: 500 })
  const narrow = await rule('narrow', { ...allow, source: '10.1.0.0/16' })
  const { findings } = await suite.policy.analyzeRules({ organization })
  expect(findings).toMatchObject([
    { kind: 'shadowed', ruleId: narrow.id, ruleName: 'narrow', otherRuleIds: [wide.id] },
  ])
  expect(findings?.[0]?.witness?.source).toMatch(/^10\.1\./)
})

test('a dry run asks audit, and says so when it is away', async () => {
  const { organization, rule } = await world()
  const { id } = await rule('any', deny)
  const operations = [
    {
      kind: holdfast.rules.v1.StagedOperationKind.STAGED_OPERATION_KIND_DELETE,
      ruleId: id,
    },
  ]
  const ask = (more: object) => codeOf(suite.policy.dryRunChange({ organization, ...more }))
  expect(await ask({ operations })).toBe('test.audit_away')
  expect(await ask({})).toBe('invalid')
  const viewer = { caller: person('VIEWER', organization) }
  expect(await codeOf(suite.policy.dryRunChange({ organization, operations }, viewer))).toBe(
    'test.audit_away',
  )
})

test('what packets may do at one sequence that they may not at the other', async () => {
  const { organization, one, rule } = await world()
  const start = await suite.log.head()
  const { id } = await rule('no-db', {
    ...deny,
    protocol: Protocol.PROTOCOL_TCP,
    destination: '10.10.0.5/32',
    destinationPorts: { from: 5432, to: 5432 },
    target: { kind: TargetKind.TARGET_KIND_NODE, id: one.nodeId },
  })
  const closed = await suite.log.head()
  await suite.rules.deleteRule({ id })
  const ask = (more: object) =>
    suite.policy.compareAccess({
      organizationId: organization,
      fromSequence: Number(start),
      ...more,
    })
  expect(await ask({ toSequence: Number(closed) })).toMatchObject({
    fromSequence: Number(start),
    toSequence: Number(closed),
    omitted: [],
    differences: [
      {
        sentence:
          'anyone no longer reaches 10.10.0.5 on 5432/tcp (rule no-db), in through wg1 of gw-1',
        beforeBy: 'default',
        afterRuleId: id,
      },
    ],
  })
  expect(await ask({})).toMatchObject({ differences: [], omitted: [] })
  expect((await ask({ fromSequence: Number(closed) })).differences).toMatchObject([
    { before: 'drop', beforeBy: 'no-db', after: 'pass', afterBy: 'default' },
  ])
  expect(await codeOf(ask({ fromSequence: 0 }))).toBe('invalid')
  expect(await codeOf(ask({ fromSequence: Number(closed), toSequence: Number(start) }))).toBe(
    'invalid',
  )
  expect(await codeOf(ask({ toSequence: Number(closed) + 1_000 }))).toBe('invalid')
  expect(await codeOf(ask({ limit: 5_000 }))).toBe('invalid')
  expect(await codeOf(ask({ node: 'gw-9' }))).toBe('rules.node_not_found')
})
