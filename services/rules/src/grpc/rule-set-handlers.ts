import type { OrganizationId } from '@holdfast/domain'
import type { holdfast, RuleService } from '@holdfast/proto'
import type { Handlers } from '@holdfast/service'
import { changeRuleSet } from '../commands/change-rule-set.ts'
import { getRuleSet, type PendingView } from '../queries/rule-sets.ts'
import type { Edge } from './edge.ts'
import { resolveOrganization } from './resolve.ts'

type RuleSetMessage = holdfast.rules.v1.RuleSet.$Properties
type PendingMessage = holdfast.rules.v1.PendingChange.$Properties

export function ruleSetHandlers(
  edge: Edge,
): Pick<Handlers<typeof RuleService>, 'getRuleSet' | 'updateRuleSet'> {
  const { tools, postgres, evidence } = edge

  /** Of the past without what hosts proved: that is known of now only. */
  async function print(organizationId: OrganizationId, at?: bigint): Promise<RuleSetMessage> {
    const { ruleCount, isLockoutAllowed, sequence, pending } = await getRuleSet(
      postgres,
      organizationId,
      at,
    )
    const implicit = await evidence.implicitRules(organizationId, at)
    return {
      organizationId,
      settings: { isLockoutAllowed },
      ruleCount,
      sequence: Number(sequence),
      pending: pending ? await printPending(organizationId, pending, at) : null,
      implicit: implicit.map((one) => ({ ...one })),
    }
  }

  async function printPending(
    organizationId: OrganizationId,
    { applyId, name, untilUnixMs, sequence }: PendingView,
    at: bigint | undefined,
  ): Promise<PendingMessage> {
    if (at !== undefined) return { applyId, name, untilUnixMs }
    const { nodes, missing } = await evidence.progress(organizationId, sequence)
    return { applyId, name, untilUnixMs, nodes, missing: missing.map((one) => ({ ...one })) }
  }

  return {
    async getRuleSet(request, call) {
      const { organization } = request
      const organizationId = await resolveOrganization(edge, call, organization, 'rules.rules.read')
      return { ruleSet: await print(organizationId, call.at) }
    },

    async updateRuleSet(request, call) {
      const { organization } = request
      const organizationId = await resolveOrganization(
        edge,
        call,
        organization,
        'rules.rules.write',
      )
      const { isLockoutAllowed } = request
      if (typeof isLockoutAllowed === 'boolean') {
        const wish = { type: 'UpdateRuleSet', isLockoutAllowed } as const
        const context = call.command(organizationId)
        const outcome = await changeRuleSet(tools, organizationId, wish, context)
        call.committed(outcome.sequence)
      }
      await edge.catchUp()
      return { ruleSet: await print(organizationId) }
    },
  }
}
