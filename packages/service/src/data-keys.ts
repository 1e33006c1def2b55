import { type KeyRing, keyRing } from '@holdfast/crypto'
import type { KeyService } from '@holdfast/proto'
import type { Client } from './types.ts'

export interface DataKeys {
  /** The owner's keys: an organization, or the lineage. With `knowing` the ring is asked for again when it lacks that key. */
  of(ownerId: string, knowing?: string): Promise<KeyRing>
}

/** How long a ring is trusted: rotation and destruction take that long to be noticed. */
const keptForMs = 60_000
/** A key that stays unknown is not asked for again at once. */
const retryAfterMs = 1_000
const maxMissing = 1_000

/** Rings of one kind come from auth, the owner of the key store, and stay in memory only. */
export function dataKeys(
  auth: Pick<Client<typeof KeyService>, 'getDataKeys'>,
  kind: string,
  now: () => number = Date.now,
): DataKeys {
  const kept = new Map<string, { readonly ring: Promise<KeyRing>; readonly since: number }>()

  /** When a key that no ring had was last asked for. */
  const missing = new Map<string, number>()

  function fetchRing(ownerId: string): Promise<KeyRing> {
    const ring = auth.getDataKeys({ ownerId, kind }).then(({ keys }) =>
      keyRing(
        keys.map(({ id, key, isActive }) => ({
          id: id ?? '',
          key: new Uint8Array(key ?? []),
          isActive: isActive ?? false,
        })),
      ),
    )
    kept.set(ownerId, { ring, since: now() })
    ring.catch(() => {
      if (kept.get(ownerId)?.ring === ring) kept.delete(ownerId)
    })
    return ring
  }

  function remember(keyId: string): void {
    missing.delete(keyId)
    missing.set(keyId, now())
    const [oldest] = missing.keys()
    if (missing.size > maxMissing && oldest !== undefined) missing.delete(oldest)
  }

  return {
    async of(ownerId, knowing) {
      const found = kept.get(ownerId)
      if (!found || now() - found.since > keptForMs) return await fetchRing(ownerId)
      const ring = await found.ring
      if (knowing === undefined || ring.byId(knowing) !== undefined) return ring
      // Sealed by somebody who already knows of a rotation, however short ago that was.
      const asked = missing.get(knowing)
      if (asked !== undefined && now() - asked <= retryAfterMs) return ring
      remember(knowing)
      return await fetchRing(ownerId)
    },
  }
}
