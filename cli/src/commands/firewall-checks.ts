import type { NodeObject } from '../model.ts'
import { ago } from '../output.ts'

/** One thing `doctor` looked at. */
export interface Check {
  readonly name: string
  readonly state: 'ok' | 'warning' | 'failed'
  readonly detail: string
  /** What to do. */
  readonly remedy?: string
}

/** A host reads its kernel back every minute; a proof this old is none. */
const proofHoldsMs = 180_000

/** What a host enforces, what not and why, and what it cannot do. `now` in ms since 1970. */
export function firewallChecks(node: NodeObject, now: number): Check[] {
  const { firewall } = node
  const name = `firewall on ${node.name}`
  if (!firewall) {
    return [
      {
        name,
        state: 'failed',
        detail: 'the agent never spoke of one, so no rule is known to hold there',
        remedy: 'bring the agent on that host to this release',
      },
    ]
  }
  return [
    enforcement(name, firewall, now),
    ...firewall.devices.flatMap(({ device, error }): Check[] =>
      error ? [{ name: `${name}, ${device}`, state: 'failed', detail: error }] : [],
    ),
    ...firewall.troubles.map(
      ({ rule_id: rule, reason }): Check => ({
        name: `${name}, rule ${rule}`,
        state: 'failed',
        detail: reason,
      }),
    ),
    ...pending(name, firewall),
    ...capabilities(node.name, firewall),
  ]
}

type Firewall = NonNullable<NodeObject['firewall']>

function enforcement(name: string, firewall: Firewall, now: number): Check {
  const { backend, error, rules, policy_version: version, proven_at: provenAt } = firewall
  if (!firewall.is_enforced) {
    return {
      name,
      state: 'failed',
      detail: `not enforced${backend === 'none' ? '' : ` by ${backend}`}: ${error || 'the host does not say why'}`,
      ...(backend === 'none'
        ? { remedy: 'see what the host lacks below: it needs BPF or nftables' }
        : {}),
    }
  }
  if (version === '') {
    // Nothing concerns the host yet. That it could not enforce it is worth knowing before something does.
    return error
      ? { name, state: 'warning', detail: `nothing to enforce, and it could not: ${error}` }
      : { name, state: 'ok', detail: 'nothing to enforce yet' }
  }
  const isProven = provenAt !== null && now - Date.parse(provenAt) <= proofHoldsMs
  const what = `${rules} ${rules === 1 ? 'rule' : 'rules'} by ${backend}, policy ${version.slice(0, 12)}`
  return isProven
    ? { name, state: 'ok', detail: `enforced: ${what}, read back ${ago(provenAt, now)}` }
    : {
        name,
        state: 'failed',
        detail: `${what}, but the kernel was last read back ${ago(provenAt, now)}`,
        remedy: "look at the agent's log on that host",
      }
}

const pending = (name: string, firewall: Firewall): Check[] =>
  firewall.pending_apply_id === ''
    ? []
    : [
        {
          name,
          state: 'warning',
          detail: `a change waits for confirmation until ${firewall.pending_until}`,
          remedy: "keep it with 'holdfast rule confirm'",
        },
      ]

/** Missing ones are warnings: what rules lose by it is among the failures above. */
function capabilities(node: string, firewall: Firewall): Check[] {
  const has = firewall.capabilities.filter((one) => one.is_available).map((one) => one.name)
  const lacks = firewall.capabilities.filter((one) => !one.is_available)
  return [
    ...(has.length > 0
      ? [{ name: `${node} can`, state: 'ok' as const, detail: has.join(', ') }]
      : []),
    ...lacks.map((one): Check => {
      const needs = one.minimum_kernel ? ` (Linux ${one.minimum_kernel} and newer)` : ''
      const without = one.without ? `; without: ${one.without}` : ''
      return {
        name: `${node} cannot ${one.name}${needs}`,
        state: 'warning',
        detail: `${one.reason || 'it does not say why'}${without}`,
      }
    }),
  ]
}
