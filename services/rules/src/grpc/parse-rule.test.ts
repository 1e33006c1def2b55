import { DomainError } from '@holdfast/errors'
import { holdfast } from '@holdfast/proto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { settingsFrom, settingsMessage } from '../codecs/rule-message.ts'
import { cidr, nodeIdOf, ruleIdOf } from '../domain/fixtures.ts'
import { contradictions } from '../domain/settings.ts'
import { parseOperations } from './parse-operations.ts'
import { parseRule, parseRuleChanges, parseRules } from './parse-rule.ts'

const v1 = holdfast.rules.v1
type Message = holdfast.rules.v1.RuleSettings.$Properties

/** The wire carries any number where an enum is meant. */
type Loose = { readonly [K in keyof Message]?: unknown }

const said = (more: Message = {}): Message => ({ name: 'x', action: 2, ...more })

function faults(work: () => unknown): string[] {
  try {
    work()
  } catch (error) {
    if (error instanceof DomainError) {
      return error.fields.map(({ field, code, detail }) => `${field} ${code}: ${detail}`)
    }
    throw error
  }
  return []
}
const faultsOf = (more: Loose) => faults(() => parseRule(said(more as Message)))

test('what is not said is ingress, any and everything', () => {
  expect(parseRule(said())).toEqual({
    name: 'x',
    action: 'deny',
    direction: 'ingress',
    protocol: 'any',
    source: undefined,
    destination: undefined,
    sourcePorts: undefined,
    destinationPorts: undefined,
    rate: undefined,
    priority: 0,
    isActive: false,
    continues: false,
    logs: false,
    target: { kind: 'everything' },
    expiresAtUnixMs: 0,
    tags: [],
    description: '',
  })
})

test('a limit without a burst may send a second of it at once, for the rule as a whole', () => {
  expect(parseRule(said({ action: 3, rate: { pps: 10 } })).rate).toEqual({
    pps: 10,
    burst: 10,
    scope: 'rule',
  })
})

test('networks are put in canonical form, an address alone is one', () => {
  expect(parseRule(said({ source: 'FD00:0::/8', destination: 'fd00::1' }))).toMatchObject({
    source: 'fd00::/8',
    destination: 'fd00::1/128',
  })
})

test('tags are sorted, each once', () => {
  expect(parseRule(said({ tags: [' b', 'a', 'b'] })).tags).toEqual(['a', 'b'])
})

describe('each field says what is wrong and what to do', () => {
  test.each<[Loose, string]>([
    [{ name: '' }, 'name required: must not be empty'],
    [{ name: 'x'.repeat(129) }, 'name too_long: must have 128 characters at most'],
    [{ action: 0 }, 'action required: must be one of allow, deny, rate_limit, log'],
    [{ action: 9 }, 'action unknown: must be one of allow, deny, rate_limit, log, not number 9'],
    [{ direction: 7 }, 'direction unknown: must be one of ingress, egress, both, not number 7'],
    [{ protocol: 7 }, 'protocol unknown: must be one of any, tcp, udp, icmp, not number 7'],
    [
      { source: '10.0.0.1/8' },
      "src cidr_host_bits: '10.0.0.1/8' has host bits set; the network is 10.0.0.0/8",
    ],
    [
      { destination: 'here' },
      "dst cidr_invalid: 'here' is not an address with a prefix length, like 10.10.0.0/24",
    ],
    [
      { source: '10.0.0.0/8', destination: 'fd00::/8' },
      'dst family_mismatch: src 10.0.0.0/8 and dst fd00::/8 are of different families: no packet has both',
    ],
    [
      { protocol: 2, destinationPorts: { from: 90, to: 80 } },
      'dst_port_to range_reversed: the range ends before it begins: 90 to 80; did you mean 80 to 90?',
    ],
    [{ sourcePorts: { from: 1, to: 65_536 } }, 'src_port_to out_of_range: must be from 0 to 65535'],
    [
      { protocol: 4, sourcePorts: { from: 1, to: 2 } },
      'src_port_from not_applicable: icmp has no ports: leave them out, or use tcp, udp or any',
    ],
    [{ action: 3 }, 'rate_pps required: action rate_limit needs a limit in packets a second'],
    [
      { rate: { pps: 5 } },
      'rate_pps not_applicable: only action rate_limit has a limit; leave rate_pps out, or make the action rate_limit instead of deny',
    ],
    [{ action: 3, rate: { pps: 0 } }, 'rate_pps out_of_range: must be from 1 to 100000000'],
    [
      { action: 3, rate: { pps: 1, burst: 100_000_001 } },
      'rate_burst out_of_range: must be from 1 to 100000000',
    ],
    [{ priority: 1001 }, 'priority out_of_range: must be from 0 to 1000'],
    [
      { continues: true },
      'continue not_applicable: only action log can go on to the next rule; leave continue out, or set log beside action deny',
    ],
    [
      { target: { kind: 1, id: nodeIdOf(1) } },
      'target unexpected: everything has no id: leave it out, or say what it is of',
    ],
    [{ target: { kind: 4 } }, 'target required: name the interface the rule is for'],
    [{ target: { kind: 4, id: 'wg0' } }, 'target id_invalid: is not an id: a UUID in lower case'],
    [
      { tags: Array.from({ length: 17 }, (_, i) => `${i}`) },
      'tags too_many: may have 16 entries at most, not 17',
    ],
    [{ tags: ['ok', ''] }, 'tags[1] required: must not be empty'],
    [{ tags: ['x'.repeat(65)] }, 'tags[0] too_long: must have 64 characters at most'],
    [{ tags: ['a\u0000b'] }, 'tags[0] text_invalid: must not contain control characters'],
    [{ description: 'x'.repeat(1001) }, 'description too_long: must have 1000 characters at most'],
    [{ expiresAtUnixMs: 1e15 }, 'expires_at out_of_range: must be from 0 to 253402300799999'],
  ])('%j', (more, expected) => {
    expect(faultsOf(more)).toEqual([expected])
  })

  test('and all of them at once', () => {
    expect(faultsOf({ name: '', action: 0, source: 'x', priority: 5000 })).toHaveLength(4)
  })
})

