import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostFacts } from '@holdfast/policy'
import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defaultFirewall } from '../follow/firewall-settings.ts'
import { ruleCommit, ruleFacts, ruleId } from '../testing/rule-samples.ts'
import { interfaceId, nodeId, pin, until } from '../testing/samples.ts'
import { type Enforcer, enforcer } from './enforcer.ts'
import { type FakeBackend, fakeBackend } from './fake-backend.ts'
import { openSavedRules, type SavedRules } from './saved-rules.ts'
import type { FirewallStatus } from './status.ts'

const { log } = createTelemetry('node-agent', { level: 'silent' })

let folder = ''
let rules: SavedRules
let backend: FakeBackend
let running: Enforcer
let statuses: FirewallStatus[] = []
let clock = 1_000_000

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-agent-'))
  rules = await openSavedRules(join(folder, 'rules.journal'), pin, log)
  backend = fakeBackend()
  statuses = []
  clock = 1_000_000
})
afterEach(async () => {
  await running.stop()
  await rules.close()
  rmSync(folder, { recursive: true, force: true })
})

function start(repairs = true): void {
  running = enforcer({
    backend,
    rules,
    repairs,
    checkMs: 3_600_000,
    now: () => clock,
    onStatus: (status) => statuses.push(status),
    log,
  })
}

const host = (more: Partial<HostFacts> = {}): HostFacts => ({
  nodeId,
  siteId: '',
  interfaces: [
    { id: interfaceId, device: 'wg0', listenPort: 51_820, firewall: defaultFirewall, peers: [] },
  ],
  uplinks: [],
  control: [],
  ...more,
})

const status = (): FirewallStatus => {
  const last = statuses.at(-1)
  if (!last) throw new Error('no status yet')
  return last
}
const enforcedAt = (sequence: bigint): Promise<void> =>
  until(
    () => statuses.at(-1)?.ruleSetSequence === sequence && status().isEnforced,
    `${sequence} enforced`,
  )
/** Waits without timers, which some tests set by hand. */
async function eventually(isTrue: () => boolean): Promise<void> {
  for (let turns = 0; turns < 100_000 && !isTrue(); turns++) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(isTrue()).toBe(true)
}
const holds = (...rules: readonly number[]): Promise<void> =>
  eventually(() => heldRules().join() === rules.map(ruleId).join())
const heldRules = (): string[] =>
  [
    ...new Set(backend.held?.views.flatMap((view) => view.ingress4.map((line) => line.ruleId))),
  ].filter(Boolean)

test('what is saved is enforced before anything is known of the log', async () => {
  await rules.take([ruleCommit(4, ruleFacts.created(1))])
  backend.present.set('wg0', 3)
  start()
  running.setFacts(host())
  await enforcedAt(4n)
  expect(heldRules()).toEqual([ruleId(1)])
  expect(status()).toMatchObject({
    rules: 1,
    error: '',
    devices: [{ device: 'wg0', interfaceId, ingressHook: 'tcx' }],
  })
  expect(status().observedVersion).toEqual(status().policyVersion)
})

test('history is enforced as a whole, also when the host changes meanwhile', async () => {
  await rules.take([ruleCommit(1, ruleFacts.created(1))])
  start()
  running.setFacts(host())
  await enforcedAt(1n)
  running.replays()
  await running.take([ruleCommit(2, ruleFacts.deleted(1))])
  running.setFacts(host({ siteId: 'elsewhere' }))
  await running.prove()
  expect(heldRules()).toEqual([ruleId(1)])
  await running.take([ruleCommit(3, ruleFacts.created(2))])
  running.caughtUp()
  await enforcedAt(3n)
  expect(heldRules()).toEqual([ruleId(2)])
  expect(backend.applied).toHaveLength(2)
})

