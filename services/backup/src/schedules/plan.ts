import type { MissedPolicy, MissedSlots } from '../domain/schedule.ts'
import type { Slots } from './cron.ts'

export interface Standing {
  /** Slots up to this moment are done with. */
  readonly doneUntilUnixMs: number
  readonly nowUnixMs: number
  /** A slot that is later than this was missed. */
  readonly graceMs: number
  readonly policy: MissedPolicy
  /** A backup of an earlier slot is not over. */
  readonly isBusy: boolean
  /** Why it could not be asked for the last time; empty: it was not tried. */
  readonly lastFailure: string
}

export type MissedWish = Omit<MissedSlots, 'backupId'> & {
  /** The run that makes up for them is the one fired now. */
  readonly isMadeUpFor: boolean
}

export type Plan =
  | { readonly type: 'wait' }
  /** Due, and to be looked at again soon. */
  | { readonly type: 'hold' }
  | {
      readonly type: 'act'
      /** Everything up to this one is done with then. */
      readonly last: number
      readonly fire: number | undefined
      readonly missed: MissedWish | undefined
    }

/**
 * What is to be done about slots that are due. At most one run comes of them, the newest; what went by before it was
 * missed, which is said, and made up for by that run when the schedule wants so.
 */
export function planSlots(standing: Standing, slots: Slots): Plan {
  const { doneUntilUnixMs, nowUnixMs, graceMs, policy, isBusy, lastFailure } = standing
  const due = slots.between(doneUntilUnixMs, nowUnixMs)
  if (!due) return { type: 'wait' }
  const { first, last, beforeLast, count } = due
  const isTimely = nowUnixMs - last <= graceMs
  const makesUp = policy === 'run_once'
  const all = { firstSlotUnixMs: first, lastSlotUnixMs: last, count }

  if (isBusy && makesUp) return { type: 'hold' }
  if (isBusy || !(isTimely || makesUp)) {
    const cause = isBusy && isTimely ? 'busy' : lastFailure
    return { type: 'act', last, fire: undefined, missed: { ...all, cause, isMadeUpFor: false } }
  }
  if (!isTimely)
    return {
      type: 'act',
      last,
      fire: last,
      missed: { ...all, cause: lastFailure, isMadeUpFor: true },
    }
  const earlier =
    beforeLast === undefined
      ? undefined
      : {
          firstSlotUnixMs: first,
          lastSlotUnixMs: beforeLast,
          count: count - 1,
          cause: lastFailure,
          isMadeUpFor: makesUp,
        }
  return { type: 'act', last, fire: last, missed: earlier }
}
