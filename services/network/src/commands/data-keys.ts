import { type KeyRing, keyRing } from '@holdfast/crypto'
import type { KeyService } from '@holdfast/proto'
import type { Client } from '@holdfast/service'

export interface DataKeys {
  /** The organization's keys. With `knowing` the ring is asked for again when it lacks that key. */
  of(organizationId: string, knowing?: string): Promise<KeyRing>
}

/** How long a ring is trusted: rotation and destruction take that long to be noticed. */
const keptForMs = 60_000
/** A key that stays unknown is not asked for again at once. */
const retryAfterMs = 1_000

/** Rings come from auth, the owner of the key store, and stay in memory only. */
export function dataKeys(
  auth: Pick<Client<typeof KeyService>, 'getDataKeys'>,
  now: () => number = Date.now,
): DataKeys {
  const kept = new Map<string, { readonly ring: Promise<KeyRing>; readonly since: number }>()

  function fetchRing(organizationId: string): Promise<KeyRing> {
    const ring = auth.getDataKeys({ ownerId: organizationId, kind: 'network' }).then(({ keys }) =>
      keyRing(
        keys.map(({ id, key, isActive }) => ({
          id: id ?? '',
          key: new Uint8Array(key ?? []),
          isActive: isActive ?? false,
        })),
      ),
    )
    kept.set(organizationId, { ring, since: now() })
    ring.catch(() => {
      if (kept.get(organizationId)?.ring === ring) kept.delete(organizationId)
    })
    return ring
  }

  return {
    async of(organizationId, knowing) {
      const found = kept.get(organizationId)
      if (!found || now() - found.since > keptForMs) return await fetchRing(organizationId)
      const ring = await found.ring
      const isMissing = knowing !== undefined && ring.byId(knowing) === undefined
      if (isMissing && now() - found.since > retryAfterMs) return await fetchRing(organizationId)
      return ring
    },
  }
}
