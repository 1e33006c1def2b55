import { DomainError } from '@holdfast/errors'
import type { Commit } from '@holdfast/event-log'
import { policyVersion, resolve, rulesOn } from '@holdfast/policy'
import { Random } from '@holdfast/policy/testing'
import { holdfast } from '@holdfast/proto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { settingsMessage, testMessage } from './codecs/rule-message.ts'
import { ruleSetAt } from './queries/rule-sets.ts'
import { NaiveReplay } from './testing/naive-replay.ts'
import { settings } from './testing/speak.ts'
import { type Suite, startSuite } from './testing/suite.ts'
import { openTopology } from './topology/topology.ts'

// A random history on a real log and a real database; then every read as of random moments, held against a naive fold
// of the commits up to then.

const steps = Number(process.env['HOLDFAST_TEST_STEPS'] ?? 1200)
const moments = Number(process.env['HOLDFAST_TEST_MOMENTS'] ?? 220)
const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? Date.now() % 1_000_000)
const v1 = holdfast.rules.v1
const kinds = v1.StagedOperationKind

let suite: Suite
beforeAll(async () => {
  suite = await startSuite()
}, 180_000)
afterAll(async () => await suite?.close())

/** What a person may be refused for is part of a random life. */
const mayFail = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work
  } catch (error) {
    if (error instanceof DomainError) return undefined
    throw error
  }
}

