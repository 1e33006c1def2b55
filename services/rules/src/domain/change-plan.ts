import type { RuleSettings } from '@holdfast/policy'
import { maxRules } from '@holdfast/policy'
import { NameTaken, RuleExists, TooManyRules } from './errors.ts'
import type { RuleId } from './ids.ts'
import type { RuleEvent, RuleSetState, RuleState } from './rule-set-state.ts'
import { isSameSettings, nameKey } from './settings.ts'

/**
 * Changes of many rules as one decision, on a state that stays as it is. Each rule may be changed once. Names
 * are judged by what there is in the end, so two rules may swap theirs.
 */
export class ChangePlan {
  readonly events: RuleEvent[] = []
  /** Rules touched, as they would be; undefined for those that would be gone. */
  readonly after = new Map<RuleId, RuleState | undefined>()
  readonly #state: RuleSetState
  #nextOrder: number
  #growth = 0

  constructor(state: RuleSetState) {
    this.#state = state
    this.#nextOrder = state.nextOrder
  }

  create(
    id: RuleId,
    settings: RuleSettings,
    restored?: { readonly order: number; readonly earlierChanges: number },
  ): void {
    if (this.#state.rules.has(id) || this.after.has(id)) throw RuleExists({ rule: id })
    const order = restored?.order ?? this.#nextOrder++
    const earlierChanges = restored?.earlierChanges ?? 0
    this.events.push({ type: 'RuleCreated', ruleId: id, settings, order, earlierChanges })
    this.after.set(id, { id, settings, order, revision: earlierChanges + 1 })
    this.#growth++
  }

  /** Saying what is so already is no change. */
  update(rule: RuleState, settings: RuleSettings): void {
    if (isSameSettings(rule.settings, settings)) return
    this.events.push({ type: 'RuleUpdated', ruleId: rule.id, settings })
    this.after.set(rule.id, { ...rule, settings, revision: rule.revision + 1 })
  }

  delete(rule: RuleState): void {
    this.events.push({ type: 'RuleDeleted', ruleId: rule.id })
    this.after.set(rule.id, undefined)
    this.#growth--
  }

  /** Throws `rules.too_many_rules` or `rules.name_taken`. */
  check(): void {
    const rules = this.#state.rules.size + this.#growth
    if (this.#growth > 0 && rules > maxRules) throw TooManyRules({ rules, maxRules })
    const taken = new Set<string>()
    for (const [id, rule] of this.after) {
      if (!rule) continue
      const { name } = rule.settings
      const key = nameKey(name)
      if (taken.has(key)) throw NameTaken({ name, heldBy: '' })
      taken.add(key)
      const holder = this.#state.names.get(key)
      // A holder that is itself changed was or will be judged by the name it gets.
      if (holder !== undefined && holder !== id && !this.after.has(holder)) {
        throw NameTaken({ name, heldBy: holder })
      }
    }
  }

  /** The rules as they would be, in no order. */
  *rules(): Generator<RuleState> {
    for (const rule of this.#state.rules.values()) if (!this.after.has(rule.id)) yield rule
    for (const rule of this.after.values()) if (rule) yield rule
  }
}
