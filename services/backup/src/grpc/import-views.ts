import type { Postgres } from '@holdfast/postgres'
import type { holdfast } from '@holdfast/proto'
import { sectionCounts, sectionIssues } from '../imports/import-records.ts'
import type { ImportRow, RecordOutcome } from '../imports/import-store.ts'

type Message = holdfast.backup.v1.Import.$Properties
type Section = holdfast.backup.v1.ImportSection.$Properties

/** `isWhole`: with its sections. */
export async function importMessage(
  postgres: Postgres,
  row: ImportRow,
  isWhole = true,
): Promise<Message> {
  return {
    id: row.id,
    // Between the first piece and the first run nobody has to tell them apart.
    status: row.state === 'receiving' ? 'received' : row.state,
    progress: row.progress,
    isDryRun: row.isDryRun,
    failureCode: row.failureCode,
    failureDetail: row.failureDetail,
    sections: isWhole ? await sectionsOf(postgres, row) : [],
    warnings: [...row.warnings],
    manifest: isWhole ? row.header : '',
    overwritesExisting: row.wish?.overwritesExisting ?? false,
    ...(row.wish ? { contents: { ...row.wish.contents } } : {}),
    organizationId: row.organizationId,
    rollbackSequence: Number(row.rollbackSequence ?? 0n),
    createdAtUnixMs: row.createdAtUnixMs,
    endedAtUnixMs: row.endedAtUnixMs,
    bytes: row.receivedBytes,
  }
}

async function sectionsOf(postgres: Postgres, row: ImportRow): Promise<Section[]> {
  const counts = await sectionCounts(postgres, row.id)
  // Looked up and not searched: a report may have ten thousand sections, and is asked for while they are brought in.
  const key = (section: string, organization: string) => `${section} ${organization}`
  const countsOf = new Map(counts.map((one) => [key(one.section, one.organization), one]))
  const issues = new Map<string, RecordOutcome[]>()
  for (const one of await sectionIssues(postgres, row.id)) {
    const at = key(one.section, one.organization)
    const held = issues.get(at)
    if (held) held.push(one)
    else issues.set(at, [one])
  }
  const of = ({ name, organization }: { name: string; organization: string }) => {
    const at = key(name, organization)
    const { created, updated, unchanged, skipped, refused } = countsOf.get(at) ?? nothing
    return {
      created,
      updated,
      unchanged,
      skipped: skipped + unchanged,
      refused,
      issues: (issues.get(at) ?? []).map(recordMessage),
    }
  }
  const organizations = counts.filter(({ section }) => section === 'organization')
  return [
    ...organizations.map(({ section, organization }) => ({
      ...{ name: section, organization, status: 'ok', records: 1 },
      ...of({ name: section, organization }),
    })),
    ...row.sections.map((standing) => ({ ...standing, ...of(standing) })),
  ]
}
const nothing = { created: 0, updated: 0, unchanged: 0, skipped: 0, refused: 0 }

export const recordMessage = (one: RecordOutcome): holdfast.backup.v1.ImportRecord.$Properties => ({
  record: one.record,
  name: one.name,
  code: one.code,
  detail: one.detail,
  outcome: one.outcome,
  section: one.section,
  organization: one.organization,
})
