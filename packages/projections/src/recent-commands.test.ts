import type { Commit } from '@holdfast/event-log'
import { expect, test } from 'vitest'
import { RecentCommands } from './recent-commands.ts'

const commit = (sequence: bigint, context = 'network'): Commit =>
  // what the class looks at
  ({
    sequence,
    context,
    subject: `evt.${context}.peer.${sequence}`,
    commandId: `c${sequence}`,
    organizationId: undefined,
    actor: { kind: 'user', id: 'somebody' },
  }) as unknown as Commit

test('knows what was read and is not written yet, and nothing while nothing is read', async () => {
  const recent = new RecentCommands('network')
  recent.take([commit(1n)])
  expect(recent.find(undefined, 'c1')).toBeUndefined()
  expect(await recent.reach(1n, 1_000)).toBe(false)

  recent.begin(4n)
  expect(await recent.reach(4n, 1_000)).toBe(true)
  const waiting = recent.reach(6n, 10_000)
  recent.take([commit(5n), commit(6n, 'auth')])
  expect(await waiting).toBe(true)
  expect(recent.find(undefined, 'c5')).toMatchObject({ sequence: 5n, actorId: 'somebody' })
  expect(recent.find('other', 'c5')).toBeUndefined()
  expect(recent.find(undefined, 'c6')).toBeUndefined()

  recent.take([commit(7n)])
  recent.written(6n)
  expect(recent.find(undefined, 'c5')).toBeUndefined()
  expect(recent.find(undefined, 'c7')).toBeDefined()
})

test('whoever waits is let go when reading ends, when it takes too long, and by the signal', async () => {
  const recent = new RecentCommands('network')
  recent.begin(1n)
  const waiting = recent.reach(2n, 10_000)
  recent.end()
  expect(await waiting).toBe(false)
  recent.begin(1n)
  expect(await recent.reach(2n, 1)).toBe(false)
  const stop = new AbortController()
  const stopped = recent.reach(2n, 10_000, stop.signal)
  stop.abort(new Error('stopped'))
  await expect(stopped).rejects.toThrow('stopped')
})
