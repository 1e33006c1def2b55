import { newId } from '@holdfast/domain'
import { holdfast } from '@holdfast/proto'
import type { JsonObject } from '@holdfast/snapshot'
import { collectAll, contributeTo, counted, promisesIn, type Way } from '@holdfast/snapshot/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CallOptions, person } from '../testing/calls.ts'
import { codeOf, type Settings, speakTo } from '../testing/speak.ts'
import { type Suite, startSuite } from '../testing/suite.ts'

const { Action, Direction, Expectation, Protocol, TargetKind: Kind } = holdfast.rules.v1

/** Imports are one person's: a command that comes again from somebody else is another one. */
const importer = person('SUPER_ADMIN', '*')

let suite: Suite
let say: ReturnType<typeof speakTo>
beforeAll(async () => {
  suite = await startSuite()
  say = speakTo(suite)
}, 120_000)
afterAll(async () => await suite?.close())

const collect = async (contributor: string, organizationId: string, more = {}) =>
  (await collectAll(suite.contributors, contributor, organizationId, more)).records

const contribute = (
  contributor: string,
  organizationId: string,
  records: readonly unknown[],
  way: Way = {},
  options: CallOptions = { caller: importer },
) => contributeTo(suite.contributors, contributor, organizationId, records, way, options)

/** An organization with a site, a host, an interface and a peer, called alike everywhere. */
async function placed() {
  const { id: organizationId } = await say.newOrganization()
  const { hosts } = suite
  const siteId = await suite.createSite(organizationId, 'Berlin')
  const nodeId = await hosts.enroll(organizationId, 'gw-1', { siteId })
  const interfaceId = await hosts.createInterface(organizationId, nodeId, { name: 'wg0' })
  const peer = { name: 'laptop', addresses: ['10.9.0.2'] }
  const peerId = await hosts.addPeer(organizationId, nodeId, interfaceId, peer)
  await suite.settled()
  return { organizationId, siteId, nodeId, interfaceId, peerId }
}
type Place = Awaited<ReturnType<typeof placed>>

/** Rules for everything a rule can be for, with every field somewhere, and tests. */
async function furnish({ organizationId, siteId, nodeId, interfaceId, peerId }: Place) {
  const rule = (name: string, more: Settings) => say.newRule(name, more, organizationId)
  await rule('Everything', { priority: 10 })
  await rule('at the site', {
    target: { kind: Kind.TARGET_KIND_SITE, id: siteId },
    tags: ['b', 'a'],
    description: 'two\nlines',
  })
  await rule('on the node', {
    target: { kind: Kind.TARGET_KIND_NODE, id: nodeId },
    expiresAtUnixMs: 4e12,
    isActive: false,
  })
  await rule('uplinks', { target: { kind: Kind.TARGET_KIND_UPLINKS, id: nodeId } })
  await rule('interface', {
    target: { kind: Kind.TARGET_KIND_INTERFACE, id: interfaceId },
    protocol: Protocol.PROTOCOL_TCP,
    sourcePorts: { from: 0, to: 0 },
    destinationPorts: { from: 80, to: 443 },
    source: '10.0.0.0/8',
    destination: '192.0.2.0/24',
  })
  await rule('peer', {
    target: { kind: Kind.TARGET_KIND_PEER, id: peerId },
    action: Action.ACTION_RATE_LIMIT,
    rate: { pps: 10, burst: 20, scope: 2 },
    priority: 900,
    logs: true,
  })
  for (const target of [
    { kind: Kind.TARGET_KIND_EVERYTHING, id: '' },
    { kind: Kind.TARGET_KIND_PEER, id: peerId },
  ]) {
    await suite.policy.savePolicyTest({
      organization: organizationId,
      test: {
        name: `stays out ${target.kind}`,
        source: '203.0.113.0/24',
        expectation: Expectation.EXPECTATION_DROP,
        direction: Direction.DIRECTION_INGRESS,
        target,
      },
    })
  }
  await suite.settled()
}

