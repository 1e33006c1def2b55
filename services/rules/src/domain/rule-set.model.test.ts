import type { RuleSettings } from '@holdfast/policy'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  anything,
  attempt,
  create,
  fold,
  operations,
  remove,
  update,
} from '../testing/random-commands.ts'
import { applyIdOf, command, now, ruleIdOf, settingsOf } from './fixtures.ts'
import type { RuleId } from './ids.ts'
import { type RuleSetCommand, ruleSet } from './rule-set.ts'
import type { RuleSetEvent, RuleSetState } from './rule-set-state.ts'
import { contradictions, isSameField, nameKey, settingsKeys } from './settings.ts'
import { type RecordedChange, touched } from './undo.ts'

const ruleIdIn = (event: RuleSetEvent): RuleId | undefined =>
  event.type === 'RuleCreated' || event.type === 'RuleUpdated' || event.type === 'RuleDeleted'
    ? event.ruleId
    : undefined

function requireInvariants(state: RuleSetState): void {
  const names = new Map<string, RuleId>()
  const orders = new Set<number>()
  for (const rule of state.rules.values()) {
    const key = nameKey(rule.settings.name)
    expect(names.has(key), 'one rule a name').toBe(false)
    names.set(key, rule.id)
    expect(orders.has(rule.order), 'one rule an order').toBe(false)
    orders.add(rule.order)
    expect(rule.order).toBeLessThan(state.nextOrder)
    expect(contradictions(rule.settings)).toEqual([])
  }
  expect(state.names).toEqual(names)
}

/** What matters of the rules, and nothing that only counts. */
const meaning = ({ rules }: RuleSetState) =>
  new Map([...rules.values()].map(({ id, settings: s, order }) => [id, { settings: s, order }]))

test('whatever is asked for, the invariants hold, a commit touches a rule once, and a replay is the same', () => {
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 40 }), (commands) => {
      const history: RuleSetEvent[] = []
      let state = ruleSet.initial()
      for (const one of commands) {
        const events = attempt(one, state) ?? []
        const ids = events.flatMap((event) => ruleIdIn(event) ?? [])
        expect(new Set(ids).size).toBe(ids.length)
        state = fold(state, events)
        history.push(...events)
        requireInvariants(state)
      }
      expect(fold(ruleSet.initial(), history)).toEqual(state)
    }),
  )
})

test('what is decided on leaves the state as it was', () => {
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 20 }), anything, (commands, last) => {
      const build = () =>
        commands.reduce((state, one) => fold(state, attempt(one, state) ?? []), ruleSet.initial())
      const state = build()
      attempt(last, state)
      expect(state).toEqual(build())
    }),
  )
})

test('a revert restores exactly what was, ids and orders included', () => {
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 20 }), operations, (commands, list) => {
      let state = ruleSet.initial()
      for (const one of commands) state = fold(state, attempt(one, state) ?? [])
      state = fold(state, attempt(command({ type: 'ConfirmChangeSet', applyId: '' }), state) ?? [])
      const before = meaning(state)
      const risky = command({
        type: 'ApplyChangeSet',
        changeSetId: '',
        operations: list,
        applyId: applyIdOf(99),
        confirmWithinMs: 10_000,
        name: '',
        now,
      })
      state = fold(state, attempt(risky, state) ?? [])
      fc.pre(state.pending !== undefined)
      const revert = command({ type: 'RevertChangeSet', applyId: '', cause: 'not_confirmed' })
      state = fold(state, ruleSet.decide(revert, state))
      expect(meaning(state)).toEqual(before)
      requireInvariants(state)
    }),
  )
})

/** What each commit did to each rule, as the read model keeps it. */
class Recorder {
  readonly #states = new Map<RuleId, { at: number; settings: RuleSettings | undefined }[]>()
  readonly #orders = new Map<RuleId, number>()

  record(at: number, events: readonly RuleSetEvent[]): void {
    for (const event of events) {
      const id = ruleIdIn(event)
      if (!id) continue
      if (event.type === 'RuleCreated') this.#orders.set(id, event.order)
      const states = this.#states.get(id) ?? []
      states.push({ at, settings: 'settings' in event ? event.settings : undefined })
      this.#states.set(id, states)
    }
  }

