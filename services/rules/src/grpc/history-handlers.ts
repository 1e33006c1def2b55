import { idFrom } from '@holdfast/domain'
import { parsePage } from '@holdfast/postgres'
import type { RuleService } from '@holdfast/proto'
import type { Handlers } from '@holdfast/service'
import { Fields, parseId } from '@holdfast/service'
import { changeRuleSet } from '../commands/change-rule-set.ts'
import type { ApplyId } from '../domain/ids.ts'
import { listRuleChanges, recordedChanges } from '../queries/rule-changes.ts'
import { requirePast } from './at.ts'
import { countedChanges } from './counted.ts'
import type { Edge } from './edge.ts'
import { maxPage, requireListScope } from './list-scope.ts'
import { printChange } from './print.ts'
import { resolveOrganization } from './resolve.ts'

type History = Pick<Handlers<typeof RuleService>, 'listRuleChanges' | 'undoRuleChange'>

export function historyHandlers(edge: Edge): History {
  const { tools, postgres } = edge
  return {
    async listRuleChanges(request, call) {
      const fields = new Fields()
      fields.takeOptional(parseId, request.ruleId, 'rule_id')
      fields.check()
      const { organizationId, ruleId } = request
      const scope = requireListScope(call, organizationId)
      const page = parsePage(request.limit, request.cursor, maxPage)
      const filter = { organizationId, ruleId }
      const { rows, nextCursor } = await listRuleChanges(postgres, scope, page, filter)
      return { changes: rows.map(printChange), nextCursor }
    },

    async undoRuleChange(request, call) {
      const { organization } = request
      const organizationId = await resolveOrganization(
        edge,
        call,
        organization,
        'rules.rules.write',
      )
      // What a commit did never changes, so the read model may tell, once it includes that commit.
      const sequence = (await requirePast(edge, request.sequence, 'sequence')) ?? 0n
      const changes = await recordedChanges(postgres, organizationId, sequence)
      const applyId = idFrom<ApplyId>(call.commandId, 'apply')
      const wish = { type: 'UndoChange', sequence, changes, applyId } as const
      const outcome = await changeRuleSet(tools, organizationId, wish, call.command(organizationId))
      call.committed(outcome.sequence)
      return countedChanges(outcome.events)
    },
  }
}
