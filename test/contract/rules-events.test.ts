import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ruleSetCodec } from '../../services/rules/src/codecs/rule-set-codec.ts'
import {
  applyIdOf,
  changeSetIdOf,
  cidr,
  nodeIdOf,
  policyTest,
  ruleIdOf,
  ruleSettings,
} from '../../services/rules/src/domain/fixtures.ts'
import type { RuleSetEvent } from '../../services/rules/src/domain/rule-set-state.ts'

// Bytes of every schema ever published, as they stand in logs and archives. A file here is never edited or
// removed: an archive of any earlier release must restore. A new schema gets a new file, which
// `UPDATE_FIXTURES=1 npx vitest run --project unit test/contract` writes when it is missing.

const directory = join(import.meta.dirname, 'events/rules')

interface Frozen {
  readonly type: string
  readonly schema: number
  /** Base64. */
  readonly data: string
  /** What it means today. */
  readonly event: unknown
}

const limited = {
  ...ruleSettings,
  name: 'Zoë’s limit',
  action: 'rate_limit',
  direction: 'both',
  protocol: 'tcp',
  source: cidr('10.0.0.0/8'),
  destination: cidr('192.0.2.7/32'),
  sourcePorts: { from: 0, to: 1023 },
  destinationPorts: { from: 22, to: 22 },
  rate: { pps: 10, burst: 50, scope: 'source' },
  priority: 1000,
  target: { kind: 'uplinks', id: nodeIdOf(1) },
  expiresAtUnixMs: 1_893_456_000_000,
  tags: ['office', 'ssh'],
  description: 'two\nlines',
} as const
const logged = {
  ...ruleSettings,
  name: 'log-icmp',
  action: 'log',
  direction: 'egress',
  protocol: 'icmp',
  source: cidr('fd00::/8'),
  priority: 0,
  isActive: false,
  continues: true,
  logs: true,
  target: { kind: 'peer', id: nodeIdOf(2) },
} as const
const changeSetId = changeSetIdOf(1)

const events: readonly RuleSetEvent[] = [
  {
    type: 'RuleCreated',
    ruleId: ruleIdOf(1),
    settings: limited,
    order: 4_294_967_295,
    earlierChanges: 3,
  },
  { type: 'RuleUpdated', ruleId: ruleIdOf(1), settings: logged },
  { type: 'RuleDeleted', ruleId: ruleIdOf(1) },
  { type: 'RuleSetSettingsUpdated', isLockoutAllowed: true },
  {
    type: 'PolicyTestSaved',
    test: { ...policyTest, target: { kind: 'interface', id: nodeIdOf(3) } },
  },
  { type: 'PolicyTestDeleted', testId: policyTest.id },
  { type: 'ChangeSetOpened', changeSetId, name: 'tighten' },
  {
    type: 'ChangeSetStaged',
    changeSetId,
    operations: [
      { kind: 'create', ruleId: ruleIdOf(2), settings: ruleSettings },
      { kind: 'update', ruleId: ruleIdOf(3), settings: limited, baseRevision: 7 },
      { kind: 'delete', ruleId: ruleIdOf(4), baseRevision: 1 },
    ],
  },
  { type: 'ChangeSetDiscarded', changeSetId },
  {
    type: 'ChangeSetApplied',
    changeSetId,
    applyId: applyIdOf(1),
    confirmWithinMs: 60_000,
    name: 'tighten',
  },
  { type: 'ChangeSetConfirmed', applyId: applyIdOf(1) },
  { type: 'ChangeSetReverted', applyId: applyIdOf(1), cause: 'not_confirmed' },
]

const plain = (event: unknown): unknown => JSON.parse(JSON.stringify(event))

if (process.env['UPDATE_FIXTURES']) {
  for (const event of events) {
    const { type, schema, data } = ruleSetCodec.encode(event)
    const path = join(directory, `${type}.v${schema}.json`)
    if (existsSync(path)) continue
    const frozen = { type, schema, data: Buffer.from(data).toString('base64'), event: plain(event) }
    writeFileSync(path, `${JSON.stringify(frozen, null, 2)}\n`)
  }
}

const files = readdirSync(directory).sort()

test.each(files)('%s is still read as it was meant', (file) => {
  const frozen: Frozen = JSON.parse(readFileSync(join(directory, file), 'utf8'))
  const stored = { ...frozen, data: new Uint8Array(Buffer.from(frozen.data, 'base64')) }
  expect(plain(ruleSetCodec.decode(stored))).toEqual(frozen.event)
})

test.each(events)('$type is written as published', (event) => {
  const { type, schema, data } = ruleSetCodec.encode(event)
  const path = join(directory, `${type}.v${schema}.json`)
  const frozen: Frozen = JSON.parse(readFileSync(path, 'utf8'))
  expect(Buffer.from(data).toString('base64')).toBe(frozen.data)
  expect(ruleSetCodec.decode({ type, schema, data })).toEqual(event)
})

test('a schema this release does not know is refused, not skipped', () => {
  const data = new Uint8Array()
  for (const [type, schema] of [
    ['RuleDeleted', 2],
    ['RuleDeleted', 0],
    ['constructor', 1],
  ] as const) {
    expect(() => ruleSetCodec.decode({ type, schema, data })).toThrow(/not known here/)
  }
})

test('a rule that says something unheard of is refused, not read as something else', () => {
  const decode = (hex: string) =>
    ruleSetCodec.decode({ type: 'RuleUpdated', schema: 1, data: Buffer.from(hex, 'hex') })
  // Settings with action 9, and with none at all.
  expect(() => decode('12021009')).toThrow(/action 9 is not known here/)
  expect(() => decode('1200')).toThrow(/action 0 is not known here/)
})
