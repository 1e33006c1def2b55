import type { OrganizationId } from '@holdfast/domain'
import { type Cidr, parseCidr, take } from '@holdfast/net'
import type { RuleSettings } from '@holdfast/policy'
import type { ApplyId, ChangeSetId, PolicyTestId, RuleId } from './ids.ts'
import type { RuleSetCommand } from './rule-set.ts'
import type { PolicyTest, RuleEvent } from './rule-set-state.ts'

// Values for tests. Ids follow from a number, so that a failure prints the same every time.

const idOf = (kind: string, n: number): string =>
  `0198f0c0-0000-7000-8${kind}0-${n.toString(16).padStart(12, '0')}`
export const organizationId = idOf('00', 1) as OrganizationId
export const ruleIdOf = (n: number) => idOf('10', n) as RuleId
export const changeSetIdOf = (n: number) => idOf('11', n) as ChangeSetId
export const applyIdOf = (n: number) => idOf('12', n) as ApplyId
export const testIdOf = (n: number) => idOf('13', n) as PolicyTestId
export const nodeIdOf = (n: number) => idOf('14', n)

export const cidr = (text: string): Cidr => take(parseCidr, text, 'cidr')

/** When commands of tests are given, ms since 1970. */
export const now = 1_800_000_000_000

export const ruleSettings: RuleSettings = {
  name: 'rule',
  action: 'deny',
  direction: 'ingress',
  protocol: 'any',
  source: undefined,
  destination: undefined,
  sourcePorts: undefined,
  destinationPorts: undefined,
  rate: undefined,
  priority: 100,
  isActive: true,
  continues: false,
  logs: false,
  target: { kind: 'everything' },
  expiresAtUnixMs: 0,
  tags: [],
  description: '',
}

/** Rule number n: named after its number, n-th in order. */
export const settingsOf = (n: number, settings: Partial<RuleSettings> = {}): RuleSettings => ({
  ...ruleSettings,
  name: `rule-${n}`,
  ...settings,
})

export const created = (
  n: number,
  settings: Partial<RuleSettings> = {},
  more: { readonly order?: number; readonly earlierChanges?: number } = {},
): RuleEvent => ({
  type: 'RuleCreated',
  ruleId: ruleIdOf(n),
  settings: settingsOf(n, settings),
  order: more.order ?? n,
  earlierChanges: more.earlierChanges ?? 0,
})

export const updated = (n: number, settings: Partial<RuleSettings> = {}): RuleEvent => ({
  type: 'RuleUpdated',
  ruleId: ruleIdOf(n),
  settings: settingsOf(n, settings),
})

export const deleted = (n: number): RuleEvent => ({ type: 'RuleDeleted', ruleId: ruleIdOf(n) })

export const policyTest: PolicyTest = {
  id: testIdOf(1),
  name: 'guests never reach the database',
  direction: 'ingress',
  protocol: 'tcp',
  source: cidr('10.9.0.0/16'),
  destination: cidr('10.1.0.5/32'),
  sourcePorts: undefined,
  destinationPorts: { from: 5432, to: 5432 },
  target: { kind: 'everything' },
  expectation: 'drop',
}

type Bare<C> = C extends unknown ? Omit<C, 'organizationId' | 'checkTests'> : never

/** A command of the one organization; its tests pass unless said otherwise. */
export const command = (
  wish: Bare<RuleSetCommand>,
  checkTests: RuleSetCommand['checkTests'] = () => [],
): RuleSetCommand => ({ ...wish, organizationId, checkTests }) as RuleSetCommand // as: a spread union forgets its member
