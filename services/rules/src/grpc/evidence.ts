import type { OrganizationId } from '@holdfast/domain'
import type { RuleView } from '../queries/rules.ts'

/** Why a node does not enforce something. */
export interface NodeTrouble {
  readonly nodeId: string
  readonly nodeName: string
  readonly reason: string
}

export interface RuleEnforcement {
  /** Nodes on which the rule holds. */
  readonly nodes: number
  /** Of those, the ones that proved to enforce the set with the rule's last change. */
  readonly enforced: number
  readonly troubles: readonly NodeTrouble[]
}

export interface RuleCounters {
  readonly ingressPackets: number
  readonly ingressBytes: number
  readonly egressPackets: number
  readonly egressBytes: number
  readonly limitedPackets: number
  readonly packetsPerSecond: number
  /** 0: never. */
  readonly lastHitUnixMs: number
}

/** A rule that hosts add by themselves. */
export interface ImplicitRule {
  readonly name: string
  readonly description: string
}

/** What hosts are and what they proved and counted, as far as rules ask. The status part supplies it. */
export interface Evidence {
  /** Of each rule, at its own place. */
  enforcement(rules: readonly RuleView[]): Promise<readonly RuleEnforcement[]>
  /** By rule id; a rule that was never hit may be absent. */
  counters(ruleIds: readonly string[]): Promise<ReadonlyMap<string, RuleCounters>>
  /** How far nodes are with what the organization's rule set was after this sequence. */
  progress(
    organizationId: OrganizationId,
    sequence: bigint,
  ): Promise<{ readonly nodes: number; readonly missing: readonly NodeTrouble[] }>
  /** Ids of the node, its site, its interfaces and their peers; undefined when the organization has no such node. */
  placesOn(
    organizationId: string,
    nodeId: string,
    at?: bigint,
  ): Promise<readonly string[] | undefined>
  implicitRules(organizationId: string, at?: bigint): Promise<readonly ImplicitRule[]>
}