  knows(id: RuleId): boolean {
    return this.#states.has(id)
  }

  changesAt(at: number): RecordedChange[] {
    return [...this.#states].flatMap(([ruleId, states]) => {
      const found = states.findIndex((one) => one.at === at)
      if (found < 0) return []
      const after = states[found]?.settings
      const later = states.slice(found + 1).flatMap((one) => one.settings ?? [])
      return {
        ruleId,
        before: states[found - 1]?.settings,
        after,
        order: this.#orders.get(ruleId) ?? 0,
        touchedSince: touched(after, later),
        isLast: found === states.length - 1,
        changes: states.length,
      }
    })
  }
}

/** What a command changes: saying again what is so leaves no fact that a later undo could keep. */
function effective(one: RuleSetCommand, { rules }: RuleSetState): RuleSetCommand {
  const before = one.type === 'UpdateRule' ? rules.get(one.ruleId)?.settings : undefined
  if (one.type !== 'UpdateRule' || !before) return one
  const after = { ...before, ...one.changes }
  const changed = settingsKeys.filter((key) => !isSameField(before, after, key))
  return { ...one, changes: Object.fromEntries(changed.map((key) => [key, after[key]])) }
}

/** What the facts add up to, told as simply as can be: nobody refuses anything. */
function carriedOut(commands: readonly RuleSetCommand[]): Map<RuleId, RuleSettings> {
  const rules = new Map<RuleId, RuleSettings>()
  for (const one of commands) {
    if (one.type === 'CreateRule') rules.set(one.ruleId, one.settings)
    if (one.type === 'DeleteRule') rules.delete(one.ruleId)
    const before = one.type === 'UpdateRule' ? rules.get(one.ruleId) : undefined
    if (one.type === 'UpdateRule' && before) rules.set(one.ruleId, { ...before, ...one.changes })
  }
  return rules
}

test('undoing one past change gives what would be without it, or names a conflict; nothing in between', () => {
  const single = fc.oneof(create, { weight: 3, arbitrary: update }, remove)
  fc.assert(
    fc.property(fc.array(single, { minLength: 1, maxLength: 25 }), fc.nat(), (commands, pick) => {
      const recorder = new Recorder()
      let state = ruleSet.initial()
      const accepted: RuleSetCommand[] = []
      for (const one of commands) {
        // An id is never given twice.
        const isAgain = one.type === 'CreateRule' && recorder.knows(one.ruleId)
        const events = isAgain ? [] : (attempt(one, state) ?? [])
        if (events.length === 0) continue
        accepted.push(effective(one, state))
        recorder.record(accepted.length - 1, events)
        state = fold(state, events)
      }
      fc.pre(accepted.length > 0)
      const at = pick % accepted.length
      const undo = command({
        type: 'UndoChange',
        sequence: BigInt(at),
        changes: recorder.changesAt(at),
        applyId: applyIdOf(1),
      })
      const before = structuredClone(state)
      let events: readonly RuleSetEvent[]
      try {
        events = ruleSet.decide(undo, state)
      } catch (error) {
        expect(error).toMatchObject({ code: 'rules.undo_conflict' })
        expect(state).toEqual(before)
        return
      }
      state = fold(state, events)
      const without = carriedOut(accepted.filter((_, i) => i !== at))
      const said = ({ rules }: RuleSetState) =>
        new Map([...rules.values()].map((rule) => [rule.id, rule.settings]))
      expect(said(state)).toEqual(without)
      requireInvariants(state)
    }),
    { numRuns: 2000 },
  )
})

// A copy of the rules at each event would take minutes here: the test's time limit would end it.
test('100,000 rules are created and folded one by one', () => {
  let state = ruleSet.initial()
  for (let n = 1; n <= 100_000; n++) {
    const one = command({
      type: 'CreateRule',
      ruleId: ruleIdOf(n),
      settings: settingsOf(n),
      now,
    })
    state = fold(state, ruleSet.decide(one, state))
  }
  expect(state.rules.size).toBe(100_000)
})
