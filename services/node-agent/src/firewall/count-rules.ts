import type { Policy } from '@holdfast/policy'

/** Distinct rules. Looks at every line. */
export function countRules(policy: Policy): number {
  const found = new Set<string>()
  for (const view of policy.views) {
    for (const list of [view.ingress4, view.egress4, view.ingress6, view.egress6]) {
      for (const { ruleId } of list) if (ruleId !== '') found.add(ruleId)
    }
  }
  return found.size
}
