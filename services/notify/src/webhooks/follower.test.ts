import type { EventLog } from '@holdfast/event-log'
import type { Postgres, Session } from '@holdfast/postgres'
import type { Alarm } from '@holdfast/service'
import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Follower } from './follower.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const lineageId = '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a11'
const position = { lineage_id: lineageId, generation: 1, sequence: 40n, hash: Buffer.alloc(32) }

/** A follower of a log at 42 that cannot be followed until it is mended. */
function brokenFollower() {
  const alarms: Alarm[] = []
  const is = { mended: false }
  const subscribe: EventLog['subscribe'] = async ({ signal, onCaughtUp }) => {
    if (!is.mended) throw new Error('a gap')
    onCaughtUp?.()
    await new Promise((resolve) => signal?.addEventListener('abort', resolve))
  }
  let asked = 0
  const follower = new Follower({
    log: {
      subscribe,
      lineageId,
      generation: 1,
      seen: () => 42n,
      safeHead: () => Promise.resolve(42n),
      read: () => Promise.resolve(undefined),
    },
    // as: where it stands, then the webhooks there are, in turn; and the lock is always ours
    postgres: {
      session: () =>
        Promise.resolve({
          query: () => Promise.resolve([{ is_ours: true }]),
          lost: new AbortController().signal,
          close: () => Promise.resolve(),
        } as unknown as Session),
      query: () => Promise.resolve(asked++ % 2 === 0 ? [position] : []),
    } as unknown as Postgres,
    projections: () => ({ reached: () => Promise.resolve() }),
    logger: createTelemetry('notify', { level: 'silent' }).log,
    alarm: (alarm) => void alarms.push(alarm),
    maxPending: 100,
    onQueued: () => undefined,
  })
  return { follower, alarms, is }
}

test('what is not looked at because following fails is a lag, and an alarm until it is mended', async () => {
  const { follower, alarms, is } = brokenFollower()
  follower.start()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(follower.lag()).toBe(2)
  expect(alarms).toEqual([])
  await vi.advanceTimersByTimeAsync(120_000)
  expect(alarms.length).toBeGreaterThan(3)
  expect(new Set(alarms.map(({ code }) => code))).toEqual(new Set(['notify.webhooks.halted']))
  expect(alarms.some(({ isOver }) => isOver === true)).toBe(false)
  is.mended = true
  await vi.advanceTimersByTimeAsync(60_000)
  expect(alarms.at(-1)).toMatchObject({ code: 'notify.webhooks.halted', isOver: true })
  const stopped = follower.stop()
  await vi.advanceTimersByTimeAsync(1_000)
  await stopped
})
