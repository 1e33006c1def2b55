import { type CommandId, newId } from '@holdfast/domain'
import { holdfast, RuleService } from '@holdfast/proto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { person, requests } from './testing/calls.ts'
import { codeOf, names, refusal, type Settings, settings, speakTo } from './testing/speak.ts'
import { type Suite, startSuite } from './testing/suite.ts'

const v1 = holdfast.rules.v1

let suite: Suite
let rules: Suite['rules']
let changeSets: Suite['changeSets']
let say: ReturnType<typeof speakTo>
/** An organization for tests that do not count what is in it. */
let organization: string

beforeAll(async () => {
  suite = await startSuite()
  rules = suite.rules
  changeSets = suite.changeSets
  say = speakTo(suite)
  organization = await suite.createOrganization('Commons')
}, 180_000)
afterAll(async () => await suite?.close())

describe('single rules', () => {
  test('a rule is answered as it will be read', async () => {
    const of = await say.newOrganization()
    const { rule, warnings, sequence } = await rules.createRule(
      {
        settings: settings('block-scanner', {
          source: '198.51.100.0/24',
          priority: 800,
          tags: ['b', 'a', 'b'],
        }),
      },
      of.caller,
    )
    expect(rule).toMatchObject({
      organizationId: of.id,
      order: 1,
      position: 1,
      revision: 1,
      updatedByKind: 'user',
      updatedById: of.caller.caller.userId,
      settings: {
        direction: v1.Direction.DIRECTION_INGRESS,
        protocol: v1.Protocol.PROTOCOL_ANY,
        tags: ['a', 'b'],
        target: { kind: v1.TargetKind.TARGET_KIND_EVERYTHING, id: '' },
      },
    })
    expect(warnings).toEqual([])
    await suite.settled()
    expect((await rules.getRule({ rule: 'Block-Scanner' }, of.caller)).rule).toEqual(rule)
    expect((await rules.getRule({ rule: rule?.id ?? '' }, of.caller)).rule).toEqual(rule)
    const changed = await rules.updateRule({
      id: rule?.id ?? '',
      settings: { isActive: false, name: 'not this' },
      fields: ['is_active'],
    })
    expect(changed.rule).toMatchObject({
      revision: 2,
      settings: { name: 'block-scanner', isActive: false },
      createdAtUnixMs: rule?.createdAtUnixMs,
    })
    await suite.settled()
    expect((await rules.getRule({ rule: 'block-scanner' }, of.caller)).rule).toEqual(changed.rule)
    const { ruleSet: whole } = await rules.getRuleSet({}, of.caller)
    expect(whole).toMatchObject({
      organizationId: of.id,
      ruleCount: 1,
      sequence: Number(changed.sequence),
    })
    expect(changed.sequence).toBeGreaterThan(sequence)
  })

  test('is switched by name or id, each time to what it was not; a repeat changes nothing', async () => {
    const of = await say.newOrganization()
    const id = await say.newRule('lamp', {}, of.id)
    await suite.settled()
    const isOn = async (how: object) =>
      (await rules.updateRule({ isToggled: true, ...how }, of.caller)).rule?.settings?.isActive
    expect(await isOn({ id: 'LAMP' })).toBe(false)
    expect(await isOn({ id })).toBe(true)
    expect(await isOn({ id: 'lamp', organization: of.name })).toBe(false)
    const again = { ...of.caller, commandId: newId<CommandId>(), requestHash: Buffer.alloc(32, 1) }
    const [first, second] = [
      await rules.updateRule({ id, isToggled: true }, again),
      await rules.updateRule({ id, isToggled: true }, again),
    ]
    expect(second.rule?.settings).toEqual(first.rule?.settings)
    expect(await codeOf(rules.updateRule({ id: newId<string>(), isToggled: true }))).toBe(
      'rules.rule_not_found',
    )
  })

  test('a command that comes again is answered again and stored once', async () => {
    const of = await say.newOrganization()
    const request = { settings: settings('once') }
    const options = {
      ...of.caller,
      commandId: newId<CommandId>(),
      requestHash: Buffer.alloc(32, 1),
    }
    const [first, second] = await Promise.all([
      rules.createRule(request, options),
      rules.createRule(request, options),
    ])
    const third = await rules.createRule(request, options)
    expect(second).toEqual(first)
    expect(third).toEqual(first)
    expect(await say.commitsOf(of.id)).toHaveLength(1)
  })

  test('500 parallel creations give 500 orders, each in the log once', async () => {
    const of = await say.newOrganization()
    const started = performance.now()
    await Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        rules.createRule({ settings: settings(`r${i}`) }, of.caller),
      ),
    )
    console.log(`500 parallel creations: ${(performance.now() - started).toFixed(0)} ms`)
    await suite.settled()
    const found = await say.all(of.id)
    expect(found.map(({ order }) => order)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
    expect(found.map(({ position }) => position)).toEqual(found.map((_, i) => i + 1))
  })

  test('what contradicts itself is refused with the exact field', async () => {
    const fields = async (more: Settings) =>
      (
        await refusal(rules.createRule({ organization, settings: settings('bad', more) }))
      ).fields.map(({ field, code }) => `${field} ${code}`)
    expect(await fields({ destinationPorts: { from: 90, to: 80 }, protocol: 2 })).toEqual([
      'dst_port_to range_reversed',
    ])
    expect(await fields({ sourcePorts: { from: 1, to: 2 }, protocol: 4 })).toEqual([
      'src_port_from not_applicable',
    ])
    expect(await fields({ source: '10.0.0.1/8', priority: 1001 })).toEqual([
      'src cidr_host_bits',
      'priority out_of_range',
    ])
    const unknown = { kind: v1.TargetKind.TARGET_KIND_PEER, id: newId<string>() }
    expect(await fields({ target: unknown })).toEqual(['target unknown'])
  })

  test('targets are what the organization has', async () => {
    const of = await say.newOrganization()
    const other = await say.newOrganization()
    const site = await suite.createSite(of.id)
    const nodeId = await suite.hosts.enroll(of.id, 'gw')
    const wg = await suite.hosts.createInterface(of.id, nodeId, { name: 'wg0', isEnabled: true })
    const peer = await suite.hosts.addPeer(of.id, nodeId, wg, { name: 'p', isEnabled: true })
    const kinds = v1.TargetKind
    const targets = [
      { kind: kinds.TARGET_KIND_SITE, id: site },
      { kind: kinds.TARGET_KIND_NODE, id: nodeId },
      { kind: kinds.TARGET_KIND_UPLINKS, id: nodeId },
      { kind: kinds.TARGET_KIND_INTERFACE, id: wg },
      { kind: kinds.TARGET_KIND_PEER, id: peer },
    ]
    await suite.settled()
    for (const [i, target] of targets.entries()) {
      const request = { settings: settings(`t${i}`, { target }) }
      expect((await rules.createRule(request, of.caller)).rule?.settings?.target).toEqual(target)
      expect(await codeOf(rules.createRule(request, other.caller))).toBe('invalid')
    }
    await say.newRule('everywhere', {}, of.id)
    await suite.settled()
    const on = await rules.listRules({ organizationId: of.id, nodeId })
    expect(names(on.rules)).toEqual(['t1', 't2', 't3', 't4', 'everywhere'])
    await suite.hosts.removePeer(of.id, nodeId, wg, peer)
    await suite.settled()
    const gone = { settings: settings('late', { target: targets[4] ?? null }) }
    expect(await codeOf(rules.createRule(gone, of.caller))).toBe('invalid')
  })

  test('an outdated reader is refused, rule by rule', async () => {
    const [a, b] = [
      await say.newRule('outdated-a', {}, organization),
      await say.newRule('outdated-b', {}, organization),
    ]
    const touch = (id: string, expectedRevision: bigint) =>
      rules.updateRule({ id, settings: { logs: true }, fields: ['logs'] }, { expectedRevision })
    expect((await touch(a, 1n)).rule?.revision).toBe(2)
    expect(await codeOf(touch(a, 1n))).toBe('stale')
    expect((await touch(b, 1n)).rule?.revision).toBe(2)
    expect(await codeOf(rules.deleteRule({ id: a }, { expectedRevision: 1n }))).toBe('stale')
  })

  test('deleting twice is one fact', async () => {
    const id = await say.newRule('short-lived', {}, organization)
    await rules.deleteRule({ id: 'short-lived' })
    const head = await suite.log.head()
    await rules.deleteRule({ id })
    expect(await suite.log.head()).toBe(head)
    await suite.settled()
    expect(await codeOf(rules.getRule({ rule: id }))).toBe('rules.rule_not_found')
  })

  test('equal priority with overlap and another action is said', async () => {
    const of = await say.newOrganization()
    await say.newRule('wide', { source: '10.0.0.0/8' }, of.id)
    const allow = { action: v1.Action.ACTION_ALLOW, source: '10.1.0.0/16' }
    const { rule, warnings } = await rules.createRule(
      { settings: settings('narrow', allow) },
      of.caller,
    )
    expect(warnings).toEqual([
      'wide (deny) and narrow (allow) overlap at priority 100: wide is older and decides; give them different priorities to say so',
    ])
    const raised = await rules.updateRule({
      id: rule?.id ?? '',
      settings: { priority: 101 },
      fields: ['priority'],
    })
    expect(raised.warnings).toEqual([])
  })
})

