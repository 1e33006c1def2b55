import { spec } from '@holdfast/testkit'
import { describe, expect, test } from 'vitest'
import {
  ChangeSetNotFound,
  ChangeSetStale,
  ConfirmationPending,
  NameTaken,
  NothingPending,
  ObjectChanged,
  PolicyTestFailed,
  PolicyTestNameTaken,
  RuleNotFound,
  TooManyRules,
} from './errors.ts'
import {
  applyIdOf,
  changeSetIdOf,
  cidr,
  command,
  created,
  deleted,
  now,
  policyTest,
  ruleIdOf,
  settingsOf,
  testIdOf,
  updated,
} from './fixtures.ts'
import { ruleSet } from './rule-set.ts'
import type { RuleSetEvent } from './rule-set-state.ts'

const { given } = spec(ruleSet)

const create = (n: number, settings = {}) =>
  command({ type: 'CreateRule', ruleId: ruleIdOf(n), settings: settingsOf(n, settings), now })
const update = (n: number, changes: object, expectedRevision?: bigint) =>
  command({ type: 'UpdateRule', ruleId: ruleIdOf(n), changes, now, expectedRevision })
const remove = (n: number, expectedRevision?: bigint) =>
  command({ type: 'DeleteRule', ruleId: ruleIdOf(n), expectedRevision })
const applied = (n: number, more: object = {}): RuleSetEvent => ({
  type: 'ChangeSetApplied',
  changeSetId: '',
  applyId: applyIdOf(n),
  confirmWithinMs: 0,
  name: '',
  ...more,
})
const apply = (operations: object[], more: object = {}) =>
  command({
    type: 'ApplyChangeSet',
    changeSetId: '',
    operations: operations as never[],
    applyId: applyIdOf(1),
    confirmWithinMs: 0,
    name: '',
    now,
    ...more,
  })

/** What a refusal for bad fields says. */
function faults(work: () => unknown): string[] {
  try {
    work()
  } catch (error) {
    const { fields = [] } = error as { fields?: { field: string; code: string }[] }
    return fields.map(({ field, code }) => `${field} ${code}`)
  }
  return []
}
const decide = (...events: readonly RuleSetEvent[]) => {
  const { state } = given(...events)
  return (one: Parameters<typeof ruleSet.decide>[0]) => ruleSet.decide(one, state)
}

describe('single rules', () => {
  test('orders count up and are never given twice', () => {
    given().when(create(1)).expects(created(1))
    given(created(1), created(2), deleted(2)).when(create(3)).expects(created(3))
  })

  test('names are unique regardless of case', () => {
    given(created(1, { name: 'Web' }))
      .when(create(2, { name: 'wEB' }))
      .rejects(NameTaken, { name: 'wEB', heldBy: ruleIdOf(1) })
    given(created(1, { name: 'Web' }))
      .when(update(1, { name: 'WEB' }))
      .expects(updated(1, { name: 'WEB' }))
    given(created(1, { name: 'web' }), deleted(1))
      .when(create(2, { name: 'web' }))
      .expects(created(2, { name: 'web' }))
  })

  test('an update keeps what it does not name, and saying what is so is no change', () => {
    given(created(1, { source: cidr('10.0.0.0/8') }))
      .when(update(1, { isActive: false }))
      .expects(updated(1, { source: cidr('10.0.0.0/8'), isActive: false }))
    given(created(1, { tags: ['a'] }))
      .when(update(1, { tags: ['a'], priority: 100 }))
      .expects()
    given()
      .when(update(1, { priority: 1 }))
      .rejects(RuleNotFound)
  })

  test('who has read an older one is refused, rule by rule', () => {
    const history = [created(1), created(2), updated(1, { priority: 5 })]
    given(...history)
      .when(update(1, { priority: 6 }, 1n))
      .rejects(ObjectChanged, { expected: 1n, actual: 2n })
    given(...history)
      .when(remove(1, 1n))
      .rejects(ObjectChanged)
    given(...history)
      .when(update(2, { priority: 6 }, 1n))
      .expects(updated(2, { priority: 6 }))
  })

  test('deleting twice is one fact', () => {
    given(created(1)).when(remove(1)).expects(deleted(1))
    given(created(1), deleted(1)).when(remove(1)).expects()
  })

  test('a merged rule that contradicts itself names the field', () => {
    const ports = { from: 22, to: 22 }
    const fault = (before: object, changes: object) =>
      faults(() => decide(created(1, before))(update(1, changes)))
    expect(fault({ destinationPorts: ports, protocol: 'tcp' }, { protocol: 'icmp' })).toEqual([
      'dst_port_from not_applicable',
    ])
    expect(fault({}, { action: 'rate_limit' })).toEqual(['rate_pps required'])
    expect(fault({ source: cidr('10.0.0.0/8') }, { destination: cidr('fd00::/8') })).toEqual([
      'dst family_mismatch',
    ])
    expect(fault({}, { continues: true })).toEqual(['continue not_applicable'])
  })
})

