import { isUuid, type OrganizationId } from '@holdfast/domain'
import type { RequestOf, RuleService } from '@holdfast/proto'
import type { Answer, Call } from '@holdfast/service'
import { changeRuleSet, type RuleSetWish } from '../commands/change-rule-set.ts'
import { RuleNotFound } from '../domain/errors.ts'
import { type ChangeSetId, type RuleId, ruleIdsOf } from '../domain/ids.ts'
import type { Edge } from './edge.ts'
import { requireKnownTargets } from './known-targets.ts'
import { parseRule, parseRuleChanges } from './parse-rule.ts'
import { printRule } from './print.ts'
import { changeSetPlace, resolveRule } from './resolve.ts'

// Single rules in a draft: nothing changes until it is applied.

type Service = typeof RuleService
interface Place {
  readonly organizationId: OrganizationId
  readonly changeSetId: ChangeSetId
}

export async function stageCreate(
  edge: Edge,
  request: RequestOf<Service['createRule']>,
  call: Call,
): Promise<Answer<Service['createRule']>> {
  const place = await changeSetPlace(edge, call, request.changeSetId, 'rules.rules.write')
  const settings = parseRule(request.settings)
  await requireKnownTargets(edge, place.organizationId, [settings])
  const ruleId = ruleIdsOf(call.commandId)(0)
  const { changeSetId } = place
  return await stage(
    edge,
    place,
    ruleId,
    { type: 'StageCreate', changeSetId, ruleId, settings },
    call,
  )
}

export async function stageUpdate(
  edge: Edge,
  request: RequestOf<Service['updateRule']>,
  call: Call,
): Promise<Answer<Service['updateRule']>> {
  const place = await changeSetPlace(edge, call, request.changeSetId, 'rules.rules.write')
  const changes = parseRuleChanges(request.settings, request.fields)
  const { target } = changes
  if (target) await requireKnownTargets(edge, place.organizationId, [{ target }])
  const ruleId = await idIn(edge, place, request.id, call)
  const { changeSetId } = place
  return await stage(
    edge,
    place,
    ruleId,
    { type: 'StageUpdate', changeSetId, ruleId, changes },
    call,
  )
}

export async function stageDelete(
  edge: Edge,
  request: RequestOf<Service['deleteRule']>,
  call: Call,
): Promise<Answer<Service['deleteRule']>> {
  const place = await changeSetPlace(edge, call, request.changeSetId, 'rules.rules.write')
  const ruleId = await idIn(edge, place, request.id, call)
  const { organizationId, changeSetId } = place
  const wish = { type: 'StageDelete', changeSetId, ruleId } as const
  const context = call.command(organizationId)
  const outcome = await changeRuleSet(edge.tools, organizationId, wish, context)
  call.committed(outcome.sequence)
  return {}
}

/** By id also a rule that is only in the draft yet. */
async function idIn(edge: Edge, place: Place, idOrName: string, call: Call): Promise<RuleId> {
  if (isUuid(idOrName)) return idOrName as RuleId // as: the domain knows which ids there are
  const { organizationId } = place
  return (await resolveRule(edge, call, idOrName, organizationId, 'rules.rules.read')).id
}

async function stage(
  { tools }: Edge,
  { organizationId, changeSetId }: Place,
  ruleId: RuleId,
  wish: RuleSetWish,
  call: Call,
) {
  const context = call.command(organizationId)
  const outcome = await changeRuleSet(tools, organizationId, wish, context)
  // Taken before anything is awaited: the state is the living one.
  const draft = outcome.state.drafts.get(changeSetId)
  const operation = draft?.operations.find((one) => one.ruleId === ruleId)
  const rule = outcome.state.rules.get(ruleId)
  call.committed(outcome.sequence)
  if (!operation || operation.kind === 'delete') throw RuleNotFound({ rule: ruleId })
  const at = outcome.timeUnixMs ?? tools.now()
  const message = printRule({
    id: ruleId,
    organizationId,
    settings: operation.settings,
    order: rule?.order ?? 0,
    // It has no place until it is applied.
    position: 0,
    createdAtUnixMs: at,
    updatedAtUnixMs: at,
    updatedByKind: call.caller.actor.kind,
    updatedById: call.caller.actor.id,
    revision: rule?.revision ?? 0,
    sequence: outcome.sequence,
  })
  return { rule: message, warnings: [] }
}