const rule = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  action: 'deny',
  priority: 100,
  ...more,
})

test('what is collected, contributed and collected again is the same, in order; twice changes nothing', async () => {
  const [from, to] = [await placed(), await placed()]
  await furnish(from)
  const importId = newId<string>()
  const records = new Map<string, JsonObject[]>()
  for (const section of ['rules.rules', 'rules.tests']) {
    const all = await collectAll(suite.contributors, section, from.organizationId, { pageSize: 1 })
    expect(all.sequences.size).toBe(1)
    records.set(section, all.records)
    const made = await contribute(section, to.organizationId, all.records, { importId })
    expect(counted(made)).toEqual({ created: all.records.length })
    await suite.settled()
  }
  expect(records.get('rules.rules')).toHaveLength(6)
  expect(JSON.stringify([...records])).not.toMatch(/"(\w+_)?id"|revision|[0-9a-f]{8}-[0-9a-f]{4}-/)
  for (const [section, found] of records) {
    expect(await collect(section, to.organizationId)).toEqual(found)
  }
  const targets = (await say.all(to.organizationId)).map(({ settings: said }) => said?.target?.id)
  expect(targets).toEqual([to.peerId, to.siteId, to.nodeId, to.nodeId, to.interfaceId, ''])
  const head = await suite.log.head()
  for (const [section, found] of records) {
    const repeated = await contribute(section, to.organizationId, found, { importId })
    expect(counted(repeated)).toEqual({ created: found.length })
    const other = await contribute(section, to.organizationId, found)
    expect(new Set(other.map(({ code }) => code))).toEqual(new Set(['backup.exists']))
    const over = await contribute(section, to.organizationId, found, { overwritesExisting: true })
    expect(new Set(over.map(({ code }) => code))).toEqual(new Set(['backup.unchanged']))
  }
  expect(await suite.log.head()).toBe(head)
  const changed = (records.get('rules.rules') ?? []).map((one) => ({ ...one, priority: 7 }))
  const over = await contribute('rules.rules', to.organizationId, changed, {
    overwritesExisting: true,
  })
  expect(counted(over)).toEqual({ updated: 6 })
  expect(await suite.log.head()).toBe(head + 1n)
  const commits = await say.commitsOf(to.organizationId)
  expect(commits.at(-1)).toMatchObject({ actor: { kind: 'user', id: importer.actor.id } })
  expect(commits.at(-1)?.reason).toMatch(/^import /)
})

test('a dry run says what the import does, and writes nothing; promises stand for what is yet to be made', async () => {
  const [from, to] = [await placed(), await placed()]
  await furnish(from)
  const rules = [
    ...(await collect('rules.rules', from.organizationId)),
    rule('nowhere', { target: { kind: 'node', node: 'gw-9' } }),
    rule('over', { expires_at: '2020-01-01T00:00:00Z' }),
    rule('no packet', { src: '10.0.0.0/8', dst: 'fd00::/8' }),
    rule('OVER', { expires_at: '2020-01-01T00:00:00Z' }),
    rule('everything'),
  ]
  const tests = await collect('rules.tests', from.organizationId)
  const head = await suite.log.head()
  const importId = newId<string>()
  const dry = { importId, isDryRun: true }
  const rehearsed = await contribute('rules.rules', to.organizationId, rules, dry)
  const promised = promisesIn(rehearsed)
  const rehearsedTests = await contribute('rules.tests', to.organizationId, tests, {
    ...dry,
    promised,
  })
  expect(await suite.log.head()).toBe(head)
  const real = await contribute('rules.rules', to.organizationId, rules, { importId })
  expect(real).toEqual(rehearsed)
  expect(real.slice(6).map(({ code }) => code)).toEqual([
    'backup.reference_missing',
    'rules.rule_expired',
    'invalid.family_mismatch',
    'rules.rule_expired',
    'backup.exists',
  ])
  const realTests = await contribute('rules.tests', to.organizationId, tests, { importId })
  expect(rehearsedTests.map(({ code }) => code)).toEqual(tests.map(() => 'rules.test_judged_later'))
  expect(realTests.map(({ outcome }) => outcome)).toEqual(
    rehearsedTests.map(({ outcome }) => outcome),
  )

  // Nothing there at all, and an organization that is yet to be made.
  const { id: empty } = await say.newOrganization()
  for (const where of [empty, '']) {
    const lost = await contribute('rules.rules', where, rules.slice(0, 6), { isDryRun: true })
    expect(counted(lost)).toEqual({ created: 1, skipped: 5 })
    const found = await contribute('rules.rules', where, rules.slice(0, 6), {
      isDryRun: true,
      promised: [
        'site/berlin',
        'node/gw-1',
        'interface/wg0@gw-1 10.9.0.1/24',
        'peer/laptop@wg0@gw-1',
      ],
    })
    expect(counted(found)).toEqual({ created: 6 })
  }
})

