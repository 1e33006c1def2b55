import { inOrder, isInForce, type Rule } from '@holdfast/policy'
import type { FlowService, holdfast } from '@holdfast/proto'
import type { Client } from '@holdfast/service'
import { printPacket } from '../grpc/packet-message.ts'
import { packetOfFlow } from './dry-run.ts'

export type FlowClient = Pick<Client<typeof FlowService>, 'getFlow' | 'summarizeFlows'>

/** Flows of rules are looked at as far back as this; a week of one wording is the least that tells anything. */
const observedMs = 30 * 86_400_000
const minMs = 7 * 86_400_000
/** Rules looked at for one report, in the order of evaluation: each is a question to audit. */
const maxRules = 30
/** A rule with more distinct flows is in busy use, and what was asked for would not be all. */
const maxFlows = 2000

interface Observed {
  readonly sources: readonly string[]
  readonly destinations: readonly string[]
}

/**
 * Whose packets rules let through, as far as they were recorded: only rules that log leave flows behind. Rules
 * changed lately, in busy use or never seen are not in it.
 */
export async function observedHosts(
  flows: FlowClient,
  organizationId: string,
  rules: readonly (Rule & { readonly updatedAtUnixMs: number })[],
  now: number,
  call: { readonly signal: AbortSignal; readonly correlationId: string },
): Promise<{
  readonly observed: ReadonlyMap<string, Observed>
  readonly coverage: readonly string[]
}> {
  const updatedAt = new Map(rules.map(({ id, updatedAtUnixMs }) => [id, updatedAtUnixMs]))
  const since = (id: string): number => Math.max(updatedAt.get(id) ?? now, now - observedMs)
  const candidates = inOrder(rules).filter(
    (rule) => mayTell(rule, now) && now - since(rule.id) >= minMs,
  )
  const observed = new Map<string, Observed>()
  const coverage = new Set<string>()
  for (const { id } of candidates.slice(0, maxRules)) {
    const filter = { organizationId, ruleId: id, fromUnixMs: since(id), toUnixMs: now }
    const found = await flows.summarizeFlows({ filter, limit: maxFlows }, call)
    for (const word of found.coverage) coverage.add(word)
    if (found.flows.length === 0 || found.flows.length >= maxFlows) continue
    observed.set(id, hostsOf(found.flows))
  }
  if (candidates.length > maxRules) {
    coverage.add(`flows of ${candidates.length - maxRules} rule(s) were not looked at`)
  }
  return { observed, coverage: [...coverage] }
}

const mayTell = ({ settings }: Rule, now: number): boolean =>
  (settings.logs || settings.action === 'log') &&
  settings.action !== 'deny' &&
  isInForce(settings, now)

function hostsOf(flows: readonly holdfast.audit.v1.FlowSummary.$Properties[]): Observed {
  const packets = flows.flatMap(({ flow }) => {
    const found = packetOfFlow(flow?.record)
    return found ? [printPacket(found.packet, found.direction)] : []
  })
  const each = (side: 'source' | 'destination') => [
    ...new Set(packets.map((packet) => packet[side] ?? '')),
  ]
  return { sources: each('source'), destinations: each('destination') }
}
