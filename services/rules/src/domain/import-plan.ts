import type { RuleSettings } from '@holdfast/policy'
import type { ChangePlan } from './change-plan.ts'
import { NameTaken } from './errors.ts'
import { requireExpiries } from './expiry.ts'
import type { RuleId } from './ids.ts'
import type { RuleSetState, RuleState } from './rule-set-state.ts'
import { nameKey } from './settings.ts'

/**
 * `add`: all are new. `merge`: by name, what exists is updated and what does not is added. `replace`: as merge,
 * and what is not named goes.
 */
export const importModes = ['add', 'merge', 'replace'] as const
export type ImportMode = (typeof importModes)[number]

export interface NewRule {
  /** Of the rule, should it be a new one. */
  readonly ruleId: RuleId
  readonly settings: RuleSettings
}

/** Puts an import into the plan. */
export function planImport(
  plan: ChangePlan,
  state: RuleSetState,
  mode: ImportMode,
  rules: readonly NewRule[],
  now: number,
): void {
  const named = new Set<RuleId>()
  const existing = rules.map(({ settings }): RuleState | undefined => {
    const id = state.names.get(nameKey(settings.name))
    return id === undefined ? undefined : state.rules.get(id)
  })
  requireExpiries(
    rules.map(({ settings }, i) => ({
      field: `rules[${i}].expires_at`,
      before: existing[i]?.settings,
      settings,
    })),
    now,
  )
  rules.forEach(({ ruleId, settings }, i) => {
    const rule = existing[i]
    if (!rule) {
      plan.create(ruleId, settings)
      return
    }
    const { name } = settings
    if (mode === 'add') throw NameTaken({ name, heldBy: rule.id })
    if (named.has(rule.id)) throw NameTaken({ name, heldBy: '' })
    named.add(rule.id)
    plan.update(rule, settings)
  })
  if (mode !== 'replace') return
  for (const rule of state.rules.values()) if (!named.has(rule.id)) plan.delete(rule)
}