describe('expiry', () => {
  const ended = { expiresAtUnixMs: now - 1 }
  test('must be in the future when it is set', () => {
    expect(faults(() => decide()(create(1, ended)))).toEqual(['expires_at in_the_past'])
    expect(faults(() => decide(created(1))(update(1, ended)))).toEqual(['expires_at in_the_past'])
  })

  test('activating an ended rule again asks for a new end', () => {
    const history = created(1, { ...ended, isActive: false })
    expect(faults(() => decide(history)(update(1, { isActive: true })))).toEqual([
      'expires_at in_the_past',
    ])
    const later = { isActive: true, expiresAtUnixMs: now + 1 }
    given(history).when(update(1, later)).expects(updated(1, later))
    given(history)
      .when(update(1, { isActive: true, expiresAtUnixMs: 0 }))
      .expects(updated(1))
  })

  test('an ended rule may be edited and deleted', () => {
    given(created(1, ended))
      .when(update(1, { description: 'x' }))
      .expects(updated(1, { ...ended, description: 'x' }))
  })
})

describe('many at once', () => {
  type Wanted = readonly [n: number, settings?: object]
  const rules = (...list: readonly Wanted[]) =>
    list.map(([n, settings]) => ({ ruleId: ruleIdOf(n), settings: settingsOf(n, settings) }))
  const bulk = (mode: 'add' | 'merge' | 'replace', ...list: readonly Wanted[]) =>
    command({
      type: 'ImportRules',
      mode,
      rules: rules(...list),
      applyId: applyIdOf(9),
      confirmWithinMs: 0,
      name: 'import',
      now,
    })
  const begun = applied(9, { name: 'import' })

  test('add refuses a name that exists, and takes nothing then', () => {
    given(created(1))
      .when(bulk('add', [2], [3, { name: 'RULE-1' }]))
      .rejects(NameTaken, { name: 'RULE-1' })
    given(created(1))
      .when(bulk('add', [2], [3]))
      .expects(begun, created(2), created(3))
  })

  test('merge goes by name, leaves the rest, and counts what is the same as nothing', () => {
    given(created(1), created(2), created(3))
      .when(bulk('merge', [8, { name: 'Rule-1', priority: 7 }], [2], [4]))
      .expects(begun, updated(1, { name: 'Rule-1', priority: 7 }), created(4))
    given(created(1))
      .when(bulk('merge', [1]))
      .expects()
  })

  test('replace also deletes what is not named', () => {
    given(created(1), created(2), created(3))
      .when(bulk('replace', [2], [4]))
      .expects(begun, created(4), deleted(1), deleted(3))
  })

  test('two of one name are refused', () => {
    given()
      .when(bulk('merge', [1], [2, { name: 'RULE-1' }]))
      .rejects(NameTaken, { heldBy: '' })
    given(created(1))
      .when(bulk('merge', [1, { priority: 1 }], [2, { name: 'RULE-1' }]))
      .rejects(NameTaken, { heldBy: '' })
  })

  test('priorities change together', () => {
    const priorities = new Map([
      [ruleIdOf(1), 5],
      [ruleIdOf(2), 100],
      [ruleIdOf(3), 7],
    ])
    given(created(1), created(2), created(3))
      .when(command({ type: 'ReorderRules', priorities, applyId: applyIdOf(2) }))
      .expects(
        applied(2, { name: 'reorder' }),
        updated(1, { priority: 5 }),
        updated(3, { priority: 7 }),
      )
  })

  test('rules may swap their names in one change', () => {
    const operations = [
      { kind: 'update', ruleId: ruleIdOf(1), baseRevision: 1, settings: settingsOf(2) },
      { kind: 'update', ruleId: ruleIdOf(2), baseRevision: 1, settings: settingsOf(1) },
    ]
    const { state } = given(created(1), created(2))
    const events = ruleSet.decide(apply(operations), state)
    const after = events.reduce(ruleSet.evolve, state)
    expect(after.names.get('rule-1')).toBe(ruleIdOf(2))
    expect(after.names.get('rule-2')).toBe(ruleIdOf(1))
  })

  test('the hundred thousand and first rule is refused', () => {
    let { state } = given()
    for (let n = 1; n <= 100_000; n++) state = ruleSet.evolve(state, created(n))
    expect(() => ruleSet.decide(create(100_001), state)).toThrow(
      expect.objectContaining({ code: TooManyRules.code }),
    )
    expect(ruleSet.decide(update(5, { priority: 1 }), state)).toHaveLength(1)
    const events = ruleSet.decide(bulk('replace', [100_001]), state)
    expect(events).toHaveLength(100_002)
  })
})