test('in a list the place is named, and of very many complaints the first hundred', () => {
  const bad = said({ priority: 5000 })
  expect(faults(() => parseRules([said(), bad], 'rules'))).toEqual([
    'rules[1].priority out_of_range: must be from 0 to 1000',
  ])
  expect(
    faults(() =>
      parseRules(
        Array.from({ length: 5000 }, () => bad),
        'rules',
      ),
    ),
  ).toHaveLength(100)
})

describe('changes', () => {
  test('only what is named counts', () => {
    expect(
      parseRuleChanges({ name: '', action: 0, priority: 7, source: '' }, ['priority', 'source']),
    ).toEqual({ priority: 7, source: undefined })
    expect(
      parseRuleChanges({ expiresAtUnixMs: 5, isActive: true }, ['expires_at_unix_ms']),
    ).toEqual({ expiresAtUnixMs: 5 })
  })

  test('nothing named is everything, and what is not a field is said', () => {
    expect(parseRuleChanges(said(), [])).toEqual(parseRule(said()))
    expect(faults(() => parseRuleChanges({}, ['priority', 'order']))[0]).toMatch(
      /^fields\[1\] unknown: is none of name, action, /,
    )
  })
})

test('operations of a draft name their place and their kind', () => {
  const kinds = v1.StagedOperationKind
  const parsed = parseOperations(
    [
      { kind: kinds.STAGED_OPERATION_KIND_CREATE, settings: said() },
      { kind: kinds.STAGED_OPERATION_KIND_DELETE, ruleId: ruleIdOf(1), baseRevision: 3 },
    ],
    () => ruleIdOf(9),
  )
  expect(parsed).toMatchObject([
    { kind: 'create', ruleId: ruleIdOf(9), settings: { name: 'x' } },
    { kind: 'delete', ruleId: ruleIdOf(1), baseRevision: 3 },
  ])
  const bad = [
    { ruleId: ruleIdOf(1) },
    { kind: kinds.STAGED_OPERATION_KIND_UPDATE, settings: said({ priority: 5000 }) },
  ]
  expect(faults(() => parseOperations(bad, ruleIdOf))).toEqual([
    'operations[0].kind required: must be one of create, update, delete',
    'operations[1].rule_id required: must name the rule',
    'operations[1].priority out_of_range: must be from 0 to 1000',
  ])
})

const port = fc.integer({ min: -1, max: 65_537 })
const range = fc.option(fc.record({ from: port, to: port }), { nil: null })
const message: fc.Arbitrary<Message> = fc.record({
  name: fc.string({ maxLength: 10 }),
  action: fc.integer({ min: 0, max: 5 }),
  direction: fc.integer({ min: 0, max: 4 }),
  protocol: fc.integer({ min: 0, max: 5 }),
  source: fc.constantFrom('', '10.0.0.0/8', '10.0.0.1/8', 'fd00::/8', '::1', 'x'),
  destination: fc.constantFrom('', '10.1.0.0/16', 'fd00::/8'),
  sourcePorts: range,
  destinationPorts: range,
  rate: fc.option(
    fc.record({ pps: fc.nat({ max: 5 }), burst: fc.nat({ max: 5 }), scope: fc.nat({ max: 4 }) }),
    { nil: null },
  ),
  priority: fc.integer({ min: 0, max: 1100 }),
  isActive: fc.boolean(),
  continues: fc.boolean(),
  logs: fc.boolean(),
  target: fc.option(
    fc.record({ kind: fc.nat({ max: 7 }), id: fc.constantFrom('', 'wg0', nodeIdOf(1)) }),
    { nil: null },
  ),
  expiresAtUnixMs: fc.maxSafeNat(),
  tags: fc.array(fc.string({ maxLength: 4 }), { maxLength: 3 }),
  description: fc.string({ maxLength: 10 }),
})

test('whatever comes in is refused by field or is a rule that survives the log', () => {
  fc.assert(
    fc.property(message, (one) => {
      try {
        const settings = parseRule(one)
        expect(contradictions(settings)).toEqual([])
        expect(settingsFrom(settingsMessage(settings))).toEqual(settings)
        // What was accepted once is accepted as it is.
        expect(parseRule(settingsMessage(settings))).toEqual(settings)
      } catch (error) {
        if (!(error instanceof DomainError)) throw error
        expect(error.code).toBe('invalid')
        expect(error.fields.length).toBeGreaterThan(0)
      }
    }),
    { numRuns: 1000 },
  )
})

test('a network a rule holds is what the log gives back', () => {
  expect(settingsFrom(settingsMessage(parseRule(said({ source: '10.0.0.0/8' })))).source).toBe(
    cidr('10.0.0.0/8'),
  )
})
