import { analyze, type Finding, type RuleSet } from '@holdfast/policy'
import type { holdfast } from '@holdfast/proto'
import { printPacket } from '../grpc/packet-message.ts'
import type { Host } from '../topology/host.ts'
import { namesOf } from './situation.ts'
import type { EvidenceFinding } from './unused-rules.ts'

type Answer = holdfast.rules.v1.AnalyzeRulesResponse.$Properties
type Message = holdfast.rules.v1.Finding.$Properties

/** About a second of one core: the service answers others meanwhile only in between. */
const comparisons = 100_000_000
const maxNamed = 20

/** Rules that deserve a second look, each with its proof; and what was not looked at. */
export function hygiene(
  situation: {
    readonly ruleSet: RuleSet
    readonly hosts: readonly Host[]
    readonly atUnixMs: number
  },
  evidence: {
    readonly unused: readonly EvidenceFinding[]
    readonly observed: NonNullable<Parameters<typeof analyze>[3]>['observed'] & {}
    readonly coverage: readonly string[]
  },
): Answer {
  const { ruleSet, hosts, atUnixMs } = situation
  const facts = hosts.map((host) => host.facts)
  const { observed } = evidence
  const analysis = analyze(ruleSet, facts, atUnixMs, { observed, comparisons })
  const names = namesOf(ruleSet.rules)
  const print = (finding: Pick<Finding, 'kind' | 'ruleId' | 'message'>): Message => ({
    kind: finding.kind,
    ruleId: finding.ruleId,
    ruleName: names.get(finding.ruleId) ?? '',
    message: finding.message,
  })
  // A rule that never decides cannot be hit: one finding says so.
  const shadowed = new Set(
    analysis.findings.flatMap(({ kind, ruleId }) => (kind === 'shadowed' ? ruleId : [])),
  )
  const hostNames = new Map(hosts.map(({ facts: { nodeId }, name }) => [nodeId, name]))
  return {
    findings: [
      ...analysis.findings.map((finding) => {
        const { witness, otherRuleIds } = finding
        if (!witness) return { ...print(finding), otherRuleIds: [...otherRuleIds] }
        const where = `${witness.device} of ${hostNames.get(witness.nodeId) ?? witness.nodeId}`
        return {
          ...print(finding),
          message: `${finding.message} (for example on ${where})`,
          otherRuleIds: [...otherRuleIds],
          witness: printPacket(witness.packet, witness.direction),
        }
      }),
      ...evidence.unused.filter(({ ruleId }) => !shadowed.has(ruleId)).map(print),
    ],
    coverage: [...evidence.coverage, ...limits(analysis, names)],
  }
}

function limits(
  { undecided, isComplete }: ReturnType<typeof analyze>,
  names: ReadonlyMap<string, string>,
): readonly string[] {
  const words: string[] = []
  if (undecided.length > 0) {
    const named = undecided
      .slice(0, maxNamed)
      .map(({ ruleId, kind }) => `${names.get(ruleId) ?? ruleId} (${kind})`)
    const more = undecided.length > maxNamed ? ` and ${undecided.length - maxNamed} more` : ''
    words.push(`not decided within the work allowed: ${named.join(', ')}${more}`)
  }
  if (!isComplete) words.push('not all nodes were looked at: too many have rules of their own')
  return words
}
