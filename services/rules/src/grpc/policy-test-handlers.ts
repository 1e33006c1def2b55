import { idFrom } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { holdfast, PolicyService } from '@holdfast/proto'
import type { Handlers } from '@holdfast/service'
import { testMessage } from '../codecs/rule-message.ts'
import { changeRuleSet } from '../commands/change-rule-set.ts'
import type { PolicyTestId } from '../domain/ids.ts'
import { runTests, type TestOutcome } from '../policy/policy-tests.ts'
import { situationOf } from '../policy/situation.ts'
import { type Violation, violationsBetween } from '../policy/violations.ts'
import { listPolicyTests } from '../queries/policy-tests.ts'
import { requirePast } from './at.ts'
import { requireKnownTargets } from './known-targets.ts'
import { requireListScope } from './list-scope.ts'
import { printPacket } from './packet-message.ts'
import { parsePolicyTest } from './parse-policy-test.ts'
import { placeInQuestion } from './place-in-question.ts'
import type { PolicyEdge } from './policy-edge.ts'
import { policyTestPlace, resolveOrganization } from './resolve.ts'

type TestMethods = 'savePolicyTest' | 'deletePolicyTest' | 'listPolicyTests' | 'runPolicyTests'

/** Sentences about the rule set that must hold for every change. */
export function policyTestHandlers(
  edge: PolicyEdge,
): Pick<Handlers<typeof PolicyService>, TestMethods> {
  const { tools, postgres } = edge

  return {
    async savePolicyTest(request, call) {
      const wanted = request.test?.id ?? ''
      const place =
        wanted === ''
          ? {
              organizationId: await resolveOrganization(
                edge,
                call,
                request.organization,
                'rules.rules.write',
              ),
              testId: idFrom<PolicyTestId>(call.commandId, 'policy test'),
            }
          : await policyTestPlace(edge, call, wanted, 'rules.rules.write')
      const { organizationId, testId } = place
      const test = parsePolicyTest(request.test, testId)
      await requireKnownTargets(edge, organizationId, [test])
      await edge.catchUp()
      const wish = { type: 'SavePolicyTest', test } as const
      const outcome = await changeRuleSet(tools, organizationId, wish, call.command(organizationId))
      call.committed(outcome.sequence)
      return { test: testMessage(test) }
    },

    async deletePolicyTest(request, call) {
      const place = await policyTestPlace(edge, call, request.id, 'rules.rules.write')
      const { organizationId, testId } = place
      const wish = { type: 'DeletePolicyTest', testId } as const
      const outcome = await changeRuleSet(tools, organizationId, wish, call.command(organizationId))
      call.committed(outcome.sequence)
      return {}
    },

    async listPolicyTests(request, call) {
      const { organizationId } = request
      const scope = requireListScope(call, organizationId)
      const tests = await listPolicyTests(postgres, scope, organizationId, call.at)
      return { tests: tests.map(testMessage) }
    },

    async runPolicyTests(request, call) {
      const place = await placeInQuestion(edge, call, request)
      const { organizationId, changeSetId } = place
      const at = await requirePast(edge, request.atSequence)
      const from = await requirePast(edge, request.fromSequence)
      if (from !== undefined && changeSetId !== '') {
        const detail = 'a draft has no past: leave from out, or change_set'
        throw invalid({ field: 'from', code: 'unexpected', detail })
      }
      await edge.catchUp()
      const upTo = at ?? edge.log.seen()
      const situation = await situationOf(edge, organizationId, { at, changeSetId })
      const violations =
        from === undefined
          ? undefined
          : await violationsBetween(edge, organizationId, situation.tests, from, upTo)
      return {
        results: runTests(situation, situation.tests).map((outcome) => ({
          ...printOutcome(outcome),
          violations: (violations?.get(outcome.test.id) ?? []).map(printViolation),
        })),
      }
    },
  }
}

const printWitness = ({ witness }: TestOutcome) =>
  witness ? printPacket(witness.packet, witness.direction) : null

const printOutcome = (outcome: TestOutcome): holdfast.rules.v1.PolicyTestResult.$Properties => ({
  test: testMessage(outcome.test),
  isPassed: outcome.isPassed,
  witness: printWitness(outcome),
  ruleId: outcome.ruleId,
  message: outcome.message,
})

const printViolation = (
  violation: Violation,
): holdfast.rules.v1.PolicyTestViolation.$Properties => ({
  fromSequence: Number(violation.fromSequence),
  fromUnixMs: violation.fromUnixMs,
  toSequence: Number(violation.toSequence),
  toUnixMs: violation.toUnixMs,
  witness: printWitness(violation.outcome),
  ruleId: violation.outcome.ruleId,
})
