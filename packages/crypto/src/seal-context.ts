/** Where a sealed value stands. It opens nowhere else. */
export interface SealContext {
  /** Organization or person the data key belongs to. */
  readonly ownerId: string
  /** Aggregate that holds the field. */
  readonly objectId: string
  /** For example `username`. */
  readonly field: string
}

/** `holdfast/1|<owner>|<object>|<field>`. Ids and field names hold no `|`, so two places never look alike. */
export function associatedData({ ownerId, objectId, field }: SealContext): Uint8Array {
  for (const part of [ownerId, objectId, field]) {
    if (part === '' || part.includes('|')) {
      throw new Error('owner, object and field of a sealed value are not empty and hold no |')
    }
  }
  return Buffer.from(`holdfast/1|${ownerId}|${objectId}|${field}`)
}
