import { isSame, type SealedFact, sealedFact, sealedIn } from '@holdfast/compensation'
import {
  isReplanned,
  type ScheduleEvent,
  type ScheduleSettings,
  type ScheduleState,
} from '../domain/schedule.ts'

/** Slots that were missed are no setting: what was told of them stays told. */
export type ScheduleFacts = ScheduleSettings & {
  readonly organizationId: string
  readonly passphrase: SealedFact | undefined
}

export function scheduleFacts(state: ScheduleState): ScheduleFacts | undefined {
  const { exists, isDeleted, organizationId, settings, passphrase } = state
  if (!exists || isDeleted) return undefined
  return { ...settings, organizationId, passphrase: passphrase && sealedFact(passphrase) }
}

/** What is not encrypted, or to recipients, has no passphrase, whatever undoing one change leaves. */
export function aimSchedule(target: ScheduleFacts): ScheduleFacts {
  const takesOne = target.isEncrypted && target.kind === 'snapshot'
  return takesOne || !target.passphrase ? target : { ...target, passphrase: undefined }
}

/** Slots from before this moment are done with: one that comes back, or is switched on again, begins with the next. */
export function compensateSchedule(
  now: ScheduleState,
  target: ScheduleFacts | undefined,
): readonly ScheduleEvent[] {
  const before = scheduleFacts(now)
  if (isSame(before, target)) return []
  if (!target) return [{ type: 'ScheduleDeleted' }]
  const { organizationId, passphrase: sealed, ...settings } = target
  const passphrase = sealed && sealedIn(sealed)
  if (!before) {
    const earlierChanges = Number(now.revision)
    return [{ type: 'ScheduleCreated', organizationId, settings, passphrase, earlierChanges }]
  }
  const isKept = isSame(before.passphrase, sealed)
  return [
    {
      type: 'ScheduleUpdated',
      settings,
      passphrase: isKept ? undefined : passphrase,
      dropsPassphrase: !isKept && !passphrase,
      isReplanned: isReplanned(settings, now.settings),
    },
  ]
}
