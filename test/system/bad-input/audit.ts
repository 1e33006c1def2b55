import { invalid, type Row } from './row.ts'

/** Places in the log are numbers from 1, and a refusal names the field as the query spells it. */
export function auditRows(): Row[] {
  const get = (what: string, path: string, expected: string): Row => ({
    what,
    method: 'GET',
    path,
    expected,
  })
  const unsafe = '9007199254740993'
  return [
    get('an entry at zero', '/audit/log/0', invalid('sequence:pattern')),
    get('an entry by name', '/audit/log/last', invalid('sequence:pattern')),
    get('an entry beyond numbers', `/audit/log/${unsafe}`, invalid('sequence:out_of_range')),
    get('an entry beyond the log', '/audit/log/999999999', '404 audit.entry_not_found'),
    get('a proof beyond the log', '/audit/log/999999999/proof', '404 audit.entry_not_found'),
    get(
      'a checkpoint of no such size',
      '/audit/checkpoint?size=777777777',
      '404 audit.checkpoint_not_found',
    ),
    get('a record at zero', '/audit/access/0/proof', invalid('sequence:pattern')),
    get(
      'a record beyond the stream',
      '/audit/access/999999999/proof',
      '404 audit.access_record_not_found',
    ),
    get(
      'a tree by another name',
      '/audit/checkpoint?log=access&epoch=now',
      invalid('epoch:pattern'),
    ),
    get(
      'a tree that never was',
      '/audit/checkpoint?log=access&epoch=1-1',
      '404 audit.access_epoch_not_found',
    ),
    get('an epoch of the log', '/audit/checkpoint?epoch=1-1', invalid('epoch:unexpected')),
    get('a log there is not', '/audit/checkpoint?log=flows', invalid('log:one_of')),
    get('no smaller size', '/audit/consistency', invalid('from:required')),
    get('sizes in the wrong order', '/audit/consistency?from=5&to=2', invalid('from:out_of_range')),
    get('a bundle from zero', '/audit/bundle?from=0', invalid('from:pattern')),
    get('a bundle beyond the log', '/audit/bundle?to=999999999', invalid('to:out_of_range')),
    get('a bundle backwards', '/audit/bundle?from=2&to=1', invalid('from:out_of_range')),
    get('the trail of no trail', '/audit?log=events', invalid('log:one_of')),
    get('an action that is none', '/audit?action=network.pe', invalid('action:one_of')),
    get('a result that is none', '/audit?result=ok', invalid('result:one_of')),
    get('an actor nobody knows', '/audit?actor=nobody-at-all', '404 auth.user_not_found'),
    get('a target by name', '/audit?target=laptop', invalid('target:id_invalid')),
    get('a kind that is none', '/audit?target_kind=lamp', invalid('target_kind:one_of')),
    get('a network as address', '/audit?address=10.0.0.0%2F8', invalid('address:address_invalid')),
    get(
      'times in the wrong order',
      '/audit?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z',
      invalid('from:range_reversed'),
    ),
    get('a question without words', '/audit?q=--', invalid('q:query_invalid')),
    get('a page too long', '/audit?limit=501', invalid('limit:range')),
    get('a foreign cursor of the trail', '/audit?cursor=xx', invalid('cursor:cursor_invalid')),
    get('an export in no format', '/audit/export?format=xml', invalid('format:one_of')),
    get('an export of nothing we know', '/audit/export?action=x', invalid('action:one_of')),
    get('a record at zero', '/audit/access/0', invalid('sequence:pattern')),
    get('a record there is not', '/audit/access/999999999', '404 audit.entry_not_found'),
    get('a foreign cursor', '/audit/checkpoints?cursor=xx', invalid('cursor:cursor_invalid')),
    get('history of nothing', '/history/no-such-thing', '404 audit.object_not_found'),
    get('history of no kind', '/history/x?kind=tunnel', invalid('kind:one_of')),
    get('history by a foreign cursor', '/history/x?cursor=xx', invalid('cursor:cursor_invalid')),
    get('too much history', '/history/x?limit=501', invalid('limit:range')),
    get('history of a moment', '/history/x?at=1', invalid('at:unknown_field')),
    get('blame of nothing', '/blame/no-such-thing', '404 audit.object_not_found'),
    get('blame of no kind', '/blame/x?kind=tunnel', invalid('kind:one_of')),
    get('blame beyond the log', '/blame/x?at=999999999', invalid('at:out_of_range')),
    get('blame of no time', '/blame/x?at=yesterday', invalid('at:out_of_range')),
  ]
}
