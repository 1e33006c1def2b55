import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type KeptManifest, manifestsToKeep } from './retention.ts'

const day = 86_400_000
const at = (text: string): number => Date.parse(text)
const plain = (atUnixMs: number): KeptManifest => ({ atUnixMs, isVerified: false, isPinned: false })

test('of each of the last days, weeks and months the newest stays', () => {
  const hourly = Array.from({ length: 24 * 400 }, (_, n) =>
    plain(at('2026-01-01T00:30:00Z') + n * 3_600_000),
  )
  const kept = [...manifestsToKeep(hourly, { daily: 7, weekly: 5, monthly: 12 })].sort(
    (a, b) => b - a,
  )
  expect(kept.slice(0, 8).map((one) => new Date(one).toISOString())).toEqual([
    '2027-02-04T23:30:00.000Z',
    '2027-02-03T23:30:00.000Z',
    '2027-02-02T23:30:00.000Z',
    '2027-02-01T23:30:00.000Z',
    // Sunday, the last of its week and of its month.
    '2027-01-31T23:30:00.000Z',
    '2027-01-30T23:30:00.000Z',
    '2027-01-29T23:30:00.000Z',
    '2027-01-24T23:30:00.000Z',
  ])
  expect(new Date(kept.at(-1) ?? 0).toISOString()).toBe('2026-03-31T23:30:00.000Z')
  // Seven days, one of which ends a week and a month; three weeks more; ten months more.
  expect(kept).toHaveLength(7 + 3 + 10)
})

const manifest = fc.record({
  atUnixMs: fc
    .integer({ min: 0, max: 4_000 })
    .map((n) => at('2026-01-01T00:00:00Z') + n * 3_600_000),
  isVerified: fc.boolean(),
  isPinned: fc.boolean(),
})
const count = fc.integer({ min: 0, max: 14 })

test('the newest, the newest verified and what is pinned stay whatever the numbers say', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(manifest, { selector: ({ atUnixMs }) => atUnixMs, maxLength: 60 }),
      fc.record({ daily: count, weekly: count, monthly: count }),
      (manifests, keep) => {
        const kept = manifestsToKeep(manifests, keep)
        const byAge = [...manifests].sort((a, b) => b.atUnixMs - a.atUnixMs)
        for (const one of [byAge[0], byAge.find(({ isVerified }) => isVerified)])
          if (one) expect(kept).toContain(one.atUnixMs)
        for (const { atUnixMs, isPinned } of manifests)
          if (isPinned) expect(kept).toContain(atUnixMs)
        for (const one of kept) expect(manifests.map(({ atUnixMs }) => atUnixMs)).toContain(one)
        const isForGood = keep.daily + keep.weekly + keep.monthly === 0
        if (isForGood) expect(kept.size).toBe(manifests.length)
        // Pruning again, without what went, takes nothing more.
        const left = manifests.filter(({ atUnixMs }) => kept.has(atUnixMs))
        expect(manifestsToKeep(left, keep)).toEqual(kept)
        // Every day within reach that had one has one.
        const days = new Set(byAge.map(({ atUnixMs }) => Math.floor(atUnixMs / day)))
        for (const one of [...days].slice(0, keep.daily))
          expect([...kept].some((each) => Math.floor(each / day) === one)).toBe(true)
      },
    ),
  )
})
