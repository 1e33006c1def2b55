import { type Postgres, sql } from '@holdfast/postgres'

const forever = 9_223_372_036_854_775_807n

/**
 * Gives each row of a temporal table of the service so many versions, `step` commits apart, as its projection would
 * have written them.
 */
export const ageing =
  (postgres: Postgres, service: string, base: bigint) =>
  async (table: string, key: string, versions: number, step: number): Promise<void> => {
    const [place] = await postgres.query<{ schema: string }>(sql`
      select n.nspname as schema from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relname = ${`${table}__past`}`)
    const past = sql.identifier(place?.schema ?? '', `${table}__past`)
    const [row] = await postgres.query<{ columns: string }>(sql`
      select string_agg(quote_ident(column_name), ', ' order by ordinal_position) as columns
      from information_schema.columns
      where table_schema = ${place?.schema ?? ''} and table_name = ${`${table}__past`}
        and column_name not in ('valid_from', 'valid_to')`)
    const columns = sql.raw(row?.columns ?? '')
    await postgres.tx(
      async (tx) => {
        await tx.execute(sql`create temp table live on commit drop as
          select *, row_number() over (order by ${sql.identifier(key)}) as place
          from ${sql.identifier(service, table)}`)
        await tx.execute(sql`delete from ${past}`)
        await tx.execute(sql`
          insert into ${past} (${columns}, valid_from, valid_to)
          select ${columns}, ${base} + place + v * ${step}::bigint,
            case when v = ${versions - 1} then ${forever} else ${base} + place + (v + 1) * ${step}::bigint end
          from live, generate_series(0, ${versions - 1}) v`)
        await tx.execute(sql`analyze ${past}`)
      },
      { statementTimeoutMs: 0 },
    )
    await postgres.query(sql`vacuum ${past}`)
  }

const percentile = (sorted: readonly number[], p: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0).toFixed(1)

/** Asks about random moments of the last `events` commits, and prints how long the answers took. */
export const measuring =
  (base: bigint, samples: number, settle = 1001n) =>
  async (name: string, events: number, ask: (at: bigint) => Promise<unknown>): Promise<void> => {
    const moment = () => base + settle + BigInt(Math.floor(Math.random() * (events - 1)))
    for (let i = 0; i < 5; i++) await ask(moment())
    const times: number[] = []
    for (let i = 0; i < samples; i++) {
      const since = performance.now()
      await ask(moment())
      times.push(performance.now() - since)
    }
    times.sort((a, b) => a - b)
    console.log(
      `${events.toString().padStart(9)} events  ${name.padEnd(34)} p50 ${percentile(times, 0.5).padStart(7)} ms  p99 ${percentile(times, 0.99).padStart(7)} ms`,
    )
  }
