import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type AccessAttempt,
  type AccessEntry,
  type AccessLimits,
  accessLimiter,
  accessLimits,
  maxFailureRecords,
} from './access-limits.ts'

const failure = (source: string, account?: string): AccessAttempt => ({
  action: 'login',
  result: 'failure',
  code: 'auth.invalid_credentials',
  source,
  ...(account === undefined ? {} : { account }),
})
const success: AccessAttempt = { action: 'login', result: 'success', source: '192.0.2.1' }

const attempts = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.nat(20), fc.nat(90_000)),
    isSuccess: fc.boolean(),
    isFrequent: fc.boolean(),
    source: fc.nat(120),
    account: fc.nat(400),
    times: fc.oneof(fc.constant(1), fc.nat(300)),
  }),
  { maxLength: 60 },
)
const limits = fc.record({
  windowMs: fc.constant(60_000),
  failuresOfSource: fc.integer({ min: 0, max: 12 }),
  failures: fc.integer({ min: 0, max: 60 }),
  sums: fc.integer({ min: 0, max: 50 }),
  successes: fc.integer({ min: 0, max: 100 }),
  frequent: fc.integer({ min: 0, max: 5 }),
})

interface Told {
  readonly told: readonly AccessEntry[]
  readonly tried: readonly (AccessAttempt & { readonly at: number })[]
}

function play(
  steps: readonly (typeof attempts extends fc.Arbitrary<readonly (infer T)[]> ? T : never)[],
  chosen: AccessLimits,
): Told {
  const limiter = accessLimiter(chosen)
  const told: AccessEntry[] = []
  const tried: (AccessAttempt & { readonly at: number })[] = []
  let now = 1_800_000_000_000
  for (const { afterMs, isSuccess, isFrequent, source, account, times } of steps) {
    now += afterMs
    for (let i = 0; i < times; i++) {
      const attempt: AccessAttempt = {
        action: 'login',
        result: isSuccess ? 'success' : 'failure',
        source: `192.0.2.${source}`,
        account: `account ${account + i}`,
        isFrequent,
        sessionId: `session ${source}`,
      }
      tried.push({ ...attempt, at: now })
      told.push(...limiter.decide(attempt, now))
    }
  }
  told.push(...limiter.end(now))
  return { told, tried }
}

const sum = (entries: readonly AccessEntry[]): number =>
  entries.reduce((total, { count }) => total + count, 0)

test('every attempt is in exactly one record, whatever comes', () => {
  fc.assert(
    fc.property(attempts, limits, (steps, chosen) => {
      const { told, tried } = play(steps, chosen)
      for (const result of ['success', 'failure'] as const) {
        const ofResult = (one: AccessAttempt) => one.result === result
        expect(sum(told.filter(ofResult))).toBe(tried.filter(ofResult).length)
      }
      // One by one they are what happened; a source is never blamed for another's attempts.
      for (const source of new Set(told.flatMap((entry) => entry.source ?? []))) {
        const mine = (one: AccessAttempt) => one.source === source
        expect(sum(told.filter(mine))).toBeLessThanOrEqual(tried.filter(mine).length)
      }
    }),
  )
})

test('however many fail from wherever, the records stay within the bound', () => {
  fc.assert(
    fc.property(attempts, limits, (steps, chosen) => {
      const { told, tried } = play(steps, chosen)
      const failed = tried.filter(({ result }) => result === 'failure')
      const spanMs = (tried.at(-1)?.at ?? 0) - (tried[0]?.at ?? 0)
      const records = told.filter(({ result }) => result === 'failure')
      expect(records.length).toBeLessThanOrEqual(maxFailureRecords(chosen, spanMs))
      expect(records.length).toBeLessThanOrEqual(failed.length)
      expect(told.length - records.length).toBeLessThanOrEqual(
        (chosen.successes + chosen.frequent + 1) * (Math.floor(spanMs / chosen.windowMs) + 1),
      )
    }),
  )
})

test('the accounts of a sum are never fewer than there were', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2_000), { minLength: 1, maxLength: 3_000 }), (accounts) => {
      const limiter = accessLimiter({ ...accessLimits, failuresOfSource: 0 })
      for (const account of accounts) limiter.decide(failure('192.0.2.1', `${account}`), 0)
      const [told] = limiter.end(1)
      expect(told?.accounts).toBeGreaterThanOrEqual(new Set(accounts).size)
      expect(told?.accounts).toBeLessThanOrEqual(accounts.length)
    }),
    { numRuns: 50 },
  )
})

