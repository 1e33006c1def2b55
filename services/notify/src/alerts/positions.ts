import { type Queryable, sql } from '@holdfast/postgres'

export type WatchedSource = 'log' | 'access'

export interface WatchPosition {
  /** Of the log: its generation. Of ACCESS: when the stream was made; empty before the first record. */
  readonly stream: string
  readonly sequence: bigint
  /** ms since 1970. */
  readonly startedAt: number
}

/** Another instance leads: what this one was about to store is stored already. */
export class PositionMoved extends Error {
  constructor() {
    super('another instance has moved the position')
  }
}

export async function loadPosition(
  postgres: Queryable,
  source: WatchedSource,
): Promise<WatchPosition | undefined> {
  const [row] = await postgres.query<{ stream: string; sequence: bigint; started_at: Date }>(sql`
    select stream, sequence, started_at from notify.alert_positions where source = ${source}`)
  return row && { stream: row.stream, sequence: row.sequence, startedAt: row.started_at.getTime() }
}

export async function startAt(
  postgres: Queryable,
  source: WatchedSource,
  { stream, sequence, startedAt }: WatchPosition,
): Promise<void> {
  await postgres.execute(sql`
    insert into notify.alert_positions (source, stream, sequence, started_at)
    values (${source}, ${stream}, ${sequence}, ${new Date(startedAt)})
    on conflict (source) do update set stream = excluded.stream, sequence = excluded.sequence,
      started_at = excluded.started_at`)
}

/** Throws `PositionMoved` when it is not where we left it. */
export async function movePosition(
  tx: Queryable,
  source: WatchedSource,
  from: WatchPosition,
  to: WatchPosition,
): Promise<void> {
  const moved = await tx.execute(sql`
    update notify.alert_positions set stream = ${to.stream}, sequence = ${to.sequence}
    where source = ${source} and stream = ${from.stream} and sequence = ${from.sequence}`)
  if (moved === 0) throw new PositionMoved()
}
