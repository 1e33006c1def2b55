import { type CommandId, uuidV5 } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { ContributorService } from '@holdfast/proto'
import { AccessDenied, type Call, type Handlers } from '@holdfast/service'
import {
  type Batch,
  type Contributor,
  type NumberedRecord,
  type Outcome,
  RecordRefused,
} from './contributor.ts'
import { isJsonObject, JsonRefused, parseStrictJson } from './strict-json.ts'
import { strip } from './strip.ts'

export const maxPage = 1_000
/** Of a page that is collected; a message has 32 MiB. */
const maxPageBytes = 16 * 1024 * 1024
/** Of one record: a rule set with long lists is the largest there is. */
export const maxRecordBytes = 1024 * 1024

/** Namespace of the command ids of imports. Never changes: a repeat must find what the first one did. */
const importNamespace = 'd0b6d8b4-0c52-5f0e-8d4b-52b1f0f5b7a1'

/**
 * The command id of one step of one record, the same each time the import gets there. `step` tells several commands of
 * one record apart.
 */
export const commandIdOf = (
  importId: string,
  contributor: string,
  organizationId: string,
  index: number,
  step = '',
): CommandId =>
  // minted here
  uuidV5(
    importNamespace,
    [importId, contributor, organizationId, index, step].join('\n'),
  ) as CommandId

/** What a service with contributors serves: pages, bounds and field lists are looked after here, once for all of them. */
export function contributorHandlers(
  contributors: readonly Contributor[],
): Handlers<typeof ContributorService> {
  const byName = new Map(contributors.map((contributor) => [contributor.name, contributor]))
  if (byName.size < contributors.length) throw new Error('a contributor is there twice')

  function named(name: string): Contributor {
    const found = byName.get(name)
    if (found) return found
    throw invalid({ field: 'contributor', code: 'unknown', detail: 'is not one of this service' })
  }

  return {
    listContributors() {
      return {
        contributors: contributors.map(({ name, major, minor, domain, after, readsMajors }) => ({
          name,
          major,
          minor,
          domain,
          after: [...after],
          readsMajors: [...readsMajors],
        })),
      }
    },

    async collect({ contributor, organizationId, cursor, limit, atSequence }, call) {
      const from = fromCursor(cursor)
      const at = from.at ?? (atSequence === 0 ? undefined : BigInt(atSequence))
      const place = { organizationId, cursor: from.inner, at }
      let most = limit === 0 ? maxPage : Math.min(limit, maxPage)
      for (;;) {
        const page = { ...place, limit: most }
        const { records, nextCursor, sequence } = await named(contributor).collect(page, call)
        const texts = records.map((record) => JSON.stringify(record))
        const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
        // A thousand of the largest are more than a message may be: then fewer at once.
        if (bytes <= maxPageBytes || most === 1) {
          return {
            records: texts,
            nextCursor: nextCursor === '' ? '' : `${sequence}:${nextCursor}`,
            sequence: Number(sequence),
          }
        }
        most = Math.max(1, Math.floor(most / 8))
      }
    },

    async contribute(request, call) {
      const contributor = named(request.contributor)
      const { records, first, major } = request
      if (records.length > maxPage) {
        throw invalid({ field: 'records', code: 'too_many', detail: `at most ${maxPage}` })
      }
      const reads = major === contributor.major || contributor.readsMajors.includes(major)
      if (!reads) {
        throw invalid({ field: 'major', code: 'schema_mismatch', detail: 'is not read here' })
      }
      if (request.organizationId === '' && !request.isDryRun) {
        throw invalid({ field: 'organization_id', code: 'required', detail: 'must not be empty' })
      }
      // Backup itself validates what could be restored; what is written is written in somebody's name.
      if (call.caller.kind !== 'user' && !request.isDryRun) {
        throw AccessDenied({ permission: 'backup.restore' })
      }
      if (request.organizationId !== '') {
        call.caller.require('backup.restore', request.organizationId)
      }
      const batch: Batch = {
        importId: request.importId,
        organizationId: request.organizationId,
        isDryRun: request.isDryRun,
        overwritesExisting: request.overwritesExisting,
        targetSiteId: request.targetSiteId,
        targetNodeId: request.targetNodeId,
        promised: new Set(request.promised),
      }
      const judged = records.map((text, at) => judge(contributor, major, text, first + at, batch))
      return { contributions: await carryOut(contributor, judged, batch, call) }
    },
  }
}

