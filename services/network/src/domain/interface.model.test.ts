import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attempt, command, now, requireInvariants } from '../testing/random-interface.ts'
import { address, created, newPeer } from './fixtures.ts'
import { type InterfaceCommand, networkInterface } from './interface.ts'
import type { InterfaceEvent } from './interface-state.ts'

test('whatever is asked for, in whatever order, the invariants hold and a replay gives the same answers', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), newPeerProbe(), (commands, probe) => {
      const history: InterfaceEvent[] = [
        created({ addresses: [address('10.0.0.1/28')], addressQuarantineSeconds: 0 }),
      ]
      let state = history.reduce(networkInterface.evolve, networkInterface.initial())
      for (const one of commands) {
        const events = attempt(one, state)
        for (const event of events ?? []) {
          state = networkInterface.evolve(state, event)
          history.push(event)
        }
        requireInvariants(state)
      }
      const replayed = history.reduce(networkInterface.evolve, networkInterface.initial())
      expect(attempt(probe, replayed)).toEqual(attempt(probe, state))
    }),
    // As many as take a second: 100 left a second peer of one id unseen for weeks.
    { numRuns: 500 },
  )
})

function newPeerProbe() {
  return now.map((at): InterfaceCommand => ({ type: 'AddPeer', peer: newPeer(99), now: at }))
}

// A copy of the peers at each event would take minutes here: the test's time limit would end it.
test('40,000 peers are added and folded one by one', () => {
  let state = networkInterface.evolve(
    networkInterface.initial(),
    created({ addresses: [address('10.0.0.1/12')] }),
  )
  for (let n = 1; n <= 40_000; n++) {
    const command = { type: 'AddPeer' as const, peer: newPeer(n), now: 0 }
    for (const event of networkInterface.decide(command, state)) {
      state = networkInterface.evolve(state, event)
    }
  }
  expect(state.peers.size).toBe(40_000)
})
