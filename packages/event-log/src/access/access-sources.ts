import { randomBytes } from 'node:crypto'
import {
  type DataKey,
  hmacSha256,
  type KeyRing,
  keyRing,
  open,
  type Sealed,
  seal,
} from '@holdfast/crypto'
import { isUuid } from '@holdfast/domain'
import { holdfast } from '@holdfast/proto'

/**
 * Kind of the data keys that seal what ACCESS says of sources. Of somebody who was recognized the owner is that person,
 * so that it can be forgotten with them (docs/adr/0024); of all others the lineage.
 */
export const accessKeyKind = 'access'

const tagBytes = 16
const tagPurpose = 'holdfast access source tag v1'

/** What is kept of the network an attempt came from. */
export interface KeptSource {
  /** `holdfast.log.v1.Sealed`; absent while there is no key, and for somebody who was forgotten. */
  readonly sealed?: Uint8Array
  /** 16 bytes: equal networks are equal. */
  readonly tag: Uint8Array
}

/** The `access` keys of a person. Rejects when they cannot be had, or were destroyed. */
export type KeysOfPerson = (userId: string) => Promise<readonly DataKey[]>

/** Turns sources into what is kept of them. */
export interface AccessSources {
  /** Of the lineage. Until they come, tags follow from a key of this process alone, and nothing is sealed with them. */
  useKeys(keys: readonly DataKey[]): void
  /** `userId`: whoever was recognized. */
  keep(recordId: string, source: string, userId?: string): Promise<KeptSource>
}

const place = (ownerId: string, recordId: string) => ({
  ownerId,
  objectId: recordId,
  field: 'source',
})

export function accessSources(lineageId: string, keysOfPerson?: KeysOfPerson): AccessSources {
  let ring: KeyRing | undefined
  let tagKey: Uint8Array = new Uint8Array(randomBytes(32))
  const ringOf = keysOfPerson && remembered(keysOfPerson)

  /** Rather nothing than under a key that outlives the person. */
  async function ringFor(userId: string | undefined): Promise<KeyRing | undefined> {
    if (userId === undefined || !isUuid(userId)) return ring
    return await ringOf?.(userId).catch(() => undefined)
  }

  return {
    useKeys(keys) {
      // The oldest one: tags stay the same when keys rotate.
      const oldest = keys.at(-1)
      if (!oldest) return
      ring = keyRing(keys)
      tagKey = hmacSha256(oldest.key, tagPurpose)
    },
    async keep(recordId, source, userId) {
      const tag = hmacSha256(tagKey, source).subarray(0, tagBytes)
      const own = await ringFor(userId)
      if (!own) return { tag }
      const owner = userId !== undefined && isUuid(userId) ? userId : lineageId
      const sealed = seal(own, place(owner, recordId), Buffer.from(source))
      return { sealed: holdfast.log.v1.Sealed.encode({ ...sealed }).finish(), tag }
    },
  }
}

const rememberedPeople = 2_000
const rememberedMs = 600_000

/** The rings of those who came last; each is asked for again after ten minutes, and at once when that failed. */
function remembered(keysOfPerson: KeysOfPerson): (userId: string) => Promise<KeyRing> {
  const rings = new Map<string, { readonly ring: Promise<KeyRing>; readonly until: number }>()
  return (userId) => {
    const known = rings.get(userId)
    if (known && performance.now() < known.until) return known.ring
    const ring = keysOfPerson(userId).then(keyRing)
    rings.delete(userId)
    rings.set(userId, { ring, until: performance.now() + rememberedMs })
    ring.catch(() => rings.delete(userId))
    for (const [oldest] of rings) {
      if (rings.size <= rememberedPeople) break
      rings.delete(oldest)
    }
    return ring
  }
}

/** Which data key `source_sealed` was sealed with. */
export const accessSourceKeyId = (bytes: Uint8Array): string =>
  holdfast.log.v1.Sealed.decode(bytes).keyId

/** The network behind `source_sealed`, with the keys of its owner. Throws KeyDestroyed or SealBroken. */
export function openAccessSource(
  keys: readonly DataKey[],
  ownerId: string,
  recordId: string,
  bytes: Uint8Array,
): string {
  const { keyId, nonce, ciphertext }: Sealed = holdfast.log.v1.Sealed.decode(bytes)
  const sealed = { keyId, nonce, ciphertext }
  return Buffer.from(open(keyRing(keys), place(ownerId, recordId), sealed)).toString()
}
