import type { Target } from '@holdfast/policy'
import { type Host, hasDevices, isTargeted } from '../topology/host.ts'
import {
  type FirewallBoard,
  maxTroubles,
  type NodeFirewall,
  onlineForMs,
} from './firewall-board.ts'

/** What decides on which nodes a rule must be enforced, and since when. */
export interface EnforcedRule {
  readonly id: string
  readonly settings: {
    readonly target: Target
    readonly isActive: boolean
    readonly expiresAtUnixMs: number
  }
  /** Of the commit that changed it last. */
  readonly changedSequence: bigint
}

export interface NodeTrouble {
  readonly nodeId: string
  readonly nodeName: string
  readonly reason: string
}

export interface Enforcement {
  /** Nodes on which the rule holds; none for one that is off or has expired. */
  readonly nodes: number
  /** Of those, the ones that proved it. */
  readonly enforced: number
  readonly troubles: readonly NodeTrouble[]
}

/** Never "saved", always what hosts proved: a rule is enforced where the kernel was read back and has it. */
export function enforcementOf(
  rule: EnforcedRule,
  hosts: readonly Host[],
  board: Pick<FirewallBoard, 'node'>,
  now: number,
): Enforcement {
  const { target, isActive, expiresAtUnixMs } = rule.settings
  if (!isActive || (expiresAtUnixMs > 0 && expiresAtUnixMs <= now)) return nowhere
  const concerned = hosts.filter((host) => isTargeted(host, target))
  return outcome(concerned, ({ facts }) => {
    const node = board.node(facts.nodeId)
    const reason = whyNot(node, rule.changedSequence, now)
    if (reason !== undefined || !node?.firewall) return reason
    const { isEnforced, error, troubles } = node.firewall
    if (isEnforced) return undefined
    const own = troubles.get(rule.id)
    if (own !== undefined) return own
    // A complete list of troubles clears whoever is not in it; anything else casts doubt on all.
    const isComplete = error === '' && troubles.size > 0 && troubles.size < maxTroubles
    return isComplete ? undefined : error || 'what the kernel holds is not what was asked for'
  })
}

/** The same for the rule set as a whole: who enforces everything up to this commit, and who does not. */
export function enforcementUpTo(
  sequence: bigint,
  hosts: readonly Host[],
  board: Pick<FirewallBoard, 'node'>,
  now: number,
): Enforcement {
  return outcome(hosts.filter(hasDevices), ({ facts }) => {
    const node = board.node(facts.nodeId)
    const reason = whyNot(node, sequence, now)
    if (reason !== undefined || !node?.firewall || node.firewall.isEnforced) return reason
    const { error, troubles } = node.firewall
    const [first] = troubles
    const listed = first
      ? `${troubles.size} rule(s) are not enforced, ${first[0]}: ${first[1]}`
      : ''
    return error || listed || 'what the kernel holds is not what was asked for'
  })
}

const nowhere: Enforcement = { nodes: 0, enforced: 0, troubles: [] }

function outcome(
  hosts: readonly Host[],
  reasonOf: (host: Host) => string | undefined,
): Enforcement {
  const troubles = hosts.flatMap((host): NodeTrouble[] => {
    const reason = reasonOf(host)
    const { name: nodeName, facts } = host
    return reason === undefined ? [] : [{ nodeId: facts.nodeId, nodeName, reason }]
  })
  return { nodes: hosts.length, enforced: hosts.length - troubles.length, troubles }
}

/** Why a node cannot have proved a commit at all; undefined when it is worth looking further. */
function whyNot(node: NodeFirewall | undefined, sequence: bigint, now: number): string | undefined {
  if (!node) return 'the node has not reported yet'
  const { firewall, lastSeenUnixMs, agentVersion } = node
  const isSilent = now - lastSeenUnixMs > onlineForMs
  const since = isSilent ? `silent since ${new Date(lastSeenUnixMs).toISOString()}; ` : ''
  if (!firewall) return `${since}its agent (${agentVersion}) has not spoken of a firewall`
  if (firewall.backend === 'none') {
    return `${since}${firewall.error || 'neither BPF nor nftables can be used there'}`
  }
  if (firewall.ruleSetSequence < sequence) {
    const behind = `has the rules as of ${firewall.ruleSetSequence}, not yet of ${sequence}`
    return `${since}${behind}${firewall.error === '' ? '' : `: ${firewall.error}`}`
  }
  // What was proved holds without us; that it still does, nobody has said.
  return isSilent ? `${since}it enforced this then` : undefined
}
