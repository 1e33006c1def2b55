import { isUuid, type OrganizationId } from '@holdfast/domain'
import { DomainError, defineError, invalid } from '@holdfast/errors'
import { holdfast } from '@holdfast/proto'
import type { Call } from '@holdfast/service'
import { packetOfFlow } from '../policy/dry-run.ts'
import type { FlowQuestion } from '../policy/explain-flow.ts'
import { parsePacketMessage } from './packet-message.ts'
import type { PolicyEdge } from './policy-edge.ts'
import { resolveOrganization, shown } from './resolve.ts'

/** The same for a flow the caller may not know of. */
const FlowNotFound = defineError(
  'rules.flow_not_found',
  'not_found',
  (d: { flow: string }) => `there is no recorded flow ${d.flow}, or none with addresses`,
)

type Request = holdfast.rules.v1.ExplainFlowRequest
const { FLOW_VERDICT_UNSPECIFIED } = holdfast.agent.v1.FlowVerdict

/** A packet somebody describes. Throws `invalid`. */
export async function describedFlow(
  edge: PolicyEdge,
  request: Request,
  call: Call,
): Promise<FlowQuestion> {
  const { organization, atUnixMs, interface: device, node } = request
  const organizationId = await resolveOrganization(edge, call, organization, 'rules.rules.read')
  const described = parsePacketMessage(request.packet)
  const now = edge.now()
  if (atUnixMs > now) {
    const detail = 'is in the future: ask about what has happened, or simulate the packet'
    throw invalid({ field: 'time', code: 'in_the_future', detail })
  }
  const timeUnixMs = atUnixMs === 0 ? now : atUnixMs
  return { organizationId, ...described, timeUnixMs, interface: device, node, recorded: undefined }
}

/** A packet a node wrote down. Throws `rules.flow_not_found`. */
export async function recordedFlow(
  { flows }: Pick<PolicyEdge, 'flows'>,
  id: string,
  call: Call,
): Promise<FlowQuestion> {
  const hidden = () => FlowNotFound({ flow: shown(id) })
  const { signal, correlationId } = call
  const { flow } = await flows
    .getFlow({ id }, { signal, correlationId })
    .catch((error: unknown) => {
      throw error instanceof DomainError && error.kind === 'not_found' ? hidden() : error
    })
  const { organizationId = '', nodeId = '', record, ruleId = '', policyVersion = '' } = flow ?? {}
  if (!organizationId || !nodeId || !isUuid(nodeId)) throw hidden()
  // The same words whether the flow is not there or somebody else's.
  call.caller.require('rules.rules.read', organizationId, hidden)
  call.caller.require('audit.flows.read', organizationId, hidden)
  const found = packetOfFlow(record)
  if (!found) throw hidden()
  return {
    organizationId: organizationId as OrganizationId, // as: audit keeps what the log calls so
    ...found,
    timeUnixMs: record?.lastUnixMs ?? 0,
    interface: record?.device ?? '',
    node: nodeId,
    recorded: {
      verdict: record?.verdict ?? FLOW_VERDICT_UNSPECIFIED,
      ruleId: ruleId ?? '',
      policyVersion: policyVersion ?? '',
    },
  }
}
