import type { KnownCommand } from '@holdfast/event-log'
import { type Postgres, sql } from '@holdfast/postgres'
import type { Projection } from './types.ts'

/** Stands for "no organization" in the key. */
const nobody = '00000000-0000-0000-0000-000000000000'

/** Name of the registry of a context. */
export const commandsOf = (context: string): string => `${context}.commands`

/** Every command of a context and the commit it became: idempotency beyond what the log server remembers. */
export const commandsProjection = (context: string): Projection => ({
  name: commandsOf(context),
  version: 1,
  context,
  tables: [
    {
      name: 'commands',
      columns: {
        organization_id: 'uuid',
        command_id: 'uuid',
        sequence: 'bigint',
        subject: 'text',
        actor_id: 'text',
        request_hash: 'bytea',
      },
      key: ['organization_id', 'command_id'],
    },
  ],
  changes: (commit) =>
    commit.context === context
      ? [
          {
            op: 'put',
            table: 'commands',
            row: {
              organization_id: commit.organizationId ?? nobody,
              command_id: commit.commandId,
              sequence: commit.sequence,
              subject: commit.subject,
              actor_id: commit.actor.id,
              request_hash: commit.requestHash,
            },
          },
        ]
      : [],
})

export interface CommandKey {
  readonly organizationId: string | undefined
  readonly commandId: string
}

/** The commands of these keys, each at the place of its key. */
export async function findCommands(
  postgres: Postgres,
  service: string,
  keys: readonly CommandKey[],
): Promise<readonly (KnownCommand | undefined)[]> {
  const rows = await postgres.query<{
    place: number
    sequence: bigint
    subject: string
    actor_id: string
    request_hash: Buffer | null
  }>(sql`
    select k.place::integer as place, c.sequence, c.subject, c.actor_id, c.request_hash
    from unnest(
      ${keys.map(({ organizationId }) => organizationId ?? nobody)}::uuid[],
      ${keys.map(({ commandId }) => commandId)}::uuid[]
    ) with ordinality as k (organization_id, command_id, place)
    join ${sql.identifier(service, 'commands')} c using (organization_id, command_id)`)
  const found: (KnownCommand | undefined)[] = keys.map(() => undefined)
  for (const row of rows) {
    found[row.place - 1] = {
      sequence: row.sequence,
      subject: row.subject,
      actorId: row.actor_id,
      ...(row.request_hash ? { requestHash: row.request_hash } : {}),
    }
  }
  return found
}
