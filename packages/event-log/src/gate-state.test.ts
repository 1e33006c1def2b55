import { describe, expect, test } from 'vitest'
import type { Approval } from './approval.ts'
import { type GateView, gateState, isReadable, maxSilenceMs } from './gate-state.ts'
import { writeStates } from './safe-signal.ts'

const approval: Approval = {
  stream: 'EVT_1',
  lineageId: 'lineage',
  generation: 1,
  serverIds: ['A'],
  allowsBatches: true,
  durability: 'log+archive',
  sequence: 10n,
  approvedAtUnixMs: 1,
}
const refused: Approval = {
  ...approval,
  serverIds: [],
  refusal: { code: 'log.frozen', reason: 'commit 7 differs', firstBadSequence: 7n },
}
const signal = { stream: 'EVT_1', sequence: 10n, writes: 'open', reason: '' } as const
const open: GateView = { serverId: 'A', approval, signal, silentMs: 100 }

const stateOf = (change: Partial<GateView>) => gateState({ ...open, ...change })

test('changes are taken on an approved server while the archiver is heard', () => {
  expect(stateOf({})).toEqual({ type: 'open' })
  expect(stateOf({ silentMs: maxSilenceMs })).toEqual({ type: 'open' })
})

describe('changes are not taken', () => {
  test('without a connection, or on a server the guard has not approved', () => {
    for (const change of [{ serverId: undefined }, { serverId: 'B' }, { approval: undefined }]) {
      expect(stateOf(change).type).toBe('waiting')
      expect(isReadable({ ...open, ...change })).toBe(false)
    }
  })

  test('in silence, and reads go on', () => {
    for (const change of [{ silentMs: maxSilenceMs + 1 }, { signal: undefined }]) {
      expect(stateOf(change).type).toBe('waiting')
      expect(isReadable({ ...open, ...change })).toBe(true)
    }
  })

  test('when the archiver says so, for its reason', () => {
    const types = writeStates.map(
      (writes) => stateOf({ signal: { ...signal, writes, reason: 'why' } }).type,
    )
    expect(types).toEqual(['open', 'waiting', 'exhausted', 'refused'])
    expect(stateOf({ signal: { ...signal, writes: 'frozen', reason: 'why' } })).toEqual({
      type: 'refused',
      reason: 'why',
    })
  })

  test('on a log the guard keeps closed, and reads go on', () => {
    for (const serverId of ['A', 'B']) {
      const view = { ...open, serverId, approval: refused }
      expect(gateState(view)).toEqual({ type: 'refused', reason: 'commit 7 differs' })
      expect(isReadable(view)).toBe(true)
      // It is being looked at again: what it holds may change.
      const checking = { ...view, signal: { ...signal, writes: 'checking' as const } }
      expect(gateState(checking).type).toBe('waiting')
      expect(isReadable(checking)).toBe(false)
      expect(isReadable({ ...checking, silentMs: maxSilenceMs + 1 })).toBe(true)
    }
    expect(isReadable({ ...open, serverId: undefined, approval: refused })).toBe(false)
  })
})

test('without an archive silence means nothing, and a warning still counts', () => {
  const view = { ...open, approval: { ...approval, durability: 'log' as const } }
  expect(gateState({ ...view, signal: undefined, silentMs: 1e9 })).toEqual({ type: 'open' })
  expect(gateState({ ...view, signal: { ...signal, writes: 'exhausted' } }).type).toBe('exhausted')
})
