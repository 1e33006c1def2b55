import { type Place, remove } from './place.ts'
import { manifestsToKeep } from './retention.ts'

/** How long the log before a restore stays: it may have been the wrong one that was restored. */
const regretMs = 30 * 86_400_000

/** Removes manifests the retention of the location lets go, and then what no other names. Never from an immutable one. */
export async function prune(place: Place): Promise<void> {
  const { inventory, location, tools } = place
  if (location.isImmutable) return
  const all = inventory.of('manifest')
  const verified = inventory.verifiedManifests()
  const moments = all.map(({ first }) => Number(first))
  const pinned = aroundEach([...(await tools.pinned()), ...beginning(place)], moments)
  const kept = manifestsToKeep(
    moments.map((atUnixMs) => ({
      atUnixMs,
      isVerified: verified.has(atUnixMs),
      isPinned: pinned.has(atUnixMs),
    })),
    { daily: location.keepDaily, weekly: location.keepWeekly, monthly: location.keepMonthly },
  )
  const newest = moments.at(-1)
  const dropped = all.filter(
    ({ first, damage }) => !kept.has(Number(first)) || (damage !== '' && Number(first) !== newest),
  )
  // In this order: a crash in between leaves objects too many, never a manifest that names what is gone.
  await remove(place, dropped)
  const standing = inventory.of('manifest').map(({ first }) => Number(first))
  await remove(place, inventory.unneeded(standing))
}

/** When this generation began to push there; none for the first, or long ago. */
function beginning({ inventory, tools }: Place): readonly number[] {
  const { keys, generation, writerId, now } = tools
  const writer = inventory.get(keys.writer(generation, writerId).key)
  if (generation === 1 || !writer || now() - writer.putAtUnixMs >= regretMs) return []
  // Named by the first manifest of it; without that on record, by the clock.
  return [writer.namedFrom ? writer.namedFrom - 1 : writer.putAtUnixMs]
}

/** Of each moment the last manifest before it and the first after it: what was there then is in both. */
function aroundEach(moments: readonly number[], manifests: readonly number[]): ReadonlySet<number> {
  return new Set(
    moments.flatMap((moment) => {
      const before = manifests.findLast((at) => at <= moment)
      const after = manifests.find((at) => at >= moment)
      return [before, after].filter((at) => at !== undefined)
    }),
  )
}
