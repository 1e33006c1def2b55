import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { holdfast } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { commit, nodeId, pin } from '../testing/samples.ts'
import type { TakenCommit } from './saved-fold.ts'
import { openSavedPlacement } from './saved-placement.ts'

const v1 = holdfast.network.v1
const { FIREWALL_VERDICT_DROP } = v1.FirewallVerdict
const { log } = createTelemetry('node-agent', { level: 'silent' })

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-agent-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = () => openSavedPlacement(join(folder, 'node.journal'), pin, log)
const fact = (sequence: number, type: string, message: { finish(): Uint8Array }): TakenCommit => ({
  ...commit(sequence, [{ type, schema: 1, data: message.finish() }]),
  aggregateId: nodeId,
})

test('site and uplinks are as last said, also after a restart', async () => {
  const saved = await open()
  await saved.take([
    fact(3, 'NodeEnrolled', v1.NodeEnrolled.encode({ siteId: 'old', name: 'gw' })),
    fact(4, 'InterfaceClaimed', v1.InterfaceClaimed.encode({ name: 'wg0', listenPort: 51820 })),
    fact(
      9,
      'NodeUpdated',
      v1.NodeUpdated.encode({
        siteId: 'site',
        uplinks: [{ device: 'eth0', firewall: { defaultVerdict: FIREWALL_VERDICT_DROP } }],
      }),
    ),
  ])
  const wanted = {
    sequence: 9n,
    siteId: 'site',
    uplinks: [
      {
        device: 'eth0',
        firewall: {
          defaultVerdict: 'drop',
          unparsableVerdict: 'drop',
          isStateful: false,
          dropsFragments: false,
        },
      },
    ],
  }
  expect(saved.state).toEqual(wanted)
  await saved.close()
  const again = await open()
  expect(again.state).toEqual(wanted)
  expect(again.position().hash).toEqual(commit(9, []).hash)
  await again.close()
})

test('a fact it does not know stops it, and nothing of that commit is taken', async () => {
  const saved = await open()
  const unknown = fact(5, 'NodeBlessed', v1.NodeDeleted.encode({}))
  expect(() => saved.take([unknown])).toThrow(/does not know NodeBlessed/)
  expect(saved.state.sequence).toBe(0n)
  await saved.close()
})
