import { restoreTo, undoOf } from '@holdfast/compensation/testing'
import { KeyDestroyed } from '@holdfast/crypto'
import type { InterfaceId, NodeId } from '@holdfast/domain'
import type { DeviceName } from '@holdfast/net'
import { defaultFirewall } from '@holdfast/policy'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AddressOverlap, NodeGone, NodeNotEmpty } from '../domain/errors.ts'
import {
  added,
  address,
  created,
  interfaceIdOf,
  interfaceName,
  interfaceSettings,
  ip,
  keyOf,
  organizationId,
  peerIdOf,
  peerSettings,
  sealed,
  sealedToNode,
} from '../domain/fixtures.ts'
import { type InterfaceCommand, networkInterface } from '../domain/interface.ts'
import type { InterfaceEvent } from '../domain/interface-state.ts'
import type { NodeEvent } from '../domain/node.ts'
import { attempt, command, requireInvariants } from '../testing/random-interface.ts'
import type { InterfaceAround } from './compensate-interface.ts'
import { type InterfaceTools, interfacesCompensable } from './interfaces.ts'
import { type NodeAround, type NodeTools, nodesCompensable } from './nodes.ts'

// as: pure parts only, which need no tools
const one = interfacesCompensable({} as InterfaceTools)
const nodeOne = nodesCompensable({} as NodeTools)
const nodeId = '0198f0c0-0000-7000-8050-000000000001' as NodeId
const id = `${nodeId}.${interfaceIdOf(1)}`
const around: InterfaceAround = {
  nodes: new Map([[nodeId, { enrolmentKey: sealedToNode.recipient }]]),
  neighbours: new Map(),
  destroyedKeys: new Set(),
}
const nowUnixMs = 50

const bytes = (n: number) => ({ ciphertext: new Uint8Array(48).fill(n) })
const small = fc.integer({ min: 1, max: 8 })
/** Keys of every kind too, each another one. */
const anyCommand: fc.Arbitrary<InterfaceCommand> = fc.oneof(
  { weight: 8, arbitrary: command },
  small.map((n) => ({
    type: 'RotateInterfaceKey' as const,
    keys: {
      publicKey: keyOf(100 + n),
      privateKey: { ...sealed, ...bytes(n) },
      privateKeyForNode: { ...sealedToNode, ...bytes(n) },
    },
  })),
  fc.tuple(small, fc.nat(3)).map(([n, secret]) => ({
    type: 'RotatePeerPresharedKey' as const,
    peerId: peerIdOf(n),
    presharedKey: secret === 0 ? undefined : { ...sealed, ...bytes(secret) },
    presharedKeyForNode: secret === 0 ? undefined : { ...sealedToNode, ...bytes(secret) },
  })),
)
const stretch = fc.record({
  commands: fc.array(anyCommand, { maxLength: 15 }),
  /** Of the commits so far, in percent. */
  back: fc.integer({ min: 0, max: 100 }),
})

/** Lives on and goes back, several times: what was brought back is history too. */
function live(stretches: readonly { commands: readonly InterfaceCommand[]; back: number }[]) {
  const history: (readonly InterfaceEvent[])[] = [
    [created({ addresses: [address('10.0.0.1/28')], addressQuarantineSeconds: 0 })],
  ]
  let state = networkInterface.initial()
  const take = (events: readonly InterfaceEvent[]): void => {
    for (const event of events) state = networkInterface.evolve(state, event)
    requireInvariants(state)
  }
  take(history[0] ?? [])
  const append = (events: readonly InterfaceEvent[] | undefined): void => {
    if (!events || events.length === 0) return
    history.push(events)
    take(events)
  }
  for (const { commands, back } of stretches) {
    for (const wish of commands) append(attempt(wish, state))
    const answer = restoreTo({ one, id, history, around, nowUnixMs }, percent(history.length, back))
    if (answer.outcome !== 'same') throw new Error(`the past is possible: ${answer.outcome}`)
    append(answer.events as readonly InterfaceEvent[]) // as: of an interface
  }
  return history
}

