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
  let current = status
  const count = agentMetrics({
    registry,
    statuses: () => [current],
    stateOf: (id) => state.interfaces.get(id),
    isFollowing: () => true,
    sequence: () => 1n,
    maxPeers: 2,
  })
  count(status, { durationMs: 5, steps: 1, drift: 2 })
  const text = (await registry.metrics()).replaceAll(/,?service="node-agent"/g, '')
  const lines = (name: string): string[] =>
    text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  expect(lines('holdfast_wireguard_peer_receive_bytes_total')).toHaveLength(2)
  expect(lines('holdfast_wireguard_peers_without_metrics')[0]).toMatch(/ 1$/)
  const handshakes = lines('holdfast_wireguard_peer_last_handshake_timestamp_seconds')
  expect(handshakes).toHaveLength(2)
  expect(handshakes[0]).toMatch(/name="peer-1".* 40$/)
  expect(handshakes[1]).toMatch(/name="peer-2".* 0$/)
  expect(lines('holdfast_wireguard_interface_receive_bytes_total')[0]).toMatch(/ 6$/)
  expect(lines('holdfast_wireguard_interface_enforced')[0]).toMatch(/interface="wg0".* 1$/)
  expect(lines('holdfast_agent_drift_repaired_total')[0]).toMatch(/ 2$/)
  expect(text).not.toContain([...peers.keys()][0])

  // A peer that goes takes nothing out of the sum of its interface, and one that began anew adds to it.
  const [first, second] = [...peers.values()]
  if (!first || !second) throw new Error('there are three')
  const later = new Map([
    [first.publicKey, { ...first, rxBytes: 100 }],
    [second.publicKey, { ...second, rxBytes: 1 }],
  ])
  current = { ...status, observed: { ...emptyDevice('wg0', 4), peers: later } }
  const again = await registry.metrics()
  expect(again).toMatch(/holdfast_wireguard_interface_receive_bytes_total\{interface="wg0"\} 106\n/)
})
