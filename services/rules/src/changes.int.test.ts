import { sql } from '@holdfast/postgres'
import { holdfast } from '@holdfast/proto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ruleSetCodec } from './codecs/rule-set-codec.ts'
import { ruleSets } from './commands/aggregates.ts'
import { ruleSet } from './domain/rule-set.ts'
import type { RuleSetState } from './domain/rule-set-state.ts'
import { positionOf } from './domain/rules-in-order.ts'
import {
  codeOf,
  meaning,
  names,
  refusal,
  type Settings,
  settings,
  speakTo,
} from './testing/speak.ts'
import { revertGraceMs, type Suite, startSuite } from './testing/suite.ts'

const v1 = holdfast.rules.v1
const placesIn = ({ rules, inOrder }: RuleSetState) =>
  [...rules.values()].map(({ settings: { priority }, order }) =>
    positionOf(inOrder, priority, order),
  )

let suite: Suite
let rules: Suite['rules']
let changeSets: Suite['changeSets']
let say: ReturnType<typeof speakTo>

beforeAll(async () => {
  suite = await startSuite()
  rules = suite.rules
  changeSets = suite.changeSets
  say = speakTo(suite)
}, 180_000)
afterAll(async () => await suite?.close())

describe('change sets', () => {
  const kinds = v1.StagedOperationKind
  const staged = (kind: number, ruleId: string, said?: Settings) => ({
    kind,
    ruleId,
    settings: said ?? null,
  })

  test('a draft is staged, shown, and applied as one commit', async () => {
    const of = await say.newOrganization()
    const [a, b] = [await say.newRule('a', {}, of.id), await say.newRule('b', {}, of.id)]
    const { changeSet } = await changeSets.openChangeSet(
      {
        name: 'tighten',
        operations: [staged(kinds.STAGED_OPERATION_KIND_DELETE, a)],
      },
      of.caller,
    )
    const id = changeSet?.id ?? ''
    await rules.createRule({ settings: settings('c'), changeSetId: id }, of.caller)
    await rules.updateRule(
      { id: 'b', settings: { priority: 9 }, fields: ['priority'], changeSetId: id },
      of.caller,
    )
    const shown = await changeSets.getChangeSet({ id }, of.caller)
    expect(shown.changeSet?.operations).toMatchObject([
      { kind: 3, ruleId: a, ruleName: 'a', baseRevision: 1 },
      { kind: 1, ruleName: 'c' },
      { kind: 2, ruleId: b, ruleName: 'b', settings: { priority: 9 } },
    ])
    expect(names(await say.all(of.id))).toEqual(['a', 'b'])
    expect((await changeSets.listChangeSets({}, of.caller)).changeSets).toHaveLength(1)
    const before = (await say.commitsOf(of.id)).length
    const applied = await changeSets.applyChangeSet({ changeSetId: id }, of.caller)
    expect(applied).toMatchObject({ created: 1, updated: 1, deleted: 1, confirmUntilUnixMs: 0 })
    expect(await say.commitsOf(of.id)).toHaveLength(before + 1)
    await suite.settled()
    expect(names(await say.all(of.id))).toEqual(['c', 'b'])
    expect(await codeOf(changeSets.getChangeSet({ id }, of.caller))).toBe(
      'rules.change_set_not_found',
    )
    const { changes } = await rules.listRuleChanges({ ruleId: b, limit: 1 }, of.caller)
    expect(changes?.[0]?.changeSetName).toBe('tighten')
  })

  test('a rule that changed meanwhile makes it stale; what another draft did not touch does not', async () => {
    const of = await say.newOrganization()
    const [a, b] = [await say.newRule('a', {}, of.id), await say.newRule('b', {}, of.id)]
    const operations = [staged(kinds.STAGED_OPERATION_KIND_UPDATE, a, settings('a2'))]
    const { changeSet } = await changeSets.openChangeSet({ operations }, of.caller)
    const id = changeSet?.id ?? ''
    await rules.deleteRule({ id: b }, of.caller)
    await rules.updateRule({ id: a, settings: { logs: true }, fields: ['logs'] }, of.caller)
    const stale = await refusal(changeSets.applyChangeSet({ changeSetId: id }, of.caller))
    expect(stale).toMatchObject({ code: 'rules.change_set_stale', kind: 'stale' })
    expect(stale.details['rules']).toBe(`a (${a})`)
    await changeSets.stageChangeSet({ id, operations }, of.caller)
    expect(await changeSets.applyChangeSet({ changeSetId: id }, of.caller)).toMatchObject({
      updated: 1,
    })
    const empty = await refusal(changeSets.applyChangeSet({}, of.caller))
    expect(empty.fields).toMatchObject([{ field: 'operations', code: 'required' }])
    const short = await refusal(
      changeSets.applyChangeSet({ operations, confirmWithinSeconds: 9 }, of.caller),
    )
    expect(short.fields).toMatchObject([{ field: 'confirm_within_seconds' }])
  })

  test('nobody confirms: it goes back to exactly what was, once, whoever looks', async () => {
    suite.clock.reset()
    const of = await say.newOrganization()
    const [a, b] = [
      await say.newRule('a', { priority: 1 }, of.id),
      await say.newRule('b', {}, of.id),
    ]
    await suite.settled()
    const before = meaning(await say.all(of.id))
    const applied = await changeSets.applyChangeSet(
      {
        operations: [
          staged(kinds.STAGED_OPERATION_KIND_UPDATE, a, settings('b')),
          staged(kinds.STAGED_OPERATION_KIND_DELETE, b),
          staged(kinds.STAGED_OPERATION_KIND_CREATE, '', settings('a')),
        ],
        confirmWithinSeconds: 60,
        name: 'risky',
      },
      of.caller,
    )
    expect(applied.confirmUntilUnixMs).toBeGreaterThan(suite.clock.now())
    await suite.settled()
    expect((await rules.getRuleSet({}, of.caller)).ruleSet?.pending).toMatchObject({
      applyId: applied.applyId,
      name: 'risky',
      untilUnixMs: applied.confirmUntilUnixMs,
    })
    for (const write of [
      () => rules.createRule({ settings: settings('z') }, of.caller),
      () => rules.deleteRule({ id: a }, of.caller),
      () => rules.importRules({ rules: [settings('z')], mode: 1 }, of.caller),
      () => rules.updateRuleSet({ isLockoutAllowed: true }, of.caller),
    ]) {
      expect(await codeOf(write())).toBe('rules.confirmation_pending')
    }

    suite.clock.advance(60_000)
    await suite.revertOverdue()
    expect((await rules.getRuleSet({}, of.caller)).ruleSet?.pending).toBeTruthy()
    suite.clock.advance(revertGraceMs + 1_000)
    // Two instances at once, as after a restart of one.
    const other = await suite.another()
    await Promise.all([suite.revertOverdue(), other.reverts.check()])
    await suite.settled()
    await Promise.all([suite.revertOverdue(), other.reverts.check()])
    suite.clock.reset()

    const commits = await say.commitsOf(of.id)
    const reverts = commits.filter(({ events }) => events[0]?.type === 'ChangeSetReverted')
    expect(reverts).toHaveLength(1)
    expect(reverts[0]?.actor).toMatchObject({ kind: 'service', id: 'rules' })
    expect(meaning(await say.all(of.id))).toEqual(before)
    expect((await rules.getRuleSet({}, of.caller)).ruleSet).toMatchObject({
      pending: null,
      ruleCount: 2,
    })
    expect(await codeOf(changeSets.confirmChangeSet({}, of.caller))).toBe('rules.nothing_pending')
  })

  test('a confirmation keeps it, a person may take it back at once', async () => {
    const of = await say.newOrganization()
    const id = await say.newRule('a', {}, of.id)
    const risky = () =>
      changeSets.applyChangeSet(
        {
          operations: [staged(kinds.STAGED_OPERATION_KIND_DELETE, id)],
          confirmWithinSeconds: 10,
        },
        of.caller,
      )
    const first = await risky()
    expect(await changeSets.revertChangeSet({}, of.caller)).toMatchObject({
      applyId: first.applyId,
    })
    await suite.settled()
    expect(names(await say.all(of.id))).toEqual(['a'])
    const second = await risky()
    const confirm = () =>
      changeSets.confirmChangeSet({ applyId: second.applyId ?? '', force: true }, of.caller)
    expect(await confirm()).toMatchObject({ applyId: second.applyId })
    expect(await confirm()).toMatchObject({ applyId: second.applyId })
    suite.clock.advance(3_600_000)
    await suite.revertOverdue()
    suite.clock.reset()
    await suite.settled()
    expect(await say.all(of.id)).toEqual([])
  })
})