describe('lists', () => {
  test('are in the order of evaluation, page by page, and positions are of the whole set', async () => {
    const of = await say.newOrganization()
    for (const [name, priority, tags] of [
      ['low', 10, ['x']],
      ['first', 900, []],
      ['tie-a', 500, ['x']],
      ['tie-b', 500, []],
      ['zero', 0, ['x']],
    ] as const) {
      await say.newRule(name, { priority, tags: [...tags], description: `About ${name}` }, of.id)
    }
    await suite.settled()
    const inOrder = ['first', 'tie-a', 'tie-b', 'low', 'zero']
    expect(names(await say.all(of.id, { limit: 2 }))).toEqual(inOrder)
    expect((await say.all(of.id, { limit: 2 })).map(({ position }) => position)).toEqual([
      1, 2, 3, 4, 5,
    ])
    const tagged = await rules.listRules({ organizationId: of.id, tag: 'x' })
    expect(names(tagged.rules)).toEqual(['tie-a', 'low', 'zero'])
    expect(tagged.rules?.map(({ position }) => position)).toEqual([2, 4, 5])
    const searched = await rules.listRules({ organizationId: of.id, query: 'ABOUT TIE' })
    expect(names(searched.rules)).toEqual(['tie-a', 'tie-b'])
    const { rules: none } = await rules.listRules({ organizationId: of.id, query: "%' or 1=1 --" })
    expect(none).toEqual([])
    for (const bad of ['x', Buffer.from('["1; drop",1]').toString('base64url')]) {
      expect(await codeOf(rules.listRules({ cursor: bad }))).toBe('invalid')
    }
    expect(await codeOf(rules.listRules({ limit: 1001 }))).toBe('invalid')
  })

  test('positions are the same from memory, counted, and after another instance has changed the set', async () => {
    const of = await say.newOrganization()
    const ids: string[] = []
    for (const name of ['a', 'b', 'c', 'd']) ids.push(await say.newRule(name, {}, of.id))
    await suite.settled()
    const positions = async (from: Suite['rules']) =>
      (await from.listRules({ organizationId: of.id }, of.caller)).rules?.map((rule) => [
        rule.settings?.name,
        rule.position,
      ])
    const inOrder = ['a', 'b', 'c', 'd'].map((name, i) => [name, i + 1])
    expect(await positions(rules)).toEqual(inOrder)
    const another = requests((await suite.another()).rules, RuleService)
    expect(await positions(another)).toEqual(inOrder)
    const raise = { settings: { priority: 200 }, fields: ['priority'] }
    await another.updateRule({ id: ids[3] ?? '', ...raise }, of.caller)
    await suite.settled()
    const raised = ['d', 'a', 'b', 'c'].map((name, i) => [name, i + 1])
    expect(await positions(rules)).toEqual(raised)
    expect(await positions(another)).toEqual(raised)
    const { rule } = await rules.getRule({ rule: 'b' }, of.caller)
    expect(rule?.position).toBe(3)
  })

  test('names: the only organization is meant, several are listed, strangers see nothing', async () => {
    const [a, b] = [await say.newOrganization(), await say.newOrganization()]
    await say.newRule('Twin', {}, a.id)
    await say.newRule('twin', {}, b.id)
    await suite.settled()
    const both = { caller: person('ORG_ADMIN', a.id, b.id) }
    const ambiguous = await refusal(rules.getRule({ rule: 'TWIN' }, both))
    expect(ambiguous).toMatchObject({ code: 'rules.ambiguous_name', kind: 'conflict' })
    expect(ambiguous.details['matches']).toContain(a.id)
    const { rule } = await rules.getRule({ rule: 'twin', organization: b.id }, both)
    expect(rule?.organizationId).toBe(b.id)
    expect((await rules.getRule({ rule: 'twin' }, a.caller)).rule?.settings?.name).toBe('Twin')

    const asked = await refusal(rules.createRule({ settings: settings('x') }, both))
    expect(asked.fields).toMatchObject([{ field: 'organization', code: 'required' }])
    const named = await rules.createRule(
      { organization: b.name.toLowerCase(), settings: settings('by-name') },
      both,
    )
    expect(named.rule?.organizationId).toBe(b.id)

    const stranger = { caller: person('ORG_ADMIN', newId<string>()) }
    const id = rule?.id ?? ''
    expect(await codeOf(rules.getRule({ rule: id }, stranger))).toBe('rules.rule_not_found')
    expect(await codeOf(rules.deleteRule({ id }, stranger))).toBe('rules.rule_not_found')
    expect(await codeOf(rules.getRuleSet({ organization: b.id }, stranger))).toBe(
      'rules.organization_not_found',
    )
    expect((await rules.listRules({}, stranger)).rules).toEqual([])
    expect((await rules.listRuleChanges({}, stranger)).changes).toEqual([])
    expect((await changeSets.listChangeSets({}, stranger)).changeSets).toEqual([])
    const viewer = { caller: person('VIEWER', b.id) }
    expect((await rules.getRule({ rule: id }, viewer)).rule?.id).toBe(id)
    await expect(rules.deleteRule({ id }, viewer)).rejects.toThrow('access.denied')
  })
})

