import { isSame } from '@holdfast/compensation'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  applyIdOf,
  changeSetIdOf,
  command,
  created,
  deleted,
  now,
  organizationId,
  ruleIdOf,
  settingsOf,
  updated,
} from '../domain/fixtures.ts'
import type { RuleId } from '../domain/ids.ts'
import { ruleSet } from '../domain/rule-set.ts'
import type { RuleSetEvent } from '../domain/rule-set-state.ts'
import { nameKey } from '../domain/settings.ts'
import { anything, attempt, beside, fold } from '../testing/random-commands.ts'
import { aimRuleSet, compensateRuleSet, notesOn } from './compensate-rule-set.ts'
import {
  type RuleSetFacts,
  ruleSetFacts,
  type TrackedRuleSet,
  trackedRuleSet,
  trackRuleSet,
} from './rule-set-facts.ts'

const tracked = (...events: readonly RuleSetEvent[]): TrackedRuleSet =>
  events.reduce(trackRuleSet, trackedRuleSet(organizationId))
const aimed = (target: RuleSetFacts, before: TrackedRuleSet, at = now) =>
  aimRuleSet(target, ruleSetFacts(before), at)

/** Commits of the ordinary commands, as far as they are not refused. */
const histories = fc
  .array(fc.oneof({ weight: 3, arbitrary: anything }, beside), { minLength: 1, maxLength: 40 })
  .map((commands) => {
    let state = ruleSet.initial()
    const commits: (readonly RuleSetEvent[])[] = []
    const given = new Set<RuleId>()
    for (const one of commands) {
      const events = attempt(one, state) ?? []
      const isReverted = events[0]?.type === 'ChangeSetReverted'
      const ids = events.flatMap((event) => (event.type === 'RuleCreated' ? [event.ruleId] : []))
      // An id is never given twice.
      if (events.length === 0 || (!isReverted && ids.some((id) => given.has(id)))) continue
      for (const id of ids) given.add(id)
      state = fold(state, events)
      commits.push(events)
    }
    return commits
  })

test('a rule set becomes again what it was after any commit, and goes back just so', () => {
  fc.assert(
    fc.property(histories, fc.nat(), (commits, pick) => {
      const k = pick % (commits.length + 1)
      const target = ruleSetFacts(tracked(...commits.slice(0, k).flat()))
      const before = tracked(...commits.flat())
      const pending = before.state.pending
      let events: readonly RuleSetEvent[]
      const wanted = aimed(target, before)
      try {
        events = compensateRuleSet(before, wanted)
      } catch (error) {
        expect(error).toMatchObject({ code: 'rules.confirmation_pending' })
        expect(pending).toBeDefined()
        return
      }
      const there = ruleSetFacts(before)
      if (isSame(there, wanted)) expect(events).toEqual([])
      const restored = tracked(...commits.flat(), ...events)
      expect(isSame(ruleSetFacts(restored), wanted)).toBe(true)
      // Not a second time.
      expect(compensateRuleSet(restored, aimed(target, restored))).toEqual([])
      expect(restored.state.pending).toEqual(pending)
      const names = [...restored.state.rules.values()].map((rule) => nameKey(rule.settings.name))
      expect(new Set(names).size).toBe(names.length)
      expect([...restored.state.names.values()].sort()).toEqual(
        [...restored.state.rules.keys()].sort(),
      )
      // And back: all but what may not be switched on again.
      const back = aimed(there, restored)
      const returned = tracked(...commits.flat(), ...events, ...compensateRuleSet(restored, back))
      expect(isSame(ruleSetFacts(returned), back)).toBe(true)
    }),
    { numRuns: 1_000 },
  )
})

test('in parts it comes to the same, wherever it is cut', () => {
  fc.assert(
    fc.property(histories, fc.nat(), fc.integer({ min: 1, max: 4 }), (commits, pick, size) => {
      const target = ruleSetFacts(tracked(...commits.slice(0, pick % (commits.length + 1)).flat()))
      const history = commits.flat()
      fc.pre(tracked(...history).state.pending === undefined)
      for (let round = 0; ; round++) {
        const before = tracked(...history)
        const wanted = aimed(target, before)
        const events = compensateRuleSet(before, wanted)
        if (events.length === 0) {
          expect(isSame(ruleSetFacts(before), wanted)).toBe(true)
          return
        }
        expect(round, 'each part leaves less').toBeLessThan(200)
        history.push(...events.slice(0, size))
      }
    }),
  )
})

