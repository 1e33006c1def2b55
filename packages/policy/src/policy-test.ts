import { linesOf, verdictOf, viewOf } from './evaluate.ts'
import { families } from './family.ts'
import type { DevicePolicy, Line, Policy, View } from './intermediate.ts'
import { type Direction, directions, type HostFacts, type PolicyTest, type Rule } from './model.ts'
import { resolve } from './resolve.ts'
import { Budget, findWitness, ruleBudget, type Witness } from './witness.ts'

/** What became of a test on one host. */
export type PolicyTestResult =
  | { readonly kind: 'passed' }
  /** The packet shows it. */
  | ({ readonly kind: 'failed'; readonly device: string; readonly direction: Direction } & Witness)
  /** The rules are too entangled for the work one test may cost. */
  | { readonly kind: 'undecided'; readonly device: string; readonly direction: Direction }

/**
 * Tries a test on a host's policy. Rate limits count as passing. Of devices that drop fragments it says nothing about
 * later fragments: no rule decides about them there. Passes where the test's target has no place on the host.
 */
export function runPolicyTest(
  policy: Policy,
  facts: HostFacts,
  test: PolicyTest,
): PolicyTestResult {
  // The test becomes lines just as a rule would, so it speaks of exactly the packets such a rule would match.
  const tested = resolve({ rules: [asRule(test)], isLockoutAllowed: true }, facts, 0)
  const budget = new Budget(ruleBudget * 10)
  let open: PolicyTestResult = { kind: 'passed' }
  const seen = new Set<string>()
  for (const device of policy.devices) {
    const regions = tested.devices.find((one) => one.device === device.device)
    if (regions === undefined) continue
    // Devices with the same lines, regions and defaults give the same answer.
    const key = [
      device.view,
      regions.view,
      device.firewall.defaultVerdict,
      device.firewall.dropsFragments,
    ].join()
    if (seen.has(key)) continue
    seen.add(key)
    const result = tryOn(policy, device, viewOf(tested, regions.view), test, budget)
    if (result.kind === 'failed') return result
    if (result.kind === 'undecided') open = result
  }
  return open
}

function tryOn(
  policy: Policy,
  { device, view, firewall }: DevicePolicy,
  regions: View,
  { expectation }: PolicyTest,
  budget: Budget,
): PolicyTestResult {
  const isWrong = (line: Line | undefined): boolean =>
    (line === undefined ? firewall.defaultVerdict : verdictOf(line)) !== expectation
  let open: PolicyTestResult = { kind: 'passed' }
  for (const direction of directions) {
    for (const family of families) {
      const lines = linesOf(viewOf(policy, view), direction, family)
      for (const region of linesOf(regions, direction, family)) {
        const search = findWitness(family, region, lines, isWrong, {
          budget,
          withFragments: !firewall.dropsFragments,
        })
        if (search.kind === 'found') return { kind: 'failed', device, direction, ...search.found }
        if (search.kind === 'undecided') open = { kind: 'undecided', device, direction }
      }
    }
  }
  return open
}

const asRule = (test: PolicyTest): Rule => ({
  id: test.id,
  order: 1,
  settings: {
    name: test.name,
    action: 'deny',
    direction: test.direction,
    protocol: test.protocol,
    source: test.source,
    destination: test.destination,
    sourcePorts: test.sourcePorts,
    destinationPorts: test.destinationPorts,
    rate: undefined,
    priority: 0,
    isActive: true,
    continues: false,
    logs: false,
    target: test.target,
    expiresAtUnixMs: 0,
    tags: [],
    description: '',
  },
})