describe('drafts', () => {
  const changeSetId = changeSetIdOf(1)
  const opened: RuleSetEvent = { type: 'ChangeSetOpened', changeSetId, name: 'tighten' }
  const staged = (...operations: object[]): RuleSetEvent => ({
    type: 'ChangeSetStaged',
    changeSetId,
    operations: operations as never[],
  })
  const change = (n: number, baseRevision: number, settings = {}) => ({
    kind: 'update',
    ruleId: ruleIdOf(n),
    settings: settingsOf(n, settings),
    baseRevision,
  })
  const drop = (n: number, baseRevision: number) => ({
    kind: 'delete',
    ruleId: ruleIdOf(n),
    baseRevision,
  })
  const applyIt = apply([], { changeSetId })

  test('what is staged does nothing until it is applied', () => {
    const { state } = given(created(1), opened, staged(drop(1, 1)))
    expect(state.rules.size).toBe(1)
    given(created(1), opened, staged(drop(1, 1)))
      .when(applyIt)
      .expects(applied(1, { changeSetId, name: 'tighten' }), deleted(1))
  })

  test('a rule that changed since is named, and nothing is applied', () => {
    given(created(1), created(2), opened, staged(change(1, 1, { priority: 1 }), drop(2, 1)))
      .when(applyIt)
      .expects(
        applied(1, { changeSetId, name: 'tighten' }),
        updated(1, { priority: 1 }),
        deleted(2),
      )
    given(created(1), created(2), opened, staged(change(1, 1), drop(2, 1)), updated(2))
      .when(applyIt)
      .rejects(ChangeSetStale, { rules: `rule-2 (${ruleIdOf(2)})` })
    given(created(1), opened, staged(drop(1, 1)), deleted(1))
      .when(applyIt)
      .rejects(ChangeSetStale)
    // A rule that came back is not the one that was staged.
    given(created(1), opened, staged(drop(1, 1)), deleted(1), created(1, {}, { earlierChanges: 2 }))
      .when(applyIt)
      .rejects(ChangeSetStale)
  })

  test('staging takes the present revision, unless the caller says which it saw', () => {
    given(created(1), updated(1), opened)
      .when(
        command({
          type: 'StageChangeSet',
          changeSetId,
          operations: [drop(1, 0)] as never[],
        }),
      )
      .expects(staged(drop(1, 2)))
    given(created(1), updated(1), opened)
      .when(command({ type: 'StageChangeSet', changeSetId, operations: [drop(1, 1)] as never[] }))
      .expects(staged(drop(1, 1)))
  })

  test('rules are staged one by one, over what is staged of them already', () => {
    const one = (wish: object) => command({ changeSetId, ...wish } as never)
    const draft = [created(1), opened, staged(change(1, 1, { priority: 3 }))]
    given(...draft, updated(1))
      .when(one({ type: 'StageUpdate', ruleId: ruleIdOf(1), changes: { logs: true } }))
      .expects(staged(change(1, 1, { priority: 3, logs: true })))
    given(...draft)
      .when(one({ type: 'StageDelete', ruleId: ruleIdOf(1) }))
      .expects(staged(drop(1, 1)))
    const fresh = { kind: 'create', ruleId: ruleIdOf(7), settings: settingsOf(7) }
    given(opened)
      .when(one({ type: 'StageCreate', ruleId: ruleIdOf(7), settings: settingsOf(7) }))
      .expects(staged(fresh))
    given(opened, staged(fresh))
      .when(one({ type: 'StageDelete', ruleId: ruleIdOf(7) }))
      .expects(staged())
    given(opened)
      .when(one({ type: 'StageUpdate', ruleId: ruleIdOf(9), changes: {} }))
      .rejects(RuleNotFound)
  })

  test('one rule is named once, and what contradicts itself is named by its place', () => {
    const stage = (...operations: object[]) =>
      faults(() =>
        decide(
          created(1),
          opened,
        )(command({ type: 'StageChangeSet', changeSetId, operations: operations as never[] })),
      )
    expect(stage(drop(1, 0), change(1, 0))).toEqual(['operations[1].rule_id duplicate'])
    expect(stage(change(1, 0, { continues: true }))).toEqual([
      'operations[0].continue not_applicable',
    ])
  })

  test('a draft ends once', () => {
    given(opened)
      .when(command({ type: 'DiscardChangeSet', changeSetId }))
      .expects({ type: 'ChangeSetDiscarded', changeSetId })
    given(opened, { type: 'ChangeSetDiscarded', changeSetId })
      .when(command({ type: 'DiscardChangeSet', changeSetId }))
      .expects()
    given(opened, applied(1, { changeSetId })).when(applyIt).rejects(ChangeSetNotFound)
  })
})

