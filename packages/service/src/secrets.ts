import { open, type Sealed, seal } from '@holdfast/crypto'
import type { DataKeys } from './data-keys.ts'

/** `F`: fields that are sealed; part of what binds a sealed value to its place (docs/adr/0004). */
export interface Secrets<F extends string = string> {
  /** `organizationId` empty: of the instance. `objectId`: what has the field. */
  seal(
    organizationId: string,
    objectId: string,
    field: F,
    texts: readonly string[],
  ): Promise<readonly Sealed[]>
  /** Throws `crypto.key_destroyed` when the key is gone for good. */
  open(
    organizationId: string,
    objectId: string,
    field: F,
    sealed: readonly Sealed[],
  ): Promise<readonly string[]>
}

/** Text sealed with the organization's key, or with the lineage's for what is of the whole instance. */
export function secrets<F extends string>(keys: DataKeys, lineageId: string): Secrets<F> {
  const ownerOf = (organizationId: string): string => organizationId || lineageId
  return {
    async seal(organizationId, objectId, field, texts) {
      const ownerId = ownerOf(organizationId)
      const ring = await keys.of(ownerId)
      return texts.map((text) => seal(ring, { ownerId, objectId, field }, Buffer.from(text)))
    },
    async open(organizationId, objectId, field, sealed) {
      const ownerId = ownerOf(organizationId)
      const opened: string[] = []
      for (const one of sealed) {
        const ring = await keys.of(ownerId, one.keyId)
        opened.push(Buffer.from(open(ring, { ownerId, objectId, field }, one)).toString())
      }
      return opened
    },
  }
}
