import { idFrom } from '@holdfast/domain'
import { maxRules } from '@holdfast/policy'
import type { holdfast, RuleService } from '@holdfast/proto'
import type { Handlers } from '@holdfast/service'
import { Fields, parseId } from '@holdfast/service'
import { ruleSets } from '../commands/aggregates.ts'
import { changeRuleSet } from '../commands/change-rule-set.ts'
import { TooManyRules } from '../domain/errors.ts'
import { maxErrors } from '../domain/expiry.ts'
import { type ApplyId, type RuleId, ruleIdsOf } from '../domain/ids.ts'
import { importModes } from '../domain/import-plan.ts'
import { ruleSet } from '../domain/rule-set.ts'
import type { RuleSetEvent, RuleSetState } from '../domain/rule-set-state.ts'
import { maxPriority } from '../domain/settings.ts'
import { tieWarnings } from '../domain/ties.ts'
import { parseConfirmWithin } from './confirm-within.ts'
import { applicationIn, countedChanges } from './counted.ts'
import type { Edge } from './edge.ts'
import { requireKnownTargets } from './known-targets.ts'
import { oneOf, parseRules } from './parse-rule.ts'
import { resolveOrganization } from './resolve.ts'

type Bulk = Pick<Handlers<typeof RuleService>, 'importRules' | 'reorderRules'>

export function bulkHandlers(edge: Edge): Bulk {
  const { tools } = edge
  return {
    async importRules(request, call) {
      // Before any work: not even permission is worth reading a million rules for.
      const { rules: wishes, organization } = request
      if (wishes.length > maxRules) throw TooManyRules({ rules: wishes.length, maxRules })
      const organizationId = await resolveOrganization(
        edge,
        call,
        organization,
        'rules.rules.write',
      )
      const fields = new Fields()
      const mode = oneOf(fields, importModes, request.mode, 'mode')
      const confirmWithinMs = parseConfirmWithin(fields, request.confirmWithinSeconds)
      fields.check()
      const settings = parseRules(wishes, 'rules')
      await requireKnownTargets(edge, organizationId, settings, (i) => `rules[${i}].`)
      const idOf = ruleIdsOf(call.commandId)
      const applyId = idFrom<ApplyId>(call.commandId, 'apply')
      const wish = {
        type: 'ImportRules' as const,
        mode,
        rules: settings.map((one, i) => ({ ruleId: idOf(i), settings: one })),
        applyId,
        confirmWithinMs,
        name: `import of ${settings.length} rules`,
        now: tools.now(),
      }
      const answer = (events: readonly RuleSetEvent[], { rules, inOrder }: RuleSetState) => {
        const counts = countedChanges(events)
        const unchanged = settings.length - counts.created - counts.updated
        const warnings = [...tieWarnings(changedIn(events, rules), inOrder)]
        const applied = applicationIn(events)
        const applyId = applied && applied.confirmWithinMs > 0 ? applied.applyId : ''
        return { ...counts, unchanged, warnings, applyId }
      }

      if (request.dryRun) {
        const checkTests = await tools.testsOf(organizationId)
        const { state } = await tools.log.fold(ruleSets, organizationId)
        const events = ruleSet.decide({ ...wish, organizationId, checkTests }, state)
        const counts = countedChanges(events)
        const unchanged = settings.length - counts.created - counts.updated
        return { ...counts, unchanged, warnings: [], applyId: '' }
      }
      const outcome = await changeRuleSet(tools, organizationId, wish, call.command(organizationId))
      const answered = answer(outcome.events, outcome.state)
      call.committed(outcome.sequence)
      return answered
    },

    async reorderRules(request, call) {
      const { organization } = request
      if (request.priorities.length > maxRules) {
        throw TooManyRules({ rules: request.priorities.length, maxRules })
      }
      const organizationId = await resolveOrganization(
        edge,
        call,
        organization,
        'rules.rules.write',
      )
      const priorities = parsePriorities(request.priorities)
      const applyId = idFrom<ApplyId>(call.commandId, 'apply')
      const wish = { type: 'ReorderRules', priorities, applyId } as const
      const outcome = await changeRuleSet(tools, organizationId, wish, call.command(organizationId))
      call.committed(outcome.sequence)
      return {}
    },
  }
}

function changedIn(events: readonly RuleSetEvent[], rules: RuleSetState['rules']) {
  return events.flatMap((event) => {
    if (event.type !== 'RuleCreated' && event.type !== 'RuleUpdated') return []
    const rule = rules.get(event.ruleId)
    return rule ? [rule] : []
  })
}

function parsePriorities(
  list: readonly holdfast.rules.v1.RulePriority.$Properties[],
): ReadonlyMap<RuleId, number> {
  const fields = new Fields(maxErrors)
  if (list.length === 0) fields.add('priorities', 'required', 'must name a rule at least')
  const priorities = new Map<RuleId, number>()
  list.forEach(({ ruleId, priority }, i) => {
    const id = fields.take(parseId, ruleId ?? '', `priorities[${i}].rule_id`) as RuleId // as: a UUID; the domain knows which there are
    if (priorities.has(id)) {
      fields.add(`priorities[${i}].rule_id`, 'duplicate', `names rule ${id} a second time`)
    }
    const at = `priorities[${i}].priority`
    priorities.set(id, fields.integer(priority ?? 0, at, 0, maxPriority))
  })
  fields.check()
  return priorities
}