test('an import that was cut off goes on where it was, however its pages are cut then', async () => {
  const to = await placed()
  const importId = newId<string>()
  const records = Array.from({ length: 30 }, (_, i) => rule(`rule ${i}`, { priority: i }))
  const { organizationId } = to
  await contribute('rules.rules', organizationId, records.slice(0, 20), { importId })
  const rest = await contribute('rules.rules', organizationId, records.slice(10), {
    importId,
    first: 10,
  })
  expect(counted(rest)).toEqual({ created: 20 })
  await suite.settled()
  expect(await say.all(organizationId)).toHaveLength(30)
  // Another import of the same finds them there.
  const other = await contribute('rules.rules', organizationId, records)
  expect(new Set(other.map(({ code }) => code))).toEqual(new Set(['backup.exists']))
  // A place of an import makes one rule, once, whoever brings what there.
  const head = await suite.log.head()
  const thief = { caller: person('SUPER_ADMIN', '*') }
  const stolen = await contribute(
    'rules.rules',
    organizationId,
    [rule('theirs')],
    { importId, first: 29 },
    thief,
  )
  expect(stolen).toMatchObject([{ outcome: 'created' }])
  await suite.settled()
  expect(await suite.log.head()).toBe(head)
  expect(await say.all(organizationId)).toHaveLength(30)
})

test('what a policy test or a change that waits stands against is refused, and nothing of it is made', async () => {
  const to = await placed()
  await suite.policy.savePolicyTest({
    organization: to.organizationId,
    test: { name: 'open', source: '10.20.0.0/16', expectation: Expectation.EXPECTATION_PASS },
  })
  await suite.settled()
  const records = [rule('harmless', { src: '10.1.0.0/16' }), rule('shut', { src: '10.20.0.0/16' })]
  for (const isDryRun of [true, false]) {
    const found = await contribute('rules.rules', to.organizationId, records, { isDryRun })
    expect(found.map(({ code }) => code)).toEqual([
      'rules.policy_test_failed',
      'rules.policy_test_failed',
    ])
  }
  await suite.settled()
  expect(await say.all(to.organizationId)).toEqual([])
  const wrong = { name: 'wrong', src: '10.20.0.0/16', expect: 'drop' }
  for (const isDryRun of [true, false]) {
    expect(await contribute('rules.tests', to.organizationId, [wrong], { isDryRun })).toMatchObject(
      [{ outcome: 'refused', code: 'rules.policy_test_failed' }],
    )
  }
})

