import type { TelemetryBatch, TelemetryPosition } from '@holdfast/event-log'
import { type PgType, type Postgres, sql, type Transaction, unnest } from '@holdfast/postgres'
import { type AccessRow, readRecord } from './read-record.ts'

/** Another instance has written meanwhile: begin again where it is. */
export class PositionMoved extends Error {}

const columns = {
  record_id: 'uuid',
  sequence: 'bigint',
  position: 'bigint',
  organization_id: 'uuid',
  user_id: 'uuid',
  session_id: 'uuid',
  count: 'bigint',
  window_ms: 'bigint',
  accounts: 'bigint',
  source_tag: 'bytea',
  source_sealed: 'bytea',
  action: 'text',
  result: 'text',
  code: 'text',
  target: 'text',
  words: 'text',
} as const satisfies Readonly<Record<keyof AccessRow, PgType>>

const sourceColumns = {
  session_id: 'uuid',
  source_tag: 'bytea',
  record_id: 'uuid',
  source_sealed: 'bytea',
  position: 'bigint',
} as const satisfies Readonly<Record<string, PgType>>

/**
 * Records of ACCESS to rows. Rows and the position in the stream move in one transaction, and a record that comes
 * again, for the server lost its end or we ours, is the row it was.
 */
export class AccessWriter {
  readonly #postgres: Postgres
  readonly #onUnread: (messages: number) => void
  #position: TelemetryPosition | undefined

  constructor(postgres: Postgres, onUnread: (messages: number) => void) {
    this.#postgres = postgres
    this.#onUnread = onUnread
  }

  /** Where to read on; undefined at the very first start. */
  async load(): Promise<TelemetryPosition | undefined> {
    const [row] = await this.#postgres.query<{ stream: string; sequence: bigint }>(
      sql`select stream, sequence from audit.access_position`,
    )
    this.#position = row && { stream: row.stream, sequence: row.sequence }
    return this.#position
  }

  async write({ messages, position, missed }: TelemetryBatch): Promise<void> {
    const rows = messages.flatMap((message) => readRecord(message) ?? [])
    await this.#postgres.tx(async (tx) => {
      await this.#move(tx, position)
      if (rows.length === 0) return
      await tx.execute(sql`
        insert into audit.access_entries (${names(columns)})
        select ${names(columns)} from ${unnest(columns, rows)} u
        on conflict (record_id) do nothing`)
      await keepSources(tx, rows)
    })
    this.#position = position
    this.#onUnread(messages.length - rows.length + Number(missed))
  }

  async #move(tx: Transaction, { stream, sequence }: TelemetryPosition): Promise<void> {
    const from = this.#position
    const moved = from
      ? await tx.execute(sql`
          update audit.access_position set stream = ${stream}, sequence = ${sequence}
          where stream = ${from.stream} and sequence = ${from.sequence}`)
      : await tx.execute(sql`
          insert into audit.access_position (stream, sequence) values (${stream}, ${sequence})
          on conflict do nothing`)
    if (moved === 0) throw new PositionMoved('another instance reads ACCESS')
  }
}

/** The first and the last time a session was seen at a source. */
async function keepSources(tx: Transaction, rows: readonly AccessRow[]): Promise<void> {
  const firsts = new Map<string, Record<keyof typeof sourceColumns | 'last_position', unknown>>()
  const lasts = new Map<string, bigint>()
  for (const { session_id, source_tag, record_id, source_sealed, position, result } of rows) {
    // Who was turned away may have named a session that was not theirs.
    if (session_id === null || source_tag === null || result !== 'success') continue
    const key = `${session_id} ${Buffer.from(source_tag).toString('hex')}`
    const last = lasts.get(key) ?? 0n
    lasts.set(key, last > position ? last : position)
    const row = { session_id, source_tag, record_id, source_sealed, position, last_position: 0n }
    if (!firsts.has(key)) firsts.set(key, row)
  }
  for (const [key, row] of firsts) row.last_position = lasts.get(key)
  if (firsts.size === 0) return
  await tx.execute(sql`
    insert into audit.session_sources (${names(sourceColumns)}, last_position)
    select ${names(sourceColumns)}, last_position
    from ${unnest({ ...sourceColumns, last_position: 'bigint' }, [...firsts.values()])} u
    on conflict (session_id, source_tag) do update
      set last_position = greatest(session_sources.last_position, excluded.last_position)`)
}

const names = (of: Readonly<Record<string, PgType>>) =>
  sql.join(Object.keys(of).map((name) => sql.identifier(name)))
