import type { Target } from '@holdfast/policy'
import { exists, missing, type Outcome, unchanged } from '@holdfast/snapshot'
import type { RuleId } from '../domain/ids.ts'
import type { NewRule } from '../domain/import-plan.ts'
import type { RuleSetState } from '../domain/rule-set-state.ts'
import { isSameSettings, nameKey } from '../domain/settings.ts'
import type { RuleWish } from './records.ts'
import { targetShown } from './targets.ts'

/** A rule that a record wants. */
export interface PlannedRule {
  readonly wish: RuleWish
  /** Undefined: there is no such thing here. */
  readonly target: Target | undefined
  /** Of the rule, should it be a new one: follows from import and record. */
  readonly ruleId: RuleId
  readonly promise: string
}

export interface RulesPlan {
  /** For `ImportRules`, by name. */
  readonly rules: readonly NewRule[]
  /** One a rule, in order. */
  readonly outcomes: readonly Outcome[]
}

/** What to import, judged by the set as it is. `now` in ms since 1970. */
export function planRules(
  state: Pick<RuleSetState, 'names' | 'rules'>,
  planned: readonly PlannedRule[],
  overwritesExisting: boolean,
  now: number,
): RulesPlan {
  const rules: NewRule[] = []
  /** Names that this plan gives or changes. */
  const taken = new Set<string>()

  const outcomes = planned.map(({ wish, target, ruleId, promise }): Outcome => {
    const { name } = wish.settings
    const key = nameKey(name)
    // This import has made it before.
    if (state.rules.has(ruleId)) return { outcome: 'created', name, promise }
    const heldBy = state.names.get(key)
    const held = heldBy === undefined ? undefined : state.rules.get(heldBy)
    if (taken.has(key) || (held && !overwritesExisting)) return exists(name, promise)
    if (!target) return missing(name, targetShown(wish.target))
    const settings = { ...wish.settings, target, name: held?.settings.name ?? name }
    if (held && isSameSettings(held.settings, settings)) return unchanged(name, promise)
    const { expiresAtUnixMs, isActive } = settings
    const isOver = expiresAtUnixMs !== 0 && expiresAtUnixMs <= now
    const isMoved = held?.settings.expiresAtUnixMs !== expiresAtUnixMs
    if (isOver && (isMoved || (isActive && held?.settings.isActive === false))) {
      const detail = 'its time has ended, so it is left out: give it a later end, or none'
      return { outcome: 'skipped', name, code: 'rules.rule_expired', detail }
    }
    taken.add(key)
    rules.push({ ruleId, settings })
    return { outcome: held ? 'updated' : 'created', name, promise }
  })
  return { rules, outcomes }
}
