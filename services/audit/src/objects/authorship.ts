import { type Queryable, sql } from '@holdfast/postgres'
import type { holdfast } from '@holdfast/proto'

type Authorship = holdfast.audit.v1.Authorship.$Properties

interface CommitRow {
  readonly sequence: bigint
  readonly committed_at: Date
  readonly actor_kind: string
  readonly actor_id: string
  readonly method: string | null
  readonly session_id: string | null
  readonly correlation_id: string | null
  readonly reason: string
  readonly actions: readonly string[]
}

export interface Author {
  readonly by: Authorship
  readonly actions: readonly string[]
}

/**
 * Who made these commits, in one statement. Not bound to a scope: whoever may see an object may see who changed it.
 * The only place where authors of history are read; names of people are added by the gateway.
 */
export async function authorsOf(
  postgres: Queryable,
  sequences: Iterable<bigint>,
): Promise<(sequence: bigint) => Author> {
  const wanted = [...new Set(sequences)].map(String)
  const rows =
    wanted.length === 0
      ? []
      : await postgres.query<CommitRow>(sql`
          select sequence, committed_at, actor_kind, actor_id, method, session_id, correlation_id, reason, actions
          from audit.object_commits where sequence = any (${wanted}::bigint[])`)
  const found = new Map(rows.map((row) => [row.sequence, { by: print(row), actions: row.actions }]))
  return (sequence) => found.get(sequence) ?? { by: { sequence: Number(sequence) }, actions: [] }
}

const print = (row: CommitRow): Authorship => ({
  sequence: Number(row.sequence),
  atUnixMs: row.committed_at.getTime(),
  actor: {
    kind: row.actor_kind,
    id: row.actor_id,
    method: row.method ?? '',
    sessionId: row.session_id ?? '',
  },
  reason: row.reason,
  correlationId: row.correlation_id ?? '',
})
