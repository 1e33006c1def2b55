import { DomainError } from '@holdfast/errors'
import type { RuleSettings } from '@holdfast/policy'
import fc from 'fast-check'
import {
  applyIdOf,
  changeSetIdOf,
  cidr,
  command,
  now,
  policyTest,
  ruleIdOf,
  ruleSettings,
  testIdOf,
} from '../domain/fixtures.ts'
import { type RuleSetCommand, ruleSet } from '../domain/rule-set.ts'
import type { RuleOperation, RuleSetEvent, RuleSetState } from '../domain/rule-set-state.ts'
import { contradictions } from '../domain/settings.ts'

// Commands for tests: few ids and names, so that they get in each other's way.

const number = fc.integer({ min: 1, max: 6 })
const name = fc.constantFrom('a', 'A', 'b', 'c', 'd', 'e')
const changes = fc.record(
  {
    name,
    action: fc.constantFrom('allow', 'deny', 'log'),
    protocol: fc.constantFrom('any', 'tcp', 'icmp'),
    source: fc.constantFrom(undefined, cidr('10.0.0.0/8'), cidr('fd00::/8')),
    destination: fc.constantFrom(undefined, cidr('10.1.0.0/16')),
    destinationPorts: fc.constantFrom(undefined, { from: 22, to: 22 }, { from: 80, to: 90 }),
    priority: fc.integer({ min: 0, max: 3 }),
    isActive: fc.boolean(),
    expiresAtUnixMs: fc.constantFrom(0, now - 1, now + 1),
    tags: fc.constantFrom([], ['x'], ['x', 'y']),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Partial<RuleSettings>>
const settings = fc.tuple(name, changes).map(([called, more]) => {
  const whole = { ...ruleSettings, ...more, name: called }
  // What comes through the parsers does not contradict itself.
  return contradictions(whole).length === 0 ? whole : { ...ruleSettings, name: called }
})

export const create = fc
  .tuple(number, settings)
  .map(([n, one]) => command({ type: 'CreateRule', ruleId: ruleIdOf(n), settings: one, now }))
export const update = fc
  .tuple(number, changes)
  .map(([n, one]) => command({ type: 'UpdateRule', ruleId: ruleIdOf(n), changes: one, now }))
export const remove = number.map((n) => command({ type: 'DeleteRule', ruleId: ruleIdOf(n) }))

const operation: fc.Arbitrary<RuleOperation> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 7, max: 9 }), settings)
    .map(([n, one]) => ({ kind: 'create' as const, ruleId: ruleIdOf(n), settings: one })),
  fc.tuple(number, settings, fc.constantFrom(0, 1)).map(([n, one, baseRevision]) => ({
    kind: 'update' as const,
    ruleId: ruleIdOf(n),
    settings: one,
    baseRevision,
  })),
  number.map((n) => ({ kind: 'delete' as const, ruleId: ruleIdOf(n), baseRevision: 0 })),
)
export const operations = fc.uniqueArray(operation, {
  maxLength: 4,
  selector: ({ ruleId }) => ruleId,
})
const apply = fc
  .tuple(operations, number, fc.constantFrom(0, 10_000))
  .map(([list, n, confirmWithinMs]) =>
    command({
      type: 'ApplyChangeSet',
      changeSetId: '',
      operations: list,
      applyId: applyIdOf(n),
      confirmWithinMs,
      name: '',
      now,
    }),
  )
const imported = fc
  .tuple(fc.constantFrom('add', 'merge', 'replace'), fc.array(settings, { maxLength: 4 }), number)
  .map(([mode, list, n]) =>
    command({
      type: 'ImportRules',
      mode,
      rules: list.map((one, i) => ({ ruleId: ruleIdOf(10 * n + i), settings: one })),
      applyId: applyIdOf(n),
      confirmWithinMs: 0,
      name: '',
      now,
    }),
  )
const draft = fc.tuple(fc.constantFrom(1, 2), operations).chain(([n, list]) =>
  fc.constantFrom(
    command({ type: 'OpenChangeSet', changeSetId: changeSetIdOf(n), name: '', operations: [] }),
    command({ type: 'StageChangeSet', changeSetId: changeSetIdOf(n), operations: list }),
    command({ type: 'DiscardChangeSet', changeSetId: changeSetIdOf(n) }),
    command({
      type: 'ApplyChangeSet',
      changeSetId: changeSetIdOf(n),
      operations: [],
      applyId: applyIdOf(n + 10),
      confirmWithinMs: 0,
      name: '',
      now,
    }),
  ),
)
const end = fc.constantFrom(
  command({ type: 'ConfirmChangeSet', applyId: '' }),
  command({ type: 'RevertChangeSet', applyId: '', cause: 'cancelled' }),
)
export const anything = fc.oneof(
  { weight: 4, arbitrary: create },
  { weight: 4, arbitrary: update },
  remove,
  apply,
  imported,
  draft,
  end,
)

const test = fc
  .tuple(fc.constantFrom(1, 2, 3), fc.constantFrom('a', 'b'), fc.constantFrom('pass', 'drop'))
  .map(([n, called, expectation]) => ({
    ...policyTest,
    id: testIdOf(n),
    name: called,
    expectation,
  }))
/** What changes no rule. */
export const beside = fc.oneof(
  test.map((one) => command({ type: 'SavePolicyTest', test: one })),
  fc.constantFrom(1, 2, 3).map((n) => command({ type: 'DeletePolicyTest', testId: testIdOf(n) })),
  fc.boolean().map((isLockoutAllowed) => command({ type: 'UpdateRuleSet', isLockoutAllowed })),
)

/** The events, or undefined for a refusal. Anything but a refusal is a failure. */
export function attempt(
  one: RuleSetCommand,
  state: RuleSetState,
): readonly RuleSetEvent[] | undefined {
  try {
    return ruleSet.decide(one, state)
  } catch (error) {
    if (error instanceof DomainError) return undefined
    throw error
  }
}

export const fold = (state: RuleSetState, events: readonly RuleSetEvent[]): RuleSetState =>
  events.reduce(ruleSet.evolve, state)
