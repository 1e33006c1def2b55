import type { DevicePolicy, Line, Policy, View } from '@holdfast/policy'

/** A rule that is not enforced as it should be. */
export interface RuleTrouble {
  readonly ruleId: string
  readonly reason: string
}

const lists = ['ingress4', 'egress4', 'ingress6', 'egress6'] as const
export const maxTroubles = 100

/** Rules of the wanted policy, at most `maxTroubles`, all for the same reason. */
export function allRules(wanted: Policy, reason: string): RuleTrouble[] {
  const found = new Set<string>()
  for (const view of wanted.views) collect(found, view)
  return troubles(found, reason)
}

/** Rules of one device. */
export function rulesOfDevice(wanted: Policy, device: string, reason: string): RuleTrouble[] {
  const found = new Set<string>()
  const at = wanted.devices.find((each) => each.device === device)
  const view = at && wanted.views[at.view]
  if (view) collect(found, view)
  return troubles(found, reason)
}

/** Rules whose lines the kernel does not have as wanted, on any device. Lines out of order count as different. */
export function differentRules(
  wanted: Policy,
  observed: Policy | undefined,
  reason: string,
): RuleTrouble[] {
  if (!observed) return allRules(wanted, reason)
  const found = new Set<string>()
  const compared = new Set<string>()
  const observedDevices = new Map(observed.devices.map((each) => [each.device, each]))
  for (const device of wanted.devices) {
    const other = observedDevices.get(device.device)
    const pair = `${device.view}:${other?.view}`
    if (compared.has(pair)) continue // many devices share a pair of views
    compared.add(pair)
    compare(found, viewOf(wanted, device), other && viewOf(observed, other))
  }
  return troubles(found, reason)
}

const viewOf = (policy: Policy, { view }: DevicePolicy): View | undefined => policy.views[view]

function compare(found: Set<string>, wanted: View | undefined, observed: View | undefined): void {
  if (!wanted) return
  if (!observed) {
    collect(found, wanted)
    return
  }
  for (const list of lists) {
    const ours = wanted[list]
    const theirs = new Set(observed[list].map(text))
    for (const line of ours) if (line.ruleId && !theirs.has(text(line))) found.add(line.ruleId)
    // A line nobody asked for changes what becomes of the rules behind it.
    const known = new Set(ours.map(text))
    for (const line of observed[list]) {
      if (line.ruleId && !known.has(text(line))) found.add(line.ruleId)
    }
  }
}

function collect(found: Set<string>, view: View): void {
  for (const list of lists) for (const { ruleId } of view[list]) if (ruleId) found.add(ruleId)
}

const text = (line: Line): string =>
  JSON.stringify(line, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))

const troubles = (found: ReadonlySet<string>, reason: string): RuleTrouble[] =>
  [...found].slice(0, maxTroubles).map((ruleId) => ({ ruleId, reason }))
