import { invalid } from '@holdfast/errors'
import { parsePage, searchable } from '@holdfast/postgres'
import type { RuleService } from '@holdfast/proto'
import type { Handlers } from '@holdfast/service'
import { Fields, parseId } from '@holdfast/service'
import { changeRuleSet, type RuleSetWish } from '../commands/change-rule-set.ts'
import { ruleIdsOf } from '../domain/ids.ts'
import { tieWarnings } from '../domain/ties.ts'
import { type FoundRule, listRules, numberRules } from '../queries/rules.ts'
import { bulkHandlers } from './bulk-handlers.ts'
import type { Edge } from './edge.ts'
import { historyHandlers } from './history-handlers.ts'
import { requireKnownTargets } from './known-targets.ts'
import { maxPage, requireListScope } from './list-scope.ts'
import { parseRule, parseRuleChanges } from './parse-rule.ts'
import { present } from './present.ts'
import { actionOf, printRule } from './print.ts'
import { resolveOrganization, resolveRule, rulePlace } from './resolve.ts'
import { ruleSetHandlers } from './rule-set-handlers.ts'
import { changedRule, createdRule } from './rule-view.ts'
import { stageCreate, stageDelete, stageUpdate } from './stage-rule.ts'

export function ruleHandlers(edge: Edge): Handlers<typeof RuleService> {
  const { tools, postgres, evidence } = edge

  /** Rules as they were. What hosts proved and counted is known of now only. */
  async function printPast(found: readonly FoundRule[], at: bigint) {
    const positions = await numberRules(postgres, found, at)
    return found.map((rule) => printRule({ ...rule, position: positions.get(rule.id) ?? 0 }))
  }

  return {
    ...bulkHandlers(edge),
    ...historyHandlers(edge),
    ...ruleSetHandlers(edge),

    async createRule(request, call) {
      if (request.changeSetId !== '') return await stageCreate(edge, request, call)
      const { organization } = request
      const organizationId = await resolveOrganization(
        edge,
        call,
        organization,
        'rules.rules.write',
      )
      const settings = parseRule(request.settings)
      await requireKnownTargets(edge, organizationId, [settings])
      const ruleId = ruleIdsOf(call.commandId)(0)
      const wish = { type: 'CreateRule', ruleId, settings, now: tools.now() } as const
      const context = call.command(organizationId)
      const outcome = await changeRuleSet(tools, organizationId, wish, context)
      const { view, rule } = createdRule(organizationId, outcome, call)
      const warnings = tieWarnings([rule], outcome.state.inOrder)
      call.committed(outcome.sequence)
      const [message] = await present(edge, [view])
      return { rule: message ?? null, warnings: [...warnings] }
    },

    async getRule(request, call) {
      const { rule, organization, withCounters } = request
      const { at } = call
      const found = await resolveRule(edge, call, rule, organization, 'rules.rules.read', at)
      if (at !== undefined) return { rule: (await printPast([found], at))[0] ?? null }
      const [message] = await present(edge, await edge.withPositions([found]), withCounters)
      return { rule: message ?? null }
    },

    async listRules(request, call) {
      const fields = new Fields()
      fields.takeOptional(parseId, request.nodeId, 'node_id')
      fields.check()
      const scope = requireListScope(call, request.organizationId)
      const page = parsePage(request.limit, request.cursor, maxPage)
      const { at } = call
      const { nodeId } = request
      const organizationId = nodeId
        ? await resolveOrganization(edge, call, request.organizationId, 'rules.rules.read')
        : request.organizationId
      const targets =
        nodeId === '' ? undefined : await evidence.placesOn(organizationId, nodeId, at)
      if (nodeId !== '' && !targets) {
        const detail = `the organization has no node ${nodeId}`
        throw invalid({ field: 'node_id', code: 'unknown', detail })
      }
      const filter = {
        organizationId,
        query: searchable(request.query),
        tag: searchable(request.tag),
        action: actionOf(request.action),
        targets,
      }
      const { rows, nextCursor } = await listRules(postgres, scope, page, filter, at)
      if (at !== undefined) return { rules: await printPast(rows, at), nextCursor }
      const rules = await present(edge, await edge.withPositions(rows), request.withCounters)
      const of = organizationId === '' ? rows[0]?.organizationId : organizationId
      const implicit = of === undefined ? [] : await evidence.implicitRules(of)
      return { rules, nextCursor, implicit: implicit.map((one) => ({ ...one })) }
    },

    async updateRule(request, call) {
      if (request.changeSetId !== '') return await stageUpdate(edge, request, call)
      const { organizationId, ruleId } = await rulePlace(
        edge,
        call,
        request.id,
        request.organization,
        'rules.rules.write',
      )
      const changes = request.isToggled
        ? undefined
        : parseRuleChanges(request.settings, request.fields)
      const target = changes?.target
      if (target) await requireKnownTargets(edge, organizationId, [{ target }])
      const { expectedRevision } = call
      const now = tools.now()
      const about = { ruleId, now, expectedRevision }
      const wish: RuleSetWish = changes
        ? { type: 'UpdateRule', changes, ...about }
        : { type: 'ToggleRule', ...about }
      const context = call.command(organizationId)
      const outcome = await changeRuleSet(tools, organizationId, wish, context)
      const changed = outcome.state.rules.get(ruleId)
      const warnings = changed ? tieWarnings([changed], outcome.state.inOrder) : []
      call.committed(outcome.sequence)
      const view = await changedRule(edge, organizationId, ruleId, outcome, call)
      const [message] = await present(edge, [view])
      return { rule: message ?? null, warnings: [...warnings] }
    },

    async deleteRule(request, call) {
      if (request.changeSetId !== '') return await stageDelete(edge, request, call)
      const { organizationId, ruleId } = await rulePlace(
        edge,
        call,
        request.id,
        request.organization,
        'rules.rules.write',
      )
      const { expectedRevision } = call
      const wish = { type: 'DeleteRule', ruleId, expectedRevision } as const
      const context = call.command(organizationId)
      const outcome = await changeRuleSet(tools, organizationId, wish, context)
      call.committed(outcome.sequence)
      return {}
    },
  }
}
