import { expect, test } from 'vitest'
import { createBackoff } from './backoff.ts'
import { healthKeeper, troubleIn } from './nats-health.ts'

const full = "JetStream stream '$G > EVT_1' write error: no space left on device"

function watched() {
  const world = { trouble: undefined as string | undefined, hasRoom: true, isRunning: true }
  const restarts: number[] = []
  let now = 0
  const keeper = healthKeeper({
    trouble: async () => world.trouble,
    hasRoom: () => world.hasRoom,
    isRunning: () => world.isRunning,
    restart: async () => void restarts.push(now / 1_000),
    say: () => undefined,
    backoff: createBackoff({ firstMs: 10_000, maxMs: 300_000, stableMs: 300_000, random: () => 1 }),
  })
  return {
    world,
    restarts,
    async pass(seconds: number) {
      for (let passed = 0; passed < seconds; passed += 1) {
        now += 1_000
        await keeper.look(now)
      }
    },
  }
}

test('a server that met a write error is restarted once there is room again', async () => {
  const { world, restarts, pass } = watched()
  await pass(60)
  world.trouble = full
  world.hasRoom = false
  await pass(120)
  expect(restarts).toEqual([])
  world.hasRoom = true
  await pass(1)
  expect(restarts).toEqual([181])
  world.trouble = undefined
  await pass(600)
  expect(restarts).toEqual([181])
})

test('a hiccup, and one that is starting, are left alone', async () => {
  const { world, restarts, pass } = watched()
  world.trouble = full
  await pass(4)
  world.trouble = undefined
  await pass(1)
  world.trouble = full
  await pass(4)
  world.isRunning = false
  await pass(60)
  expect(restarts).toEqual([])
})

test('what does not help is tried less and less often', async () => {
  const { world, restarts, pass } = watched()
  world.trouble = full
  await pass(200)
  expect(restarts).toEqual([6, 16, 36, 76, 156])
})

test('an answer that is not understood is trouble', () => {
  expect(troubleIn('{"server":{},"data":{"status":"ok"}}')).toBeUndefined()
  expect(troubleIn(`{"data":{"status":"unavailable","error":${JSON.stringify(full)}}}`)).toBe(full)
  expect(troubleIn('{"error":{"code":500}}')).toBe('its health is undefined')
})
