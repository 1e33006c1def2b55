import type { RuleSettings } from '@holdfast/policy'
import type { ChangePlan } from './change-plan.ts'
import { NothingToUndo, UndoConflict } from './errors.ts'
import type { RuleId } from './ids.ts'
import type { RuleSetState } from './rule-set-state.ts'
import {
  contradictions,
  fieldsOf,
  isSameField,
  isSameSettings,
  nameKey,
  type SettingsKey,
  settingsKeys,
} from './settings.ts'

/** What one commit did to one rule. */
export interface RecordedChange {
  readonly ruleId: RuleId
  /** Undefined when there was none. */
  readonly before: RuleSettings | undefined
  /** Undefined when the commit deleted it. */
  readonly after: RuleSettings | undefined
  readonly order: number
  /** Fields of it that later commits changed, though they may have changed them back. */
  readonly touchedSince: ReadonlySet<SettingsKey>
  /** Whether later commits changed it at all. */
  readonly isLast: boolean
  /** How often the rule has changed up to now. */
  readonly changes: number
}

/**
 * Puts into the plan what takes one past commit back and keeps the later ones. A field goes back when nobody
 * has changed it since; one that somebody did is a conflict, and then nothing goes back at all.
 */
export function planUndo(
  plan: ChangePlan,
  state: RuleSetState,
  sequence: bigint,
  changes: readonly RecordedChange[],
): void {
  if (changes.length === 0) throw NothingToUndo({ sequence })
  const conflicts: string[] = []
  const conflict = (rule: string, fields: readonly string[]) =>
    conflicts.push(`${rule}: ${fields.join(', ')}`)

  for (const change of changes) {
    const { ruleId, before, after, order, changes: earlierChanges } = change
    const rule = state.rules.get(ruleId)
    if (!rule) {
      // Created then and deleted since: it is as if it had never been.
      if (!before) continue
      if (after || !change.isLast) conflict(before.name, ['the rule was deleted since'])
      else plan.create(ruleId, before, { order, earlierChanges })
      continue
    }
    const now = rule.settings
    if (!before) {
      if (after && isSameSettings(now, after)) plan.delete(rule)
      else conflict(now.name, after ? differing(now, after) : ['the rule was created again since'])
    } else if (!after) {
      if (!isSameSettings(now, before)) conflict(now.name, differing(now, before))
    } else {
      const { settings, changedSince } = without(before, after, now, change.touchedSince)
      const impossible = contradictions(settings).map(({ field }) => field)
      if (changedSince.length > 0) conflict(now.name, changedSince)
      else if (impossible.length > 0) conflict(now.name, impossible)
      else plan.update(rule, settings)
    }
  }
  for (const [id, rule] of plan.after) {
    const holder = rule && state.names.get(nameKey(rule.settings.name))
    if (rule && holder !== undefined && holder !== id && !plan.after.has(holder)) {
      conflict(rule.settings.name, ['name'])
    }
  }
  if (conflicts.length > 0) {
    throw UndoConflict({ sequence, conflicts: conflicts.slice(0, 20).join('; ') })
  }
}

const differing = (a: RuleSettings, b: RuleSettings): readonly string[] =>
  settingsKeys.filter((key) => !isSameField(a, b, key)).flatMap((key) => fieldsOf[key])

/** `now` without the step from `before` to `after`. */
function without(
  before: RuleSettings,
  after: RuleSettings,
  now: RuleSettings,
  touchedSince: ReadonlySet<SettingsKey>,
) {
  const settings = { ...now }
  const changedSince: string[] = []
  const goBack = <K extends SettingsKey>(key: K) => {
    settings[key] = before[key]
  }
  for (const key of settingsKeys) {
    if (isSameField(before, after, key) || isSameField(now, before, key)) continue
    if (isSameField(now, after, key) && !touchedSince.has(key)) goBack(key)
    else changedSince.push(...fieldsOf[key])
  }
  return { settings, changedSince }
}

/** Fields that differ from one state to the next anywhere in a series. */
export function touched(
  first: RuleSettings | undefined,
  later: readonly RuleSettings[],
): ReadonlySet<SettingsKey> {
  const keys = new Set<SettingsKey>()
  let before = first
  for (const settings of later) {
    for (const key of settingsKeys) {
      if (before && !isSameField(before, settings, key)) keys.add(key)
    }
    before = settings
  }
  return keys
}
