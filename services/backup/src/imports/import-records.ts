import { type Queryable, sql } from '@holdfast/postgres'
import type { RecordOutcome } from './import-store.ts'

export interface SectionCounts {
  readonly section: string
  readonly organization: string
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly skipped: number
  readonly refused: number
}

export async function sectionCounts(
  tx: Queryable,
  importId: string,
): Promise<readonly SectionCounts[]> {
  return await tx.query<SectionCounts & Record<string, never>>(sql`
    select section, organization,
      count(*) filter (where outcome = 'created')::integer as created,
      count(*) filter (where outcome = 'updated')::integer as updated,
      count(*) filter (where outcome = 'unchanged')::integer as unchanged,
      count(*) filter (where outcome = 'skipped')::integer as skipped,
      count(*) filter (where outcome = 'refused')::integer as refused
    from backup.import_records where import_id = ${importId}::uuid
    group by section, organization`)
}

const columns = sql`place, section, organization, record, outcome, name, code, detail`

/** What was not taken as it is: the first hundred of each section, and a thousand of them all. */
export async function sectionIssues(
  tx: Queryable,
  importId: string,
): Promise<readonly RecordOutcome[]> {
  return await tx.query<RecordOutcome & Record<string, never>>(sql`
    select ${columns} from (
      select ${columns}, row_number() over (partition by section, organization order by place) as nth
      from backup.import_records
      where import_id = ${importId}::uuid and code <> '' and outcome <> 'unchanged'
    ) numbered where nth <= 100 order by place limit 1000`)
}

export async function importRecords(
  tx: Queryable,
  importId: string,
  page: { readonly after: number; readonly limit: number; readonly outcomes: readonly string[] },
): Promise<readonly RecordOutcome[]> {
  const { after, limit, outcomes } = page
  return await tx.query<RecordOutcome & Record<string, never>>(sql`
    select ${columns} from backup.import_records
    where import_id = ${importId}::uuid and place > ${after}
      and ${outcomes.length === 0 ? sql`true` : sql`outcome = any(${[...outcomes]}::text[])`}
    order by place limit ${limit + 1}`)
}