test('a burst is one swap, and what changes nothing here is none', async () => {
  start()
  running.setFacts(host())
  await until(() => statuses.length > 0, 'the first')
  const before = backend.applied.length
  for (let number = 1; number <= 20; number++) {
    await running.take([ruleCommit(number, ruleFacts.created(number))])
  }
  await enforcedAt(20n)
  expect(backend.applied.length).toBe(before + 1)
  const target = { kind: 3, id: '01890000-0000-7000-8000-00000000ffff' } // another node
  await running.take([ruleCommit(21, ruleFacts.created(21, { target }))])
  await enforcedAt(21n)
  expect(backend.applied.length).toBe(before + 1)
})

test('a change is proved by its bytes; what was found at the start, and a check, line by line', async () => {
  start()
  running.setFacts(host())
  await until(() => statuses.length > 0, 'the first')
  expect(backend.depths).toEqual(['lines'])
  await running.take([ruleCommit(1, ruleFacts.created(1))])
  await enforcedAt(1n)
  expect(backend.depths).toEqual(['lines', 'bytes'])
  expect(status().observedVersion).toEqual(status().policyVersion)
  await running.prove()
  expect(backend.depths).toEqual(['lines', 'bytes', 'lines'])
})

test('a device is admitted once it is judged; not when it cannot be', async () => {
  start()
  running.setFacts(host())
  backend.present.set('wg0', 3)
  await running.admit('wg0')
  expect(backend.attached.has('wg0')).toBe(true)
  backend.failure = new Error('the verifier says no')
  backend.attached.clear() // made again meanwhile
  await expect(running.admit('wg0')).rejects.toThrow('the verifier says no')
  backend.failure = undefined
  await expect(running.admit('wg7')).rejects.toThrow(/not among the devices/)
})

test('where nothing can be enforced, tunnels work and the rules are named', async () => {
  backend = fakeBackend('none')
  backend.failure = new Error('this host has neither BPF nor nftables')
  start()
  running.setFacts(host())
  await running.admit('wg0')
  await until(() => statuses.length > 0, 'the first word')
  expect(status()).toMatchObject({ isEnforced: true, error: backend.failure.message })
  await running.take([ruleCommit(1, ruleFacts.created(1))])
  await until(() => !status().isEnforced, 'the refusal')
  expect(status().troubles).toEqual([
    { ruleId: ruleId(1), reason: 'this host has neither BPF nor nftables' },
  ])
})

test('a policy the kernel refuses is reported rule by rule; the one before stays', async () => {
  start()
  running.setFacts(host())
  await running.take([ruleCommit(1, ruleFacts.created(1))])
  await enforcedAt(1n)
  backend.failure = new Error('the verifier says no')
  await running.take([ruleCommit(2, ruleFacts.created(2))])
  await until(() => !status().isEnforced, 'the refusal')
  expect(status()).toMatchObject({ ruleSetSequence: 1n, error: 'the verifier says no' })
  expect(status().troubles.map((each) => each.ruleId)).toContain(ruleId(2))
  expect(heldRules()).toEqual([ruleId(1)])
  backend.failure = undefined
  await running.take([ruleCommit(3, ruleFacts.created(3))])
  await enforcedAt(3n)
  expect(heldRules()).toEqual([ruleId(1), ruleId(2), ruleId(3)])
})

test('what somebody detached is found and put back', async () => {
  backend.present.set('wg0', 3)
  start()
  running.setFacts(host())
  await running.take([ruleCommit(1, ruleFacts.created(1))])
  await enforcedAt(1n)
  backend.attached.clear()
  const proven = await running.prove()
  expect(proven).toMatchObject({ isEnforced: true, driftFound: 1, driftRepaired: 1 })
  expect(backend.attached.has('wg0')).toBe(true)
})

test('in report mode a foreign change stands, and the rules it concerns are named', async () => {
  backend.present.set('wg0', 3)
  start(false)
  running.setFacts(host())
  await running.take([ruleCommit(1, ruleFacts.created(1), ruleFacts.created(2))])
  await enforcedAt(1n)
  const held = backend.held
  if (!held) throw new Error('nothing held')
  const [view] = held.views
  if (!view) throw new Error('no view')
  const tampered = view.ingress4.filter((line) => line.ruleId !== ruleId(2))
  backend.held = { ...held, views: [{ ...view, ingress4: tampered }] }
  expect(await running.prove()).toMatchObject({
    isEnforced: false,
    driftFound: 1,
    driftRepaired: 0,
    troubles: [{ ruleId: ruleId(2), reason: 'the kernel holds something else than it was told' }],
  })
  expect(await running.prove()).toMatchObject({ isEnforced: false, driftFound: 1 })
  // A change of our own makes everything as it should be.
  await running.take([ruleCommit(2, ruleFacts.created(3))])
  await enforcedAt(2n)
})

