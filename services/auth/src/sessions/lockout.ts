import { type Postgres, sql } from '@holdfast/postgres'

/**
 * Locks after failed sign-ins: five within fifteen minutes, then fifteen minutes of rest. Two counts:
 *
 * - by (account, source): five failures from one source lock the account for that source;
 * - by account, over all sources the account has never signed in from: five failures lock it for every
 *   such source, so that guessing from many addresses gains nothing.
 *
 * A source the person has signed in from in the last 90 days is only held to its own count. So somebody
 * elsewhere who keeps failing on purpose can shut out strangers, never the person at the usual place.
 * Refused attempts are not counted: a lock ends fifteen minutes after the failure that caused it.
 *
 * The count is read before and written after the password is checked, so guesses sent at once may slip
 * past by the burst of the rate limit, five; counting first would lock out people who sign in often.
 */
export interface Lockout {
  /** Seconds left of a lock, undefined when there is none. `userId` undefined: nobody has that name. */
  lockedFor(attempt: Attempt): Promise<number | undefined>
  failed(attempt: Attempt): Promise<void>
  succeeded(attempt: Attempt & { readonly userId: string }): Promise<void>
}

export interface Attempt {
  /** User id, or an id derived from a name nobody has: both are counted and locked alike. */
  readonly account: string
  readonly userId?: string | undefined
  readonly source: string
  /** Comes with a session of this account, so only its own failures count. */
  readonly hasSession?: boolean
}

export const lockAfterFailures = 5
export const lockMs = 15 * 60_000
const knownForMs = 90 * 24 * 3_600_000

export function openLockout(postgres: Postgres, now: () => number): Lockout {
  const since = (ms: number) => new Date(now() - ms)

  return {
    async lockedFor({ account, userId, source, hasSession }) {
      const [row] = await postgres.query<{
        own: number
        own_last: Date | null
        others: number
        others_last: Date | null
        is_known: boolean
      }>(sql`
        select
          coalesce(sum(f.failures) filter (where f.source = ${source}), 0)::integer as own,
          max(f.last_at) filter (where f.source = ${source}) as own_last,
          coalesce(sum(f.failures) filter (where k.source is null), 0)::integer as others,
          max(f.last_at) filter (where k.source is null) as others_last,
          exists (
            select 1 from auth.known_sources
            where user_id = ${userId ?? null}::uuid and source = ${source}
              and last_at > ${since(knownForMs)}
          ) as is_known
        from auth.login_failures f
        left join auth.known_sources k
          on k.user_id = ${userId ?? null}::uuid and k.source = f.source
            and k.last_at > ${since(knownForMs)}
        where f.account = ${account} and f.last_at > ${since(lockMs)}`)
      if (!row) return undefined
      const until = (last: Date | null) => (last ? last.getTime() + lockMs - now() : 0)
      const left = Math.max(
        row.own >= lockAfterFailures ? until(row.own_last) : 0,
        !hasSession && !row.is_known && row.others >= lockAfterFailures
          ? until(row.others_last)
          : 0,
      )
      return left > 0 ? Math.ceil(left / 1000) : undefined
    },

    async failed({ account, source }) {
      const at = new Date(now())
      await postgres.execute(sql`
        insert into auth.login_failures as f (account, source, failures, last_at)
        values (${account}, ${source}, 1, ${at})
        on conflict (account, source) do update set
          failures = case when f.last_at > ${since(lockMs)} then f.failures + 1 else 1 end,
          last_at = excluded.last_at`)
    },

    async succeeded({ account, userId, source, hasSession }) {
      const at = new Date(now())
      await postgres.tx(async (tx) => {
        await tx.execute(
          sql`delete from auth.login_failures where account = ${account} and source = ${source}`,
        )
        if (hasSession) return
        await tx.execute(sql`
          insert into auth.known_sources (user_id, source, last_at)
          values (${userId}, ${source}, ${at})
          on conflict (user_id, source) do update set last_at = excluded.last_at`)
      })
    },
  }
}
