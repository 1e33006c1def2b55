import { type Postgres, type Queryable, sql } from '@holdfast/postgres'

export interface RecipientRow {
  readonly recipient: string
  readonly label: string
  readonly addedAtUnixMs: number
  /** Zero while in use. */
  readonly removedAtUnixMs: number
  /** Zero: never. */
  readonly provedAtUnixMs: number
}

/** In the order they came; those that are gone too. */
export async function listRecipientRows(tx: Queryable): Promise<readonly RecipientRow[]> {
  const found = await tx.query<{
    recipient: string
    label: string
    added_at_unix_ms: bigint
    removed_at_unix_ms: bigint
    proved_at_unix_ms: bigint
  }>(sql`
    select recipient, label, added_at_unix_ms, removed_at_unix_ms, proved_at_unix_ms
    from backup.recipients order by added_at_unix_ms, recipient`)
  return found.map((row) => ({
    recipient: row.recipient,
    label: row.label,
    addedAtUnixMs: Number(row.added_at_unix_ms),
    removedAtUnixMs: Number(row.removed_at_unix_ms),
    provedAtUnixMs: Number(row.proved_at_unix_ms),
  }))
}

/** When somebody last looked at the keys; zero: nobody has. */
export async function keysReviewedAt(tx: Queryable): Promise<number> {
  const [row] = await tx.query<{ reviewed_at_unix_ms: bigint }>(
    sql`select reviewed_at_unix_ms from backup.key_reviews order by reviewed_at_unix_ms desc limit 1`,
  )
  return Number(row?.reviewed_at_unix_ms ?? 0)
}

/** Backups that are kept and were sealed to age recipients. For this service itself. */
export async function sealedBackups(
  tx: Queryable,
): Promise<readonly { readonly recipients: readonly string[] }[]> {
  return await tx.query<{ recipients: readonly string[] }>(sql`
    select recipients from backup.backups
    where status = 'completed' and cardinality(recipients) > 0`)
}

const challengeMs = 24 * 3_600_000

export async function keepChallenge(
  postgres: Postgres,
  recipient: string,
  answerSha256: Uint8Array,
): Promise<void> {
  await postgres.execute(sql`
    insert into backup.recipient_challenges (recipient, answer_sha256, expires_at)
    values (${recipient}, ${answerSha256}, now() + ${challengeMs} * interval '1 ms')
    on conflict (recipient) do update
      set answer_sha256 = excluded.answer_sha256, expires_at = excluded.expires_at`)
}

/** Undefined: none, or expired. */
export async function challengeOf(tx: Queryable, recipient: string): Promise<Buffer | undefined> {
  const [row] = await tx.query<{ answer_sha256: Buffer }>(sql`
    select answer_sha256 from backup.recipient_challenges
    where recipient = ${recipient} and expires_at > now()`)
  return row?.answer_sha256
}

export async function forgetChallenge(postgres: Postgres, recipient: string): Promise<void> {
  await postgres.execute(
    sql`delete from backup.recipient_challenges where recipient = ${recipient} or expires_at < now()`,
  )
}