test('an uplink that is not there is said, and taken up when it comes', async () => {
  start(false)
  running.setFacts(host({ uplinks: [{ device: 'eth9', firewall: defaultFirewall }] }))
  await running.take([ruleCommit(1, ruleFacts.created(1))])
  await until(
    () => /eth9: there is no such device/.test(statuses.at(-1)?.error ?? ''),
    'the report',
  )
  expect(status().isEnforced).toBe(false)
  backend.present.set('eth9', 7)
  expect(await running.prove()).toMatchObject({ isEnforced: true, driftFound: 0 })
})

test('an expiry fires by the clock of the host', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    start()
    running.setFacts(host())
    await running.take([ruleCommit(1, ruleFacts.created(1, { expiresAtUnixMs: clock + 60_000 }))])
    await vi.advanceTimersByTimeAsync(10)
    await holds(1)
    clock += 60_000
    await vi.advanceTimersByTimeAsync(60_010)
    await holds()
  } finally {
    vi.useRealTimers()
  }
})

test('a change that nobody confirms is taken back here; the log has the last word', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    start()
    running.setFacts(host())
    await running.take([ruleCommit(1, ruleFacts.created(1))])
    await vi.advanceTimersByTimeAsync(10)
    await running.take([
      ruleCommit(2, ruleFacts.applied('a', 60_000), ruleFacts.deleted(1), ruleFacts.created(2)),
    ])
    await vi.advanceTimersByTimeAsync(10)
    await holds(2)
    await eventually(() => statuses.at(-1)?.pendingUntilUnixMs === clock + 60_000)
    expect(status().pendingApplyId).toBe('a')
    await vi.advanceTimersByTimeAsync(60_010)
    await holds(1)
    await eventually(() => statuses.at(-1)?.revertedApplyId === 'a')
    expect(status().pendingApplyId).toBe('')
    await running.take([ruleCommit(3, ruleFacts.confirmed('a'))])
    await vi.advanceTimersByTimeAsync(10)
    await holds(2)
  } finally {
    vi.useRealTimers()
  }
})

test('a change is taken back even while the log is read again and never ends', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    start()
    running.setFacts(host())
    await running.take([ruleCommit(2, ruleFacts.applied('a', 60_000), ruleFacts.created(2))])
    await vi.advanceTimersByTimeAsync(10)
    await holds(2)
    running.replays()
    await vi.advanceTimersByTimeAsync(60_010)
    await holds()
  } finally {
    vi.useRealTimers()
  }
})

test('a change confirmed in time stays', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    start()
    running.setFacts(host())
    await running.take([ruleCommit(2, ruleFacts.applied('a', 60_000), ruleFacts.created(2))])
    await vi.advanceTimersByTimeAsync(10)
    await running.take([ruleCommit(3, ruleFacts.confirmed('a'))])
    await vi.advanceTimersByTimeAsync(120_000)
    await holds(2)
    await eventually(() => statuses.at(-1)?.ruleSetSequence === 3n)
    expect(status()).toMatchObject({ pendingApplyId: '', revertedApplyId: '' })
  } finally {
    vi.useRealTimers()
  }
})

test('a fact it does not know stops the taking, and what came before is enforced', async () => {
  start()
  running.setFacts(host())
  const unknown = { ...ruleFacts.created(2), type: 'RuleBlessed' }
  expect(() => running.take([ruleCommit(1, ruleFacts.created(1)), ruleCommit(2, unknown)])).toThrow(
    /RuleBlessed/,
  )
  await enforcedAt(1n)
})