/** Everything that can happen to one organization, as it comes. */
async function life(random: Random, organization: string) {
  const rules: string[] = []
  const drafts: string[] = []
  const tests: string[] = []
  const sequences: bigint[] = []
  const nodes: { id: string; interfaces: { id: string; peers: string[] }[] }[] = []
  const net = () => `10.${random.below(4)}.${random.below(4)}.0/24`
  const target = () => {
    const node = nodes.length > 0 ? random.pick(nodes) : undefined
    const place = node?.interfaces[0]
    const peer = place?.peers[0]
    const kind = v1.TargetKind
    const everything = { kind: kind.TARGET_KIND_EVERYTHING, id: '' }
    return random.weighted([
      [everything, 4],
      [node ? { kind: kind.TARGET_KIND_NODE, id: node.id } : everything, 1],
      [place ? { kind: kind.TARGET_KIND_INTERFACE, id: place.id } : everything, 1],
      [peer ? { kind: kind.TARGET_KIND_PEER, id: peer } : everything, 1],
    ])
  }
  const words = (name: string) => ({
    ...settings(name, { action: random.between(1, 2), priority: random.below(6) * 100 }),
    direction: random.between(1, 3),
    protocol: random.between(1, 4),
    source: random.chance(0.5) ? net() : '',
    destination: random.chance(0.5) ? net() : '',
    isActive: random.chance(0.9),
    target: target(),
    expiresAtUnixMs: random.chance(0.1) ? Date.now() + random.between(1_000, 60_000) : 0,
    tags: random.chance(0.3) ? ['office'] : [],
  })
  let names = 0
  const name = () => `rule-${names++}`
  const rule = () => (rules.length > 0 ? random.pick(rules) : '')
  const operation = () =>
    random.chance(0.4)
      ? { kind: kinds.STAGED_OPERATION_KIND_CREATE, settings: words(name()) }
      : random.chance(0.7)
        ? { kind: kinds.STAGED_OPERATION_KIND_UPDATE, ruleId: rule(), settings: words(name()) }
        : { kind: kinds.STAGED_OPERATION_KIND_DELETE, ruleId: rule() }
  const place = () => {
    const node = nodes.length > 0 ? random.pick(nodes) : undefined
    const one = node && node.interfaces.length > 0 ? random.pick(node.interfaces) : undefined
    return node && one ? { node, one } : undefined
  }
  const firewall = () => ({
    defaultVerdict: random.between(1, 2),
    isStateful: random.chance(0.3),
    dropsFragments: random.chance(0.3),
    unparsableVerdict: random.between(1, 2),
  })

  const deeds: readonly (readonly [() => Promise<unknown>, number])[] = [
    [
      async () => {
        const made = await mayFail(
          suite.rules.createRule({ organization, settings: words(name()) }),
        )
        if (!made?.rule?.id) return
        rules.push(made.rule.id)
        sequences.push(made.sequence)
      },
      14,
    ],
    [
      async () => {
        const id = rule()
        if (id === '') return
        const more = random.pick([
          { settings: { priority: random.below(6) * 100 }, fields: ['priority'] },
          { settings: { name: name() }, fields: ['name'] },
          { isToggled: true },
        ])
        const done = await mayFail(suite.rules.updateRule({ id, ...more }))
        if (done) sequences.push(done.sequence)
      },
      16,
    ],
    [async () => rule() && (await mayFail(suite.rules.deleteRule({ id: rule() }))), 5],
    [
      async () =>
        sequences.length > 0 &&
        (await mayFail(
          suite.rules.undoRuleChange({ organization, sequence: Number(random.pick(sequences)) }),
        )),
      3,
    ],
    [
      () =>
        mayFail(suite.rules.updateRuleSet({ organization, isLockoutAllowed: random.chance(0.5) })),
      2,
    ],
    [
      async () => {
        const wish = { organization, name: `draft ${names}`, operations: [operation()] }
        const made = await mayFail(suite.changeSets.openChangeSet(wish))
        if (made?.changeSet?.id) drafts.push(made.changeSet.id)
      },
      4,
    ],
    [
      async () =>
        drafts.length > 0 &&
        (await mayFail(
          suite.changeSets.stageChangeSet({
            id: drafts.at(-1) ?? '',
            operations: Array.from({ length: random.below(4) }, operation),
          }),
        )),
      4,
    ],
    [
      async () =>
        drafts[0] &&
        (await mayFail(suite.changeSets.discardChangeSet({ id: drafts.shift() ?? '' }))),
      1,
    ],
    [
      async () =>
        drafts.length > 0 &&
        (await mayFail(
          suite.changeSets.applyChangeSet({
            changeSetId: drafts.pop() ?? '',
            confirmWithinSeconds: random.chance(0.5) ? 3600 : 0,
          }),
        )),
      4,
    ],
    [
      () =>
        mayFail(
          random.chance(0.5)
            ? suite.changeSets.confirmChangeSet({ organization, force: true })
            : suite.changeSets.revertChangeSet({ organization }),
        ),
      6,
    ],
    [
      async () => {
        const test = { name: `test-${names++}`, source: net(), expectation: random.between(1, 2) }
        const saved = await mayFail(suite.policy.savePolicyTest({ organization, test }))
        if (saved?.test?.id) tests.push(saved.test.id)
      },
      1,
    ],
    [
      async () =>
        tests[0] && (await mayFail(suite.policy.deletePolicyTest({ id: tests.shift() ?? '' }))),
      2,
    ],
    [
      async () => {
        if (nodes.length >= 4) return
        const id = await suite.hosts.enroll(organization, `gw-${names++}`)
        nodes.push({ id, interfaces: [] })
      },
      1,
    ],
    [
      async () => {
        const node = nodes.length > 0 ? random.pick(nodes) : undefined
        if (!node) return
        const uplinks = [{ device: 'eth0', firewall: firewall() }].slice(0, random.below(2))
        await suite.hosts.updateNode(organization, node.id, { name: `gw-${names++}`, uplinks })
      },
      2,
    ],
    [
      async () => {
        const node = nodes.length > 0 ? random.pick(nodes) : undefined
        if (!node || node.interfaces.length >= 3) return
        const said = { name: `wg${names++}`, listenPort: random.between(50_000, 50_010) }
        const id = await suite.hosts.createInterface(organization, node.id, said)
        node.interfaces.push({ id, peers: [] })
      },
      3,
    ],
    [
      async () => {
        const there = place()
        if (!there) return
        const said = { name: `wg${names++}`, isEnabled: random.chance(0.9), firewall: firewall() }
        await suite.hosts.updateInterface(organization, there.node.id, there.one.id, said)
      },
      3,
    ],
    [
      async () => {
        const there = place()
        if (!there) return
        const said = {
          name: `peer-${names++}`,
          addresses: [`10.0.0.${random.below(250)}`],
          allowedIps: random.chance(0.3) ? [net()] : [],
          isEnabled: random.chance(0.9),
          expiresAtUnixMs: random.chance(0.2) ? Date.now() + random.between(1_000, 60_000) : 0,
        }
        const { node, one } = there
        one.peers.push(await suite.hosts.addPeer(organization, node.id, one.id, said))
      },
      12,
    ],
    [
      async () => {
        const there = place()
        const peer = there?.one.peers.shift()
        if (!there || !peer) return
        await suite.hosts.removePeer(organization, there.node.id, there.one.id, peer)
      },
      5,
    ],
    [
      async () => {
        if (nodes.length < 3) return
        const [gone] = nodes.splice(random.below(nodes.length), 1)
        if (gone) await suite.hosts.deleteNode(organization, gone.id)
      },
      1,
    ],
  ]
  return async () => await random.weighted(deeds)()
}

