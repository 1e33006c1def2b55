import { gather, isUuid } from '@holdfast/domain'
import type { ControlEndpoint } from '@holdfast/policy'
import { type Postgres, type ReadScope, relation, sql } from '@holdfast/postgres'
import type { Host } from './host.ts'
import { OrganizationTopology } from './organization-topology.ts'
import { lastVersion, readAt, readVersions } from './read-versions.ts'

/** The hosts of an organization at one moment. */
export interface TopologyView {
  /** The last commit of network on this organization that it includes. */
  readonly sequence: bigint
  /** In order of their ids. */
  readonly hosts: readonly Host[]
}

export interface NamedNode {
  readonly id: string
  readonly name: string
  readonly organizationId: string
}

export interface Topology {
  /** As far as the read model has followed the log; wait for it first where that matters. */
  now(organizationId: string): Promise<TopologyView>
  /** After the commit at this sequence. Peers that had expired by `atUnixMs` are not there. */
  at(organizationId: string, sequence: bigint, atUnixMs: number): Promise<TopologyView>
  /** One host as it was then, or is when nothing is said; undefined when there was none. */
  host(
    organizationId: string,
    nodeId: string,
    at: bigint | undefined,
    atUnixMs: number,
  ): Promise<Host | undefined>
  /** The same as `at` for sequences that only grow, each read on from the one before. */
  follow(organizationId: string): (sequence: bigint, atUnixMs: number) => Promise<TopologyView>
  /** Nodes there were after a sequence (undefined: now) of that id, or that name regardless of case; at most 20. */
  nodes(scope: ReadScope, idOrName: string, at: bigint | undefined): Promise<readonly NamedNode[]>
  /**
   * Sequences at which something changed in the organization, after `after` and up to `upTo`, with their times.
   * Oldest first, at most `limit`.
   */
  changes(
    organizationId: string,
    after: bigint,
    upTo: bigint,
    limit: number,
  ): Promise<readonly { readonly sequence: bigint; readonly timeUnixMs: number }[]>
}

/** Nodes, interfaces and peers kept in memory over all organizations; the one asked for last always stays. */
const maxKept = 400_000

export function openTopology(parts: {
  readonly postgres: Pick<Postgres, 'read' | 'query'>
  /** Where agents connect to, as far as addresses are known. */
  readonly control: readonly ControlEndpoint[]
  readonly now: () => number
}): Topology {
  const { postgres, control, now } = parts
  const everything = { organizations: '*' } as const
  // In order of use, the oldest first.
  const kept = new Map<string, { readonly fold: OrganizationTopology; sequence: bigint }>()

  async function refresh(organizationId: string): Promise<TopologyView> {
    const found = kept.get(organizationId) ?? {
      fold: new OrganizationTopology(organizationId, control),
      sequence: 0n,
    }
    // Mostly nothing has changed, and one question tells.
    if ((await lastVersion(postgres, organizationId)) > found.sequence) {
      const { versions, last } = await postgres.read(everything, (tx) =>
        readVersions(tx, organizationId, { after: found.sequence, upTo: undefined }),
      )
      found.fold.apply(versions)
      found.sequence = last
    }
    kept.delete(organizationId)
    kept.set(organizationId, found)
    let size = 0
    for (const { fold } of kept.values()) size += fold.size
    for (const [id, { fold }] of kept) {
      if (size <= maxKept || id === organizationId) break
      kept.delete(id)
      size -= fold.size
    }
    return { sequence: found.sequence, hosts: found.fold.hosts(now()) }
  }

  // One after the other: two that read the same stretch would both be right, and one wasted.
  const refreshed = gather(async (ids: readonly string[]) => {
    const views = new Map<string, TopologyView>()
    for (const id of new Set(ids)) views.set(id, await refresh(id))
    return ids.map((id) => views.get(id) ?? { sequence: 0n, hosts: [] })
  })

  function follow(organizationId: string) {
    const fold = new OrganizationTopology(organizationId, control)
    let after: bigint | undefined
    return async (upTo: bigint, atUnixMs: number): Promise<TopologyView> => {
      const from = after
      const { versions, last } = await postgres.read(everything, async (tx) =>
        from === undefined
          ? {
              versions: await readAt(tx, organizationId, upTo),
              last: await lastVersion(tx, organizationId, upTo),
            }
          : await readVersions(tx, organizationId, { after: from, upTo }),
      )
      fold.apply(versions)
      after = last
      return { sequence: last, hosts: fold.hosts(atUnixMs) }
    }
  }

  async function host(
    organizationId: string,
    nodeId: string,
    at: bigint | undefined,
    atUnixMs: number,
  ): Promise<Host | undefined> {
    if (at === undefined) {
      const { hosts } = await refreshed(organizationId)
      return hosts.find(({ facts }) => facts.nodeId === nodeId)
    }
    const fold = new OrganizationTopology(organizationId, control)
    fold.apply(await postgres.read(everything, (tx) => readAt(tx, organizationId, at, nodeId)))
    return fold.hosts(atUnixMs)[0]
  }

  return {
    now: refreshed,
    at: (organizationId, sequence, atUnixMs) => follow(organizationId)(sequence, atUnixMs),
    follow,
    host,
    nodes: (scope, idOrName, at) => namedNodes(postgres, scope, idOrName, at),
    async changes(organizationId, after, upTo, limit) {
      const where = sql`organization_id = ${organizationId}::uuid and sequence > ${after} and sequence <= ${upTo}`
      const rows = await postgres.read(everything, (tx) =>
        tx.query<{ sequence: bigint; time_unix_ms: bigint }>(sql`
          select sequence, time_unix_ms from rules.node_versions where ${where}
          union select sequence, time_unix_ms from rules.interface_versions where ${where}
          union select sequence, time_unix_ms from rules.peer_versions where ${where}
          order by sequence limit ${limit}`),
      )
      return rows.map(({ sequence, time_unix_ms }) => ({
        sequence,
        timeUnixMs: Number(time_unix_ms),
      }))
    },
  }
}

async function namedNodes(
  postgres: Pick<Postgres, 'read'>,
  scope: ReadScope,
  idOrName: string,
  at: bigint | undefined,
): Promise<readonly NamedNode[]> {
  if (idOrName === '' || idOrName.length > 200 || idOrName.includes('\0')) return []
  const isIt = isUuid(idOrName)
    ? sql`node_id = ${idOrName}::uuid`
    : sql`lower(name) = lower(${idOrName})`
  const rows = await postgres.read(scope, (tx) =>
    tx.query<{ node_id: string; name: string; organization_id: string }>(sql`
      select node_id, name, organization_id from ${relation('rules', 'topology_nodes', at)} t
      where ${isIt} order by node_id limit 20`),
  )
  const all = rows.map((row) => ({
    id: row.node_id,
    name: row.name,
    organizationId: row.organization_id,
  }))
  const exact = all.filter(({ name }) => name === idOrName)
  return exact.length > 0 ? exact : all
}
