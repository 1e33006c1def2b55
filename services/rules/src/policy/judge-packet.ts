import {
  type Direction,
  type Explanation,
  explain,
  type Line,
  type ParsedPacket,
  type Policy,
  resolve,
} from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'
import { printPacket } from '../grpc/packet-message.ts'
import type { Host } from '../topology/host.ts'
import type { Situation } from './situation.ts'

type VerdictMessage = holdfast.rules.v1.PacketVerdict.$Properties
const { FlowVerdict } = holdfast.agent.v1

/** Resolves the rules for hosts, each once. */
export function policies(
  situation: Pick<Situation, 'ruleSet' | 'atUnixMs'>,
): (host: Host) => Policy {
  const known = new Map<string, Policy>()
  return (host) => {
    const { nodeId } = host.facts
    const policy = known.get(nodeId) ?? resolve(situation.ruleSet, host.facts, situation.atUnixMs)
    known.set(nodeId, policy)
    return policy
  }
}

/** As recorded flows have it; a rate limit counts as not exceeded. */
export function flowVerdict({
  verdict,
  decidedBy,
}: Explanation['judgement']): holdfast.agent.v1.FlowVerdict {
  if (verdict === 'pass') return FlowVerdict.FLOW_VERDICT_PASS
  if (decidedBy === 'default') return FlowVerdict.FLOW_VERDICT_DEFAULT_DROP
  if (decidedBy === 'unparsable') return FlowVerdict.FLOW_VERDICT_UNPARSABLE
  return FlowVerdict.FLOW_VERDICT_DROP
}

const decidedBy = ({ decidedBy: by, line }: Explanation['judgement']): string =>
  by !== 'line' ? by : line?.implicit ? 'implicit' : 'rule'

/** What becomes of a packet on a device, and the way there. */
export function judgePacket(
  policy: Policy,
  device: string,
  direction: Direction,
  packet: ParsedPacket,
  ruleNames: ReadonlyMap<string, string>,
): VerdictMessage {
  const { judgement, steps } = explain(policy, device, direction, packet)
  const nameOf = ({ ruleId, implicit }: Line) => ruleNames.get(ruleId) ?? implicit
  const { line, passed } = judgement
  const isRecorded = line !== undefined && (line.logs || line.action === 'log')
  return {
    // What has no addresses has nothing to print but its way.
    packet: packet.kind === 'ip' ? printPacket(packet, direction) : null,
    verdict: flowVerdict(judgement),
    ruleId: line?.ruleId ?? '',
    ruleName: line ? nameOf(line) : '',
    decidedBy: decidedBy(judgement),
    loggedBy: [...passed, ...(isRecorded ? [line] : [])].map(nameOf),
    trace: steps.map(({ line: looked, isMatch, reason }) => ({
      ruleId: looked.ruleId,
      ruleName: nameOf(looked),
      isMatch,
      reason,
    })),
  }
}