test('nobody climbs by a record: foreign organizations, ids of others, fields that are not theirs', async () => {
  const [a, b] = [await placed(), await placed()]
  for (const caller of [
    person('ORG_ADMIN', b.organizationId),
    person('OPERATOR', '*'),
    person('SUPER_ADMIN', a.organizationId),
  ]) {
    const work = contribute('rules.rules', b.organizationId, [rule('x')], {}, { caller })
    await expect(work).rejects.toThrow(/access/)
  }
  const [foreign, byId, crafted, unknownKind, nested] = await contribute(
    'rules.rules',
    b.organizationId,
    [
      rule('foreign', { organization_id: a.organizationId }),
      rule('by id', { target: { kind: 'node', node: a.nodeId } }),
      rule('crafted', {
        id: newId<string>(),
        revision: 9,
        order: 0,
        created_by: 'root',
        is_lockout_allowed: true,
        target: { kind: 'peer', peer: 'laptop', interface: 'wg0', node: 'gw-1', id: a.peerId },
      }),
      rule('kind', { target: { kind: 'universe' } }),
      rule('nested', { target: { kind: 'everything', organization: a.organizationId } }),
    ],
  )
  expect(foreign).toMatchObject({ outcome: 'refused', code: 'backup.foreign_organization' })
  expect(byId).toMatchObject({ outcome: 'skipped', code: 'backup.reference_missing' })
  expect(crafted).toMatchObject({ outcome: 'created', code: 'backup.fields_stripped' })
  for (const field of ['id', 'revision', 'created_by', 'target.id']) {
    expect(crafted?.detail).toContain(field)
  }
  expect(unknownKind).toMatchObject({ outcome: 'refused', code: 'backup.record_invalid' })
  expect(nested).toMatchObject({ outcome: 'refused', code: 'backup.record_invalid' })
  await suite.settled()
  const [made, ...others] = await say.all(b.organizationId)
  expect(others).toEqual([])
  expect(made?.settings?.target?.id).toBe(b.peerId)
  expect(await say.all(a.organizationId)).toEqual([])
  // A node of another organization takes nothing.
  const gone = rule('elsewhere', { target: { kind: 'node', node: 'gw-9' } })
  expect(
    await contribute('rules.rules', b.organizationId, [gone], { targetNodeId: a.nodeId }),
  ).toMatchObject([{ code: 'backup.reference_missing' }])
  expect(
    await contribute('rules.rules', b.organizationId, [gone], { targetNodeId: b.nodeId }),
  ).toMatchObject([{ outcome: 'created' }])
  const siteOf = (targetSiteId: string) =>
    contribute(
      'rules.rules',
      b.organizationId,
      [rule('of a site', { target: { kind: 'site', site: 'Rome' } })],
      { targetSiteId },
    )
  expect(await siteOf(a.siteId)).toMatchObject([{ code: 'backup.reference_missing' }])
  expect(await siteOf(b.siteId)).toMatchObject([{ outcome: 'created' }])
  expect(await codeOf(contribute('rules.rules', b.organizationId, [rule('x')], { major: 2 }))).toBe(
    'invalid',
  )
})

test('10,000 rules go over in a commit a page', async () => {
  const [from, to] = [await placed(), await placed()]
  const importId = newId<string>()
  const records = Array.from({ length: 10_000 }, (_, i) =>
    rule(`rule ${i}`, {
      src: `10.${i >> 8}.${i & 255}.0/24`,
      priority: i % 1000,
      target: { kind: 'peer', peer: 'laptop', interface: 'wg0', node: 'gw-1' },
    }),
  )
  const bring = async (organizationId: string, list: readonly unknown[]) => {
    for (let first = 0; first < list.length; first += 1000) {
      const page = list.slice(first, first + 1000)
      const found = await contribute('rules.rules', organizationId, page, { importId, first })
      expect(counted(found)).toEqual({ created: 1000 })
    }
  }
  await bring(from.organizationId, records)
  await suite.settled()
  const started = performance.now()
  const collected = await collect('rules.rules', from.organizationId)
  const between = performance.now()
  const head = await suite.log.head()
  await bring(to.organizationId, collected)
  const ended = performance.now()
  expect((await suite.log.head()) - head).toBe(10n)
  expect(await collect('rules.rules', to.organizationId)).toEqual(collected)
  process.stdout.write(
    `10,000 rules: collected in ${Math.round(between - started)} ms, contributed in ${Math.round(ended - between)} ms (10 commits)\n`,
  )
}, 60_000)
