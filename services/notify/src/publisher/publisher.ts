import { type Commit, commitHash, type EventLog, type EventPublisher } from '@holdfast/event-log'
import { type Postgres, sql } from '@holdfast/postgres'
import { eventMessages } from './event-message.ts'

export interface PublisherParts {
  readonly log: Pick<EventLog, 'subscribe' | 'safeHead' | 'read' | 'lineageId' | 'generation'>
  readonly postgres: Postgres
  readonly publisher: Pick<EventPublisher, 'publish'>
  /** How many events were stored. */
  readonly onPublished: (count: number) => void
}

interface Position {
  readonly sequence: bigint
  readonly hash: Uint8Array
}

/**
 * Publishes what is safe, commit after commit, until the signal aborts. The position moves after the server has
 * stored what came before it: a crash in between publishes again, and the server drops what it has from the last ten
 * minutes. Without a position of this generation it begins at the end: a replay or a restore tells nobody anything.
 */
export async function publishLog(parts: PublisherParts, signal: AbortSignal): Promise<void> {
  const { log, postgres, publisher } = parts
  const start = (await storedPosition(parts)) ?? (await firstPosition(parts))
  await log.subscribe(
    {
      from: start.sequence + 1n,
      name: 'publisher',
      signal,
      ...(start.sequence > 0n ? { checkpoint: start } : {}),
    },
    async (commits) => {
      const events = commits.flatMap(eventMessages)
      await publisher.publish(events)
      const last = commits.at(-1)
      if (last) await movePosition(postgres, last)
      parts.onPublished(events.length)
    },
  )
}

async function storedPosition({ log, postgres }: PublisherParts): Promise<Position | undefined> {
  const [row] = await postgres.query<{
    lineage_id: string
    generation: number
    sequence: bigint
    hash: Buffer
  }>(sql`select lineage_id, generation, sequence, hash from notify.publisher_position`)
  return row?.lineage_id === log.lineageId && row.generation === log.generation ? row : undefined
}

async function firstPosition({ log, postgres }: PublisherParts): Promise<Position> {
  const sequence = await log.safeHead()
  const commit = sequence > 0n ? await log.read(sequence) : undefined
  const hash = commit ? commitHash(commit) : new Uint8Array()
  await postgres.execute(sql`
    insert into notify.publisher_position (lineage_id, generation, sequence, hash)
    values (${log.lineageId}::uuid, ${log.generation}, ${sequence}, ${Buffer.from(hash)})
    on conflict (is_only) do update set lineage_id = excluded.lineage_id,
      generation = excluded.generation, sequence = excluded.sequence, hash = excluded.hash`)
  return { sequence, hash }
}

async function movePosition(postgres: Postgres, last: Commit): Promise<void> {
  await postgres.execute(sql`
    update notify.publisher_position
    set sequence = ${last.sequence}, hash = ${Buffer.from(commitHash(last))}`)
}
