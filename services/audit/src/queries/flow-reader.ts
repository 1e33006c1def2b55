import { type Postgres, sql } from '@holdfast/postgres'

const role = 'holdfast_reader'

/**
 * Lets people with psql read `connection_logs`, and nothing else, where their role has been made: embedded that is
 * done by the supervisor (packages/embedded), elsewhere by whoever owns the server (README). The role is one, so it
 * sees all organizations: it is for the operators of the instance.
 */
export async function letReaderIn(postgres: Postgres): Promise<void> {
  await postgres.tx(async (tx) => {
    const [found] = await tx.query(sql`select from pg_roles where rolname = ${role}`)
    if (!found) return
    await tx.script(`
      grant usage on schema audit to ${role};
      grant select on audit.connection_logs to ${role};
      drop policy if exists reader on audit.connection_logs;
      create policy reader on audit.connection_logs for select to ${role} using (true)`)
  })
}