test('a rule that comes back keeps its id and its order and goes on counting', () => {
  const before = tracked(created(1), created(2), updated(1, { logs: true }), deleted(1))
  const target = ruleSetFacts(tracked(created(1), created(2)))
  expect(compensateRuleSet(before, target)).toEqual([
    { ...created(1, {}, { order: 1 }), earlierChanges: 3 },
  ])
})

test('a rule that has expired since comes back switched off; one that is there stays as it is', () => {
  const until = { expiresAtUnixMs: now + 1_000 }
  const target = ruleSetFacts(tracked(created(1, until), created(2, until)))
  const before = tracked(
    created(1, until),
    created(2, until),
    deleted(1),
    updated(2, { logs: true, ...until }),
  )
  const events = (at: number) => compensateRuleSet(before, aimed(target, before, at))
  expect(events(now)).toMatchObject([
    { type: 'RuleCreated', settings: settingsOf(1, until) },
    { type: 'RuleUpdated', settings: settingsOf(2, until) },
  ])
  expect(events(now + 1_000)).toMatchObject([
    { type: 'RuleCreated', settings: settingsOf(1, { ...until, isActive: false }) },
    { type: 'RuleUpdated', settings: settingsOf(2, until) },
  ])
  expect(notesOn(aimed(target, before, now + 1_000))).toEqual([
    '1 rule(s) have expired since and come back switched off: rule-1.',
  ])
  expect(notesOn(aimed(target, before))).toEqual([])
  // Switched off since: it stays off.
  const off = tracked(created(2, until), updated(2, { ...until, isActive: false }))
  const one = ruleSetFacts(tracked(created(2, until)))
  expect(compensateRuleSet(off, aimed(one, off, now + 1_000))).toEqual([])
  expect(compensateRuleSet(off, aimed(one, off, now))).toHaveLength(1)
})

test('while a change waits for its confirmation only drafts come back', () => {
  const applied = command({
    type: 'ApplyChangeSet',
    changeSetId: '',
    operations: [
      {
        kind: 'update',
        ruleId: ruleIdOf(1),
        settings: settingsOf(1, { logs: true }),
        baseRevision: 0,
      },
    ],
    applyId: applyIdOf(1),
    confirmWithinMs: 60_000,
    name: 'risky',
    now,
  })
  const opened: RuleSetEvent = { type: 'ChangeSetOpened', changeSetId: changeSetIdOf(1), name: 'd' }
  const history: RuleSetEvent[] = [created(1), opened]
  history.push(...ruleSet.decide(applied, fold(ruleSet.initial(), history)))
  const waiting = ruleSetFacts(tracked(...history))
  const gone: RuleSetEvent = { type: 'ChangeSetDiscarded', changeSetId: changeSetIdOf(1) }
  expect(compensateRuleSet(tracked(...history, gone), waiting)).toEqual([opened])
  const before = tracked(...history)
  expect(notesOn(aimed(waiting, before))).toEqual([
    'Change risky waited for its confirmation then; it comes back without a timer.',
  ])
  expect(() => compensateRuleSet(before, ruleSetFacts(tracked(created(1))))).toThrow(
    expect.objectContaining({ code: 'rules.confirmation_pending' }),
  )
})

test('what undoing one commit leaves is judged as a change would be', () => {
  const before = tracked(created(1), created(2))
  const facts = ruleSetFacts(before)
  const [one, two] = [ruleIdOf(1), ruleIdOf(2)]
  const rules = facts.rules
  const with1 = (changes: object) =>
    ({ ...facts, rules: { ...rules, [one]: { ...rules[one], ...changes } } }) as RuleSetFacts // as: a test's
  const throws = (target: RuleSetFacts, error: object) =>
    expect(() => compensateRuleSet(before, target)).toThrow(expect.objectContaining(error))
  throws(with1({ name: rules[two]?.name.toUpperCase() }), { code: 'rules.name_taken' })
  throws(with1({ protocol: 'icmp', sourcePorts: [1, 2] }), { kind: 'invalid' })
})

test('what lets packets through goes first and comes last', () => {
  const allow = { action: 'allow' as const }
  const before = tracked(created(1, allow), created(2))
  const target = ruleSetFacts(tracked(created(3, allow), created(4)))
  const types = compensateRuleSet(before, target).map((event) =>
    'ruleId' in event ? `${event.type} ${event.ruleId.at(-1)}` : event.type,
  )
  expect(types).toEqual(['RuleDeleted 1', 'RuleCreated 4', 'RuleCreated 3', 'RuleDeleted 2'])
})
