import { type Ground, invalid, type Row } from './row.ts'

/** Paths, queries, methods and headers. */
export function requestRows(ground: Ground): Row[] {
  const get = (what: string, path: string, expected: string): Row => ({
    what,
    method: 'GET',
    path,
    expected,
  })
  const patch = (
    what: string,
    headers: Readonly<Record<string, string>>,
    expected: string,
  ): Row => ({
    what,
    method: 'PATCH',
    path: `/interfaces/${ground.interface}`,
    body: { mtu: 1300 },
    headers,
    expected,
  })
  const range = invalid('limit:range')
  const far = (ground.head + 1_000_000n).toString()
  const badMatch = invalid('If-Match:malformed')
  const badKey = invalid('Idempotency-Key:malformed')
  return [
    get('limit 0', '/peers?limit=0', range),
    get('limit -1', '/peers?limit=-1', range),
    get('limit 10^9', '/peers?limit=1000000000', range),
    get('limit in words', '/peers?limit=many', invalid('limit:type')),
    get('limit 10^30', `/peers?limit=1${'0'.repeat(30)}`, invalid('limit:type')),
    get('limit twice', '/peers?limit=1&limit=2', invalid('limit:type')),
    get('a cursor that is none', '/peers?cursor=hello', invalid('cursor:cursor_invalid')),
    get(
      'a cursor with a NUL byte',
      `/peers?cursor=${Buffer.from('["\\u0000","x"]').toString('base64url')}`,
      invalid('cursor:cursor_invalid'),
    ),
    get(
      "another list's cursor",
      `/peers?cursor=${Buffer.from(`["abc","${ground.peer}"]`).toString('base64url')}`,
      invalid('cursor:cursor_invalid'),
    ),
    get('a cursor for users', '/users?cursor=AAAA', invalid('cursor:cursor_invalid')),
    get(
      'a cursor of 1,025 characters',
      `/peers?cursor=${'x'.repeat(1025)}`,
      invalid('cursor:too_long'),
    ),
    get('min_seq beyond the head', `/peers?min_seq=${far}`, '503 projection.lagging'),
    get('min_seq beyond the head, in auth', `/users?min_seq=${far}`, '503 projection.lagging'),
    get('min_seq in words', '/peers?min_seq=now', invalid('min_seq:pattern')),
    get('min_seq negative', '/peers?min_seq=-1', invalid('min_seq:pattern')),
    get(
      'min_seq of 64 bits and more',
      '/peers?min_seq=9999999999999999999',
      invalid('min_seq:pattern'),
    ),
    get('an unknown status', '/peers?status=asleep', invalid('status:one_of')),
    get('an unknown filter', '/peers?colour=red', invalid('colour:unknown_field')),
    get('the past of what has none', '/events?at=1', invalid('at:unknown_field')),
    get('a moment that is none', '/peers?at=yesterday', invalid('at:out_of_range')),
    get('an unknown path', '/nothing', '404 gateway.route_not_found'),
    get('a path below a leaf', '/peers/x/y/z', '404 gateway.route_not_found'),
    get('dots in an id', '/peers/..%2f..%2fetc%2fpasswd', '404 network.peer_not_found'),
    get('dots in a path', '/peers/../../../etc/passwd', '404 gateway.route_not_found'),
    get('a NUL byte in an id', '/peers/a%00b', '404 network.peer_not_found'),
    get('a NUL byte in a user', '/users/a%00b', invalid('user:control_character')),
    get('half an escape in a path', '/peers/%E0%A4%A', invalid('path:malformed')),
    get('bytes that are no UTF-8', '/peers/%ff%fe', invalid('path:malformed')),
    get('SQL in an id', "/peers/'%20or%201=1%20--", '404 network.peer_not_found'),
    get('an id of 257 characters', `/peers/${'x'.repeat(257)}`, invalid('id:too_long')),
    get('an id of 2,000 characters', `/peers/${'x'.repeat(2000)}`, invalid('path:malformed')),
    get('a wild card as a name', '/peers/%25', '404 network.peer_not_found'),
    {
      what: 'another method',
      method: 'PUT',
      path: '/peers',
      body: {},
      expected: '405 gateway.method_not_allowed',
    },
    {
      what: 'DELETE of a list',
      method: 'DELETE',
      path: '/interfaces',
      expected: '405 gateway.method_not_allowed',
    },
    {
      what: 'POST to health',
      method: 'POST',
      path: '/health',
      body: {},
      expected: '405 gateway.method_not_allowed',
    },
    patch('If-Match of an old revision', { 'if-match': '"0"' }, '412 stale'),
    patch('If-Match of a revision to come', { 'if-match': '"999999"' }, '412 stale'),
    patch('If-Match without quotes', { 'if-match': '1' }, badMatch),
    patch('a weak If-Match', { 'if-match': 'W/"1"' }, badMatch),
    patch('two in If-Match', { 'if-match': '"1", "2"' }, badMatch),
    patch('If-Match of 64 bits and more', { 'if-match': '"99999999999999999999"' }, badMatch),
    {
      what: 'If-Match where nothing is yet',
      method: 'POST',
      path: '/interfaces',
      body: { name: 'wg8', addresses: ['10.201.0.1/24'] },
      headers: { 'if-match': '"1"' },
      expected: invalid('If-Match:unknown_field'),
    },
    patch('an Idempotency-Key of 256 characters', { 'idempotency-key': 'k'.repeat(256) }, badKey),
    patch('an empty Idempotency-Key', { 'idempotency-key': '' }, badKey),
    patch('a blank in an Idempotency-Key', { 'idempotency-key': 'a b' }, badKey),
    patch('a tab in an Idempotency-Key', { 'idempotency-key': 'a\tb' }, badKey),
    patch('an Idempotency-Key beyond ASCII', { 'idempotency-key': 'clé' }, badKey),
    patch(
      'an Idempotency-Key of another request',
      { 'idempotency-key': ground.usedKey },
      '422 idempotency_key_reused',
    ),
    patch(
      '10 kB in a header we do not know, and a stale If-Match',
      { 'x-odd': 'x'.repeat(10_000), 'if-match': '"0"' },
      '412 stale',
    ),
    patch('a forged sender', { 'x-forwarded-for': '127.0.0.1', 'if-match': '"0"' }, '412 stale'),
    {
      what: 'Last-Event-ID of another log',
      method: 'GET',
      path: '/events',
      headers: { 'last-event-id': far },
      expected: '409 gateway.event_position_unknown',
    },
    {
      what: 'Last-Event-ID in words',
      method: 'GET',
      path: '/events',
      headers: { 'last-event-id': 'hello' },
      expected: invalid('Last-Event-ID:malformed'),
    },
    get('events from 0', '/events?from=0', invalid('from:pattern')),
  ]
}
