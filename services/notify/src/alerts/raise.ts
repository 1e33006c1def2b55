import type { Queryable } from '@holdfast/postgres'
import { type AlertCase, CaseGroup, type Change, type Finding, groupOf } from './case.ts'
import { openCases, saveCases } from './case-store.ts'

/** Tells people, in the transaction that stores what it tells of. */
export type Tell = (tx: Queryable, news: readonly AlertCase[]) => Promise<void>

/** What came of some findings, for metrics. */
export type Raised = readonly (readonly [AlertCase, Change])[]

/**
 * Turns findings into alerts: repetitions count up, new ones and those that became worse are told. Three statements and
 * those of `tell`, however many findings there are.
 */
export async function raise(
  tx: Queryable,
  findings: readonly Finding[],
  tell: Tell,
): Promise<Raised> {
  if (findings.length === 0) return []
  const keys = new Map(findings.map((finding) => [groupOf(finding), finding]))
  const known = new Map<string, AlertCase[]>([...keys.keys()].map((key) => [key, []]))
  for (const one of await openCases(tx, [...keys.values()])) known.get(groupOf(one))?.push(one)
  const groups = new Map([...known].map(([key, open]) => [key, new CaseGroup(open)] as const))
  for (const finding of findings) groups.get(groupOf(finding))?.take(finding)
  const changes = [...groups.values()].flatMap((group) => group.changes())
  await saveCases(
    tx,
    changes.map(([one]) => one),
  )
  const news = changes.filter(([, change]) => change !== 'counted').map(([one]) => one)
  if (news.length > 0) await tell(tx, news)
  return changes
}
