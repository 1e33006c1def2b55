import { type AnyCompensable, compensationHandlers } from '@holdfast/compensation'
import { keyRing } from '@holdfast/crypto'
import { newId } from '@holdfast/domain'
import { CompensationService, holdfast } from '@holdfast/proto'
import type { DataKeys } from '@holdfast/service'
import { oneAtATime } from '../../services/auth/src/commands/one-at-a-time.ts'
import { authCompensables } from '../../services/auth/src/compensation/compensables.ts'
import { backupCompensables } from '../../services/backup/src/compensation/compensables.ts'
import { requests } from '../../services/backup/src/testing/calls.ts'
import { claims } from '../../services/network/src/commands/claims.ts'
import { networkCompensables } from '../../services/network/src/compensation/compensables.ts'
import { notifyCompensables } from '../../services/notify/src/compensation/compensables.ts'
import { ruleSetsCompensable } from '../../services/rules/src/compensation/rule-sets.ts'
import type { MemoryLog } from './memory-log.ts'
import type { NaiveInstance } from './naive-instance.ts'
import { adminId } from './random-instance.ts'

const v1 = holdfast.ops.v1

/** By `<kind> <id>`, members as in NaiveInstance: what a plan says of each object. */
export type Planned = ReadonlyMap<string, string>

/** What a restore is asked of, besides the log. */
const rings: DataKeys = {
  of: () =>
    Promise.resolve(keyRing([{ id: 'k1', key: new Uint8Array(32).fill(7), isActive: true }])),
}

/**
 * All that the five services bring back, over one log. What lies around them is told by `read`, as read models would: what
 * is there now.
 */
export function restorable(log: MemoryLog, read: () => NaiveInstance) {
  const { now } = log
  const found = (kind: string): readonly Seen[] =>
    [...read().ofKind(kind)].map(({ id, own }) => ({ id, own: own as Seen['own'] })) // as: what messages of that kind say
  const superAdmins = () =>
    found('user').flatMap(({ id, own }) =>
      own.roles?.['1@'] && !own.isDisabled ? [id as typeof adminId] : [],
    )
  const nothing = () => Promise.resolve()
  const secrets = { seal: () => Promise.resolve([]), open: () => Promise.resolve([]) }
  const compensables: Readonly<Record<string, readonly AnyCompensable[]>> = {
    auth: authCompensables({
      log,
      locks: oneAtATime(),
      countContents: (organizationId) => {
        const inIt = (kind: string): number =>
          found(kind).filter(({ own }) => own.organizationId === organizationId).length
        return Promise.resolve({ sites: inIt('site'), nodes: inIt('node') })
      },
      sessions: { endAll: () => Promise.resolve(0n), revokeAccess: nothing } as never, // as: nobody is signed in
      listSuperAdmins: () => Promise.resolve(superAdmins()),
      countOtherSuperAdmins: (id) =>
        Promise.resolve(superAdmins().filter((one) => one !== id).length),
      nameHolder: (organizationId, name) =>
        Promise.resolve(
          found('subscriber').find(
            ({ own }) => own.name === name && own.organizationId === (organizationId ?? ''),
          )?.id,
        ),
    }),
    network: networkCompensables({
      log,
      claims: claims(log, now),
      secrets: { destroyed: () => Promise.resolve([]) } as never, // as: no key ever is, here
      enrolment: { revokeNode: () => Promise.resolve({}) } as never, // as: auth's, and no part of what comes back
    }),
    rules: [ruleSetsCompensable(log)],
    notify: notifyCompensables({ log, secrets, now }),
    backup: backupCompensables({
      log,
      now,
      keys: rings,
      reads: {
        schedulesAt: (locationIds) =>
          Promise.resolve(
            found('schedule').flatMap(({ id, own }) => {
              const { name = '', storageLocationId: locationId = '' } = own.settings ?? {}
              return locationIds.includes(locationId) ? [{ id, name, locationId }] : []
            }),
          ),
        keptAt: () => Promise.resolve(undefined),
        locationsAmong: (ids) =>
          Promise.resolve(
            ids.filter((id) => found('storage_location').some((one) => one.id === id)),
          ),
        forgetTest: nothing,
      },
      catchUpToHead: nothing,
      onScheduleChanged: () => undefined,
    }),
  }
  const services = Object.values(compensables).map((list) =>
    requests(compensationHandlers({ log, compensables: list, now }), CompensationService),
  )
  const scopeOf = (to: bigint, head: bigint) => ({
    ...{ toSequence: Number(to), headSequence: Number(head), actorId: adminId },
  })

  return {
    async plan(to: bigint, head: bigint): Promise<Planned> {
      const found = new Map<string, string>()
      for (const service of services) {
        let cursor = ''
        do {
          const scope = scopeOf(to, head)
          const page = await service.planCompensation({ scope, cursor, limit: 2_000 })
          for (const { kind, id, aggregateId, parentId, change } of page.changes ?? [])
            found.set(`${kind} ${parentId ? `${aggregateId}/${id}` : aggregateId}`, change ?? '')
          cursor = page.nextCursor ?? ''
        } while (cursor !== '')
      }
      return found
    },

    /** As backup does it: what goes, in reverse, then what comes. Answers what was blocked. */
    async apply(to: bigint, head: bigint): Promise<ReadonlyMap<string, string>> {
      const restoreId = newId<string>()
      const blocked = new Map<string, string>()
      const phases = [
        { phase: v1.CompensationPhase.COMPENSATION_PHASE_REMOVE, list: [...services].reverse() },
        { phase: v1.CompensationPhase.COMPENSATION_PHASE_BRING, list: services },
      ]
      for (const { phase, list } of phases) {
        for (const service of list) {
          let cursor = ''
          do {
            const page = await service.applyCompensation({
              ...{ restoreId, scope: scopeOf(to, head), phase, cursor, limit: 1_000 },
              ...{ actor: { kind: 1, id: adminId, method: 1 }, reason: 'a restore' },
            })
            for (const { kind, id, outcome, code, detail } of page.objects ?? [])
              if (outcome === 'blocked') blocked.set(`${kind} ${id}`, `${code}: ${detail}`)
            cursor = page.nextCursor ?? ''
          } while (cursor !== '')
        }
      }
      return blocked
    },
  }
}

interface Seen {
  readonly id: string
  readonly own: {
    readonly organizationId?: string
    readonly name?: string
    readonly isDisabled?: boolean
    readonly roles?: Readonly<Record<string, true>>
    readonly settings?: { readonly name?: string; readonly storageLocationId?: string }
  }
}
