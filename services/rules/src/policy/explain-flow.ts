import type { OrganizationId } from '@holdfast/domain'
import type { Direction, IpPacket } from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'
import { printChange, printRule } from '../grpc/print.ts'
import { lastRuleCommit, sequenceAtTime } from '../queries/moments.ts'
import { lastChangeOf } from '../queries/rule-changes.ts'
import { allRules } from '../queries/rules.ts'
import type { Acknowledgement } from '../status/firewall-board.ts'
import { acknowledgementOfVersion, readAcknowledgement } from '../status/read-status.ts'
import { deviceInQuestion } from './device-in-question.ts'
import { judgePacket, policies } from './judge-packet.ts'
import { namesOf, type Sources, situationOf } from './situation.ts'

type Answer = holdfast.rules.v1.ExplainFlowResponse.$Properties
const { FlowVerdict } = holdfast.agent.v1

/** What is asked about: a packet somebody describes, or one that was recorded. */
export interface FlowQuestion {
  readonly organizationId: OrganizationId
  readonly packet: IpPacket
  readonly direction: Direction
  readonly timeUnixMs: number
  /** As in `deviceInQuestion`. */
  readonly interface: string
  readonly node: string
  /** What the node wrote down, when it did. */
  readonly recorded:
    | {
        readonly verdict: holdfast.agent.v1.FlowVerdict
        readonly ruleId: string
        /** Hex. */
        readonly policyVersion: string
      }
    | undefined
}

/**
 * Why a packet met its fate: the rule, as it was then, who made it so, and whether the node had proved to enforce
 * it. A recorded flow names the policy it was judged by, so its rules are those the node acknowledged under that
 * name; otherwise they are those of the log at that time.
 */
export async function explainFlow(
  sources: Sources & { flushStatus(): Promise<void> },
  question: FlowQuestion,
  seen: bigint,
): Promise<Answer> {
  const { postgres } = sources
  const { organizationId, packet, direction, timeUnixMs, recorded } = question
  await sources.flushStatus()
  const at = await sequenceAtTime(postgres, organizationId, timeUnixMs, seen)
  const meant = await situationOf(sources, organizationId, { at, changeSetId: '' })
  const { host, device } = deviceInQuestion(meant.hosts, question)
  const { nodeId } = host.facts
  const acknowledged = await readAcknowledgement(postgres, nodeId, timeUnixMs + 1)
  const judgedBy = recorded
    ? await acknowledgementOfVersion(postgres, nodeId, recorded.policyVersion, timeUnixMs)
    : undefined
  const sequence = judgedBy
    ? await lastRuleCommit(postgres, organizationId, judgedBy.ruleSetSequence)
    : await lastRuleCommit(postgres, organizationId, at)
  const views = await allRules(postgres, organizationId, sequence)
  const situation = { ...meant, ruleSet: { ...meant.ruleSet, rules: views } }
  const names = namesOf(views)
  const judged = judgePacket(policies(situation)(host), device, direction, packet, names)
  const verdict = recorded ? asRecorded(judged, recorded, names) : judged
  const ruleId = verdict.ruleId ?? ''
  const rule = views.find(({ id }) => id === ruleId)
  const change =
    ruleId === ''
      ? undefined
      : await lastChangeOf(postgres, { organizations: [organizationId] }, ruleId, sequence)
  return {
    verdict,
    rule: rule ? printRule(rule) : null,
    lastChange: change ? printChange(change) : null,
    ruleSetSequence: Number(sequence),
    wasEnforced: wasEnforced(judgedBy ?? acknowledged, sequence),
    remark: [
      `on ${device} of ${host.name}`,
      ...remarks(judged, recorded, judgedBy, acknowledged, sequence),
    ].join('; '),
  }
}

const wasEnforced = (word: Acknowledgement | undefined, sequence: bigint): boolean =>
  word?.isEnforced === true && word.ruleSetSequence >= sequence

type Verdict = holdfast.rules.v1.PacketVerdict.$Properties
type Recorded = NonNullable<FlowQuestion['recorded']>

/** What the node wrote down counts; the way there is ours. */
function asRecorded(
  judged: Verdict,
  { verdict, ruleId }: Recorded,
  names: ReadonlyMap<string, string>,
): Verdict {
  const decidedBy = ruleId === '' ? (judged.ruleId === '' ? judged.decidedBy : 'default') : 'rule'
  return {
    ...judged,
    verdict,
    ruleId,
    ruleName: names.get(ruleId) ?? '',
    decidedBy: decidedBy ?? '',
  }
}

function remarks(
  judged: Verdict,
  recorded: Recorded | undefined,
  judgedBy: Acknowledgement | undefined,
  acknowledged: Acknowledgement | undefined,
  sequence: bigint,
): string[] {
  const words: string[] = []
  if (recorded && !judgedBy) {
    words.push(
      'the node never acknowledged the policy the flow names: rules are those of the log then',
    )
  }
  if (!recorded && acknowledged === undefined) words.push('the node had acknowledged nothing yet')
  if (!recorded && acknowledged && acknowledged.ruleSetSequence < sequence) {
    words.push(`the node had acknowledged the rules of ${acknowledged.ruleSetSequence} only`)
  }
  if (!recorded && acknowledged && !acknowledged.isEnforced) {
    words.push(
      `the node had said it does not enforce all: ${acknowledged.error || 'no reason given'}`,
    )
  }
  if (recorded) {
    const isLimited = recorded.verdict === FlowVerdict.FLOW_VERDICT_LIMITED
    if (isLimited) words.push('it was beyond the limit of the rule')
    else if ((judged.ruleId ?? '') !== recorded.ruleId) {
      words.push(
        `the rules alone would have named ${judged.ruleName || judged.decidedBy || 'no rule'}: the answer to a flow that was let in, or a change on the host meanwhile`,
      )
    }
  }
  return words
}
