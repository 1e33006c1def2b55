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

/** Rings of one kind come from auth, the owner of the key store, and stay in memory only. */
export function dataKeys(
  auth: Pick<Client<typeof KeyService>, 'getDataKeys'>,
  kind: string,
  now: () => number = Date.now,
): DataKeys {
  const kept = new Map<string, { readonly ring: Promise<KeyRing>; readonly since: number }>()

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

  return {
    async of(ownerId, knowing) {
      const found = kept.get(ownerId)
      if (!found || now() - found.since > keptForMs) return await fetchRing(ownerId)
      const ring = await found.ring
      const isMissing = knowing !== undefined && ring.byId(knowing) === undefined
      if (isMissing && now() - found.since > retryAfterMs) return await fetchRing(ownerId)
      return ring
    },
  }
}
