import { expect, test } from 'vitest'
import { campaign } from './testing/faults/campaign.ts'

// `npx tsx test/faults/run.ts` plays as many rounds as wanted; here a few of each kind, always the same.
test.each([
  ['the log', ['log'], 4],
  ['the archive', ['archive'], 2],
  ['both', ['both', 'crash'], 3],
] as const)(
  'faults in %s lose nothing, or are named',
  async (_, only, rounds) => {
    const played = await campaign({ rounds, seed: 4, only, stopMs: 500 })
    expect(played.flatMap(({ violations }) => violations)).toEqual([])
    expect(played).toHaveLength(rounds)
  },
  300_000,
)
