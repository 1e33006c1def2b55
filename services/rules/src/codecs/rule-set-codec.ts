import { eventCodec } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { ApplyId, ChangeSetId, PolicyTestId, RuleId } from '../domain/ids.ts'
import { type RuleOperation, type RuleSetEvent, revertCauses } from '../domain/rule-set-state.ts'
import { numberIn, settingsFrom, settingsMessage, testFrom, testMessage } from './rule-message.ts'

const v1 = holdfast.rules.v1

// as, in this file: the log holds only what our own parsers let in.

export const ruleSetCodec = eventCodec<RuleSetEvent>({
  RuleCreated: {
    encode: ({ ruleId, settings, order, earlierChanges }) =>
      v1.RuleCreated.encode({
        ruleId,
        settings: settingsMessage(settings),
        order,
        earlierChanges,
      }).finish(),
    decode: [
      (data) => {
        const m = v1.RuleCreated.decode(data)
        return {
          type: 'RuleCreated',
          ruleId: m.ruleId as RuleId,
          settings: settingsFrom(m.settings),
          order: m.order,
          earlierChanges: m.earlierChanges,
        }
      },
    ],
  },
  RuleUpdated: {
    encode: ({ ruleId, settings }) =>
      v1.RuleUpdated.encode({ ruleId, settings: settingsMessage(settings) }).finish(),
    decode: [
      (data) => {
        const m = v1.RuleUpdated.decode(data)
        return {
          type: 'RuleUpdated',
          ruleId: m.ruleId as RuleId,
          settings: settingsFrom(m.settings),
        }
      },
    ],
  },
  RuleDeleted: {
    encode: ({ ruleId }) => v1.RuleDeleted.encode({ ruleId }).finish(),
    decode: [
      (data) => ({ type: 'RuleDeleted', ruleId: v1.RuleDeleted.decode(data).ruleId as RuleId }),
    ],
  },
  RuleSetSettingsUpdated: {
    encode: ({ isLockoutAllowed }) =>
      v1.RuleSetSettingsUpdated.encode({ settings: { isLockoutAllowed } }).finish(),
    decode: [
      (data) => ({
        type: 'RuleSetSettingsUpdated',
        isLockoutAllowed:
          v1.RuleSetSettingsUpdated.decode(data).settings?.isLockoutAllowed ?? false,
      }),
    ],
  },
  PolicyTestSaved: {
    encode: ({ test }) => v1.PolicyTestSaved.encode({ test: testMessage(test) }).finish(),
    decode: [
      (data) => ({ type: 'PolicyTestSaved', test: testFrom(v1.PolicyTestSaved.decode(data).test) }),
    ],
  },
  PolicyTestDeleted: {
    encode: ({ testId }) => v1.PolicyTestDeleted.encode({ testId }).finish(),
    decode: [
      (data) => ({
        type: 'PolicyTestDeleted',
        testId: v1.PolicyTestDeleted.decode(data).testId as PolicyTestId,
      }),
    ],
  },
  ChangeSetOpened: {
    encode: ({ changeSetId, name }) => v1.ChangeSetOpened.encode({ changeSetId, name }).finish(),
    decode: [
      (data) => {
        const m = v1.ChangeSetOpened.decode(data)
        return {
          type: 'ChangeSetOpened',
          changeSetId: m.changeSetId as ChangeSetId,
          name: m.name,
        }
      },
    ],
  },
  ChangeSetStaged: {
    encode: ({ changeSetId, operations }) =>
      v1.ChangeSetStaged.encode({
        changeSetId,
        operations: operations.map(operationMessage),
      }).finish(),
    decode: [
      (data) => {
        const m = v1.ChangeSetStaged.decode(data)
        return {
          type: 'ChangeSetStaged',
          changeSetId: m.changeSetId as ChangeSetId,
          operations: m.operations.map(operationFrom),
        }
      },
    ],
  },
  ChangeSetDiscarded: {
    encode: ({ changeSetId }) => v1.ChangeSetDiscarded.encode({ changeSetId }).finish(),
    decode: [
      (data) => ({
        type: 'ChangeSetDiscarded',
        changeSetId: v1.ChangeSetDiscarded.decode(data).changeSetId as ChangeSetId,
      }),
    ],
  },
  ChangeSetApplied: {
    encode: ({ type: _, ...fact }) => v1.ChangeSetApplied.encode(fact).finish(),
    decode: [
      (data) => {
        const m = v1.ChangeSetApplied.decode(data)
        return {
          type: 'ChangeSetApplied',
          changeSetId: m.changeSetId as ChangeSetId | '',
          applyId: m.applyId as ApplyId,
          confirmWithinMs: m.confirmWithinMs,
          name: m.name,
        }
      },
    ],
  },
  ChangeSetConfirmed: {
    encode: ({ applyId }) => v1.ChangeSetConfirmed.encode({ applyId }).finish(),
    decode: [
      (data) => ({
        type: 'ChangeSetConfirmed',
        applyId: v1.ChangeSetConfirmed.decode(data).applyId as ApplyId,
      }),
    ],
  },
  ChangeSetReverted: {
    encode: ({ applyId, cause }) =>
      v1.ChangeSetReverted.encode({ applyId, cause: numberIn(revertCauses, cause) }).finish(),
    decode: [
      (data) => {
        const m = v1.ChangeSetReverted.decode(data)
        const cause = revertCauses[m.cause - 1]
        if (!cause) throw new Error(`revert cause ${m.cause} is not known here`)
        return { type: 'ChangeSetReverted', applyId: m.applyId as ApplyId, cause }
      },
    ],
  },
})

export function operationMessage(
  operation: RuleOperation,
): holdfast.rules.v1.RuleOperation.$Properties & holdfast.rules.v1.RuleOperation.$Shape {
  const { ruleId } = operation
  switch (operation.kind) {
    case 'create':
      return { create: { ruleId, settings: settingsMessage(operation.settings) } }
    case 'update':
      return {
        update: { ruleId, settings: settingsMessage(operation.settings) },
        baseRevision: operation.baseRevision,
      }
    case 'delete':
      return { delete: { ruleId }, baseRevision: operation.baseRevision }
  }
}

export function operationFrom(m: holdfast.rules.v1.RuleOperation.$Properties): RuleOperation {
  const baseRevision = m.baseRevision ?? 0
  if (m.create) {
    const { ruleId, settings } = m.create
    return { kind: 'create', ruleId: ruleId as RuleId, settings: settingsFrom(settings) }
  }
  if (m.update) {
    const { ruleId, settings } = m.update
    return {
      kind: 'update',
      ruleId: ruleId as RuleId,
      settings: settingsFrom(settings),
      baseRevision,
    }
  }
  if (m.delete) return { kind: 'delete', ruleId: m.delete.ruleId as RuleId, baseRevision }
  throw new Error('an operation of a kind that is not known here')
}
