import { isSame } from '@holdfast/compensation'
import { invalid } from '@holdfast/errors'
import { maxRules } from '@holdfast/policy'
import { maxChangeSets } from '../domain/drafts.ts'
import {
  ConfirmationPending,
  NameTaken,
  PolicyTestNameTaken,
  TooManyChangeSets,
  TooManyPolicyTests,
  TooManyRules,
} from '../domain/errors.ts'
import type { ChangeSetId, PolicyTestId, RuleId } from '../domain/ids.ts'
import { maxTests } from '../domain/policy-tests.ts'
import type { RuleEvent, RuleSetEvent } from '../domain/rule-set-state.ts'
import { contradictions, nameKey } from '../domain/settings.ts'
import {
  keepWaiting,
  type RuleFacts,
  type RuleSetFacts,
  ruleSetFacts,
  settingsIn,
  type TestFacts,
  type TrackedRuleSet,
  testIn,
  waitingIn,
} from './rule-set-facts.ts'

/** Rules that came out of `aimRuleSet` switched off. */
const switchedOff = new WeakSet<RuleFacts>()

/**
 * What of a rule set of the past can be had: a rule that has expired since comes back switched off, as nobody may switch
 * an expired one on. One that expired where it is stays as it is.
 */
export function aimRuleSet(
  target: RuleSetFacts,
  now: RuleSetFacts,
  nowUnixMs: number,
): RuleSetFacts {
  let rules: Record<string, RuleFacts> | undefined
  for (const [id, rule] of entriesOf(target.rules)) {
    if (!rule.isActive || !isExpired(rule, nowUnixMs)) continue
    const there = now.rules[id]
    if (there?.isActive && there.expiresAtUnixMs === rule.expiresAtUnixMs) continue
    rules ??= { ...target.rules }
    const off = { ...rule, isActive: false }
    switchedOff.add(off)
    rules[id] = off
  }
  return rules ? keepWaiting(target, { ...target, rules }) : target
}

/** What people should know: of a target as `aimRuleSet` made it, and of the one it was made of. */
export function notesOn(target: RuleSetFacts): readonly string[] {
  const off = Object.values<RuleFacts>(target.rules).filter((rule) => switchedOff.has(rule))
  const named = off.slice(0, shownRules).map(({ name }) => name)
  const list = [...named, ...(off.length > named.length ? ['…'] : [])].join(', ')
  const waited = waitingIn(target)
  return [
    ...(off.length > 0
      ? [`${off.length} rule(s) have expired since and come back switched off: ${list}.`]
      : []),
    ...(waited === undefined
      ? []
      : [`Change ${waited} waited for its confirmation then; it comes back without a timer.`]),
  ]
}
const shownRules = 20

const isExpired = ({ expiresAtUnixMs: at }: RuleFacts, nowUnixMs: number): boolean =>
  at !== 0 && at <= nowUnixMs

/**
 * Each prefix makes sense: a set too large for one commit goes over in several, and packets between them are judged by
 * neither set. So what lets packets through goes first and comes last.
 *
 * Throws `rules.confirmation_pending` when anything but drafts would change while a change waits for its confirmation:
 * hosts may take that change back by themselves, to exactly what was before it.
 */
export function compensateRuleSet(
  now: TrackedRuleSet,
  target: RuleSetFacts,
): readonly RuleSetEvent[] {
  const before = ruleSetFacts(now)
  requirePossible(target, before)
  const settled: RuleSetEvent[] = [
    ...ruleEvents(now, target, before),
    ...settingsEvents(target, before),
    ...testEvents(target, before),
  ]
  const { pending } = now.state
  if (settled.length > 0 && pending) {
    const { applyId, name } = pending
    throw ConfirmationPending({ applyId, name })
  }
  return [...settled, ...draftEvents(target, before)]
}

