import type { StoredEvent } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { TakenCommit } from '../state/saved-fold.ts'
import { commit, organizationId } from './samples.ts'

const v1 = holdfast.rules.v1
type Settings = holdfast.rules.v1.RuleSettings.$Properties

export const ruleId = (number: number): string =>
  `01890000-0000-7000-a000-${number.toString(16).padStart(12, '0')}`

const stored = (type: string, message: { finish(): Uint8Array }): StoredEvent => ({
  type,
  schema: 1,
  data: message.finish(),
})

/** A deny of everything, everywhere, unless said otherwise. */
const settings = (number: number, more: Settings): Settings => ({
  name: `rule ${number}`,
  action: v1.Action.ACTION_DENY,
  direction: v1.Direction.DIRECTION_INGRESS,
  protocol: v1.Protocol.PROTOCOL_ANY,
  priority: 100,
  isActive: true,
  target: { kind: v1.TargetKind.TARGET_KIND_EVERYTHING },
  ...more,
})

/** Facts as `rules` writes them. */
export const ruleFacts = {
  created: (number: number, more: Settings = {}): StoredEvent =>
    stored(
      'RuleCreated',
      v1.RuleCreated.encode({
        ruleId: ruleId(number),
        settings: settings(number, more),
        order: number,
      }),
    ),
  updated: (number: number, more: Settings = {}): StoredEvent =>
    stored(
      'RuleUpdated',
      v1.RuleUpdated.encode({ ruleId: ruleId(number), settings: settings(number, more) }),
    ),
  deleted: (number: number): StoredEvent =>
    stored('RuleDeleted', v1.RuleDeleted.encode({ ruleId: ruleId(number) })),
  lockout: (isLockoutAllowed: boolean): StoredEvent =>
    stored(
      'RuleSetSettingsUpdated',
      v1.RuleSetSettingsUpdated.encode({ settings: { isLockoutAllowed } }),
    ),
  applied: (applyId: string, confirmWithinMs: number): StoredEvent =>
    stored('ChangeSetApplied', v1.ChangeSetApplied.encode({ applyId, confirmWithinMs })),
  confirmed: (applyId: string): StoredEvent =>
    stored('ChangeSetConfirmed', v1.ChangeSetConfirmed.encode({ applyId })),
  reverted: (applyId: string): StoredEvent =>
    stored('ChangeSetReverted', v1.ChangeSetReverted.encode({ applyId })),
  opened: (): StoredEvent =>
    stored('ChangeSetOpened', v1.ChangeSetOpened.encode({ changeSetId: 'draft', name: 'draft' })),
}

export const ruleCommit = (
  sequence: number | bigint,
  ...events: readonly StoredEvent[]
): TakenCommit => ({ ...commit(sequence, events), aggregateId: organizationId })
