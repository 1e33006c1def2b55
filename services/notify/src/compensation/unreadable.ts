import { KeyDestroyed } from '@holdfast/crypto'
import type { DomainError } from '@holdfast/errors'
import type { Secrets } from '@holdfast/service'
import type { Sealed } from '../domain/sealed.ts'

/** Something sealed that an object is to have again. */
export interface SealedOf {
  readonly id: string
  readonly organizationId: string
  readonly sealed: readonly Sealed[]
}

/** By object: why what it is to have cannot be opened any more. */
export type Unreadable = ReadonlyMap<string, DomainError>

/** Opens what is to be brought back, for a key may be destroyed since. */
export async function unreadable<F extends string>(
  secrets: Pick<Secrets<F>, 'open'>,
  field: F,
  wanted: readonly SealedOf[],
): Promise<Unreadable> {
  const found = new Map<string, DomainError>()
  for (const { id, organizationId, sealed } of wanted) {
    try {
      await secrets.open(organizationId, id, field, sealed)
    } catch (error) {
      if (!KeyDestroyed.is(error)) throw error
      found.set(id, error)
    }
  }
  return found
}