describe('history', () => {
  test('tells who changed what, and shows the set as it was', async () => {
    const of = await say.newOrganization()
    const carol = { caller: person('OPERATOR', of.id), reason: 'sftp move' }
    const ports = (from: number, to: number) => ({ destinationPorts: { from, to }, protocol: 2 })
    const made = await rules.createRule({ settings: settings('ssh', ports(22, 22)) }, of.caller)
    const id = made.rule?.id ?? ''
    const moved = await rules.updateRule(
      { id, settings: ports(22, 23), fields: ['destination_ports'] },
      carol,
    )
    await rules.updateRule({ id, settings: { priority: 7 }, fields: ['priority'] }, of.caller)
    const dropped = await rules.deleteRule({ id }, of.caller)
    await suite.settled()

    const { changes } = await rules.listRuleChanges({ ruleId: id, limit: 3 }, of.caller)
    expect(changes?.map(({ kind }) => kind)).toEqual([3, 2, 2])
    expect(changes?.[2]).toMatchObject({
      sequence: Number(moved.sequence),
      ruleName: 'ssh',
      actorKind: 'user',
      actorId: carol.caller.userId,
      reason: 'sftp move',
      fields: [{ field: 'dst_port_to', before: '22', after: '23' }],
    })
    expect(changes?.[0]?.fields).toContainEqual({ field: 'name', before: '"ssh"', after: '' })
    const page = await rules.listRuleChanges({ ruleId: id, limit: 3 }, of.caller)
    const rest = await rules.listRuleChanges(
      { ruleId: id, limit: 3, cursor: page.nextCursor ?? '' },
      of.caller,
    )
    expect(rest.changes?.map(({ kind }) => kind)).toEqual([1])

    const at = (sequence: bigint) => rules.getRule({ rule: 'ssh' }, { ...of.caller, at: sequence })
    expect((await at(made.sequence)).rule).toEqual({ ...made.rule, enforcement: null })
    expect((await at(moved.sequence)).rule?.settings).toEqual(moved.rule?.settings)
    expect(await codeOf(at(dropped.sequence))).toBe('rules.rule_not_found')
    expect((await say.all(of.id, { at: moved.sequence })).length).toBe(1)
  })

  test('one change is undone and the later ones stay', async () => {
    const of = await say.newOrganization()
    const id = await say.newRule('web', { source: '10.0.0.0/8' }, of.id)
    const change = (said: Settings, ...fields: string[]) =>
      rules.updateRule({ id, settings: said, fields }, of.caller)
    const first = await change({ source: '10.1.0.0/16', priority: 5 }, 'source', 'priority')
    await change({ description: 'later' }, 'description')
    const undo = (sequence: bigint) =>
      rules.undoRuleChange({ sequence: Number(sequence) }, of.caller)
    expect(await undo(first.sequence)).toMatchObject({ created: 0, updated: 1, deleted: 0 })
    await suite.settled()
    const after = await rules.getRule({ rule: 'web' }, of.caller)
    expect(after.rule?.settings).toMatchObject({
      source: '10.0.0.0/8',
      priority: 100,
      description: 'later',
    })
    await suite.settled()
    const { changes } = await rules.listRuleChanges({ ruleId: id, limit: 1 }, of.caller)
    expect(changes?.[0]?.changeSetName).toBe(`undo of change ${first.sequence}`)

    const second = await change({ priority: 6 }, 'priority')
    await change({ priority: 7 }, 'priority')
    const conflict = await refusal(undo(second.sequence))
    expect(conflict).toMatchObject({ code: 'rules.undo_conflict', kind: 'conflict' })
    expect(conflict.details['conflicts']).toBe('web: priority')
    // There and back again is a change all the same.
    await change({ priority: 6 }, 'priority')
    expect(await codeOf(undo(second.sequence))).toBe('rules.undo_conflict')

    const removal = await rules.deleteRule({ id }, of.caller)
    expect(await undo(removal.sequence)).toMatchObject({ created: 1 })
    await suite.settled()
    const back = await rules.getRule({ rule: 'web' }, of.caller)
    expect(back.rule).toMatchObject({ id, order: 1, settings: { priority: 6 } })
    expect(back.rule?.revision).toBeGreaterThan(after.rule?.revision ?? 0)
    const { changes: history } = await rules.listRuleChanges({ ruleId: id }, of.caller)
    expect(back.rule?.revision).toBe(history?.length)
    expect(await codeOf(undo(1n))).toBe('rules.nothing_to_undo')
  })
})
