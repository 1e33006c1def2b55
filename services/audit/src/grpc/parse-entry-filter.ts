import { accessActions, actions, isWithin, objectKinds } from '@holdfast/catalogue'
import { isUuid } from '@holdfast/domain'
import { accept, type Parser, parseCidr, parseIp, refuse, sourceOf } from '@holdfast/net'
import type { holdfast } from '@holdfast/proto'
import { Fields, parseId } from '@holdfast/service'
import { wordsOf } from '../entries/words.ts'
import { type EntryFilter, results } from '../queries/entry-filter.ts'

/** A filter as it was sent; where the caller may look and what an address is compared by come later. */
export interface AskedFilter extends Omit<EntryFilter, 'organizations' | 'source'> {
  readonly organizationId: string
  /** As ACCESS keeps it; empty for any. */
  readonly address: string
}

const maxActions = 20
const maxQuery = 256
const maxWords = 10
/** The end of the year 9999. */
const maxTimeUnixMs = 253_402_300_799_999

const codes = [...actions, ...accessActions].map(({ code }) => code)

const parseAction: Parser<string> = (text) =>
  codes.some((code) => isWithin(code, [text]))
    ? accept(text)
    : refuse(
        'one_of',
        'is no action, nor the beginning of one; GET /api/v1/audit/actions lists them',
      )

const parseActor: Parser<string> = (text) =>
  isUuid(text) || /^[a-z][a-z0-9-]{0,40}$/.test(text)
    ? accept(text)
    : refuse('id_invalid', 'is neither an id nor the name of a service')

const parseKind: Parser<string> = (text) =>
  objectKinds.some((kind) => kind === text)
    ? accept(text)
    : refuse('one_of', `must be one of ${objectKinds.join(', ')}`)

/** An address, or the /64 an IPv6 address counts as. */
const parseSource: Parser<string> = (text) => {
  const ip = parseIp(text)
  if (ip.ok) return accept(sourceOf(ip.value))
  const network = text.endsWith('/64') ? parseCidr(text) : ip
  if (!network.ok || !text.includes(':')) {
    return refuse('address_invalid', 'is neither an IP address nor the /64 of an IPv6 one')
  }
  return accept(sourceOf(text.slice(0, -'/64'.length)))
}

/** Throws `invalid`, naming every field that cannot be taken. */
export function parseEntryFilter(
  filter: holdfast.audit.v1.EntryFilter.$Properties | null | undefined,
  { now, retentionMs }: { readonly now: number; readonly retentionMs: number },
): AskedFilter {
  const fields = new Fields()
  const optional = (parse: Parser<string>, text: string | null | undefined, field: string) =>
    fields.takeOptional(parse, text ?? '', field)
  const trail = fields.integer(filter?.trail ?? 0, 'trail', 0, 2)
  const result = filter?.result ?? 0
  fields.integer(result, 'result', 0, results.length)
  const wanted = filter?.actions ?? []
  if (wanted.length > maxActions) {
    fields.add('action', 'too_many', `may name ${maxActions} actions at most`)
  }
  const time = (value: number | null | undefined, field: string) =>
    fields.integer(value ?? 0, field, 0, maxTimeUnixMs)
  const fromUnixMs = time(filter?.fromUnixMs, 'from')
  const toUnixMs = time(filter?.toUnixMs, 'to')
  if (toUnixMs !== 0 && fromUnixMs >= toUnixMs) {
    fields.add('from', 'range_reversed', 'must be before to')
  }
  const parsed: AskedFilter = {
    isOfLog: trail !== 2,
    isOfAccess: trail !== 1,
    actions: [...new Set(wanted.slice(0, maxActions))].map((code) =>
      fields.take(parseAction, code, 'action'),
    ),
    result: results[result - 1],
    actorId: optional(parseActor, filter?.actorId, 'actor'),
    targetId: optional(parseId, filter?.targetId, 'target'),
    targetKind: optional(parseKind, filter?.targetKind, 'target_kind'),
    organizationId: optional(parseId, filter?.organizationId, 'organization_id'),
    address: optional(parseSource, filter?.address, 'address'),
    // What is older is still in the log, and shown to who names a time.
    fromUnixMs: fromUnixMs === 0 && retentionMs > 0 ? Math.max(0, now - retentionMs) : fromUnixMs,
    toUnixMs,
    words: parseWords(filter?.query ?? '', fields),
    correlationId: optional(parseId, filter?.correlationId, 'correlation_id'),
    sessionId: optional(parseId, filter?.sessionId, 'session_id'),
  }
  fields.check()
  return parsed
}

function parseWords(query: string, fields: Fields): readonly string[] {
  const words = wordsOf(query.slice(0, maxQuery))
  if (query.length > maxQuery) fields.add('q', 'too_long', `may have ${maxQuery} characters`)
  else if (query !== '' && words.length === 0) {
    fields.add('q', 'query_invalid', 'holds no letter and no digit')
  } else if (words.length > maxWords) {
    fields.add('q', 'too_many', `may have ${maxWords} words at most`)
  }
  return words
}
