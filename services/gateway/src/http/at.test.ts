import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sequenceAt, type TimeSource } from './at.ts'

const start = Date.parse('2026-11-20T09:00:00Z')
const logOf = (times: readonly number[]): TimeSource => ({
  head: async () => BigInt(times.length),
  safe: { current: () => 1n << 62n, onAdvance: () => () => undefined },
  // as: a search looks at times alone
  read: async (sequence) => ({ timeUnixMs: times[Number(sequence) - 1] }) as never,
})
const at = (ms: number): string => new Date(start + ms).toISOString()

test('a sequence is itself, within the log', async () => {
  const log = logOf([start, start + 1])
  expect(await sequenceAt(log, undefined)).toBe(0)
  expect(await sequenceAt(log, '2')).toBe(2)
  await expect(sequenceAt(log, '3')).rejects.toThrow()
})

test('a text that is neither, or a time before the log, is refused', async () => {
  const log = logOf([start])
  const unclear = ['2026-11-20T09:30:00', '2026-11-20T09:30', '2026-11-20T10:00:00 GMT']
  for (const text of ['yesterday', '0', '-1', '2026-13-40T00:00:00Z', ...unclear, at(-1)]) {
    await expect(sequenceAt(log, text)).rejects.toMatchObject({ code: 'invalid' })
  }
})

test('a time is the last sequence whose running maximum does not exceed it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 0, max: 3000 }),
      async (jitters, asked) => {
        // Commits 20 ms apart, by clocks up to 50 ms apart.
        const times = jitters.map((jitter, index) => start + index * 20 + jitter)
        let expected = 0
        let greatest = 0
        for (const [index, time] of times.entries()) {
          greatest = Math.max(greatest, time)
          if (greatest <= start + asked) expected = index + 1
        }
        const found = sequenceAt(logOf(times), at(asked))
        if (expected === 0) await expect(found).rejects.toThrow()
        else expect(await found).toBe(expected)
      },
    ),
  )
})
