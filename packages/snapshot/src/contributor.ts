import type { Call } from '@holdfast/service'
import type { RecordFault } from './record-fields.ts'
import type { JsonObject } from './strict-json.ts'

/** The toggle a contributor goes by. `core` has none: it is always there. */
export const domains = ['core', 'devices', 'users', 'automation'] as const
export type Domain = (typeof domains)[number]

/**
 * One kind of record in portable snapshots, served by the service that owns the things.
 *
 * A record is a JSON object without ids, secrets, audit or telemetry; what it refers to it names, in words that mean the
 * same elsewhere (`gw-1`, `wg0@gw-1`). Any record may come from an enemy.
 */
export interface Contributor {
  /** `<service>.<things>`, for example `network.interfaces`. */
  readonly name: string
  /** Raised when an older reader would misread a record; a snapshot of another major is skipped unless `migrate` takes it. */
  readonly major: number
  /** Raised for fields an older reader may leave out. */
  readonly minor: number
  readonly domain: Domain
  /** Names of those whose records have to be there before. */
  readonly after: readonly string[]
  /** Older majors `migrate` takes. */
  readonly readsMajors: readonly number[]
  /** The record's fields; all others are taken out before `contribute` and said. Privileged ones (strip.ts) only when listed here. */
  readonly fields: readonly string[]
  /** One page, in an order that does not change while it is read. Called with the organization checked already. */
  collect(page: CollectPage, call: Call): Promise<CollectedPage>
  /**
   * Judges a page and, unless it is dry, carries it out by the service's own commands, as `call.caller`. One outcome a
   * record, in order. The same import and page again changes nothing twice. Throws only when nothing can be said.
   */
  contribute(
    records: readonly NumberedRecord[],
    batch: Batch,
    call: Call,
  ): Promise<readonly Outcome[]>
  /** From that major to ours, `strip` comes after. Throws RecordRefused when it cannot be said in ours. */
  migrate?(major: number, record: JsonObject): JsonObject
}

export interface CollectPage {
  readonly organizationId: string
  /** Empty: from the beginning. */
  readonly cursor: string
  /** 1 to 1,000. */
  readonly limit: number
  /** As of which commit; undefined: of what is safe now. */
  readonly at: bigint | undefined
}

export interface CollectedPage {
  readonly records: readonly JsonObject[]
  /** Empty: that was all. */
  readonly nextCursor: string
  /** What it is as of: `at`, or what was safe. The pages that follow are read as of the same. */
  readonly sequence: bigint
}

export interface NumberedRecord {
  /** Of the section, from 0: with the import's id it makes command ids (`commandIdOf`). */
  readonly index: number
  readonly record: JsonObject
}

export interface Batch {
  readonly importId: string
  /** Empty in a dry run only: an organization that is yet to be made, so nothing is in it. */
  readonly organizationId: string
  readonly isDryRun: boolean
  /** False: what exists stays untouched (`skipped`). */
  readonly overwritesExisting: boolean
  /** Empty: sites by name. */
  readonly targetSiteId: string
  /** Takes what is of nodes that are not here; empty: that is skipped. */
  readonly targetNodeId: string
  /** What earlier sections of this import make, as their outcomes promise it: `site/berlin`. Matters in a dry run. */
  readonly promised: ReadonlySet<string>
}

export const outcomes = ['created', 'updated', 'skipped', 'refused'] as const

export interface Outcome {
  readonly outcome: (typeof outcomes)[number]
  /** What the record calls itself, for the report. */
  readonly name: string
  /** Of a skipped or refused one, or of what was left out: an error code. */
  readonly code?: string
  readonly detail?: string
  /** What later sections may refer to. Also of a skipped one that is there. */
  readonly promise?: string
}

/** Thrown by `migrate`, and turned into a refused outcome. */
export class RecordRefused extends Error {
  override readonly name = 'RecordRefused'
}

/** What is wrong with a record, as an outcome. */
export const refusedFor = (name: string, faults: readonly RecordFault[]): Outcome => ({
  outcome: 'refused',
  name,
  code: 'backup.record_invalid',
  detail: faults
    .slice(0, 5)
    .map(({ field, detail }) => `${field} ${detail}`)
    .join('; '),
})
