import type { Cidr } from '@holdfast/net'
import {
  actions,
  type PortRange,
  protocols,
  type RateLimit,
  type RuleSettings,
  rateScopes,
  ruleDirections,
  type Target,
} from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'
import type { PolicyTestId } from '../domain/ids.ts'
import { expectations, type PolicyTest } from '../domain/rule-set-state.ts'
import { idOfTarget } from '../domain/settings.ts'

const v1 = holdfast.rules.v1
type SettingsMessage = holdfast.rules.v1.RuleSettings.$Properties
type TestMessage = holdfast.rules.v1.PolicyTest.$Properties
type RangeMessage = holdfast.rules.v1.PortRange.$Properties
type RateMessage = holdfast.rules.v1.RateLimit.$Properties
type TargetMessage = holdfast.rules.v1.Target.$Properties

// as, in this file: the log holds only what our own parsers let in.

/** In the order of the proto enum. */
export const targetKinds = ['everything', 'site', 'node', 'interface', 'peer', 'uplinks'] as const

// Enum numbers are positions in the closed lists, from 1; the proto file states the same order.
export const numberIn = <T extends string>(list: readonly T[], value: T): number =>
  list.indexOf(value) + 1

function memberOf<T extends string>(list: readonly T[], number: number, what: string): T {
  const found = list[number - 1]
  if (found === undefined) throw new Error(`${what} ${number} is not known here`)
  return found
}

export const settingsMessage = (s: RuleSettings): SettingsMessage => ({
  name: s.name,
  action: numberIn(actions, s.action),
  direction: numberIn(ruleDirections, s.direction),
  protocol: numberIn(protocols, s.protocol),
  source: s.source ?? '',
  destination: s.destination ?? '',
  sourcePorts: s.sourcePorts ?? null,
  destinationPorts: s.destinationPorts ?? null,
  rate: s.rate ? rateMessage(s.rate) : null,
  priority: s.priority,
  isActive: s.isActive,
  continues: s.continues,
  logs: s.logs,
  target: targetMessage(s.target),
  expiresAtUnixMs: s.expiresAtUnixMs,
  tags: s.tags as string[],
  description: s.description,
})

/** A rule set may hold a hundred thousand of these: fields that say nothing share one value. */
export function settingsFrom(properties: SettingsMessage | null | undefined): RuleSettings {
  const m = new v1.RuleSettings(properties ?? {})
  return {
    name: m.name,
    action: memberOf(actions, m.action, 'action'),
    direction: memberOf(ruleDirections, m.direction, 'direction'),
    protocol: memberOf(protocols, m.protocol, 'protocol'),
    source: m.source === '' ? undefined : (m.source as Cidr),
    destination: m.destination === '' ? undefined : (m.destination as Cidr),
    sourcePorts: rangeFrom(m.sourcePorts),
    destinationPorts: rangeFrom(m.destinationPorts),
    rate: rateFrom(m.rate),
    priority: m.priority,
    isActive: m.isActive,
    continues: m.continues,
    logs: m.logs,
    target: targetFrom(m.target),
    expiresAtUnixMs: m.expiresAtUnixMs,
    tags: m.tags.length === 0 ? noTags : m.tags,
    description: m.description,
  }
}

const noTags: readonly string[] = []
const everything: Target = { kind: 'everything' }

export const testMessage = (test: PolicyTest): TestMessage => ({
  id: test.id,
  name: test.name,
  direction: numberIn(ruleDirections, test.direction),
  protocol: numberIn(protocols, test.protocol),
  source: test.source ?? '',
  destination: test.destination ?? '',
  sourcePorts: test.sourcePorts ?? null,
  destinationPorts: test.destinationPorts ?? null,
  target: targetMessage(test.target),
  expectation: numberIn(expectations, test.expectation),
})

export function testFrom(properties: TestMessage | null | undefined): PolicyTest {
  const m = new v1.PolicyTest(properties ?? {})
  return {
    id: m.id as PolicyTestId,
    name: m.name,
    direction: memberOf(ruleDirections, m.direction, 'direction'),
    protocol: memberOf(protocols, m.protocol, 'protocol'),
    source: m.source === '' ? undefined : (m.source as Cidr),
    destination: m.destination === '' ? undefined : (m.destination as Cidr),
    sourcePorts: rangeFrom(m.sourcePorts),
    destinationPorts: rangeFrom(m.destinationPorts),
    target: targetFrom(m.target),
    expectation: memberOf(expectations, m.expectation, 'expectation'),
  }
}

const rangeFrom = (range: RangeMessage | null | undefined): PortRange | undefined =>
  range ? { from: range.from ?? 0, to: range.to ?? 0 } : undefined

const rateMessage = ({ pps, burst, scope }: RateLimit): RateMessage => ({
  pps,
  burst,
  scope: numberIn(rateScopes, scope),
})

const rateFrom = (rate: RateMessage | null | undefined): RateLimit | undefined =>
  rate
    ? {
        pps: rate.pps ?? 0,
        burst: rate.burst ?? 0,
        scope: memberOf(rateScopes, rate.scope ?? 0, 'rate scope'),
      }
    : undefined

const targetMessage = (target: Target): TargetMessage => ({
  kind: numberIn(targetKinds, target.kind),
  id: idOfTarget(target),
})

function targetFrom(target: TargetMessage | null | undefined): Target {
  const kind = memberOf(targetKinds, target?.kind ?? 0, 'target')
  return kind === 'everything' ? everything : { kind, id: target?.id ?? '' }
}