describe('many at once', () => {
  const many = (n: number, more: (i: number) => Settings = () => ({})) =>
    Array.from({ length: n }, (_, i) =>
      settings(`rule-${i}`, {
        source: `10.${(i >> 8) & 255}.${i & 255}.0/24`,
        destination: `192.168.${i & 255}.0/24`,
        protocol: v1.Protocol.PROTOCOL_TCP,
        destinationPorts: { from: i % 60_000, to: (i % 60_000) + 10 },
        priority: i % 1001,
        ...more(i),
      }),
    )

  test('100,000 rules come in one commit, are read, replaced and undone', async () => {
    const of = await say.newOrganization()
    const times: string[] = []
    let since = performance.now()
    const lap = (what: string) => {
      const now = performance.now()
      times.push(`${what} ${(now - since).toFixed(0)} ms`)
      since = now
    }
    const list = many(100_000)
    lap('(made)')
    const preview = await rules.importRules({ rules: list, mode: 1, dryRun: true }, of.caller)
    expect(preview).toMatchObject({ created: 100_000, applyId: '' })
    lap('preview')
    const done = await rules.importRules({ rules: list, mode: 1 }, of.caller)
    expect(done).toMatchObject({ created: 100_000, updated: 0, deleted: 0, unchanged: 0 })
    lap('stored')
    await suite.settled()
    lap('projected')
    const [commit] = await say.commitsOf(of.id)
    times.push(`${((commit?.bytes.length ?? 0) / 1e6).toFixed(2)} MB in the log`)
    expect(commit?.events).toHaveLength(100_001)

    since = performance.now()
    const page = await rules.listRules({ organizationId: of.id, limit: 1000 }, of.caller)
    expect(page.rules?.[0]).toMatchObject({ position: 1, settings: { priority: 1000 } })
    lap('page')
    const filtered = await rules.listRules({ organizationId: of.id, query: 'rule-99' }, of.caller)
    expect(filtered.rules).toHaveLength(50)
    lap('filtered page')
    const then = { ...of.caller, at: done.sequence }
    expect(
      (await rules.listRules({ organizationId: of.id, limit: 1000 }, then)).rules,
    ).toHaveLength(1000)
    lap('page of the past')

    expect(await codeOf(rules.createRule({ settings: settings('one more') }, of.caller))).toBe(
      'rules.too_many_rules',
    )
    since = performance.now()
    await rules.updateRule({ id: 'rule-7', settings: { logs: true }, fields: ['logs'] }, of.caller)
    lap('one update')

    const replaced = await rules.importRules(
      { rules: many(50_000, () => ({ logs: true })), mode: 3 },
      of.caller,
    )
    expect(replaced).toMatchObject({ created: 0, updated: 49_999, deleted: 50_000, unchanged: 1 })
    lap('replaced')
    await suite.settled()
    lap('projected')
    const undone = await rules.undoRuleChange({ sequence: Number(replaced.sequence) }, of.caller)
    expect(undone).toMatchObject({ created: 50_000, updated: 49_999, deleted: 0 })
    lap('undone')
    await suite.settled()
    lap('projected')
    console.log(`100,000 rules: ${times.join(', ')}`)
    const { ruleSet: whole } = await rules.getRuleSet({}, of.caller)
    expect(whole?.ruleCount).toBe(100_000)
  })

  test('a million is refused before any work', async () => {
    const one = settings('x')
    const list = Array.from({ length: 1_000_000 }, () => one)
    const error = await refusal(rules.importRules({ rules: list, mode: 1 }))
    expect(error).toMatchObject({ code: 'rules.too_many_rules', kind: 'too_large' })
    expect(error.details).toMatchObject({ rules: '1000000', maxRules: '100000' })
  })

  test('bad entries are named by their place, and nothing is taken', async () => {
    const of = await say.newOrganization()
    const list = many(10)
    list[3] = settings('bad', { source: '10.0.0.1/8' })
    list[7] = settings('worse', { rate: { pps: 1 } })
    const error = await refusal(rules.importRules({ rules: list, mode: 1 }, of.caller))
    expect(error.fields.map(({ field, code }) => `${field} ${code}`)).toEqual([
      'rules[3].src cidr_host_bits',
      'rules[7].rate_pps not_applicable',
    ])
    expect(await say.commitsOf(of.id)).toEqual([])
  })

  test('an import may wait for confirmation, and priorities change together', async () => {
    const of = await say.newOrganization()
    const done = await rules.importRules(
      { rules: many(3), mode: 2, confirmWithinSeconds: 30 },
      of.caller,
    )
    await changeSets.confirmChangeSet({ applyId: done.applyId ?? '', force: true }, of.caller)
    await suite.settled()
    const [first, second] = await say.all(of.id)
    await rules.reorderRules(
      {
        priorities: [
          { ruleId: first?.id ?? '', priority: 1 },
          { ruleId: second?.id ?? '', priority: 2 },
        ],
      },
      of.caller,
    )
    await suite.settled()
    expect(names(await say.all(of.id))).toEqual(['rule-1', 'rule-2', 'rule-0'])
  })
})

test('the read models equal a replay from the first commit', async () => {
  await suite.settled()
  for (const { name } of suite.projections.status()) {
    if (!name.startsWith('rules.') || name === 'rules.commands') continue
    const live = await suite.projections.hash(name)
    await suite.projections.rebuild(name)
    expect(await suite.projections.hash(name), name).toBe(live)
  }
})

test('the log alone gives back every rule set as it is', async () => {
  const subjects = await suite.postgres.query<{ organization_id: string }>(
    sql`select organization_id from rules.rule_sets`,
  )
  for (const { organization_id: id } of subjects) {
    const { state } = await suite.log.fold(ruleSets, id)
    let replayed = ruleSet.initial()
    for (const commit of await say.commitsOf(id)) {
      for (const stored of commit.events) {
        replayed = ruleSet.evolve(replayed, ruleSetCodec.decode(stored))
      }
    }
    expect(replayed.rules.size).toBe(state.rules.size)
    // Their lists in order may be settled or not; what they say is the same.
    expect({ ...replayed, inOrder: undefined }).toEqual({ ...state, inOrder: undefined })
    expect(placesIn(replayed)).toEqual(placesIn(state))
    const rows = await say.all(id)
    expect(rows.length).toBe(state.rules.size)
  }
})
