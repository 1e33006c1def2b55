import { type PgType, type Row, type Sql, sql, unnest } from '@holdfast/postgres'

/** What is counted for a node and ten minutes. */
export const counts = [
  'batches',
  'flows',
  'lost_flows',
  'lost_packets',
  'missing_batches',
  'malformed_batches',
  'malformed_flows',
  'shifted_batches',
  'refused_flows',
  'unread_batches',
] as const
export type Count = (typeof counts)[number]

/** Stands for the stream as a whole. */
export const everyNode = '00000000-0000-0000-0000-000000000000'

const slotMs = 600_000
export const slotOf = (unixMs: number): number => Math.floor(unixMs / slotMs) * slotMs

type Slot = { -readonly [C in Count]?: number } & {
  slot: number
  nodeId: string
  organizationId: string | undefined
}

/** Gathers what one write has to add. */
export class Slots {
  readonly #slots = new Map<string, Slot>()

  add(
    slot: number,
    nodeId: string,
    organizationId: string | undefined,
    more: Readonly<Partial<Record<Count, number>>>,
  ): void {
    const key = `${slot} ${nodeId}`
    const found = this.#slots.get(key) ?? { slot, nodeId, organizationId }
    this.#slots.set(key, found)
    found.organizationId ??= organizationId
    for (const count of counts) {
      const by = more[count]
      if (by) found[count] = (found[count] ?? 0) + by
    }
  }

  get isEmpty(): boolean {
    return this.#slots.size === 0
  }

  statement(): Sql {
    const rows = [...this.#slots.values()].map(
      ({ slot, nodeId, organizationId, ...rest }): Row => ({
        slot: new Date(slot),
        node_id: nodeId,
        organization_id: organizationId,
        ...Object.fromEntries(counts.map((count) => [count, rest[count] ?? 0])),
      }),
    )
    const names = sql.join(Object.keys(columns).map((name) => sql.identifier(name)))
    const added = counts.map(
      (count) =>
        sql`${sql.identifier(count)} = f.${sql.identifier(count)} + excluded.${sql.identifier(count)}`,
    )
    return sql`
      insert into audit.flow_slots as f (${names}) select ${names} from ${unnest(columns, rows)} as u
      on conflict (slot, node_id) do update set ${sql.join(added)},
        organization_id = coalesce(f.organization_id, excluded.organization_id)`
  }
}

const columns: Readonly<Record<string, PgType>> = {
  slot: 'timestamptz',
  node_id: 'uuid',
  organization_id: 'uuid',
  ...Object.fromEntries(counts.map((count) => [count, 'bigint' as const])),
}
