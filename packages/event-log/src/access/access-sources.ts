import { randomBytes } from 'node:crypto'
import { type DataKey, hmacSha256, keyRing, open, type Sealed, seal } from '@holdfast/crypto'
import { holdfast } from '@holdfast/proto'

/** Kind of the data keys that seal what ACCESS says of sources; their owner is the lineage. */
export const accessKeyKind = 'access'

const tagBytes = 16
const tagPurpose = 'holdfast access source tag v1'

/** What is kept of the network an attempt came from. */
export interface KeptSource {
  /** `holdfast.log.v1.Sealed`; absent while there is no key. */
  readonly sealed?: Uint8Array
  /** 16 bytes: equal networks are equal. */
  readonly tag: Uint8Array
}

/** Turns sources into what is kept of them. */
export interface AccessSources {
  /** Until keys come, tags follow from a key of this process alone, and nothing is sealed. */
  useKeys(keys: readonly DataKey[]): void
  keep(recordId: string, source: string): KeptSource
}

const place = (lineageId: string, recordId: string) => ({
  ownerId: lineageId,
  objectId: recordId,
  field: 'source',
})

export function accessSources(lineageId: string): AccessSources {
  let ring: ReturnType<typeof keyRing> | undefined
  let tagKey: Uint8Array = new Uint8Array(randomBytes(32))
  return {
    useKeys(keys) {
      // The oldest one: tags stay the same when keys rotate.
      const oldest = keys.at(-1)
      if (!oldest) return
      ring = keyRing(keys)
      tagKey = hmacSha256(oldest.key, tagPurpose)
    },
    keep(recordId, source) {
      const tag = hmacSha256(tagKey, source).subarray(0, tagBytes)
      if (!ring) return { tag }
      const sealed = seal(ring, place(lineageId, recordId), Buffer.from(source))
      return { sealed: holdfast.log.v1.Sealed.encode({ ...sealed }).finish(), tag }
    },
  }
}

/** The network behind `source_sealed`. Throws KeyDestroyed or SealBroken. */
export function openAccessSource(
  keys: readonly DataKey[],
  lineageId: string,
  recordId: string,
  bytes: Uint8Array,
): string {
  const { keyId, nonce, ciphertext }: Sealed = holdfast.log.v1.Sealed.decode(bytes)
  const sealed = { keyId, nonce, ciphertext }
  return Buffer.from(open(keyRing(keys), place(lineageId, recordId), sealed)).toString()
}
