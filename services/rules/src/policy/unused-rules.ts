import { isInForce, type Rule } from '@holdfast/policy'
import { type Host, isTargeted } from '../topology/host.ts'

/** A finding of the hygiene report that rests on what hosts counted or saw. */
export interface EvidenceFinding {
  readonly kind: 'unused' | 'too_wide'
  readonly ruleId: string
  /** With the evidence. */
  readonly message: string
}

/** What was counted, and how closely anybody watched. */
export interface HitEvidence {
  /** When each rule was last hit, by the hour; absent for never within the history. */
  readonly lastHits: ReadonlyMap<string, number>
  /** Time each node was counting, by node and UTC day, in ms. */
  readonly countedMs: ReadonlyMap<string, ReadonlyMap<number, number>>
}

const dayMs = 86_400_000
/** How far back a report looks; the history of hits reaches a little further. */
export const unusedDays = 90
/** A rule younger than this has had no chance. */
const minDays = 7
/** Watched less than this, "never hit" would prove nothing. */
const minCoverage = 0.5

const dayOf = (unixMs: number): number => Math.floor(unixMs / dayMs)

/**
 * Rules in force that matched nothing since they were changed last, or for 90 days, on nodes that were counting for
 * most of that time; and rules that hold nowhere.
 */
export function unusedRules(
  rules: readonly (Rule & { readonly updatedAtUnixMs: number })[],
  hosts: readonly Host[],
  { lastHits, countedMs }: HitEvidence,
  now: number,
): readonly EvidenceFinding[] {
  return rules.flatMap((rule): EvidenceFinding[] => {
    if (!isInForce(rule.settings, now)) return []
    const found = (message: string) => [{ kind: 'unused' as const, ruleId: rule.id, message }]
    const nodes = hosts.filter((host) => isTargeted(host, rule.settings.target))
    if (nodes.length === 0) return found('holds nowhere: its target has no device that is on')
    const since = Math.max(rule.updatedAtUnixMs, now - unusedDays * dayMs)
    const days = Math.floor((now - since) / dayMs)
    if (days < minDays) return []
    // By whole days, and a hit of the first day counts: rather none found than a wrong one.
    if ((lastHits.get(rule.id) ?? 0) >= dayOf(since) * dayMs) return []
    let counted = 0
    for (const { facts } of nodes) {
      for (const [day, ms] of countedMs.get(facts.nodeId) ?? []) {
        if (day >= dayOf(since)) counted += ms
      }
    }
    const coverage = Math.min(1, counted / (nodes.length * (now - since)))
    if (coverage < minCoverage) return []
    const watched = `${nodes.length} node(s) counted ${(coverage * 100).toFixed(1)} % of that time`
    return found(`matched nothing in ${days} days; its ${watched}`)
  })
}