const percent = (of: number, share: number): number => Math.round((of * share) / 100)

test('whatever happened, an interface becomes again what it was, absent or deleted too', () => {
  fc.assert(
    fc.property(fc.array(stretch, { minLength: 1, maxLength: 4 }), (stretches) => {
      live(stretches)
    }),
    { numRuns: 150 },
  )
})

const reasons = /^(network\.(address|allowed_ip|peer_name|public_key)_(taken|in_use)|invalid)$/

test('one change is taken back and the later ones stay, or a field or a rule is named that stands in the way', () => {
  const seen = { same: 0, conflict: 0, obstacle: 0 }
  fc.assert(
    fc.property(
      fc.array(stretch, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 100 }),
      (stretches, share) => {
        const history = live(stretches)
        const at = Math.max(1, percent(history.length, share))
        const answer = undoOf({ one, id, history, around, nowUnixMs }, at)
        seen[answer.outcome] += 1
        if (answer.outcome === 'conflict') expect(answer.paths).not.toEqual([])
        if (answer.outcome === 'obstacle') expect(answer.error.code).toMatch(reasons)
        if (answer.outcome !== 'same') return
        const state = [...history, answer.events as readonly InterfaceEvent[]] // as: of an interface
          .flat()
          .reduce(networkInterface.evolve, networkInterface.initial())
        requireInvariants(state)
      },
    ),
    { numRuns: 200 },
  )
  // None of the three is there for show.
  for (const outcome of Object.values(seen)) expect(outcome).toBeGreaterThan(0)
})

test('peers change places in one commit, names, addresses and keys', () => {
  const history: InterfaceEvent[][] = [
    [
      created(),
      added(1, { addresses: [ip('10.10.0.2')] }),
      added(2, { addresses: [ip('10.10.0.3')] }),
    ],
    [{ type: 'PeerRemoved', peerId: peerIdOf(1), addressesFreeAtUnixMs: 0 }],
    [
      {
        type: 'PeerUpdated',
        peerId: peerIdOf(2),
        settings: { ...peerSettings, name: 'peer-1', addresses: [ip('10.10.0.2')] },
      },
      { type: 'PeerKeyRotated', peerId: peerIdOf(2), publicKey: keyOf(1), privateKey: sealed },
    ],
    [
      {
        ...added(1, { name: 'peer-2', addresses: [ip('10.10.0.3')] }),
        ...{ publicKey: keyOf(2) },
      } as InterfaceEvent,
    ],
  ]
  const answer = restoreTo({ one, id, history, around, nowUnixMs }, 1)
  expect(answer).toMatchObject({ outcome: 'same' })
  const events = answer.outcome === 'same' ? (answer.events as readonly InterfaceEvent[]) : []
  const state = [...history.flat(), ...events].reduce(
    networkInterface.evolve,
    networkInterface.initial(),
  )
  requireInvariants(state)
  expect([...state.peers.values()].map(({ id, settings }) => [id, settings.name]).sort()).toEqual([
    [peerIdOf(1), 'peer-1'],
    [peerIdOf(2), 'peer-2'],
  ])
})

const deleted: InterfaceEvent[][] = [[created(), added(1)], [{ type: 'InterfaceDeleted' }]]

test('an interface on a node that is gone stays gone, and so does one whose keys were sealed to another node', () => {
  const law = { one, id, history: deleted, nowUnixMs }
  const gone = restoreTo({ ...law, around: { ...around, nodes: new Map() } }, 1)
  expect(gone.outcome === 'obstacle' && NodeGone.is(gone.error)).toBe(true)
  const nodes = new Map([[nodeId, { enrolmentKey: new Uint8Array(32) }]])
  const other = restoreTo({ ...law, around: { ...around, nodes } }, 1)
  expect(other.outcome === 'obstacle' && NodeGone.is(other.error)).toBe(true)
})

test('an interface whose data key was destroyed stays gone', () => {
  const destroyedKeys = new Set([sealed.keyId])
  const answer = restoreTo(
    { one, id, history: deleted, around: { ...around, destroyedKeys }, nowUnixMs },
    1,
  )
  expect(answer.outcome === 'obstacle' && KeyDestroyed.is(answer.error)).toBe(true)
})

