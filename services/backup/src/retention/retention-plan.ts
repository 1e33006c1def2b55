import type { BackupOutcome, DeletionCause } from '../domain/backup.ts'
import type { BackupKind } from '../domain/contents.ts'
import type { RetentionRule } from '../queries/schedule-retention.ts'

/** What retention looks at; of one schedule. */
export interface Kept {
  readonly id: string
  readonly kind: BackupKind
  readonly status: BackupOutcome
  readonly createdAtUnixMs: number
  /** As its last reading back said. */
  readonly verdict: 'none' | 'good' | 'bad'
  readonly keptUntilUnixMs: number
}

export interface Pruned {
  readonly id: string
  readonly cause: DeletionCause
}

const dayMs = 86_400_000

/**
 * What goes: completed ones beyond the newest `maxBackups`, and whatever is older than `retentionDays`. Never one under
 * way, a rollback slot, or of each kind the newest that was read back and found good; while none was, the newest there
 * is. Damaged ones do not count: they must not push good ones out.
 */
export function retentionPlan(
  backups: readonly Kept[],
  { maxBackups, retentionDays }: RetentionRule,
  nowUnixMs: number,
): readonly Pruned[] {
  const newestFirst = [...backups].sort(
    (a, b) => b.createdAtUnixMs - a.createdAtUnixMs || (a.id < b.id ? 1 : -1),
  )
  const safe = lastResorts(newestFirst)
  const tooOld = nowUnixMs - retentionDays * dayMs
  const pruned: Pruned[] = []
  let counted = 0
  for (const one of newestFirst) {
    const isCompleted = one.status === 'completed'
    const isBeyond = isCompleted && counted >= maxBackups
    if (isCompleted && one.verdict !== 'bad') counted++
    const isKept =
      one.status === 'requested' ||
      one.kind === 'rollback_slot' ||
      nowUnixMs < one.keptUntilUnixMs ||
      safe.has(one.id)
    if (isKept) continue
    if (isBeyond) pruned.push({ id: one.id, cause: 'count' })
    else if (one.createdAtUnixMs < tooOld) pruned.push({ id: one.id, cause: 'age' })
  }
  return pruned
}

/** Of each kind the newest verified one; the newest completed one while there is none. */
function lastResorts(newestFirst: readonly Kept[]): ReadonlySet<string> {
  const completed = newestFirst.filter(({ status }) => status === 'completed')
  const kinds = new Set(completed.map(({ kind }) => kind))
  return new Set(
    [...kinds].flatMap((kind) => {
      const own = completed.filter((one) => one.kind === kind)
      const last = own.find(({ verdict }) => verdict === 'good') ?? own[0]
      return last ? [last.id] : []
    }),
  )
}