test('what a session does again and again is one record, then one sum a minute', () => {
  const limiter = accessLimiter()
  const read = (sessionId: string): AccessAttempt => ({
    action: 'audit_read',
    result: 'success',
    target: 'ListEntries',
    userId: 'one',
    sessionId,
    isFrequent: true,
  })
  const told = Array.from({ length: 1_000 }, (_, i) => limiter.decide(read('first'), i)).flat()
  expect(told.map(({ count, windowMs }) => [count, windowMs])).toEqual([[1, 0]])
  expect(limiter.decide(read('second'), 1_000)).toHaveLength(1)
  const [summary, ...rest] = limiter.decide(success, 60_000)
  expect(rest).toHaveLength(1)
  expect(summary).toMatchObject({ action: 'audit_read', sessionId: 'first', count: 999 })
  expect(limiter.end(70_000)).toEqual([])
})

test('ten failures of a source stand by themselves, the rest is one record a minute', () => {
  const limiter = accessLimiter()
  const told = Array.from({ length: 1_000 }, (_, i) =>
    limiter.decide(failure('192.0.2.1', `account ${i % 7}`), i),
  ).flat()
  expect(told).toHaveLength(10)
  expect(limiter.endsAt()).toBe(60_000)
  // The first attempt after the minute finds its end; so does a timer.
  const [summary, next, ...rest] = limiter.decide(failure('192.0.2.2'), 60_000)
  expect(summary).toEqual({
    action: 'login',
    result: 'failure',
    code: 'auth.invalid_credentials',
    source: '192.0.2.1',
    atUnixMs: 60_000,
    count: 990,
    windowMs: 59_990,
    accounts: 7,
  })
  expect(next).toMatchObject({ source: '192.0.2.2', count: 1, windowMs: 0 })
  expect(rest).toEqual([])
})

test('a flood from everywhere ends in one record of the others', () => {
  const limiter = accessLimiter()
  const told = Array.from({ length: 100_000 }, (_, i) =>
    limiter.decide(failure(`source ${i % 30_000}`), 0),
  ).flat()
  expect(told).toHaveLength(60)
  const summaries = limiter.end(1)
  expect(summaries).toHaveLength(51)
  expect(summaries.at(-1)?.source).toBeUndefined()
  expect(sum([...told, ...summaries])).toBe(100_000)
})

test('a sum says what its attempts have in common, and no more', () => {
  const limiter = accessLimiter({ ...accessLimits, failuresOfSource: 0 })
  const userId = 'f0b5a1de-0000-7000-8000-00000000000a'
  limiter.decide({ ...failure('192.0.2.1'), userId }, 0)
  limiter.decide({ ...failure('192.0.2.1'), userId, action: 'refresh' }, 0)
  expect(limiter.end(1)).toMatchObject([
    { action: 'several', code: 'auth.invalid_credentials', userId, accounts: 1 },
  ])
})

test('what could not be kept is in the next sum', () => {
  const limiter = accessLimiter()
  const [first] = limiter.decide(failure('192.0.2.1', 'somebody'), 0)
  const [came] = limiter.decide(success, 10)
  if (!first || !came) throw new Error('both stand by themselves')
  limiter.giveBack(first, 20)
  limiter.giveBack(came, 20)
  const again = limiter.end(60_000)
  expect(again).toMatchObject([
    { result: 'failure', count: 1, windowMs: 60_000, accounts: 1 },
    { result: 'success', count: 1, windowMs: 59_990 },
  ])
  // And once more, when that could not be kept either.
  for (const entry of again) limiter.giveBack(entry, 60_000)
  expect(limiter.end(120_000)).toMatchObject([
    { result: 'failure', count: 1, windowMs: 120_000, accounts: 1 },
    { result: 'success', count: 1, windowMs: 119_990 },
  ])
})

test('a clock that is set back ends the window', () => {
  const limiter = accessLimiter({ ...accessLimits, failuresOfSource: 1 })
  limiter.decide(failure('192.0.2.1'), 100_000)
  limiter.decide(failure('192.0.2.1'), 100_001)
  const told = limiter.decide(failure('192.0.2.1'), 50)
  expect(told.map(({ count, windowMs }) => [count, windowMs > 0])).toEqual([
    [1, true],
    [1, false],
  ])
})
