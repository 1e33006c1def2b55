import { createTelemetry } from '@holdfast/telemetry'
import { expect, test } from 'vitest'
import { diskGate, isExhausted, reserveOf } from './disk-gate.ts'

const { log } = createTelemetry('test', { level: 'silent' })
const gibibyte = 1024n ** 3n

test('the reserve is a tenth of the volume and at most 1 GiB', () => {
  expect(reserveOf(gibibyte, undefined)).toBe(gibibyte / 10n)
  expect(reserveOf(100n * gibibyte, undefined)).toBe(gibibyte)
  expect(reserveOf(100n * gibibyte, 5)).toBe(5n)
})

test('it closes below the reserve and opens only a fifth above it', () => {
  expect(isExhausted(false, 100n, 100n)).toBe(false)
  expect(isExhausted(false, 99n, 100n)).toBe(true)
  expect(isExhausted(true, 120n, 100n)).toBe(true)
  expect(isExhausted(true, 121n, 100n)).toBe(false)
  expect(isExhausted(true, 0n, 0n)).toBe(false)
})

test('it names the volume without room, and a volume that cannot be asked stays as it was', async () => {
  let free: bigint | undefined = 2_000_000_000n
  const gate = diskGate({
    volumes: [
      { name: 'log', directory: '/log' },
      { name: 'archive', directory: '/archive' },
    ],
    reserveBytes: 1_000_000_000,
    log,
    free: async (directory) => {
      if (free === undefined) throw new Error('gone')
      return { free: directory === '/archive' ? free : 5_000_000_000n, total: 10_000_000_000n }
    },
  })
  expect(gate.reason()).toBeUndefined()
  await gate.look()
  expect(gate.reason()).toBeUndefined()
  free = 999_999_999n
  await gate.look()
  expect(gate.reason()).toContain('archive (/archive: 953 MiB free')
  expect(gate.reason()).not.toContain('log (')
  free = undefined
  await gate.look()
  expect(gate.reason()).toBeDefined()
  free = 1_200_000_001n
  await gate.look()
  expect(gate.reason()).toBeUndefined()
  expect(gate.volumes().map(({ name }) => name)).toEqual(['log', 'archive'])
})