test('an interface whose network somebody else on the node has since stays gone', () => {
  const settings = { ...interfaceSettings, name: interfaceName('wg9') }
  const neighbours = new Map([[id, [{ settings }]]])
  const answer = restoreTo(
    { one, id, history: deleted, around: { ...around, neighbours }, nowUnixMs },
    1,
  )
  expect(answer.outcome === 'obstacle' && AddressOverlap.is(answer.error)).toBe(true)
})

test('parked, an interface has neither the name nor the port that is wanted', () => {
  const facts = one.facts(one.evolve(one.initial(id), created(), { commandId: '' } as never)) as {
    settings: typeof interfaceSettings
  }
  const name = `node/${nodeId}/name/wg0`
  const port = `node/${nodeId}/port/51820`
  const parked = (wanted: string) =>
    one.park?.(
      facts,
      id,
      () => true,
      (claim) => claim === wanted,
    )
  expect(parked(name)).toMatchObject({ settings: { name: 'hf-00000001', listenPort: 51820 } })
  expect(parked(port)).toMatchObject({ settings: { name: 'wg0', listenPort: 65535 } })
})

const enrolled: NodeEvent = {
  type: 'NodeEnrolled',
  organizationId,
  siteId: '',
  name: 'gw-1',
  enrolmentKey: sealedToNode.recipient,
  natsPublicKey: 'U',
  hostname: 'gw-1',
  platform: 'linux',
}
const renamed = (name: string, devices: readonly string[] = []): NodeEvent => ({
  type: 'NodeUpdated',
  name,
  siteId: '',
  endpointHost: '',
  // as: a fixture
  uplinks: devices.map((device) => ({ device: device as DeviceName, firewall: defaultFirewall })),
})
const nodeLaw = (history: readonly (readonly NodeEvent[])[], names: readonly string[] = []) => ({
  one: nodeOne,
  id: nodeId,
  history,
  around: {
    // as: ids of a fixture
    names: new Map([[nodeId, new Map(names.map((name) => [name as InterfaceId, name]))]]),
  } satisfies NodeAround,
  nowUnixMs,
})

test('a node gets back its settings, and never its life', () => {
  const history = [[enrolled], [renamed('b', ['eth0'])], [renamed('c')]]
  for (let at = 1; at <= history.length; at++) {
    expect(restoreTo(nodeLaw(history), at)).toMatchObject({ outcome: 'same' })
  }
  const gone = [...history, [{ type: 'NodeDeleted' } as const]]
  const answer = restoreTo(nodeLaw(gone), 1)
  expect(answer.outcome === 'obstacle' && NodeGone.is(answer.error)).toBe(true)
  expect(restoreTo(nodeLaw(gone), 4)).toEqual({ outcome: 'same', events: [] })
})

test('a node that was not there yet goes when nothing is left on it, and an uplink is no interface', () => {
  const history = [[enrolled]]
  expect(restoreTo(nodeLaw(history), 0)).toMatchObject({ events: [{ type: 'NodeDeleted' }] })
  const full = restoreTo(nodeLaw(history, ['wg0']), 0)
  expect(full.outcome === 'obstacle' && NodeNotEmpty.is(full.error)).toBe(true)
  // Claimed after somebody looked: an interface is about to be there.
  const name = interfaceName('wg3')
  const claim = { interfaceId: interfaceIdOf(3), name, listenPort: 51_820 }
  const late = restoreTo(nodeLaw([[enrolled], [{ type: 'InterfaceClaimed', ...claim }]]), 0)
  expect(late.outcome === 'obstacle' && NodeNotEmpty.is(late.error)).toBe(true)
  const uplinks = [[enrolled], [renamed('gw-1', ['eth1'])], [renamed('gw-1')]]
  expect(restoreTo(nodeLaw(uplinks, ['eth1']), 2)).toMatchObject({ outcome: 'obstacle' })
})