function ruleEvents(
  { changesOfGone }: TrackedRuleSet,
  target: RuleSetFacts,
  before: RuleSetFacts,
): readonly RuleEvent[] {
  const passing = { gone: [] as RuleEvent[], changed: [] as RuleEvent[], come: [] as RuleEvent[] }
  const denying = { gone: [] as RuleEvent[], changed: [] as RuleEvent[], come: [] as RuleEvent[] }
  for (const [ruleId, rule] of entriesOf(before.rules)) {
    if (target.rules[ruleId]) continue
    const { gone } = denies(rule) ? denying : passing
    gone.push({ type: 'RuleDeleted', ruleId })
  }
  for (const [ruleId, rule] of entriesOf(target.rules)) {
    const there = before.rules[ruleId]
    if (there && isSame(there, rule)) continue
    const { changed, come } = denies(rule) ? denying : passing
    const settings = settingsIn(rule)
    if (there) {
      changed.push({ type: 'RuleUpdated', ruleId, settings })
      continue
    }
    const earlierChanges = changesOfGone.get(ruleId) ?? 0
    come.push({ type: 'RuleCreated', ruleId, settings, order: rule.order, earlierChanges })
  }
  return [
    ...passing.gone,
    ...denying.come,
    ...denying.changed,
    ...passing.changed,
    ...passing.come,
    ...denying.gone,
  ]
}

const denies = ({ action }: RuleFacts): boolean => action === 'deny' || action === 'rate_limit'

const settingsEvents = (target: RuleSetFacts, before: RuleSetFacts): readonly RuleSetEvent[] => {
  const { isLockoutAllowed } = target
  if (isLockoutAllowed === before.isLockoutAllowed) return []
  return [{ type: 'RuleSetSettingsUpdated', isLockoutAllowed }]
}

/** Tests that went first: names are free then. */
function testEvents(target: RuleSetFacts, before: RuleSetFacts): readonly RuleSetEvent[] {
  const gone = entriesOf(before.tests).filter(([id]) => !target.tests[id])
  const saved = entriesOf(target.tests).filter(([id, test]) => !isSame(before.tests[id], test))
  return [
    ...gone.map(([testId]) => ({ type: 'PolicyTestDeleted' as const, testId })),
    ...saved.map(([id, test]) => ({ type: 'PolicyTestSaved' as const, test: testIn(id, test) })),
  ]
}

/** A draft never changes its name, so one under another name is another draft. */
function draftEvents(target: RuleSetFacts, before: RuleSetFacts): readonly RuleSetEvent[] {
  const events: RuleSetEvent[] = []
  for (const [changeSetId, { name }] of entriesOf(before.drafts)) {
    if (target.drafts[changeSetId]?.name === name) continue
    events.push({ type: 'ChangeSetDiscarded', changeSetId })
  }
  for (const [changeSetId, { name, operations }] of entriesOf(target.drafts)) {
    const there = before.drafts[changeSetId]
    const isOpen = there?.name === name
    if (!isOpen) events.push({ type: 'ChangeSetOpened', changeSetId, name })
    if (isSame(isOpen ? there.operations : [], operations)) continue
    events.push({ type: 'ChangeSetStaged', changeSetId, operations })
  }
  return events
}

/** What was once is possible; what is left of it when one of its commits is undone need not be. */
function requirePossible(target: RuleSetFacts, before: RuleSetFacts): void {
  const rules = entriesOf(target.rules)
  if (rules.length > maxRules) throw TooManyRules({ rules: rules.length, maxRules })
  const holders = new Map<string, RuleId>()
  for (const [id, rule] of rules) {
    const key = nameKey(rule.name)
    const heldBy = holders.get(key)
    if (heldBy !== undefined) throw NameTaken({ name: rule.name, heldBy })
    holders.set(key, id)
    if (before.rules[id] === rule) continue
    const errors = contradictions(settingsIn(rule))
    if (errors.length > 0) throw invalid(...errors)
  }
  const tests = Object.values<TestFacts>(target.tests)
  if (tests.length > maxTests) throw TooManyPolicyTests({ maxTests })
  const named = new Set<string>()
  for (const { name } of tests) {
    if (named.has(nameKey(name))) throw PolicyTestNameTaken({ name })
    named.add(nameKey(name))
  }
  if (Object.keys(target.drafts).length > maxChangeSets) throw TooManyChangeSets({ maxChangeSets })
}

/** Ids as what they are: the keys of these records are nothing else. */
const entriesOf = <Id extends RuleId | ChangeSetId | PolicyTestId, F>(
  record: Readonly<Record<Id, F>>,
): readonly (readonly [Id, F])[] => Object.entries(record) as [Id, F][] // as: see above
