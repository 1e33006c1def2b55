import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defaultFirewall } from '../follow/firewall-settings.ts'
import { ruleCommit, ruleFacts, ruleId } from '../testing/rule-samples.ts'
import { interfaceId, nodeId, organizationId, pin, until } from '../testing/samples.ts'
import { type Firewall, startFirewall } from './firewall.ts'
import type { FirewallStatus } from './status.ts'

const { log } = createTelemetry('node-agent', { level: 'silent' })
let folder = ''
let firewall: Firewall
let last: FirewallStatus | undefined

/** The real thread, on a host where nothing can be enforced: nothing of the machine is touched. */
function start(): void {
  firewall = startFirewall(
    {
      choice: 'bpf',
      libbpf: '/nowhere/libbpf.so.1',
      nft: undefined,
      repairs: true,
      nodeId,
      instanceId: 'this start',
      pin,
      journal: join(folder, 'rules.journal'),
      mountPoint: join(folder, 'bpf'),
      checkMs: 3_600_000,
      flowsPerSecond: 100,
    },
    {
      onStatus(status) {
        last = status
      },
      sendCounters: () => {},
      onPackets: () => {},
      onMaps: () => {},
      sendFlows: () => true,
      onLost: () => {},
      log,
    },
  )
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-agent-'))
  last = undefined
  start()
})
afterEach(async () => {
  await firewall.stop()
  rmSync(folder, { recursive: true, force: true })
})

const facts = {
  nodeId,
  siteId: '',
  interfaces: [
    { id: interfaceId, device: 'wg0', listenPort: 51_820, firewall: defaultFirewall, peers: [] },
  ],
  uplinks: [],
  control: [],
}

test('the thread folds what it is handed, says what it enforces, and knows it after a restart', async () => {
  const feed = firewall.feed(organizationId, nodeId)
  expect(await feed.position()).toEqual({ sequence: 0n, hash: undefined })
  firewall.setFacts(facts)
  await feed.take([ruleCommit(4, ruleFacts.created(1))])
  feed.caughtUp()
  await until(() => last?.troubles.length === 1, 'the refusal')
  expect(last).toMatchObject({ backend: 'none', isEnforced: false })
  expect(last?.troubles[0]).toMatchObject({
    ruleId: ruleId(1),
    reason: expect.stringContaining('/nowhere/libbpf.so.1'),
  })
  // Nobody is kept out because this host has no firewall.
  await firewall.admit('wg0')
  await firewall.stop()
  start()
  const position = await firewall.feed(organizationId, nodeId).position()
  expect(position.sequence).toBe(4n)
  expect(Buffer.from(position.hash ?? [])).toEqual(Buffer.from(ruleCommit(4).hash))
})

test('a fact the thread does not know comes back as a refusal', async () => {
  const feed = firewall.feed(organizationId, nodeId)
  const unknown = { ...ruleFacts.created(2), type: 'RuleBlessed' }
  await expect(feed.take([ruleCommit(1, unknown)])).rejects.toThrow(/does not know RuleBlessed/)
})
