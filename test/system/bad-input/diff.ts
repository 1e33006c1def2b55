import { invalid, type Row } from './row.ts'

/** Two moments that are none, or in the wrong order. */
export function diffRows(): Row[] {
  const row = (what: string, query: string, expected: string): Row => ({
    what: `diff: ${what}`,
    method: 'GET',
    path: `/diff${query}`,
    expected,
  })
  return [
    row('no beginning', '', invalid('from:required')),
    row('a word', '?from=yesterday', invalid('from:out_of_range')),
    row('before the log', '?from=2001-01-01T00:00:00Z', invalid('from:out_of_range')),
    row('beyond the log', '?from=1&to=900000000000', invalid('to:out_of_range')),
    row('backwards', '?from=2&to=1', invalid('from:range_reversed')),
    row('nothing at all', '?from=1&limit=0', invalid('limit:range')),
    row('a past of its own', '?from=1&at=1', invalid('at:unknown_field')),
    row(
      'a cursor of somebody else',
      '?from=1&kind=peer&cursor=x',
      invalid('cursor:cursor_invalid'),
    ),
  ]
}
