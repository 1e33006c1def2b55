import type { Target } from '@holdfast/policy'
import { type Postgres, type Sql, sql } from '@holdfast/postgres'
import { idOfTarget } from '../domain/settings.ts'
import { goneSince } from '../topology/read-versions.ts'

const living = (table: 'node_versions' | 'interface_versions' | 'peer_versions', id: Sql): Sql => {
  const key = sql.identifier(table.replace('versions', 'id'))
  return sql`select from (
    select is_gone, organization_id from rules.${sql.identifier(table)} v
    where v.${key} = ${id} order by sequence desc limit 1) v
    where not v.is_gone and v.organization_id = w.organization_id`
}

const isNode = living('node_versions', sql`w.id`)

/** How the last version of each thing is found; a peer goes with its interface. */
const sources: Readonly<Record<Exclude<Target['kind'], 'everything'>, Sql>> = {
  site: sql`select from rules.sites s where s.organization_id = w.organization_id and s.site_id = w.id`,
  node: isNode,
  uplinks: isNode,
  interface: living('interface_versions', sql`w.id`),
  peer: sql`select from (
    select is_gone, organization_id, interface_id, sequence from rules.peer_versions
    where peer_id = w.id order by sequence desc limit 1) p
    where not exists (${goneSince(undefined)}) and not p.is_gone and p.organization_id = w.organization_id
      and exists (${living('interface_versions', sql`p.interface_id`)})`,
}

/** Those of the targets that the organization does not have, each once. */
export async function unknownTargets(
  postgres: Postgres,
  organizationId: string,
  targets: Iterable<Target>,
): Promise<ReadonlySet<string>> {
  const wanted = new Map<Exclude<Target['kind'], 'everything'>, Set<string>>()
  for (const target of targets) {
    if (target.kind === 'everything') continue
    const ids = wanted.get(target.kind)
    if (ids) ids.add(target.id)
    else wanted.set(target.kind, new Set([target.id]))
  }
  const unknown = new Set<string>()
  for (const [kind, ids] of wanted) {
    const rows = await postgres.query<{ id: string }>(sql`
      select w.id from (
        select ${organizationId}::uuid as organization_id, unnest(${[...ids]}::uuid[]) as id) w
      where not exists (${sources[kind]})`)
    for (const { id } of rows) unknown.add(targetKey({ kind, id }))
  }
  return unknown
}

/** Tells targets apart. */
export const targetKey = (target: Target): string => `${target.kind} ${idOfTarget(target)}`
