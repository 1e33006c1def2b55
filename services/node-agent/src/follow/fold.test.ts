import { expect, test } from 'vitest'
import { commit, facts, interfaceId, keyOf, peerId } from '../testing/samples.ts'
import { factsOf, UnknownFact } from './events.ts'
import { fold } from './fold.ts'
import { emptyNode, type NodeState } from './node-state.ts'

const folded = (...commits: readonly Parameters<typeof commit>[]): NodeState => {
  const state = emptyNode()
  for (const each of commits) fold(state, commit(...each))
  return state
}

test('facts become the interface and its peers', () => {
  const state = folded(
    [3, [facts.created({ name: 'wg0' })]],
    [5, [facts.added(2, { allowedIps: ['192.168.1.0/24'] }), facts.added(3)]],
    [6, [facts.removed(3)]],
    [9, [facts.changed(2, { isEnabled: false })]],
  )
  const one = state.interfaces.get(interfaceId)
  expect(state.sequence).toBe(9n)
  expect(one?.revision).toBe(9n)
  expect(one?.settings).toMatchObject({ device: 'wg0', listenPort: 51820, isEnabled: true })
  expect([...(one?.peers.keys() ?? [])]).toEqual([peerId(2)])
  expect(one?.peers.get(peerId(2))?.settings.isEnabled).toBe(false)
})

test('a commit taken twice counts once', () => {
  const state = folded([3, [facts.created({ name: 'wg0' })]], [5, [facts.added(2)]])
  expect(fold(state, commit(5, [facts.removed(2)]))).toBe(false)
  expect(state.interfaces.get(interfaceId)?.peers.size).toBe(1)
})

test('a rotated key replaces the old one and nothing else', () => {
  const key = Buffer.from(keyOf('new'), 'base64')
  const state = folded(
    [1, [facts.created({ name: 'wg0' })]],
    [2, [facts.added(2, { name: 'laptop' })]],
    [3, [facts.rotated(2, key)]],
  )
  const peer = state.interfaces.get(interfaceId)?.peers.get(peerId(2))
  expect(peer?.settings.name).toBe('laptop')
  expect(Buffer.from(peer?.publicKey ?? [])).toEqual(key)
})

test('a fact it does not know stops it, and nothing of that commit is taken', () => {
  const state = folded([1, [facts.created({ name: 'wg0' })]])
  const unknown = { type: 'PeerBlessed', schema: 1, data: new Uint8Array() }
  expect(() => fold(state, commit(2, [facts.added(2), unknown]))).toThrow(/older than the control/)
  expect(() => fold(state, commit(2, [{ ...facts.added(2), schema: 2 }]))).toThrow()
  expect(UnknownFact.kind).toBe('illegal_state')
  expect(state.sequence).toBe(1n)
  expect(state.interfaces.get(interfaceId)?.peers.size).toBe(0)
})

test('names of object members are no facts', () => {
  const hostile = { type: 'constructor', schema: 1, data: new Uint8Array() }
  expect(() => fold(emptyNode(), commit(1, [hostile]))).toThrow(/does not know constructor/)
})

test('the facts of a state lead to that state', () => {
  const presharedKey = Buffer.alloc(32, 7)
  const state = folded(
    [1, [facts.created({ name: 'wg0', mtu: 1300 })]],
    [2, [facts.added(2, { endpoint: 'vpn.example.org:51820' }, { presharedKey })]],
    [4, [facts.added(3, { expiresAtUnixMs: 1_900_000_000_000 }), facts.removed(2)]],
    [5, [facts.added(4)]],
  )
  const one = state.interfaces.get(interfaceId)
  if (!one) throw new Error('no interface')
  const again = folded([5, factsOf(one)])
  expect(again.interfaces.get(interfaceId)).toEqual(one)
})

test('many peers fold into one interface', () => {
  const state = emptyNode()
  fold(state, commit(1, [facts.created({ name: 'wg0' })]))
  const many = Array.from({ length: 5_000 }, (_, number) => facts.added(number))
  for (const [index, fact] of many.entries()) fold(state, commit(index + 2, [fact]))
  expect(state.interfaces.get(interfaceId)?.peers.size).toBe(5_000)
})
