import { assertNever, type Decider } from '@holdfast/domain'
import type { Contents } from './contents.ts'
import { requireRevision } from './revision.ts'
import { ScheduleExists, ScheduleNotFound } from './schedule-errors.ts'
import type { Sealed } from './sealed.ts'

/** What becomes of slots that went by while nobody could run them: let go, or made up for by one run. */
export const missedPolicies = ['skip', 'run_once'] as const
export type MissedPolicy = (typeof missedPolicies)[number]

/** What a schedule makes. A rollback slot is made by a restore alone. */
export const scheduledKinds = ['snapshot', 'full'] as const
export type ScheduledKind = (typeof scheduledKinds)[number]

export const retentionDays = { min: 1, max: 3_650 } as const
export const maxBackups = { min: 1, max: 1_000 } as const

export interface ScheduleSettings {
  readonly name: string
  /** Five fields. */
  readonly cronExpression: string
  /** An IANA name; empty is UTC. */
  readonly timeZone: string
  readonly kind: ScheduledKind
  readonly storageLocationId: string
  readonly retentionDays: number
  readonly maxBackups: number
  readonly isEncrypted: boolean
  readonly contents: Contents
  readonly missedPolicy: MissedPolicy
  readonly isEnabled: boolean
  readonly description: string
}

export type ScheduleCommand =
  | {
      readonly type: 'CreateSchedule'
      readonly id: string
      /** Empty: of the whole instance. */
      readonly organizationId: string
      readonly settings: ScheduleSettings
      readonly passphrase: Sealed | undefined
    }
  | {
      readonly type: 'UpdateSchedule'
      readonly id: string
      readonly changes: Partial<ScheduleSettings>
      /** Undefined: the one before stays. */
      readonly passphrase: Sealed | 'none' | undefined
      readonly expectedRevision?: bigint
    }
  | {
      readonly type: 'DeleteSchedule'
      readonly id: string
      readonly expectedRevision?: bigint
    }
  | ({ readonly type: 'RecordMissedSlots'; readonly id: string } & MissedSlots)

export interface MissedSlots {
  readonly firstSlotUnixMs: number
  readonly lastSlotUnixMs: number
  readonly count: number
  /** Makes up for them; empty: nothing does. */
  readonly backupId: string
  /** Empty: nobody was there. `busy`: the backup before was not over. Else an error's code. */
  readonly cause: string
}

export type ScheduleEvent =
  | {
      readonly type: 'ScheduleCreated'
      readonly organizationId: string
      readonly settings: ScheduleSettings
      readonly passphrase: Sealed | undefined
      /** Of one that comes back: how often it had changed before, its deletion included. */
      readonly earlierChanges?: number
    }
  | {
      readonly type: 'ScheduleUpdated'
      readonly settings: ScheduleSettings
      readonly passphrase: Sealed | undefined
      readonly dropsPassphrase: boolean
      /** Expression, zone or toggle changed: slots before this were not missed. */
      readonly isReplanned: boolean
    }
  | { readonly type: 'ScheduleDeleted' }
  | ({ readonly type: 'ScheduleSlotMissed' } & MissedSlots)

/** When backups are made by themselves. */
export interface ScheduleState {
  exists: boolean
  isDeleted: boolean
  organizationId: string
  settings: ScheduleSettings
  passphrase: Sealed | undefined
  /** Slots up to this one were told of, when they were missed. */
  lastMissedSlotUnixMs: number
  /** What people changed so far; what clients know as its revision. A missed slot is no change. */
  revision: bigint
}

const none: ScheduleSettings = {
  name: '',
  cronExpression: '',
  timeZone: '',
  kind: 'snapshot',
  storageLocationId: '',
  retentionDays: 0,
  maxBackups: 0,
  isEncrypted: false,
  contents: { devices: false, users: false, automation: false },
  missedPolicy: 'skip',
  isEnabled: false,
  description: '',
}

export const schedule: Decider<ScheduleCommand, ScheduleEvent, ScheduleState> = {
  initial: () => ({
    exists: false,
    isDeleted: false,
    organizationId: '',
    settings: none,
    passphrase: undefined,
    lastMissedSlotUnixMs: 0,
    revision: 0n,
  }),

  decide(command, state) {
    if (command.type === 'CreateSchedule') {
      const { organizationId, settings, passphrase } = command
      if (state.exists) throw ScheduleExists({ schedule: settings.name })
      return [{ type: 'ScheduleCreated', organizationId, settings, passphrase }]
    }
    if (command.type === 'DeleteSchedule' && state.isDeleted) return []
    // Deleted meanwhile: nobody waits for its slots.
    if (command.type === 'RecordMissedSlots' && state.isDeleted) return []
    if (!state.exists || state.isDeleted) throw ScheduleNotFound({ schedule: command.id })

    switch (command.type) {
      case 'UpdateSchedule': {
        requireRevision(command.expectedRevision, state.revision)
        return update(command, state)
      }
      case 'DeleteSchedule':
        requireRevision(command.expectedRevision, state.revision)
        return [{ type: 'ScheduleDeleted' }]
      case 'RecordMissedSlots': {
        const { type: _type, id: _id, ...missed } = command
        // Two instances tell the same: once is enough.
        if (missed.lastSlotUnixMs <= state.lastMissedSlotUnixMs) return []
        return [{ type: 'ScheduleSlotMissed', ...missed }]
      }
      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'ScheduleCreated': // again, too, when a restore brings it back
        state.revision++
        state.exists = true
        state.isDeleted = false
        state.organizationId = event.organizationId
        state.settings = event.settings
        state.passphrase = event.passphrase
        return state
      case 'ScheduleUpdated':
        state.revision++
        state.settings = event.settings
        if (event.passphrase) state.passphrase = event.passphrase
        else if (event.dropsPassphrase) state.passphrase = undefined
        return state
      case 'ScheduleDeleted':
        state.revision++
        state.isDeleted = true
        return state
      case 'ScheduleSlotMissed':
        state.lastMissedSlotUnixMs = event.lastSlotUnixMs
        return state
      default:
        return assertNever(event)
    }
  },
}

function update(
  { changes, passphrase }: Extract<ScheduleCommand, { type: 'UpdateSchedule' }>,
  state: ScheduleState,
): readonly ScheduleEvent[] {
  const settings = { ...state.settings, ...changes }
  // What is not encrypted, or to recipients, has no passphrase.
  const takesOne = settings.isEncrypted && settings.kind === 'snapshot'
  const given = takesOne && passphrase !== 'none' ? passphrase : undefined
  const drops = state.passphrase !== undefined && (passphrase === 'none' || !takesOne)
  if (!given && !drops && isSameSchedule(settings, state.settings)) return []
  return [
    {
      type: 'ScheduleUpdated',
      settings,
      passphrase: given,
      dropsPassphrase: drops,
      isReplanned: isReplanned(settings, state.settings),
    },
  ]
}

const plannedBy = ['cronExpression', 'timeZone', 'isEnabled'] as const
/** Whether slots are others from now on: those before were not missed. */
export const isReplanned = (a: ScheduleSettings, b: ScheduleSettings): boolean =>
  plannedBy.some((key) => a[key] !== b[key])

export const isSameSchedule = (a: ScheduleSettings, b: ScheduleSettings): boolean =>
  a.contents.devices === b.contents.devices &&
  a.contents.users === b.contents.users &&
  a.contents.automation === b.contents.automation &&
  // as: keys of an object of that type
  (Object.keys(a) as (keyof ScheduleSettings)[]).every(
    (key) => key === 'contents' || a[key] === b[key],
  )