describe('a change that waits for confirmation', () => {
  const waiting = applied(1, { confirmWithinMs: 60_000, name: 'risky' })
  const history = [
    created(1),
    updated(1, { priority: 5 }),
    created(2),
    waiting,
    updated(1, { name: 'other', action: 'allow' }),
    deleted(2),
    created(3, { name: 'rule-1' }),
  ]

  test('keeps everything else out, drafts apart', () => {
    const pending = { applyId: applyIdOf(1), name: 'risky' }
    for (const wish of [create(9), update(1, { priority: 1 }), remove(1), apply([])]) {
      given(...history)
        .when(wish)
        .rejects(ConfirmationPending, pending)
    }
    const open = { type: 'OpenChangeSet', changeSetId: changeSetIdOf(2), name: '' } as const
    given(...history)
      .when(command({ ...open, operations: [] }))
      .expects({ type: 'ChangeSetOpened', changeSetId: changeSetIdOf(2), name: '' })
  })

  test('stays when it is confirmed, and confirming twice is one fact', () => {
    const confirm = (n?: number) =>
      command({ type: 'ConfirmChangeSet', applyId: n === undefined ? '' : applyIdOf(n) })
    const confirmed = { type: 'ChangeSetConfirmed', applyId: applyIdOf(1) } as const
    given(...history)
      .when(confirm())
      .expects(confirmed)
    given(...history)
      .when(confirm(1))
      .expects(confirmed)
    given(...history)
      .when(confirm(2))
      .rejects(NothingPending)
    given(...history, confirmed)
      .when(confirm(1))
      .expects()
    given(...history, confirmed)
      .when(confirm())
      .rejects(NothingPending)
  })

  test('goes back to exactly what was: ids, orders, names', () => {
    const revert = command({ type: 'RevertChangeSet', applyId: '', cause: 'cancelled' })
    given(...history)
      .when(revert)
      .expects(
        { type: 'ChangeSetReverted', applyId: applyIdOf(1), cause: 'cancelled' },
        updated(1, { priority: 5 }),
        created(2, {}, { earlierChanges: 2 }),
        deleted(3),
      )
    const { state } = given(...history)
    const after = ruleSet.decide(revert, state).reduce(ruleSet.evolve, state)
    expect(after.pending).toBeUndefined()
    expect(after.names).toEqual(
      new Map([
        ['rule-1', ruleIdOf(1)],
        ['rule-2', ruleIdOf(2)],
      ]),
    )
    expect(after.nextOrder).toBe(4)
  })

  test('the timer that comes late does nothing, a person is told', () => {
    const confirmed = { type: 'ChangeSetConfirmed', applyId: applyIdOf(1) } as const
    given(...history, confirmed)
      .when(command({ type: 'RevertChangeSet', applyId: applyIdOf(1), cause: 'not_confirmed' }))
      .expects()
    given(...history, confirmed)
      .when(command({ type: 'RevertChangeSet', applyId: applyIdOf(1), cause: 'cancelled' }))
      .rejects(NothingPending)
  })

  test('one that changes nothing does not wait', () => {
    const same = { kind: 'update', ruleId: ruleIdOf(1), settings: settingsOf(1), baseRevision: 1 }
    given(created(1))
      .when(apply([same], { confirmWithinMs: 10_000 }))
      .expects()
  })
})

