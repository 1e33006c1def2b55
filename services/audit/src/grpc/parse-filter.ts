import { parseCidr } from '@holdfast/net'
import type { holdfast } from '@holdfast/proto'
import { Fields, parseId } from '@holdfast/service'
import { directions, verdicts } from '../domain/flow.ts'
import type { FlowFilter } from '../queries/flow-filter.ts'

const hourMs = 3_600_000
const maxSpanMs = 31 * 24 * hourMs
/** The end of the year 9999. */
const maxTimeUnixMs = 253_402_300_799_999

/** Throws `invalid`, naming every field that cannot be taken. `now` in ms since 1970. */
export function parseFilter(
  filter: holdfast.audit.v1.FlowFilter.$Properties | null | undefined,
  now: number,
): FlowFilter {
  const fields = new Fields()
  const id = (text: string | null | undefined, field: string): string =>
    fields.takeOptional(parseId, text ?? '', field)
  const cidr = (text: string | null | undefined, field: string) =>
    fields.takeOptional(parseCidr, text ?? '', field)
  const word = <W>(words: readonly W[], value: number | null | undefined, field: string) => {
    const found = words[(value ?? 0) - 1]
    if (value && found === undefined) fields.add(field, 'one_of', 'is no word we know')
    return found
  }
  const { fromUnixMs, toUnixMs } = spanOf(filter, now, fields)
  const parsed: FlowFilter = {
    organizationId: id(filter?.organizationId, 'organization_id'),
    nodeId: id(filter?.nodeId, 'node_id'),
    interfaceId: id(filter?.interfaceId, 'interface_id'),
    peerId: id(filter?.peerId, 'peer_id'),
    ruleId: id(filter?.ruleId, 'rule_id'),
    verdict: word(verdicts, filter?.verdict, 'verdict'),
    direction: word(directions, filter?.direction, 'direction'),
    address: cidr(filter?.address, 'address'),
    source: cidr(filter?.source, 'source'),
    destination: cidr(filter?.destination, 'destination'),
    port: fields.integer(filter?.port ?? 0, 'port', 0, 65_535),
    fromUnixMs,
    toUnixMs,
  }
  fields.check()
  return parsed
}

function spanOf(
  filter: holdfast.audit.v1.FlowFilter.$Properties | null | undefined,
  now: number,
  fields: Fields,
) {
  const time = (value: number, field: string) => fields.integer(value, field, 0, maxTimeUnixMs)
  // What happens this very moment is asked for too.
  const toUnixMs = time(filter?.toUnixMs || now + 1, 'to')
  const fromUnixMs = time(filter?.fromUnixMs || Math.max(0, toUnixMs - hourMs), 'from')
  if (fromUnixMs >= toUnixMs) fields.add('from', 'range_reversed', 'must be before to')
  else if (toUnixMs - fromUnixMs > maxSpanMs) {
    fields.add('from', 'out_of_range', 'may be 31 days before to at most')
  }
  return { fromUnixMs, toUnixMs }
}
