import type { PortRange, RateLimit, RuleSettings, Target } from '@holdfast/policy'
import type { ChangeSetId, PolicyTestId, RuleId } from '../domain/ids.ts'
import {
  evolveRuleSet,
  initialRuleSet,
  type PolicyTest,
  type RuleOperation,
  type RuleSetEvent,
  type RuleSetState,
  type RuleState,
} from '../domain/rule-set-state.ts'
import { idOfTarget } from '../domain/settings.ts'

// What means something only as a whole is a list, so that nothing merges its halves.
type PortsFact = readonly [from: number, to: number]
type RateFact = readonly [pps: number, burst: number, scope: RateLimit['scope']]
type TargetFact = readonly [kind: Target['kind'], id: string]

type Whole = 'sourcePorts' | 'destinationPorts' | 'rate' | 'target'

export type RuleFacts = Omit<RuleSettings, Whole> & {
  readonly sourcePorts: PortsFact | undefined
  readonly destinationPorts: PortsFact | undefined
  readonly rate: RateFact | undefined
  readonly target: TargetFact
  readonly order: number
}

export type TestFacts = Omit<PolicyTest, Whole | 'id'> & {
  readonly sourcePorts: PortsFact | undefined
  readonly destinationPorts: PortsFact | undefined
  readonly target: TargetFact
}

/**
 * An operation keeps the revision it was staged on. Revisions only grow, so a draft that comes back waits to be staged
 * again when its rules have changed since, even when they have changed back.
 */
export interface DraftFacts {
  readonly name: string
  readonly operations: readonly RuleOperation[]
}

/** A rule set without what only counts: revisions, the next order, the change that waits for its confirmation. */
export interface RuleSetFacts {
  readonly organizationId: string
  readonly isLockoutAllowed: boolean
  readonly rules: Readonly<Record<RuleId, RuleFacts>>
  readonly drafts: Readonly<Record<ChangeSetId, DraftFacts>>
  readonly tests: Readonly<Record<PolicyTestId, TestFacts>>
}

/** The aggregate, and what bringing a rule back takes besides. */
export interface TrackedRuleSet {
  readonly organizationId: string
  state: RuleSetState
  /** Of the rules that are gone: how often they changed, their deletion included. */
  readonly changesOfGone: Map<RuleId, number>
}

export const trackedRuleSet = (organizationId: string): TrackedRuleSet => ({
  organizationId,
  state: initialRuleSet(),
  changesOfGone: new Map(),
})

export function trackRuleSet(tracked: TrackedRuleSet, event: RuleSetEvent): TrackedRuleSet {
  const { state, changesOfGone } = tracked
  if (event.type === 'RuleCreated') changesOfGone.delete(event.ruleId)
  if (event.type === 'RuleDeleted') {
    const rule = state.rules.get(event.ruleId)
    if (rule) changesOfGone.set(rule.id, rule.revision + 1)
  }
  tracked.state = evolveRuleSet(state, event)
  return tracked
}

/** Facts of moments at which a change waited for its confirmation, and its name. */
const waiting = new WeakMap<RuleSetFacts, string>()
export const waitingIn = (facts: RuleSetFacts): string | undefined => waiting.get(facts)
/** The same moment, seen otherwise. */
export function keepWaiting(from: RuleSetFacts, to: RuleSetFacts): RuleSetFacts {
  const name = waiting.get(from)
  if (name !== undefined) waiting.set(to, name)
  return to
}

/** A set that nothing was said about is an empty one: nothing begins or ends one. */
export function ruleSetFacts({ organizationId, state }: TrackedRuleSet): RuleSetFacts {
  const { isLockoutAllowed, rules, drafts, tests, pending } = state
  const facts = {
    organizationId,
    isLockoutAllowed,
    rules: recordOf(rules.values(), ruleFacts),
    drafts: recordOf(drafts.values(), ({ name, operations }) => ({ name, operations })),
    tests: recordOf(tests.values(), testFacts),
  }
  if (pending) waiting.set(facts, pending.name || pending.applyId)
  return facts
}

/** One value of the facts: they may hold a hundred thousand rules. */
export function ruleSetValueAt({ state }: TrackedRuleSet, path: readonly string[]): unknown {
  const [field, id = '', ...rest] = path
  // as: whatever the path names is looked up by it
  const within = (facts: object | undefined): unknown =>
    rest.reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key],
      facts,
    )
  if (field === 'rules') {
    const rule = state.rules.get(id as RuleId)
    return within(rule && ruleFacts(rule))
  }
  if (field === 'tests') {
    const test = state.tests.get(id as PolicyTestId)
    return within(test && testFacts(test))
  }
  if (field === 'drafts') return within(state.drafts.get(id as ChangeSetId))
  return field === 'isLockoutAllowed' ? state.isLockoutAllowed : undefined
}

function recordOf<Id extends string, T extends { readonly id: Id }, F>(
  all: Iterable<T>,
  facts: (one: T) => F,
): Readonly<Record<Id, F>> {
  // as: filled below; ids are UUIDs, so none of them means anything to an object
  const record = {} as Record<Id, F>
  for (const one of all) record[one.id] = facts(one)
  return record
}

/** A rule is never changed in place, and most are the same before and after: they compare by identity then. */
const known = new WeakMap<RuleState, RuleFacts>()

function ruleFacts(rule: RuleState): RuleFacts {
  const found = known.get(rule)
  if (found) return found
  const { settings, order } = rule
  const facts = { ...settings, ...wholes(settings), rate: rateFact(settings.rate), order }
  known.set(rule, facts)
  return facts
}

function testFacts({ id: _, ...test }: PolicyTest): TestFacts {
  return { ...test, ...wholes(test) }
}

const wholes = (of: {
  readonly sourcePorts: PortRange | undefined
  readonly destinationPorts: PortRange | undefined
  readonly target: Target
}) => ({
  sourcePorts: portsFact(of.sourcePorts),
  destinationPorts: portsFact(of.destinationPorts),
  target: [of.target.kind, idOfTarget(of.target)] as const,
})

const portsFact = (ports: PortRange | undefined): PortsFact | undefined =>
  ports && [ports.from, ports.to]
const rateFact = (rate: RateLimit | undefined): RateFact | undefined =>
  rate && [rate.pps, rate.burst, rate.scope]

const portsIn = (ports: PortsFact | undefined): PortRange | undefined =>
  ports && { from: ports[0], to: ports[1] }
const targetIn = ([kind, id]: TargetFact): Target =>
  kind === 'everything' ? { kind } : { kind, id }

/** The way back from the facts. What is undefined may be absent there. */
export function settingsIn(facts: RuleFacts): RuleSettings {
  const { order: _, rate, ...rest } = facts
  return {
    ...rest,
    source: facts.source,
    destination: facts.destination,
    sourcePorts: portsIn(facts.sourcePorts),
    destinationPorts: portsIn(facts.destinationPorts),
    rate: rate && { pps: rate[0], burst: rate[1], scope: rate[2] },
    target: targetIn(facts.target),
  }
}

export function testIn(id: PolicyTestId, facts: TestFacts): PolicyTest {
  return {
    ...facts,
    id,
    source: facts.source,
    destination: facts.destination,
    sourcePorts: portsIn(facts.sourcePorts),
    destinationPorts: portsIn(facts.destinationPorts),
    target: targetIn(facts.target),
  }
}
