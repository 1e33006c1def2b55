import type { OrganizationId } from '@holdfast/domain'
import type { Call } from '@holdfast/service'
import type { RuleSetOutcome } from '../commands/change-rule-set.ts'
import { RuleNotFound } from '../domain/errors.ts'
import type { RuleId } from '../domain/ids.ts'
import type { RuleSetState, RuleState } from '../domain/rule-set-state.ts'
import { matchRules, type RuleView, ruleCreatedAt } from '../queries/rules.ts'
import type { Edge } from './edge.ts'

/** Place of a rule in the order of evaluation, from 1. */
function positionOf({ settings, order }: RuleState, rules: RuleSetState['rules']): number {
  const { priority } = settings
  let position = 1
  for (const other of rules.values()) {
    const before = other.settings.priority - priority
    if (before > 0 || (before === 0 && other.order < order)) position++
  }
  return position
}

/** What a creation made, from its own fact: a repeated creation gives the same answer. */
export function createdRule(
  organizationId: OrganizationId,
  { events, state, timeUnixMs = 0, sequence }: RuleSetOutcome,
  call: Call,
): { readonly view: RuleView; readonly rule: RuleState } {
  const [created] = events
  if (created?.type !== 'RuleCreated') throw new Error('a creation is a RuleCreated')
  const { ruleId: id, settings, order } = created
  const rule = { id, settings, order, revision: 1 }
  const view = {
    id,
    organizationId,
    settings,
    order,
    position: positionOf(rule, state.rules),
    createdAtUnixMs: timeUnixMs,
    updatedAtUnixMs: timeUnixMs,
    updatedByKind: call.caller.actor.kind,
    updatedById: call.caller.actor.id,
    revision: 1,
    sequence,
  }
  return { view, rule }
}

/** The answer to a change: what the rule says now. The read model alone knows when it was created. */
export async function changedRule(
  edge: Pick<Edge, 'postgres' | 'catchUp'>,
  organizationId: OrganizationId,
  ruleId: RuleId,
  outcome: RuleSetOutcome,
  call: Call,
): Promise<RuleView> {
  // Taken before anything is awaited: the state is the living one.
  const rule = outcome.state.rules.get(ruleId)
  if (!rule) throw RuleNotFound({ rule: ruleId })
  const position = positionOf(rule, outcome.state.rules)
  const { timeUnixMs, sequence } = outcome
  if (timeUnixMs === undefined) {
    // Nothing was changed, so it is as the read model has it or will have it.
    await edge.catchUp()
    const [view] = await matchRules(edge.postgres, { organizations: '*' }, ruleId, organizationId)
    if (!view) throw RuleNotFound({ rule: ruleId })
    return view
  }
  let createdAtUnixMs = await ruleCreatedAt(edge.postgres, ruleId)
  if (createdAtUnixMs === undefined) {
    await edge.catchUp()
    createdAtUnixMs = await ruleCreatedAt(edge.postgres, ruleId)
  }
  const { actor } = call.caller
  return {
    id: ruleId,
    organizationId,
    settings: rule.settings,
    order: rule.order,
    position,
    createdAtUnixMs: createdAtUnixMs ?? timeUnixMs,
    updatedAtUnixMs: timeUnixMs,
    updatedByKind: actor.kind,
    updatedById: actor.id,
    revision: rule.revision,
    sequence,
  }
}
