import { linesOf, viewOf } from './evaluate.ts'
import { type Family, families } from './family.ts'
import type { Line } from './intermediate.ts'
import {
  type DefaultVerdict,
  type Direction,
  directions,
  type HostFacts,
  type RuleSet,
} from './model.ts'
import { viewDigest } from './policy-version.ts'
import { resolve } from './resolve.ts'
import { Space } from './space.ts'

/** A list of lines that holds somewhere, and what follows it. Devices with the same one are one place. */
export interface RulePlace {
  /** One of those that have it. */
  readonly nodeId: string
  readonly device: string
  readonly direction: Direction
  readonly family: Family
  readonly defaultVerdict: DefaultVerdict
  readonly space: Space
  /** Indices of the lines of a rule, ascending. */
  readonly indicesOf: (ruleId: string) => readonly number[]
}

/** The places of an organization; more hosts than `mostViews` differ on are left out, and that is said. */
export function rulePlaces(
  ruleSet: RuleSet,
  hosts: readonly HostFacts[],
  nowUnixMs: number,
  mostViews: number,
): { readonly places: readonly RulePlace[]; readonly isComplete: boolean } {
  const seen = new Set<string>()
  const places: RulePlace[] = []
  let isComplete = true
  for (const facts of hosts) {
    const policy = resolve(ruleSet, facts, nowUnixMs)
    const digests = policy.views.map((view) => Buffer.from(viewDigest(view)).toString('base64'))
    for (const { device, view, firewall } of policy.devices) {
      const key = `${digests[view]} ${firewall.defaultVerdict}`
      if (seen.has(key)) continue
      if (seen.size === mostViews) {
        isComplete = false
        continue
      }
      seen.add(key)
      for (const direction of directions) {
        for (const family of families) {
          const lines = linesOf(viewOf(policy, view), direction, family)
          if (lines.length === 0) continue
          places.push({
            nodeId: facts.nodeId,
            device,
            direction,
            family,
            defaultVerdict: firewall.defaultVerdict,
            space: new Space(family, lines),
            indicesOf: indexOf(lines),
          })
        }
      }
    }
  }
  return { places, isComplete }
}

function indexOf(lines: readonly Line[]): (ruleId: string) => readonly number[] {
  const indices = new Map<string, number[]>()
  for (const [index, { ruleId }] of lines.entries()) {
    const own = indices.get(ruleId)
    if (own === undefined) indices.set(ruleId, [index])
    else own.push(index)
  }
  return (ruleId) => indices.get(ruleId) ?? []
}
