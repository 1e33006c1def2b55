import {
  type AnyCompensable,
  compensable,
  type Outlook,
  type Passage,
  requireOrganization,
  type SealedFact,
  sealedIn,
  type Wanted,
} from '@holdfast/compensation'
import { KeyDestroyed } from '@holdfast/crypto'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import type { DataKeys, NameClaim } from '@holdfast/service'
import { holdScheduleName, scheduleClaim } from '../commands/change-schedules.ts'
import { holdStorageName, storageClaim } from '../commands/change-storage.ts'
import { nameHolders } from '../commands/names.ts'
import { schedules } from '../commands/schedule-aggregates.ts'
import { storageLocations } from '../commands/storage-aggregates.ts'
import { type ScheduleEvent, type ScheduleState, schedule } from '../domain/schedule.ts'
import { StorageLocationNotFound } from '../domain/storage-errors.ts'
import {
  type StorageLocationEvent,
  type StorageLocationState,
  storageLocation,
} from '../domain/storage-location.ts'
import { neededBy } from '../queries/storage-use.ts'
import type { Reads } from './reads.ts'
import {
  aimSchedule,
  compensateSchedule,
  type ScheduleFacts,
  scheduleFacts,
} from './schedule-facts.ts'
import {
  compensateStorageLocation,
  type StorageLocationFacts,
  storageLocationFacts,
} from './storage-facts.ts'

export interface CompensationParts {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'history' | 'lineageId'>
  readonly reads: Reads
  readonly keys: DataKeys
  /** ms since 1970. */
  readonly now: () => number
  /** Waits until the read models include everything that is safe. */
  catchUpToHead(): Promise<void>
  /** A slot may be due. */
  onScheduleChanged(): void
}

/**
 * Where backups are put and when they are made, in the order in which they come back. Backups are not among them, nor are
 * recipients: whom the operator has taken off the list must not open what comes after.
 */
export const backupCompensables = (parts: CompensationParts): readonly AnyCompensable[] => [
  storageLocationsCompensable(parts),
  schedulesCompensable(parts),
]

interface StorageAround extends DestroyedKeys {
  /** By location: what would be left without it. */
  readonly usedBy: ReadonlyMap<string, string>
}

const storageLocationsCompensable = (parts: CompensationParts): AnyCompensable =>
  compensable<StorageLocationState, StorageLocationFacts, StorageLocationEvent, StorageAround>({
    kind: 'storage_location',
    aggregate: storageLocations,
    after: [],
    initial: storageLocation.initial,
    evolve: storageLocation.evolve,
    facts: storageLocationFacts,
    about: ({ name, organizationId }) => ({ name, organizationId }),
    async surroundings(wanted, outlook) {
      await parts.catchUpToHead()
      const gone = wanted.flatMap(({ id, target }) => (target ? [] : [id]))
      const usedBy = await usersOf(parts.reads, gone, outlook)
      return { usedBy, ...(await destroyedKeys(parts, wanted, ({ credentials }) => credentials)) }
    },
    compensate({ id, now, target, around }) {
      requireKey(around, target?.credentials)
      return compensateStorageLocation(now, target, around.usedBy.get(id))
    },
    ...named(parts, 'storage_location', storageClaim, holdStorageName),
    async settle(id, passage, context) {
      await released(parts, id, passage, storageClaim, context)
      if (!passage.after) await parts.reads.forgetTest(id)
    },
  })

interface ScheduleAround extends DestroyedKeys {
  /** Where schedules may put what they make. */
  readonly locations: ReadonlySet<string>
}

const schedulesCompensable = (parts: CompensationParts): AnyCompensable =>
  compensable<ScheduleState, ScheduleFacts, ScheduleEvent, ScheduleAround>({
    kind: 'schedule',
    aggregate: schedules,
    after: ['storage_location'],
    initial: schedule.initial,
    evolve: schedule.evolve,
    facts: scheduleFacts,
    about: ({ name, organizationId }) => ({ name, organizationId }),
    aim: aimSchedule,
    async surroundings(wanted, outlook) {
      await parts.catchUpToHead()
      const needed = wanted.flatMap(({ target }) => (target ? [target.storageLocationId] : []))
      const locations = await standing(parts, needed, outlook)
      return { locations, ...(await destroyedKeys(parts, wanted, ({ passphrase }) => passphrase)) }
    },
    compensate({ now, target, around }) {
      requireKey(around, target?.passphrase)
      if (target && !around.locations.has(target.storageLocationId))
        throw StorageLocationNotFound({ location: target.storageLocationId })
      return compensateSchedule(now, target)
    },
    ...named(parts, 'schedule', scheduleClaim, holdScheduleName),
    async settle(id, passage, context) {
      await released(parts, id, passage, scheduleClaim, context)
      parts.onScheduleChanged()
    },
  })

