/** A manifest at a location. */
export interface KeptManifest {
  readonly atUnixMs: number
  /** It and everything it names has been read back and was right. */
  readonly isVerified: boolean
  /** A rollback point, say: somebody needs it. */
  readonly isPinned: boolean
}

/** How many of each the newest is kept of; all zero: everything is kept. */
export interface Keep {
  readonly daily: number
  readonly weekly: number
  readonly monthly: number
}

const dayMs = 86_400_000
const dayOf = (at: number): string => String(Math.floor(at / dayMs))
/** Weeks begin on Monday; 1970 began on a Thursday. */
const weekOf = (at: number): string => String(Math.floor((at / dayMs + 3) / 7))
const monthOf = (at: number): string => new Date(at).toISOString().slice(0, 7)

/**
 * Grandfather, father, son, in UTC: of the last days, weeks and months that have a manifest, the newest of each.
 * The newest of all, the newest verified and pinned ones stay whatever the numbers say.
 */
export function manifestsToKeep(
  manifests: readonly KeptManifest[],
  keep: Keep,
): ReadonlySet<number> {
  const byAge = [...manifests].sort((a, b) => b.atUnixMs - a.atUnixMs)
  const isForGood = keep.daily === 0 && keep.weekly === 0 && keep.monthly === 0
  if (isForGood) return new Set(byAge.map(({ atUnixMs }) => atUnixMs))
  const kept = new Set(byAge.filter(({ isPinned }) => isPinned).map(({ atUnixMs }) => atUnixMs))
  const [newest] = byAge
  if (newest) kept.add(newest.atUnixMs)
  const verified = byAge.find(({ isVerified }) => isVerified)
  if (verified) kept.add(verified.atUnixMs)
  const periods = [
    [keep.daily, dayOf],
    [keep.weekly, weekOf],
    [keep.monthly, monthOf],
  ] as const
  for (const [count, periodOf] of periods) {
    const seen = new Set<string>()
    for (const { atUnixMs } of byAge) {
      const period = periodOf(atUnixMs)
      if (seen.has(period)) continue
      if (seen.size === count) break
      seen.add(period)
      kept.add(atUnixMs)
    }
  }
  return kept
}
