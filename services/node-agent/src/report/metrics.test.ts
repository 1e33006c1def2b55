import { createTelemetry } from '@holdfast/telemetry'
import { expect, test } from 'vitest'
import { emptyDevice } from '../apply/fake-host.ts'
import { fold } from '../follow/fold.ts'
import { emptyNode } from '../follow/node-state.ts'
import type { InterfaceStatus } from '../reconcile/interface-reconciler.ts'
import { commit, facts, interfaceId, keyOf } from '../testing/samples.ts'
import { agentMetrics } from './metrics.ts'

test('peers have lines up to the cap, the first scrape included', async () => {
  const { registry } = createTelemetry('node-agent', { level: 'silent' })
  const state = emptyNode()
  fold(
    state,
    commit(1, [
      facts.created({ name: 'wg0' }),
      ...[1, 2, 3].map((number) => facts.added(number, { name: `peer-${number}` })),
    ]),
  )
  const peers = new Map(
    [1, 2, 3].map((number) => {
      const publicKey = keyOf(`peer ${number}`)
      return [
        publicKey,
        {
          publicKey,
          presharedKey: undefined,
          endpoint: undefined,
          allowedIps: [],
          latestHandshakeUnixMs: number === 1 ? 40_000 : 0,
          rxBytes: number,
          txBytes: 10 * number,
          keepaliveSeconds: 0,
        },
      ]
    }),
  )
  const status: InterfaceStatus = {
    interfaceId,
    revision: 1n,
    isEnforced: true,
    error: '',
    driver: 'kernel',
    desiredHash: new Uint8Array(),
    observedHash: new Uint8Array(),
    driftRepaired: 0,
    observed: { ...emptyDevice('wg0', 4), peers },
    isGone: false,
  }
  const count = agentMetrics({
    registry,
    statuses: () => [status],
    stateOf: (id) => state.interfaces.get(id),
    isFollowing: () => true,
    sequence: () => 1n,
    maxPeers: 2,
    now: () => 50_000,
  })
  count(status, { durationMs: 5, steps: 1, drift: 2 })
  const text = (await registry.metrics()).replaceAll(/,?service="node-agent"/g, '')
  const lines = (name: string): string[] =>
    text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  expect(lines('holdfast_peer_receive_bytes')).toHaveLength(2)
  expect(lines('holdfast_peers_without_metrics')[0]).toMatch(/ 1$/)
  expect(lines('holdfast_peer_handshake_age_seconds')).toHaveLength(1)
  expect(lines('holdfast_peer_handshake_age_seconds')[0]).toMatch(/name="peer-1".* 10$/)
  expect(lines('holdfast_interface_receive_bytes')[0]).toMatch(/ 6$/)
  expect(lines('holdfast_interface_enforced')[0]).toMatch(/device="wg0".* 1$/)
  expect(lines('holdfast_drift_repaired_total')[0]).toMatch(/ 2$/)
})
