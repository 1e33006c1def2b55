import { type Postgres, sql } from '@holdfast/postgres'
import { Lagging } from '@holdfast/projections'
import type { FlowBatch } from '../domain/flow.ts'

export interface NodeNames {
  readonly organizationId: string
  readonly name: string
}

/** What flows refer to, as it is called now. */
export interface Names {
  node(id: string): NodeNames | undefined
  /** Only what belongs to that organization has a name here: a host must not read the names of others. */
  rule(id: string, organizationId: string): string | undefined
  peer(id: string, organizationId: string): string | undefined
}

interface Row {
  readonly kind: 'node' | 'rule' | 'peer'
  readonly id: string
  readonly organization_id: string | null
  readonly name: string
}

/** How often flows of what nobody knows make us wait for the log. A host could name what never was, in every record. */
const patienceEveryMs = 1_000

/**
 * Looks names up for a few batches at a time. What is not known yet may have been made a moment ago: then `catchUp`,
 * which waits until the read models have all of the log, and once more. A node nobody knows after that is none.
 */
export function nameFinder(
  postgres: Postgres,
  catchUp: () => Promise<void>,
): (batches: readonly FlowBatch[]) => Promise<Names> {
  let waitedAt = Number.NEGATIVE_INFINITY
  return async (batches) => {
    const nodes = new Set<string>()
    const rules = new Set<string>()
    const peers = new Set<string>()
    for (const { nodeId, flows } of batches) {
      nodes.add(nodeId)
      for (const { ruleId, peerId } of flows) {
        if (ruleId !== '') rules.add(ruleId)
        if (peerId !== '') peers.add(peerId)
      }
    }
    const ask = async (): Promise<ReadonlyMap<string, Row>> => {
      const rows = await postgres.query<Row>(sql`
        select 'node' as kind, node_id as id, organization_id, name from audit.nodes
        where node_id = any (${[...nodes]}::uuid[])
        union all select 'rule', rule_id, organization_id, name from audit.rules
        where rule_id = any (${[...rules]}::uuid[])
        union all select 'peer', peer_id, organization_id, name from audit.peers
        where peer_id = any (${[...peers]}::uuid[])`)
      // Ids of all kinds are UUIDs, so one map holds them.
      return new Map(rows.map((row) => [row.id, row]))
    }
    let found = await ask()
    const isNodeUnknown = [...nodes].some((id) => found.get(id)?.kind !== 'node')
    const isAnyUnknown = found.size < nodes.size + rules.size + peers.size
    if (isNodeUnknown || (isAnyUnknown && Date.now() - waitedAt > patienceEveryMs)) {
      waitedAt = Date.now()
      try {
        await catchUp()
      } catch (error) {
        // A name can do without; whose a node is cannot be guessed.
        if (isNodeUnknown || !Lagging.is(error)) throw error
      }
      found = await ask()
    }
    const named = (kind: Row['kind']) => (id: string, organizationId: string) => {
      const row = found.get(id)
      return row?.kind === kind && row.organization_id === organizationId ? row.name : undefined
    }
    return {
      node(id) {
        const row = found.get(id)
        return row?.kind === 'node' && row.organization_id
          ? { organizationId: row.organization_id, name: row.name }
          : undefined
      },
      rule: named('rule'),
      peer: named('peer'),
    }
  }
}
