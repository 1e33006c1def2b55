import type { OrganizationId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import { maxRules } from '@holdfast/policy'
import type { PolicyService } from '@holdfast/proto'
import type { Call, Handlers } from '@holdfast/service'
import { Fields } from '@holdfast/service'
import { AmbiguousName, TooManyRules } from '../domain/errors.ts'
import { ruleIdsOf } from '../domain/ids.ts'
import { accessDifferences } from '../policy/compare-access.ts'
import { NodeNotFound } from '../policy/device-in-question.ts'
import { dryRun, spanOf } from '../policy/dry-run.ts'
import { explainFlow } from '../policy/explain-flow.ts'
import { hygiene } from '../policy/hygiene.ts'
import { nodePolicy } from '../policy/node-policy.ts'
import { observedHosts } from '../policy/observed-hosts.ts'
import { packetsOf, simulate } from '../policy/simulate.ts'
import { changeInQuestion, situationOf } from '../policy/situation.ts'
import { unusedDays, unusedRules } from '../policy/unused-rules.ts'
import { allRules } from '../queries/rules.ts'
import { readCoverage, readLastHits } from '../status/read-status.ts'
import { requirePast } from './at.ts'
import { describedFlow, recordedFlow } from './flow-question.ts'
import { requireKnownTargets } from './known-targets.ts'
import { directionFrom, parsePacketMessage } from './packet-message.ts'
import { parseOperations } from './parse-operations.ts'
import { placeInQuestion } from './place-in-question.ts'
import type { PolicyEdge } from './policy-edge.ts'
import { policyTestHandlers } from './policy-test-handlers.ts'
import { resolveOrganization, scopeOf, shown } from './resolve.ts'

const dayMs = 86_400_000
const maxFlows = 100_000
const defaultDifferences = 200
const maxDifferences = 1_000

/** Questions about rules that change nothing, and the tests that block changes. */
export function policyHandlers(edge: PolicyEdge): Handlers<typeof PolicyService> {
  const { postgres, topology, log } = edge

  /** Recorded flows tell who spoke with whom, so they have a permission of their own. */
  const requireFlows = (call: Call, organizationId: OrganizationId) =>
    call.caller.require('audit.flows.read', organizationId)
  const ours = ({ signal, correlationId }: Call) => ({ signal, correlationId })

  return {
    ...policyTestHandlers(edge),

    async compareAccess(request, call) {
      const { organizationId: named, fromSequence, toSequence, node } = request
      const fields = new Fields()
      const limit = fields.integer(request.limit || defaultDifferences, 'limit', 1, maxDifferences)
      fields.integer(fromSequence, 'from', 1, Number.MAX_SAFE_INTEGER)
      fields.check()
      const organizationId = await resolveOrganization(edge, call, named, 'rules.rules.read')
      const from = await requirePast(edge, fromSequence, 'from')
      const to = await requirePast(edge, toSequence, 'to')
      await edge.catchUp()
      const upTo = to ?? log.seen()
      if (fromSequence > upTo) {
        const detail = `must not be after ${upTo}, where the comparison ends`
        throw invalid({ field: 'from', code: 'range_reversed', detail })
      }
      const [before, after] = await Promise.all(
        [from, to].map((at) => situationOf(edge, organizationId, { at, changeSetId: '' })),
      )
      if (!before || !after) throw new Error('there are two situations')
      const found = await accessDifferences(before, after, node, limit)
      return {
        differences: found.differences.map((one) => ({
          ...one,
          places: one.places.map((place) => ({ ...place })),
          sourcePorts: [...one.sourcePorts],
          destinationPorts: [...one.destinationPorts],
        })),
        omitted: [...found.omitted],
        fromSequence,
        toSequence: Number(upTo),
        organizationId,
      }
    },

    async simulatePackets(request, call) {
      const { organizationId, changeSetId } = await placeInQuestion(edge, call, request)
      const at = await requirePast(edge, request.atSequence)
      const { capture } = request
      if (capture.length > 0 === Boolean(request.packet)) {
        const detail = 'give a packet or a capture, one of the two'
        throw invalid({ field: 'packet', code: 'required', detail })
      }
      const { packets, direction } =
        capture.length > 0
          ? { packets: packetsOf(capture), direction: directionFrom(request.captureDirection) }
          : onePacket(request.packet)
      await edge.catchUp()
      const situation = await situationOf(edge, organizationId, { at, changeSetId })
      return { verdicts: [...simulate(situation, request, packets, direction)] }
    },

    async dryRunChange(request, call) {
      const { organizationId, changeSetId } = await placeInQuestion(edge, call, request)
      requireFlows(call, organizationId)
      const span = spanOf(request, edge.now())
      const { operations: wishes } = request
      if ((changeSetId === '') === (wishes.length === 0)) {
        const detail = 'name a draft in change_set, or give operations, one of the two'
        throw invalid({ field: 'operations', code: 'required', detail })
      }
      if (wishes.length > maxRules) throw TooManyRules({ rules: wishes.length, maxRules })
      const operations = parseOperations(wishes, ruleIdsOf(call.commandId))
      const rules = operations.map((one) => (one.kind === 'delete' ? nowhere : one.settings))
      await requireKnownTargets(edge, organizationId, rules, (i) => `operations[${i}].`)
      await edge.catchUp()
      const change = { changeSetId, operations }
      const { before, after } = await changeInQuestion(edge, organizationId, change)
      const filter = { organizationId, ...span }
      const found = await edge.flows.summarizeFlows({ filter, limit: maxFlows }, ours(call))
      return dryRun(before, after, found.flows, found.coverage)
    },

    async analyzeRules(request, call) {
      const { organization } = request
      const organizationId = await resolveOrganization(edge, call, organization, 'rules.rules.read')
      await edge.catchUp()
      const now = edge.now()
      const { hosts } = await topology.now(organizationId)
      const rules = await allRules(postgres, organizationId, undefined)
      const { ruleSet } = await situationOf(edge, organizationId, {
        at: undefined,
        changeSetId: '',
      })
      await edge.flushStatus()
      const lastHits = await readLastHits(postgres, organizationId)
      const nodeIds = hosts.map(({ facts }) => facts.nodeId)
      const countedMs = await readCoverage(postgres, nodeIds, now - unusedDays * dayMs)
      const unused = unusedRules(rules, hosts, { lastHits, countedMs }, now)
      const seen = call.caller.can('audit.flows.read', organizationId)
        ? await observedHosts(edge.flows, organizationId, rules, now, ours(call))
        : {
            observed: new Map(),
            coverage: ['recorded flows were not looked at: that needs audit.flows.read'],
          }
      return hygiene({ ruleSet, hosts, atUnixMs: now }, { unused, ...seen })
    },

    async explainFlow(request, call) {
      const { flowId } = request
      const question =
        flowId === ''
          ? await describedFlow(edge, request, call)
          : await recordedFlow(edge, flowId, call)
      await edge.catchUp()
      return await explainFlow(edge, question, log.seen())
    },

    async getNodePolicy(request, call) {
      const { at } = call
      await edge.catchUp()
      const scope = scopeOf(call, 'rules.rules.read')
      const [node, ...others] = await topology.nodes(scope, request.node, at)
      if (!node) throw NodeNotFound({ node: shown(request.node) })
      if (others.length > 0) {
        const matches = [node, ...others].map(({ name, id }) => `${name} (${id})`).join(', ')
        throw AmbiguousName({ name: request.node, matches })
      }
      const place = { organizationId: node.organizationId, nodeId: node.id }
      return await nodePolicy(edge, place, at, at ?? log.seen())
    },
  }
}

const onePacket = (message: Parameters<typeof parsePacketMessage>[0]) => {
  const { packet, direction } = parsePacketMessage(message)
  return { packets: [packet], direction }
}

const nowhere = { target: { kind: 'everything' } } as const
