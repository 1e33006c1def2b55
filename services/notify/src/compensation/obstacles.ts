import {
  isSame,
  type Outlook,
  type SealedFact,
  sealedIn,
  type Wanted,
} from '@holdfast/compensation'
import { KeyDestroyed } from '@holdfast/crypto'
import type { DomainError } from '@holdfast/errors'
import type { Secrets } from '@holdfast/service'

/** What stands in the way of objects, by their ids. */
export type Obstacles = ReadonlyMap<string, DomainError>

/** What there is to know of one kind of object. */
export interface Surveyed<Facts> {
  readonly kind: 'webhook' | 'alert_rule'
  readonly field: string
  readonly secrets: Pick<Secrets, 'open'>
  organizationOf(facts: Facts): string
  /** What stands in `field`. */
  sealedOf(facts: Facts): readonly SealedFact[]
  /** Equal for names that cannot both be had. */
  claimOf(facts: Facts): string
  /** Who goes by the name of these facts. */
  holderOf(facts: Facts, id: string): Promise<string | undefined>
  nameTaken(facts: Facts, heldBy: string): DomainError
}

/** Looks for names that are taken by what does not give them back, and for what was sealed with a key destroyed since. */
export async function obstacles<Facts>(
  surveyed: Surveyed<Facts>,
  wanted: readonly Wanted<Facts>[],
  outlook: Outlook,
): Promise<Obstacles> {
  const found = new Map<string, DomainError>()
  for (const { id, now, target } of wanted) {
    if (!target) continue
    const obstacle =
      (await takenName(surveyed, id, now, target, outlook)) ??
      (await destroyedKey(surveyed, id, now, target))
    if (obstacle) found.set(id, obstacle)
  }
  return found
}

async function takenName<Facts>(
  { kind, claimOf, holderOf, nameTaken }: Surveyed<Facts>,
  id: string,
  now: Facts | undefined,
  target: Facts,
  outlook: Outlook,
): Promise<DomainError | undefined> {
  const claim = claimOf(target)
  if (now && claimOf(now) === claim) return undefined
  const heldBy = await holderOf(target, id)
  if (heldBy === undefined || heldBy === id) return undefined
  const planned = outlook.planned(kind, heldBy)
  // as: facts of that kind
  const later = planned && (planned.target as Facts | undefined)
  const isLetGo = planned && (!later || claimOf(later) !== claim)
  return isLetGo ? undefined : nameTaken(target, heldBy)
}

async function destroyedKey<Facts>(
  { field, secrets, organizationOf, sealedOf }: Surveyed<Facts>,
  id: string,
  now: Facts | undefined,
  target: Facts,
): Promise<DomainError | undefined> {
  const sealed = sealedOf(target)
  if (now && isSame(sealedOf(now), sealed)) return undefined
  try {
    await secrets.open(organizationOf(target), id, field, sealed.map(sealedIn))
    return undefined
  } catch (error) {
    if (!KeyDestroyed.is(error)) throw error
    return error
  }
}
