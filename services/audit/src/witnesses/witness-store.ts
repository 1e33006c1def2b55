import { type Queryable, sql } from '@holdfast/postgres'

/** A node as it said last. */
export interface WitnessRecord {
  readonly nodeId: string
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** When it began to speak with another key than before. */
  readonly keyChangedAt: Date | undefined
  /** Of the last checkpoint it is proven to have cosigned; 0 before the first. */
  readonly size: bigint
  readonly root: Uint8Array
  readonly cosignedAt: Date | undefined
  /** Empty when it does not refuse. */
  readonly refusal: string
  readonly heardAt: Date
}

interface WitnessRow {
  readonly node_id: string
  readonly public_key: Buffer
  readonly key_changed_at: Date | null
  readonly size: bigint
  readonly root: Buffer
  readonly cosigned_at: Date | null
  readonly refusal: string
  readonly heard_at: Date
  readonly organization_id: string
}

/** Of nodes that still exist, with their organizations. */
export async function listWitnesses(
  queryable: Queryable,
): Promise<readonly (WitnessRecord & { readonly organizationId: string })[]> {
  const rows = await queryable.query<WitnessRow>(sql`
    select w.*, n.organization_id from audit.witnesses w
    join audit.nodes n on n.node_id = w.node_id and not n.is_deleted
    order by w.node_id`)
  return rows.map((row) => ({
    nodeId: row.node_id,
    publicKey: new Uint8Array(row.public_key),
    keyChangedAt: row.key_changed_at ?? undefined,
    size: row.size,
    root: new Uint8Array(row.root),
    cosignedAt: row.cosigned_at ?? undefined,
    refusal: row.refusal,
    heardAt: row.heard_at,
    organizationId: row.organization_id,
  }))
}

/** Which of these nodes there are. */
export async function liveNodes(
  queryable: Queryable,
  nodeIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await queryable.query<{ node_id: string }>(sql`
    select node_id from audit.nodes where node_id = any(${nodeIds}::uuid[]) and not is_deleted`)
  return new Set(rows.map(({ node_id }) => node_id))
}

export async function countNodes(queryable: Queryable): Promise<bigint> {
  const [row] = await queryable.query<{ count: bigint }>(
    sql`select count(*) as count from audit.nodes where not is_deleted`,
  )
  return row?.count ?? 0n
}

export async function storeWitness(tx: Queryable, witness: WitnessRecord): Promise<void> {
  const { nodeId, publicKey, keyChangedAt, size, root, cosignedAt, refusal, heardAt } = witness
  await tx.execute(sql`
    insert into audit.witnesses
      (node_id, public_key, key_changed_at, size, root, cosigned_at, refusal, heard_at)
    values (${nodeId}::uuid, ${publicKey}, ${keyChangedAt ?? null}, ${size}, ${root},
      ${cosignedAt ?? null}, ${refusal}, ${heardAt})
    on conflict (node_id) do update set
      public_key = excluded.public_key, key_changed_at = excluded.key_changed_at,
      size = excluded.size, root = excluded.root, cosigned_at = excluded.cosigned_at,
      refusal = excluded.refusal, heard_at = excluded.heard_at`)
}

/** A signature line of a node on the checkpoint of a size; the newest counts. */
export async function storeCosignature(
  tx: Queryable,
  origin: string,
  of: {
    readonly nodeId: string
    readonly size: bigint
    readonly line: string
    readonly cosignedAt: Date
  },
): Promise<void> {
  await tx.execute(sql`
    insert into audit.cosignatures (origin, size, node_id, line, cosigned_at)
    values (${origin}, ${of.size}, ${of.nodeId}::uuid, ${of.line}, ${of.cosignedAt})
    on conflict (origin, size, node_id) do update
      set line = excluded.line, cosigned_at = excluded.cosigned_at`)
}
