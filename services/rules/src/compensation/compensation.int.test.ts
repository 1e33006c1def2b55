import { randomBytes } from 'node:crypto'
import { isSame } from '@holdfast/compensation'
import { newId, type OrganizationId } from '@holdfast/domain'
import { maxCommitBytes } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ruleSetCodec } from '../codecs/rule-set-codec.ts'
import { ruleSets } from '../commands/aggregates.ts'
import { settingsOf } from '../domain/fixtures.ts'
import type { ApplyId, RuleId } from '../domain/ids.ts'
import type { ImportMode, NewRule } from '../domain/import-plan.ts'
import { newCall } from '../testing/calls.ts'
import { codeOf, meaning, names, speakTo } from '../testing/speak.ts'
import { type Suite, startSuite } from '../testing/suite.ts'
import { ruleSetFacts, trackedRuleSet, trackRuleSet } from './rule-set-facts.ts'

const phase = holdfast.ops.v1.CompensationPhase
const user = { kind: 1, id: newId<string>(), method: 1 }
let suite: Suite
let say: ReturnType<typeof speakTo>

beforeAll(async () => {
  suite = await startSuite()
  say = speakTo(suite)
}, 180_000)
afterAll(async () => await suite?.close())

const head = () => suite.log.safeHead()

async function plan(organizationId: string, to: bigint, kinds: readonly string[] = []) {
  const scope = { toSequence: Number(to), organizationId, kinds: [...kinds] }
  const { changes, headSequence, digest } = await suite.compensation.planCompensation({ scope })
  const told = (changes ?? []).map(({ change, kind, name }) => `${change} ${kind} ${name}`.trim())
  const at = { ...scope, headSequence: headSequence ?? 0 }
  return { told: told.sort(), changes: changes ?? [], scope: at, digest }
}

async function restore(organizationId: string, to: bigint, restoreId = newId<string>()) {
  const { scope } = await plan(organizationId, to)
  for (const part of [phase.COMPENSATION_PHASE_REMOVE, phase.COMPENSATION_PHASE_BRING]) {
    const request = { restoreId, scope, phase: part, actor: user, reason: 'restore' }
    const { objects } = await suite.compensation.applyCompensation(request)
    if (part === phase.COMPENSATION_PHASE_BRING) {
      await suite.settled()
      return (objects ?? []).map(({ outcome, code }) => [outcome, code].filter(Boolean).join(' '))
    }
  }
  return []
}

test('rules, tests, drafts and settings go back in one commit, and forth again', async () => {
  const of = await say.newOrganization()
  const [a, b] = [
    await say.newRule('a', { tags: ['x'] }, of.id),
    await say.newRule('b', { priority: 7 }, of.id),
  ]
  const opened = await suite.changeSets.openChangeSet({ name: 'draft' }, of.caller)
  const before = meaning(await say.all(of.id))
  const then = await head()
  await suite.rules.deleteRule({ id: a }, of.caller)
  await suite.rules.updateRule(
    { id: b, settings: { name: 'A', logs: true }, fields: ['name', 'logs'] },
    of.caller,
  )
  await say.newRule('c', {}, of.id)
  await suite.rules.updateRuleSet({ organization: of.id, isLockoutAllowed: true }, of.caller)
  await suite.changeSets.discardChangeSet({ id: opened.changeSet?.id ?? '' }, of.caller)
  await suite.settled()
  const later = meaning(await say.all(of.id))
  const rollback = await head()

  expect((await plan(of.id, then)).told).toEqual([
    'create change_set draft',
    'create rule a',
    'delete rule c',
    'update rule b',
    'update rule_set',
  ])
  const commits = (await say.commitsOf(of.id)).length
  expect(await restore(of.id, then)).toEqual(['updated'])
  expect(await say.commitsOf(of.id)).toHaveLength(commits + 1)
  expect(meaning(await say.all(of.id))).toEqual(before)
  const { changeSets } = await suite.changeSets.listChangeSets({ organizationId: of.id }, of.caller)
  expect(changeSets).toMatchObject([{ id: opened.changeSet?.id, name: 'draft' }])
  expect((await plan(of.id, then)).told).toEqual([])
  // A rule that came back is changed as it is read.
  const { rule } = await suite.rules.getRule({ rule: a }, of.caller)
  const expectedRevision = BigInt(rule?.revision ?? 0)
  expect(expectedRevision).toBe(3n)
  await suite.rules.updateRule(
    { id: a, settings: { priority: 1 }, fields: ['priority'] },
    { ...of.caller, expectedRevision },
  )

  expect(await restore(of.id, rollback)).toEqual(['updated'])
  expect(meaning(await say.all(of.id))).toEqual(later)
})

test('only what is asked for goes back', async () => {
  const of = await say.newOrganization()
  const then = await head()
  await say.newRule('since', {}, of.id)
  await suite.rules.updateRuleSet({ organization: of.id, isLockoutAllowed: true }, of.caller)
  expect((await plan(of.id, then, ['rule'])).told).toEqual(['delete rule since'])
  expect((await plan(of.id, then)).told).toEqual(['delete rule since', 'update rule_set'])
})

