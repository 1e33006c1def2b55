import { rfc3339 } from '@holdfast/domain'
import {
  actions,
  type PortRange,
  protocols,
  type RuleSettings,
  rateScopes,
  ruleDirections,
} from '@holdfast/policy'
import type { holdfast } from '@holdfast/proto'
import { Fields } from '@holdfast/service'
import {
  type JsonObject,
  moment,
  nameOf,
  type Read,
  RecordFields,
  refusal,
  refusedFor,
} from '@holdfast/snapshot'
import { numberIn } from '../codecs/rule-message.ts'
import type { PolicyTestId } from '../domain/ids.ts'
import { expectations, type PolicyTest } from '../domain/rule-set-state.ts'
import { parsePolicyTest } from '../grpc/parse-policy-test.ts'
import { readRule as parseRule } from '../grpc/parse-rule.ts'
import type { TargetNames } from '../queries/target-names.ts'
import { type NamedTarget, readTarget, targetRecord } from './targets.ts'

// Records to the domain's words and back, judged by the very parsers of the API: what could not be asked for is not
// imported.

const maxText = 256
const maxPort = 65_535
const maxNumber = 2 ** 32 - 1

/** Type by type with bounds, then by the parsers of the API. */
function readAs<Wish>(record: JsonObject, take: (fields: RecordFields) => () => Wish): Read<Wish> {
  const fields = new RecordFields(record)
  const make = take(fields)
  const name = nameOf(record)
  if (fields.faults.length > 0) return { name, outcome: refusedFor(name, fields.faults) }
  try {
    return { name, wish: make() }
  } catch (error) {
    return { name, outcome: refusal(name, error) }
  }
}

const portsRecord = (field: string, ports: PortRange | undefined): JsonObject =>
  ports ? { [field]: { from: ports.from, to: ports.to } } : {}

function readPorts(fields: RecordFields, field: string): PortRange | null {
  const ports = fields.object(field)
  if (!ports) return null
  ports.allow('from', 'to')
  return { from: ports.integer('from', 0, maxPort), to: ports.integer('to', 0, maxPort) }
}

// Rules

export const ruleFields = [
  'name',
  'action',
  'direction',
  'protocol',
  'src',
  'dst',
  'src_ports',
  'dst_ports',
  'rate',
  'priority',
  'active',
  'continue',
  'log',
  'target',
  'expires_at',
  'tags',
  'description',
]

export const ruleRecord = (s: RuleSettings, target: TargetNames | undefined): JsonObject => ({
  name: s.name,
  action: s.action,
  direction: s.direction,
  protocol: s.protocol,
  src: s.source ?? '',
  dst: s.destination ?? '',
  ...portsRecord('src_ports', s.sourcePorts),
  ...portsRecord('dst_ports', s.destinationPorts),
  ...(s.rate ? { rate: { pps: s.rate.pps, burst: s.rate.burst, scope: s.rate.scope } } : {}),
  priority: s.priority,
  active: s.isActive,
  continue: s.continues,
  log: s.logs,
  target: targetRecord(s.target, target),
  expires_at: s.expiresAtUnixMs === 0 ? '' : rfc3339(s.expiresAtUnixMs),
  tags: s.tags,
  description: s.description,
})

export interface RuleWish {
  /** For everything, until its target is found. */
  readonly settings: RuleSettings
  readonly target: NamedTarget
}

export const readRule = (record: JsonObject): Read<RuleWish> =>
  readAs(record, (fields) => {
    const said: holdfast.rules.v1.RuleSettings.$Properties = {
      name: fields.text('name', maxText),
      action: numberIn(actions, fields.word('action', actions) ?? 'deny'),
      direction: numberIn(
        ruleDirections,
        fields.word('direction', ruleDirections, 'ingress') ?? 'ingress',
      ),
      protocol: numberIn(protocols, fields.word('protocol', protocols, 'any') ?? 'any'),
      source: fields.text('src', 64, ''),
      destination: fields.text('dst', 64, ''),
      sourcePorts: readPorts(fields, 'src_ports'),
      destinationPorts: readPorts(fields, 'dst_ports'),
      rate: readRate(fields.object('rate')),
      priority: fields.integer('priority', 0, maxNumber),
      isActive: fields.flag('active', true),
      continues: fields.flag('continue', false),
      logs: fields.flag('log', false),
      expiresAtUnixMs: moment(fields, 'expires_at'),
      tags: [...fields.texts('tags', 64, maxText)],
      description: fields.prose('description', 4000),
    }
    const target = readTarget(fields.object('target'))
    return () => {
      const judged = new Fields()
      const settings = parseRule(judged, '', said)
      judged.check()
      return { settings, target }
    }
  })

function readRate(fields: RecordFields | undefined) {
  if (!fields) return null
  fields.allow('pps', 'burst', 'scope')
  return {
    pps: fields.integer('pps', 0, maxNumber),
    burst: fields.integer('burst', 0, maxNumber, 0),
    scope: numberIn(rateScopes, fields.word('scope', rateScopes, 'rule') ?? 'rule'),
  }
}

// Policy tests

export const testFields = [
  'name',
  'direction',
  'protocol',
  'src',
  'dst',
  'src_ports',
  'dst_ports',
  'target',
  'expect',
]

export const testRecord = (test: PolicyTest, target: TargetNames | undefined): JsonObject => ({
  name: test.name,
  direction: test.direction,
  protocol: test.protocol,
  src: test.source ?? '',
  dst: test.destination ?? '',
  ...portsRecord('src_ports', test.sourcePorts),
  ...portsRecord('dst_ports', test.destinationPorts),
  target: targetRecord(test.target, target),
  expect: test.expectation,
})

export interface TestWish {
  /** Without an id, and for everything until its target is found. */
  readonly test: PolicyTest
  readonly target: NamedTarget
}

export const readTest = (record: JsonObject): Read<TestWish> =>
  readAs(record, (fields) => {
    const said: holdfast.rules.v1.PolicyTest.$Properties = {
      name: fields.text('name', maxText),
      direction: numberIn(
        ruleDirections,
        fields.word('direction', ruleDirections, 'both') ?? 'both',
      ),
      protocol: numberIn(protocols, fields.word('protocol', protocols, 'any') ?? 'any'),
      source: fields.text('src', 64, ''),
      destination: fields.text('dst', 64, ''),
      sourcePorts: readPorts(fields, 'src_ports'),
      destinationPorts: readPorts(fields, 'dst_ports'),
      expectation: numberIn(expectations, fields.word('expect', expectations) ?? 'drop'),
    }
    const target = readTarget(fields.object('target'))
    // as: whoever saves it gives it an id
    return () => ({ test: parsePolicyTest(said, '' as PolicyTestId), target })
  })
