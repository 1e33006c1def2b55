import { holdfast } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { expect, test, vi } from 'vitest'
import { accessLimits } from './access-limits.ts'
import { type AccessRecorderOptions, accessRecorder } from './access-recorder.ts'
import { accessSources } from './access-sources.ts'

const { AccessRecord, AccessResult } = holdfast.access.v1

interface FakeStore {
  readonly records: holdfast.access.v1.AccessRecord[]
  isUp: boolean
}

function recording(options: Partial<AccessRecorderOptions> = {}) {
  const fake: FakeStore = { records: [], isUp: true }
  const { log, registry } = createTelemetry('test', { level: 'silent' })
  const recorder = accessRecorder({
    store: {
      async store(_id, record) {
        if (!fake.isUp) throw new Error('no answer')
        fake.records.push(AccessRecord.decode(record))
      },
      close: () => Promise.resolve(),
    },
    sources: accessSources('0190a3a0-0000-7000-8000-000000000001'),
    log,
    registry,
    now: Date.now,
    retryDelayMs: 1,
    ...options,
  })
  return { fake, recorder, registry }
}

const failure = (source: string) => ({ action: 'login', result: 'failure', source }) as const
const sum = (records: FakeStore['records']): number =>
  records.reduce((total, { count }) => total + Number(count), 0)

test('a flood is told in full and in few records', async () => {
  const { fake, recorder } = recording()
  for (let i = 0; i < 20_000; i++) recorder.record(failure(`198.51.100.${i % 250}`))
  await recorder.close()
  expect(sum(fake.records)).toBe(20_000)
  expect(fake.records).toHaveLength(60 + 50 + 1)
})

test('the sums of a minute are written when it is over, without another attempt', async () => {
  vi.useFakeTimers()
  try {
    const { fake, recorder } = recording()
    for (let i = 0; i < 25; i++) recorder.record(failure('192.0.2.1'))
    await vi.advanceTimersByTimeAsync(59_000)
    expect(fake.records).toHaveLength(10)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(fake.records).toHaveLength(11)
    expect(Number(fake.records.at(-1)?.count)).toBe(15)
    await recorder.close()
  } finally {
    vi.useRealTimers()
  }
})

test('what the queue cannot hold is counted, and told in the next sum', async () => {
  vi.useFakeTimers()
  try {
    const { fake, recorder, registry } = recording({ maxWaiting: 5, retryDelayMs: 1_000 })
    fake.isUp = false
    for (let i = 0; i < 40; i++) recorder.record(failure(`192.0.2.${i}`))
    recorder.record({ action: 'login', result: 'success' })
    await vi.advanceTimersByTimeAsync(180_000)
    fake.isUp = true
    await vi.advanceTimersByTimeAsync(60_000)
    const of = (result: number) => fake.records.filter((record) => record.result === result)
    expect(sum(of(AccessResult.ACCESS_RESULT_FAILURE))).toBe(40)
    expect(sum(of(AccessResult.ACCESS_RESULT_SUCCESS))).toBe(1)
    expect(await registry.metrics()).toMatch(/holdfast_access_dropped_total [1-9]/)
    await recorder.close()
  } finally {
    vi.useRealTimers()
  }
})

test('a stream that never answers does not keep the process', async () => {
  vi.useFakeTimers()
  try {
    const { fake, recorder } = recording()
    fake.isUp = false
    recorder.record(failure('192.0.2.1'))
    const closed = recorder.close()
    await vi.advanceTimersByTimeAsync(3_000)
    await closed
    expect(fake.records).toEqual([])
  } finally {
    vi.useRealTimers()
  }
})

test('a summary of others names no source', async () => {
  const { fake, recorder } = recording({
    limits: { ...accessLimits, failuresOfSource: 0, sums: 0 },
  })
  recorder.record(failure('192.0.2.1'))
  await recorder.close()
  expect(fake.records).toMatchObject([{ count: 1, sourceTag: expect.any(Uint8Array) }])
  expect(fake.records[0]?.sourceTag).toHaveLength(0)
})