test('a change that waits for its confirmation is in the way until it is confirmed or taken back', async () => {
  const of = await say.newOrganization()
  const a = await say.newRule('a', {}, of.id)
  const then = await head()
  await suite.rules.updateRule(
    { id: a, settings: { priority: 1 }, fields: ['priority'] },
    of.caller,
  )
  const operations = [{ kind: 3, ruleId: a }]
  await suite.changeSets.applyChangeSet(
    { organization: of.id, operations, confirmWithinSeconds: 60, name: 'risky' },
    of.caller,
  )
  const waiting = await head()
  expect(await restore(of.id, then)).toEqual(['blocked rules.confirmation_pending'])
  const { changes } = await plan(of.id, then)
  expect(changes.every(({ change }) => change === 'blocked')).toBe(true)
  await suite.changeSets.revertChangeSet({ organization: of.id }, of.caller)
  await suite.settled()
  expect(await restore(of.id, then)).toEqual(['updated'])
  expect(names(await say.all(of.id))).toEqual(['a'])
  // What waited then comes back for good, and that is said.
  const [first] = (await plan(of.id, waiting)).changes
  expect(first?.detail).toContain('risky waited for its confirmation')
  expect(await restore(of.id, waiting)).toEqual(['updated'])
  expect(names(await say.all(of.id))).toEqual([])
  expect(await codeOf(suite.changeSets.confirmChangeSet({ organization: of.id }, of.caller))).toBe(
    'rules.nothing_pending',
  )
})

test('a rule that has expired since comes back switched off', async () => {
  const of = await say.newOrganization()
  const expiresAtUnixMs = suite.clock.now() + 60_000
  const a = await say.newRule('a', { expiresAtUnixMs }, of.id)
  const then = await head()
  await suite.rules.deleteRule({ id: a }, of.caller)
  suite.clock.advance(120_000)
  try {
    const [first] = (await plan(of.id, then)).changes
    expect(first?.detail).toContain('expired since and come back switched off: a.')
    expect(await restore(of.id, then)).toEqual(['updated'])
    const [rule] = await say.all(of.id)
    expect(rule).toMatchObject({ id: a, settings: { isActive: false, expiresAtUnixMs } })
    expect((await plan(of.id, then)).told).toEqual([])
  } finally {
    suite.clock.reset()
  }
})

test('one commit is taken back and later ones stay; what contradicts them is named', async () => {
  const of = await say.newOrganization()
  const a = await say.newRule('a', {}, of.id)
  const change = async (field: string, said: object) => {
    await suite.rules.updateRule({ id: a, settings: said, fields: [field] }, of.caller)
    return Number(await head())
  }
  const first = await change('priority', { priority: 1 })
  const second = await change('description', { description: 'later' })
  await suite.compensation.applyUndo({ undoId: newId<string>(), sequence: first, actor: user })
  await suite.settled()
  expect((await say.all(of.id))[0]?.settings).toMatchObject({ priority: 100, description: 'later' })
  await change('description', { description: 'latest' })
  const { conflicts } = await suite.compensation.planUndo({ sequence: second })
  expect(conflicts).toMatchObject([{ field: `rules.${a}.description`, now: '"latest"' }])
  const undo = { undoId: newId<string>(), sequence: second, actor: user }
  expect(await codeOf(suite.compensation.applyUndo(undo))).toBe('restore.undo_conflict')
})

test('a set too large for one commit goes back in several', async () => {
  const of = await say.newOrganization()
  const noise = (bytes: number) => randomBytes(bytes).toString('base64')
  // They do not get smaller: 1.5 KiB each.
  const rule = (n: number) => ({
    ruleId: newId<RuleId>(),
    settings: settingsOf(n, {
      description: noise(750),
      tags: Array.from({ length: 16 }, () => noise(48)),
    }),
  })
  const importAll = async (mode: ImportMode, rules: readonly NewRule[]) => {
    const rest = { applyId: newId<ApplyId>(), confirmWithinMs: 0, name: '', now: Date.now() }
    const command = { type: 'ImportRules' as const, mode, rules, checkTests: () => [], ...rest }
    const organizationId = of.id as OrganizationId // as: it is one
    const context = { ...newCall().call.command(of.id) }
    await suite.log.execute(ruleSets, of.id, { ...command, organizationId }, context)
  }
  for (let part = 0; part < 4; part++)
    await importAll(
      'add',
      Array.from({ length: 1_500 }, (_, n) => rule(part * 1_500 + n)),
    )
  const then = await head()
  const facts = async () => {
    const commits = await say.commitsOf(of.id)
    const events = commits.flatMap((commit) => commit.events.map(ruleSetCodec.decode))
    return ruleSetFacts(events.reduce(trackRuleSet, trackedRuleSet(of.id)))
  }
  const before = await facts()
  await importAll('replace', [rule(0)])
  const commits = (await say.commitsOf(of.id)).length
  const restoreId = newId<string>()
  expect(await restore(of.id, then, restoreId)).toEqual(['updated'])
  const parts = (await say.commitsOf(of.id)).slice(commits)
  expect(parts.length).toBeGreaterThan(1)
  for (const { bytes, causationId } of parts) {
    expect(bytes.length).toBeLessThan(maxCommitBytes)
    expect(causationId).toBe(restoreId)
  }
  expect(isSame(await facts(), before)).toBe(true)
}, 120_000)
