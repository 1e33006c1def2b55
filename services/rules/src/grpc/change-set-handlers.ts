import { idFrom, type OrganizationId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import { maxRules } from '@holdfast/policy'
import type { ChangeSetService, RequestOf } from '@holdfast/proto'
import type { Call, Handlers } from '@holdfast/service'
import { Fields, parseId } from '@holdfast/service'
import { changeRuleSet } from '../commands/change-rule-set.ts'
import { ChangeSetNotFound, NotEnforcedEverywhere, TooManyRules } from '../domain/errors.ts'
import { type ApplyId, type ChangeSetId, ruleIdsOf } from '../domain/ids.ts'
import type { RuleSetEvent } from '../domain/rule-set-state.ts'
import { type ChangeSetView, openChangeSets, ruleNames } from '../queries/change-sets.ts'
import { getRuleSet } from '../queries/rule-sets.ts'
import { parseConfirmWithin } from './confirm-within.ts'
import { applicationIn, countedChanges } from './counted.ts'
import type { Edge } from './edge.ts'
import { requireKnownTargets } from './known-targets.ts'
import { requireListScope } from './list-scope.ts'
import { parseOperations, parseOptionalName } from './parse-operations.ts'
import { printChangeSet } from './print.ts'
import { changeSetPlace, resolveOrganization, scopeOf } from './resolve.ts'

const shownNodes = 20

export function changeSetHandlers(edge: Edge): Handlers<typeof ChangeSetService> {
  const { tools, postgres, evidence } = edge

  const print = async (view: ChangeSetView, at?: bigint) => {
    const ids = view.operations.flatMap(({ kind, ruleId }) => (kind === 'create' ? [] : [ruleId]))
    return printChangeSet(view, await ruleNames(postgres, ids, at))
  }

  /** A draft from the read model, which has all this process knows of. */
  async function answer(call: Call, id: ChangeSetId) {
    await edge.catchUp()
    const scope = scopeOf(call, 'rules.rules.read')
    const [view] = await openChangeSets(postgres, scope, { id }, call.at)
    if (!view) throw ChangeSetNotFound({ changeSet: id })
    return { changeSet: await print(view, call.at) }
  }

  async function operationsOf(
    organizationId: OrganizationId,
    list: Parameters<typeof parseOperations>[0],
    call: Call,
  ) {
    if (list.length > maxRules) throw TooManyRules({ rules: list.length, maxRules })
    const operations = parseOperations(list, ruleIdsOf(call.commandId))
    const settings = operations.map((one) => (one.kind === 'delete' ? nowhere : one.settings))
    await requireKnownTargets(edge, organizationId, settings, (i) => `operations[${i}].`)
    return operations
  }

  /** The draft's organization; without a draft the one the request names. */
  async function placeOfApplication(
    { changeSetId, organization }: RequestOf<(typeof ChangeSetService)['applyChangeSet']>,
    call: Call,
  ): Promise<{ organizationId: OrganizationId; changeSetId: ChangeSetId | '' }> {
    if (changeSetId !== '')
      return await changeSetPlace(edge, call, changeSetId, 'rules.rules.write')
    const organizationId = await resolveOrganization(edge, call, organization, 'rules.rules.write')
    return { organizationId, changeSetId }
  }

  /** Throws `rules.not_enforced_everywhere`: a node that does not enforce the change cannot have cut anybody off yet. */
  async function requireEnforced(organizationId: OrganizationId): Promise<void> {
    await edge.catchUp()
    const { pending } = await getRuleSet(postgres, organizationId)
    if (!pending) return
    const { missing } = await evidence.progress(organizationId, pending.sequence)
    if (missing.length === 0) return
    const list = missing
      .slice(0, shownNodes)
      .map(({ nodeName, reason }) => `${nodeName}: ${reason}`)
    if (missing.length > shownNodes) list.push('…')
    throw NotEnforcedEverywhere({ nodes: missing.length, missing: list.join('; ') })
  }

  return {
    async openChangeSet(request, call) {
      const { organization } = request
      const organizationId = await resolveOrganization(
        edge,
        call,
        organization,
        'rules.rules.write',
      )
      const name = parseOptionalName(request.name)
      const operations = await operationsOf(organizationId, request.operations, call)
      const changeSetId = idFrom<ChangeSetId>(call.commandId, 'change set')
      const wish = { type: 'OpenChangeSet', changeSetId, name, operations } as const
      const outcome = await changeRuleSet(tools, organizationId, wish, call.command(organizationId))
      call.committed(outcome.sequence)
      return await answer(call, changeSetId)
    },

    async stageChangeSet(request, call) {
      const { id } = request
      const place = await changeSetPlace(edge, call, id, 'rules.rules.write')
      const { organizationId, changeSetId } = place
      const operations = await operationsOf(organizationId, request.operations, call)
      const wish = { type: 'StageChangeSet', changeSetId, operations } as const
      const outcome = await changeRuleSet(tools, organizationId, wish, call.command(organizationId))
      call.committed(outcome.sequence)
      return await answer(call, changeSetId)
    },

    async getChangeSet(request, call) {
      const { id } = request
      const { changeSetId } = await changeSetPlace(edge, call, id, 'rules.rules.read')
      return await answer(call, changeSetId)
    },

    async listChangeSets(request, call) {
      const { organizationId } = request
      const scope = requireListScope(call, organizationId)
      const views = await openChangeSets(postgres, scope, { organizationId }, call.at)
      return { changeSets: await Promise.all(views.map((view) => print(view, call.at))) }
    },

    async discardChangeSet(request, call) {
      const place = await changeSetPlace(edge, call, request.id, 'rules.rules.write')
      const { organizationId, changeSetId } = place
      const wish = { type: 'DiscardChangeSet', changeSetId } as const
      const outcome = await changeRuleSet(tools, organizationId, wish, call.command(organizationId))
      call.committed(outcome.sequence)
      return {}
    },

    async applyChangeSet(request, call) {
      const fields = new Fields()
      const confirmWithinMs = parseConfirmWithin(fields, request.confirmWithinSeconds)
      fields.check()
      const name = parseOptionalName(request.name)
      const place = await placeOfApplication(request, call)
      const { organizationId, changeSetId } = place
      const operations = await operationsOf(organizationId, request.operations, call)
      if (changeSetId === '' && operations.length === 0) {
        const detail = 'must name a draft in change_set_id, or operations to apply'
        throw invalid({ field: 'operations', code: 'required', detail })
      }
      if (changeSetId !== '' && operations.length > 0) {
        const detail =
          'a draft brings its own operations: stage them there, or leave change_set_id out'
        throw invalid({ field: 'operations', code: 'unexpected', detail })
      }
      const wish = {
        type: 'ApplyChangeSet' as const,
        changeSetId,
        operations,
        applyId: idFrom<ApplyId>(call.commandId, 'apply'),
        confirmWithinMs,
        name,
        now: tools.now(),
      }
      const outcome = await changeRuleSet(tools, organizationId, wish, call.command(organizationId))
      call.committed(outcome.sequence)
      const applied = applicationIn(outcome.events)
      const isPending = applied !== undefined && applied.confirmWithinMs > 0
      return {
        applyId: applied?.applyId ?? '',
        confirmUntilUnixMs: isPending ? (outcome.timeUnixMs ?? 0) + applied.confirmWithinMs : 0,
        ...countedChanges(outcome.events),
      }
    },

    async confirmChangeSet(request, call) {
      const { organization, force } = request
      const organizationId = await resolveOrganization(
        edge,
        call,
        organization,
        'rules.rules.write',
      )
      const applyId = parseApplyId(request.applyId)
      if (!force) await requireEnforced(organizationId)
      const wish = { type: 'ConfirmChangeSet', applyId } as const
      const outcome = await changeRuleSet(tools, organizationId, wish, call.command(organizationId))
      call.committed(outcome.sequence)
      return { applyId: endedIn(outcome.events) ?? applyId }
    },

    async revertChangeSet(request, call) {
      const { organization } = request
      const organizationId = await resolveOrganization(
        edge,
        call,
        organization,
        'rules.rules.write',
      )
      const applyId = parseApplyId(request.applyId)
      const wish = { type: 'RevertChangeSet', applyId, cause: 'cancelled' } as const
      const outcome = await changeRuleSet(tools, organizationId, wish, call.command(organizationId))
      call.committed(outcome.sequence)
      return { applyId: endedIn(outcome.events) ?? applyId }
    },
  }
}

/** What a deletion is for: nothing that would have to be there. */
const nowhere = { target: { kind: 'everything' } } as const

function parseApplyId(text: string): ApplyId | '' {
  const fields = new Fields()
  const id = fields.takeOptional(parseId, text, 'apply_id')
  fields.check()
  return id as ApplyId | '' // as: a UUID; the domain knows which one waits
}

/** The application that a commit confirmed or reverted. */
function endedIn(events: readonly RuleSetEvent[]): ApplyId | undefined {
  const [first] = events
  const isEnd = first?.type === 'ChangeSetConfirmed' || first?.type === 'ChangeSetReverted'
  return isEnd ? first.applyId : undefined
}