test(`reads as of ${moments} random moments equal a replay up to them (seed ${seed})`, async () => {
  const since = performance.now()
  const lap = (what: string) =>
    console.log(`${what} after ${Math.round((performance.now() - since) / 1000)} s`)
  const random = new Random(seed)
  const organizations: string[] = []
  const acts: (() => Promise<unknown>)[] = []
  for (const name of ['One', 'Two', 'Three']) {
    const id = await suite.createOrganization(name)
    organizations.push(id)
    acts.push(await life(new Random(random.u32()), id))
  }
  await suite.settled()
  // Side by side, so that commits of one fall between those of the others.
  await Promise.all(
    acts.map(async (act) => {
      for (let i = 0; i < steps / acts.length; i++) await act()
    }),
  )
  await suite.settled()
  lap('lived')

  const head = await suite.log.head()
  const first = 4n // below there are only organizations
  const wanted = Array.from(
    { length: moments },
    () => first + BigInt(random.below(Number(head - first + 1n))),
  ).sort((a, b) => (a < b ? -1 : 1))
  const replay = new NaiveReplay()
  const topology = openTopology({ postgres: suite.postgres, control: [], now: suite.clock.now })
  let at = 0n
  let last: Commit | undefined
  let compared = 0
  for (const moment of wanted) {
    while (at < moment) {
      at += 1n
      last = await suite.log.read(at)
      if (last) replay.take(last)
    }
    const timeUnixMs = last?.timeUnixMs ?? 0
    compared += await compare(random.pick(organizations), moment, timeUnixMs)
  }
  console.log(
    `${head} commits, ${wanted.length} moments, ${compared} things compared, seed ${seed}`,
  )
  expect(compared).toBeGreaterThan(moments * 10)

  /** Every read model, and what is compiled of them. How many things there were. */
  async function compare(organizationId: string, moment: bigint, timeUnixMs: number) {
    const options = { at: moment }
    const set = replay.sets.get(organizationId)
    const expected = (set?.inOrder() ?? []).map((rule, i) => ({
      ...rule,
      organizationId,
      settings: settingsMessage(rule.settings),
      position: i + 1,
      enforcement: null,
      counters: null,
    }))
    const found = []
    let cursor = ''
    do {
      const page = await suite.rules.listRules({ organizationId, limit: 40, cursor }, options)
      found.push(...(page.rules ?? []))
      cursor = page.nextCursor ?? ''
    } while (cursor !== '')
    expect(found).toEqual(expected)
    const tagged = await suite.rules.listRules(
      { organizationId, tag: 'office', limit: 1000 },
      options,
    )
    expect(tagged.rules).toEqual(
      expected.filter(({ settings: { tags } }) => tags?.includes('office')),
    )
    for (const rule of expected.slice(0, 3)) {
      const byName = { rule: rule.settings.name ?? '', organization: organizationId }
      expect((await suite.rules.getRule(byName, options)).rule).toEqual(rule)
      expect((await suite.rules.getRule({ rule: rule.id }, options)).rule).toEqual(rule)
    }

    const { ruleSet } = await suite.rules.getRuleSet({ organization: organizationId }, options)
    expect(ruleSet).toMatchObject({
      ruleCount: expected.length,
      settings: { isLockoutAllowed: set?.isLockoutAllowed ?? false },
      sequence: set?.sequence ?? 0,
      pending: set?.pending ?? null,
    })

    const drafts = [...(set?.drafts.values() ?? [])]
    const listed = await suite.changeSets.listChangeSets({ organizationId }, options)
    expect(listed.changeSets).toMatchObject(drafts.map(({ id, name }) => ({ id, name })))
    for (const draft of drafts) {
      const { changeSet } = await suite.changeSets.getChangeSet({ id: draft.id }, options)
      expect(changeSet).toMatchObject({
        openedAtUnixMs: draft.openedAtUnixMs,
        operations: draft.operations.map((operation) => ({
          ruleId: operation.ruleId,
          settings: operation.kind === 'delete' ? null : settingsMessage(operation.settings),
          ruleName:
            operation.kind === 'create'
              ? operation.settings.name
              : replay.names.get(operation.ruleId),
        })),
      })
    }

    const { tests } = await suite.policy.listPolicyTests({ organizationId }, options)
    const sentences = [...(set?.tests.values() ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1))
    expect(tests).toEqual(sentences.map(testMessage))

    const facts = replay.facts(organizationId, timeUnixMs)
    const { hosts } = await topology.at(organizationId, moment, timeUnixMs)
    expect(hosts.map((host) => ({ ...host.facts, name: host.name }))).toEqual(facts)
    const naive = {
      rules: set?.inOrder() ?? [],
      isLockoutAllowed: set?.isLockoutAllowed ?? false,
    }
    // as: minted as an organization's above
    const stored = await ruleSetAt(suite.postgres, organizationId as never, moment)
    for (const [i, host] of hosts.entries()) {
      const own = facts[i]
      if (!own) throw new Error('as many as there are hosts')
      const compiled = policyVersion(resolve(stored, host.facts, timeUnixMs))
      expect(compiled).toEqual(policyVersion(resolve(naive, own, timeUnixMs)))
      const policy = await suite.policy.getNodePolicy({ node: own.nodeId }, options)
      for (const { device, rules } of policy.devices ?? []) {
        const held = rulesOn(naive, own, timeUnixMs, device ?? '')
        expect(rules?.map(({ id }) => id)).toEqual(held.map(({ id }) => id))
      }
      expect(policy.devices?.length).toBe(
        new Set([...own.interfaces, ...own.uplinks].map(({ device }) => device)).size,
      )
    }
    return expected.length + drafts.length + sentences.length + hosts.length
  }
}, 1_200_000)
