import { expect, test } from 'vitest'
import { campaign } from './testing/faults/campaign.ts'

// `npx tsx test/faults/run.ts` plays as many rounds as wanted; here are a few, always the same ones.
test('faults in log and archive under load lose nothing, or are named', async () => {
  const rounds = 6
  const only = ['log', 'archive', 'both', 'crash'] as const
  const played = await campaign({ rounds, seed: 4, only, stopMs: 500 })
  expect(played.flatMap(({ violations }) => violations)).toEqual([])
  expect(played).toHaveLength(rounds)
}, 300_000)
