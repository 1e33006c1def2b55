import { newId } from '@holdfast/domain'
import type { holdfast } from '@holdfast/proto'
import type { JsonObject } from '../strict-json.ts'

type CollectRequest = holdfast.ops.v1.CollectRequest.$Properties
type ContributeRequest = holdfast.ops.v1.ContributeRequest.$Properties

/** A ContributorService, by whatever way it is called. */
export interface Contributing<Options> {
  collect(
    request: CollectRequest,
    options?: Options,
  ): Promise<holdfast.ops.v1.CollectResponse.$Properties>
  contribute(
    request: ContributeRequest,
    options?: Options,
  ): Promise<holdfast.ops.v1.ContributeResponse.$Properties>
}

/** What became of a record, with every field there. */
export interface Told {
  readonly outcome: string
  readonly name: string
  readonly code: string
  readonly detail: string
  readonly promise: string
}

/** The records of a section, page by page. `pageSize` small: with many pages. */
export async function collectAll<Options>(
  service: Contributing<Options>,
  contributor: string,
  organizationId: string,
  { pageSize = 1000, ...more }: { pageSize?: number; atSequence?: number } = {},
): Promise<{ readonly records: JsonObject[]; readonly sequences: ReadonlySet<number> }> {
  const records: JsonObject[] = []
  const sequences = new Set<number>()
  let cursor = ''
  do {
    const request = { contributor, organizationId, cursor, limit: pageSize, ...more }
    const page = await service.collect(request)
    records.push(...(page.records ?? []).map((text) => JSON.parse(text) as JsonObject))
    sequences.add(Number(page.sequence ?? 0))
    cursor = page.nextCursor ?? ''
  } while (cursor !== '')
  return { records, sequences }
}

export interface Way {
  readonly importId?: string
  readonly major?: number
  readonly isDryRun?: boolean
  readonly overwritesExisting?: boolean
  readonly targetNodeId?: string
  readonly targetSiteId?: string
  readonly promised?: readonly string[]
  readonly first?: number
}

/** One page of records; text goes as it is. */
export async function contributeTo<Options>(
  service: Contributing<Options>,
  contributor: string,
  organizationId: string,
  records: readonly unknown[],
  { promised = [], ...way }: Way = {},
  options?: Options,
): Promise<readonly Told[]> {
  const { contributions } = await service.contribute(
    {
      importId: newId<string>(),
      contributor,
      major: 1,
      minor: 0,
      organizationId,
      records: records.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))),
      promised: [...promised],
      ...way,
    },
    options,
  )
  return (contributions ?? []).map((one) => ({
    outcome: one.outcome ?? '',
    name: one.name ?? '',
    code: one.code ?? '',
    detail: one.detail ?? '',
    promise: one.promise ?? '',
  }))
}

/** How often each outcome. */
export function counted(told: readonly { readonly outcome: string }[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { outcome } of told) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

export const promisesIn = (told: readonly { readonly promise: string }[]): readonly string[] =>
  told.map(({ promise }) => promise).filter((promise) => promise !== '')