/** A contributor's own cursor, and as of what the pages before it were read. */
function fromCursor(cursor: string): { readonly at: bigint | undefined; readonly inner: string } {
  if (cursor === '') return { at: undefined, inner: '' }
  const [, sequence, inner] = /^(\d{1,19}):(.+)$/s.exec(cursor) ?? []
  if (sequence !== undefined && inner !== undefined) return { at: BigInt(sequence), inner }
  throw invalid({ field: 'cursor', code: 'cursor_invalid', detail: 'is not one of this list' })
}

/** A record ready for its contributor, or what became of it already. */
interface Judged {
  readonly numbered?: NumberedRecord
  readonly refused?: Outcome
  /** What was taken out of it. */
  readonly removed?: { readonly code: string; readonly detail: string }
}

function judge(
  contributor: Contributor,
  major: number,
  text: string,
  index: number,
  batch: Batch,
): Judged {
  const refused = (name: string, code: string, detail: string): Judged => ({
    refused: { outcome: 'refused', name, code, detail },
  })
  if (Buffer.byteLength(text) > maxRecordBytes) {
    return refused('', 'backup.record_invalid', `is larger than ${maxRecordBytes} bytes`)
  }
  try {
    const parsed = parseStrictJson(text)
    if (!isJsonObject(parsed)) return refused('', 'backup.record_invalid', 'is not an object')
    const name = typeof parsed['name'] === 'string' ? parsed['name'].slice(0, 128) : ''
    const of = parsed['organization_id']
    if (of !== undefined && of !== batch.organizationId) {
      return refused(name, 'backup.foreign_organization', 'is of another organization')
    }
    const migrated =
      major === contributor.major ? parsed : (contributor.migrate?.(major, parsed) ?? parsed)
    const { record, privileged, unknown } = strip(migrated, contributor.fields)
    return { numbered: { index, record }, ...said(privileged, unknown) }
  } catch (error) {
    if (error instanceof JsonRefused) return refused('', 'backup.record_invalid', error.message)
    if (error instanceof RecordRefused) return refused('', 'backup.record_invalid', error.message)
    throw error
  }
}

const listed = (names: readonly string[]): string =>
  names
    .slice(0, 10)
    .map((name) => name.slice(0, 60))
    .join(', ')

function said(
  privileged: readonly string[],
  unknown: readonly string[],
): Pick<Judged, 'removed'> | undefined {
  if (privileged.length > 0) {
    const detail = `left out, for no snapshot may bring them: ${listed(privileged)}`
    return { removed: { code: 'backup.fields_stripped', detail } }
  }
  if (unknown.length === 0) return undefined
  return {
    removed: {
      code: 'backup.fields_unknown',
      detail: `left out, not known here: ${listed(unknown)}`,
    },
  }
}

async function carryOut(
  contributor: Contributor,
  judged: readonly Judged[],
  batch: Batch,
  call: Call,
): Promise<Outcome[]> {
  const numbered = judged.flatMap((one) => (one.numbered ? [one.numbered] : []))
  const found = numbered.length > 0 ? await contributor.contribute(numbered, batch, call) : []
  if (found.length !== numbered.length) {
    throw new RangeError(`${contributor.name} answered ${found.length} of ${numbered.length}`)
  }
  let next = 0
  return judged.map(({ refused, removed }) => {
    if (refused) return refused
    const outcome = found[next]
    next += 1
    if (!outcome) throw new RangeError(`${contributor.name} answered too little`)
    if (!removed) return outcome
    // Why it was not taken weighs more; of what was taken both are said.
    const isTaken = outcome.outcome === 'created' || outcome.outcome === 'updated'
    if (!isTaken || outcome.detail === undefined) {
      return outcome.code === undefined ? { ...outcome, ...removed } : outcome
    }
    return { ...outcome, code: removed.code, detail: `${removed.detail}; ${outcome.detail}` }
  })
}