describe('policy tests', () => {
  const saved: RuleSetEvent = { type: 'PolicyTestSaved', test: policyTest }
  const failing = () => [{ test: policyTest, detail: '10.9.0.1 reaches it' }]

  test('one that fails blocks the write, and only the write', () => {
    const wish = { type: 'DeleteRule', ruleId: ruleIdOf(1) } as const
    given(created(1), saved)
      .when(command(wish, failing))
      .rejects(PolicyTestFailed, {
        tests: 1,
        failures: `${policyTest.name}: 10.9.0.1 reaches it`,
      })
    given(created(1)).when(command(wish, failing)).expects(deleted(1))
    expect(given(created(1), saved, deleted(1)).state.rules.size).toBe(0)
  })

  test('they judge what would be', () => {
    const seen: unknown[] = []
    const check = ({ rules, tests }: { rules: readonly unknown[]; tests: readonly unknown[] }) => {
      seen.push(rules, tests)
      return []
    }
    const { state } = given(created(1), created(2), saved)
    const changes = { priority: 9 }
    ruleSet.decide(command({ type: 'UpdateRule', ruleId: ruleIdOf(1), changes, now }, check), state)
    expect(seen[0]).toMatchObject([{ id: ruleIdOf(2) }, { id: ruleIdOf(1), settings: changes }])
    expect(seen[1]).toEqual([policyTest])
  })

  test('a revert is not theirs to stop', () => {
    given(saved, applied(1, { confirmWithinMs: 1 }), created(1))
      .when(command({ type: 'RevertChangeSet', applyId: '', cause: 'not_confirmed' }, failing))
      .expects(
        { type: 'ChangeSetReverted', applyId: applyIdOf(1), cause: 'not_confirmed' },
        deleted(1),
      )
  })

  test('are saved when they hold, under a name of their own', () => {
    const save = (test = policyTest, check?: typeof failing) =>
      command({ type: 'SavePolicyTest', test }, check)
    given().when(save()).expects(saved)
    given(saved).when(save()).expects()
    given().when(save(policyTest, failing)).rejects(PolicyTestFailed)
    given(saved)
      .when(save({ ...policyTest, id: testIdOf(2), name: policyTest.name.toUpperCase() }))
      .rejects(PolicyTestNameTaken)
    given(saved)
      .when(command({ type: 'DeletePolicyTest', testId: policyTest.id }))
      .expects({ type: 'PolicyTestDeleted', testId: policyTest.id })
    given()
      .when(command({ type: 'DeletePolicyTest', testId: policyTest.id }))
      .expects()
  })
})

test('the settings of the set change once', () => {
  const wish = command({ type: 'UpdateRuleSet', isLockoutAllowed: true })
  const fact: RuleSetEvent = { type: 'RuleSetSettingsUpdated', isLockoutAllowed: true }
  given().when(wish).expects(fact)
  given(fact).when(wish).expects()
})