interface Named {
  readonly organizationId: string
  readonly name: string
}
type Kind = 'storage_location' | 'schedule'
type ClaimOf = (organizationId: string, name: string, holderId: string) => NameClaim<Kind>

/** Names are unique in an organization, as ADR 0021 has it. */
function named<C extends NameClaim<Kind>, Facts extends Named>(
  parts: CompensationParts,
  kind: Kind,
  claimOf: (organizationId: string, name: string, holderId: string) => C,
  hold: (parts: CompensationParts, claim: C, context: CommandContext) => Promise<void>,
) {
  const claimText = ({ organizationId, name }: Named): string =>
    `name/${kind}/${organizationId}/${name.normalize('NFC').toLowerCase()}`
  return {
    claims: (facts: Facts) => [claimText(facts)],
    park(now: Facts, id: string, isFree: (claim: string) => boolean): Facts {
      for (let n = 0; ; n++) {
        const parked = { ...now, name: `restoring ${id}${n === 0 ? '' : ` ${n}`}` }
        if (isFree(claimText(parked))) return parked
      }
    },
    async hold(id: string, { before, after }: Passage<Facts>, context: CommandContext) {
      if (!after) return
      const { organizationId, name } = after
      if (!before && organizationId !== '') await requireOrganization(parts.log, organizationId)
      if (before?.name !== name) await hold(parts, claimOf(organizationId, name, id), context)
    },
  }
}

async function released(
  parts: CompensationParts,
  id: string,
  { before, after }: Passage<Named>,
  claimOf: ClaimOf,
  context: CommandContext,
): Promise<void> {
  if (!before) return
  const keyOf = ({ name }: Named): string => name.normalize('NFC').toLowerCase()
  if (after && keyOf(after) === keyOf(before)) return
  await nameHolders.release(parts, claimOf(before.organizationId, before.name, id), context)
}

/** What would be left without its location, once all that is planned has happened. */
async function usersOf(
  reads: Reads,
  locationIds: readonly string[],
  outlook: Outlook,
): Promise<ReadonlyMap<string, string>> {
  if (locationIds.length === 0) return new Map()
  const users = new Map<string, string>()
  const scheduled = await reads.schedulesAt(locationIds)
  for (const locationId of locationIds) {
    const left = scheduled.filter(({ id, locationId: at }) => {
      const planned = outlook.planned('schedule', id)
      // as: facts of this very kind
      const target = planned && (planned.target as ScheduleFacts | undefined)
      return at === locationId && (!planned || target?.storageLocationId === locationId)
    })
    const by = neededBy(left.map(({ name }) => name)) ?? (await reads.keptAt(locationId))
    if (by !== undefined) users.set(locationId, by)
  }
  return users
}

/** Which of these locations there are, once all that is planned has happened. */
async function standing(
  { reads, log }: CompensationParts,
  ids: readonly string[],
  outlook: Outlook,
): Promise<ReadonlySet<string>> {
  const there = new Set([log.lineageId, ...(await reads.locationsAmong(ids))])
  for (const id of ids) {
    const planned = outlook.planned('storage_location', id)
    if (planned?.target) there.add(id)
    else if (planned) there.delete(id)
  }
  return there
}

interface DestroyedKeys {
  readonly destroyedKeys: ReadonlySet<string>
}

/** Keys that sealed what is to come back and are gone for good. */
async function destroyedKeys<Facts extends { readonly organizationId: string }>(
  { keys, log }: CompensationParts,
  wanted: readonly Wanted<Facts>[],
  sealedOf: (facts: Facts) => SealedFact | undefined,
): Promise<DestroyedKeys> {
  const destroyed = new Set<string>()
  for (const { target } of wanted) {
    const sealed = target && sealedOf(target)
    if (!sealed) continue
    const { keyId } = sealedIn(sealed)
    const ring = await keys.of(target.organizationId || log.lineageId, keyId)
    if (!ring.byId(keyId)) destroyed.add(keyId)
  }
  return { destroyedKeys: destroyed }
}

function requireKey({ destroyedKeys: gone }: DestroyedKeys, sealed: SealedFact | undefined): void {
  const keyId = sealed && sealedIn(sealed).keyId
  if (keyId !== undefined && gone.has(keyId)) throw KeyDestroyed({ keyId })
}
