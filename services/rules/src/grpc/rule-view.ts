import type { OrganizationId } from '@holdfast/domain'
import type { Call } from '@holdfast/service'
import type { RuleSetOutcome } from '../commands/change-rule-set.ts'
import { RuleNotFound } from '../domain/errors.ts'
import type { RuleId } from '../domain/ids.ts'
import type { RuleState } from '../domain/rule-set-state.ts'
import { positionOf } from '../domain/rules-in-order.ts'
import { matchRules, type RuleView, ruleCreatedAt } from '../queries/rules.ts'
import type { Edge } from './edge.ts'

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
    position: positionOf(state.inOrder, settings.priority, order),
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
  const position = positionOf(outcome.state.inOrder, rule.settings.priority, rule.order)
  const { timeUnixMs, sequence } = outcome
  if (timeUnixMs === undefined) {
    // Nothing was changed, so it is as the read model has it or will have it.
    await edge.catchUp()
    const [found] = await matchRules(edge.postgres, { organizations: '*' }, ruleId, organizationId)
    if (!found) throw RuleNotFound({ rule: ruleId })
    return { ...found, position }
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
