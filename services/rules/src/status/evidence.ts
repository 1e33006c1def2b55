import type { EventLog } from '@holdfast/event-log'
import { type Postgres, sql } from '@holdfast/postgres'
import type { Evidence, ImplicitRule, RuleCounters } from '../grpc/evidence.ts'
import { timeOf } from '../policy/situation.ts'
import type { RuleView } from '../queries/rules.ts'
import { type Host, hasDevices } from '../topology/host.ts'
import type { Topology } from '../topology/topology.ts'
import type { CounterBoard } from './counter-board.ts'
import { enforcementOf, enforcementUpTo } from './enforcement.ts'
import type { FirewallBoard } from './firewall-board.ts'
import { noHits, readTotals } from './read-status.ts'

/** What hosts proved and counted, as answers about rules print it. */
export function evidenceOf(parts: {
  readonly postgres: Postgres
  readonly log: Pick<EventLog, 'read'>
  readonly topology: Pick<Topology, 'now' | 'at'>
  readonly firewalls: Pick<FirewallBoard, 'node'>
  readonly counters: Pick<CounterBoard, 'packetsPerSecond'>
  /** Writes down what was counted, so that totals include it. */
  flush(): Promise<void>
  readonly now: () => number
}): Evidence {
  const { log, postgres, topology, firewalls, counters, now } = parts

  const hostsAt = async (organizationId: string, at: bigint | undefined) =>
    at === undefined
      ? await topology.now(organizationId)
      : await topology.at(organizationId, at, await timeOf(log, at, now()))

  /** Hosts of the organizations that are asked about, each read once. */
  async function hostsOf(
    organizationIds: Iterable<string>,
  ): Promise<ReadonlyMap<string, readonly Host[]>> {
    const ids = [...new Set(organizationIds)]
    const views = await Promise.all(ids.map((id) => topology.now(id)))
    return new Map(ids.map((id, i) => [id, views[i]?.hosts ?? []]))
  }

  return {
    async enforcement(rules: readonly RuleView[]) {
      const hosts = await hostsOf(rules.map(({ organizationId }) => organizationId))
      const at = now()
      return rules.map(({ id, settings, sequence, organizationId }) =>
        enforcementOf(
          { id, settings, changedSequence: sequence },
          hosts.get(organizationId) ?? [],
          firewalls,
          at,
        ),
      )
    },

    async counters(ruleIds) {
      await parts.flush()
      const homes = await postgres.query<{ rule_id: string; organization_id: string }>(sql`
        select rule_id, organization_id from rules.rules where rule_id = any (${ruleIds}::uuid[])`)
      const hosts = await hostsOf(homes.map((row) => row.organization_id))
      const at = now()
      const found = new Map<string, RuleCounters>()
      for (const [organizationId, known] of hosts) {
        const ids = homes.flatMap((row) =>
          row.organization_id === organizationId ? row.rule_id : [],
        )
        const nodeIds = known.map(({ facts }) => facts.nodeId)
        const totals = await readTotals(postgres, organizationId, ids)
        for (const id of ids) {
          const packetsPerSecond = counters.packetsPerSecond(nodeIds, id, at)
          found.set(id, { ...(totals.get(id) ?? noHits), packetsPerSecond })
        }
      }
      return found
    },

    async progress(organizationId, sequence) {
      const { hosts } = await topology.now(organizationId)
      const { nodes, troubles: missing } = enforcementUpTo(sequence, hosts, firewalls, now())
      return { nodes, missing }
    },

    async placesOn(organizationId, nodeId, at) {
      const { hosts } = await hostsAt(organizationId, at)
      const host = hosts.find(({ facts }) => facts.nodeId === nodeId)
      if (!host) return undefined
      const { siteId } = host.facts
      const site = siteId === '' ? [] : [siteId]
      return [nodeId, ...site, ...host.interfaceNames.keys(), ...host.peers.keys()]
    },

    async implicitRules(organizationId, at) {
      const { hosts } = await hostsAt(organizationId, at)
      return implicitRules(hosts)
    },
  }
}

const maxNamed = 10

/** The words for what `resolve` puts before every rule. */
function implicitRules(hosts: readonly Host[]): readonly ImplicitRule[] {
  const ports = hosts
    .filter(({ facts }) => facts.uplinks.length > 0)
    .flatMap(({ name, facts }) =>
      facts.interfaces.map(({ device, listenPort }) => `${name} ${device} (UDP ${listenPort})`),
    )
  const named = ports.slice(0, maxNamed).join(', ')
  const more = ports.length > maxNamed ? ` and ${ports.length - maxNamed} more` : ''
  const rules: ImplicitRule[] = []
  if (ports.length > 0) {
    const description = `WireGuard's own ports are open on the uplinks: ${named}${more}`
    rules.push({ name: 'listen-ports', description })
  }
  if (hosts.some(hasDevices)) {
    const description = "each agent's connection to the control plane is open on every device"
    rules.push({ name: 'control', description })
  }
  return rules
}
