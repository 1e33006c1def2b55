import { type Ground, invalid, type Row } from './row.ts'

/** Rules, one by one and many at once. */
export function ruleRows(ground: Ground): Row[] {
  const { organization } = ground
  const rule = { name: 'web', action: 'deny', protocol: 'tcp' }
  const row = (what: string, changes: object, expected: string): Row => ({
    what: `rule: ${what}`,
    method: 'POST',
    path: `/rules?organization=${organization}`,
    body: { ...rule, ...changes },
    expected,
  })
  const many = (what: string, rules: readonly object[], expected: string): Row => ({
    what: `import: ${what}`,
    method: 'POST',
    path: '/rules/import',
    body: { organization, rules },
    expected,
  })
  const post = (what: string, path: string, body: object, expected: string): Row => ({
    what,
    method: 'POST',
    path,
    body: { organization, ...body },
    expected,
  })
  return [
    row('no name', { name: '' }, invalid('name:too_short')),
    row('a name of blanks', { name: '  ' }, invalid('name:required')),
    row('an unknown action', { action: 'reject' }, invalid('action:one_of')),
    row('an unknown direction', { direction: 'in' }, invalid('direction:one_of')),
    row('an unknown protocol', { protocol: 'sctp' }, invalid('protocol:one_of')),
    row('host bits', { src: '10.1.2.3/8' }, invalid('src:cidr_host_bits')),
    row('a name for a network', { dst: 'db.example.org' }, invalid('dst:cidr_invalid')),
    row('octal', { src: '010.0.0.0/8' }, invalid('src:cidr_invalid')),
    row('/33', { src: '10.0.0.0/33' }, invalid('src:cidr_invalid')),
    row('two families', { src: '10.0.0.0/8', dst: 'fd00::/8' }, invalid('dst:family_mismatch')),
    row(
      'a reversed range',
      { dst_port_from: 443, dst_port_to: 80 },
      invalid('dst_port_to:range_reversed'),
    ),
    row('an end without a beginning', { dst_port_to: 80 }, invalid('dst_port_from:required')),
    row('port 65536', { dst_port_from: 65_536 }, invalid('dst_port_from:range')),
    row('a negative port', { src_port_from: -1 }, invalid('src_port_from:range')),
    row(
      'ports with icmp',
      { protocol: 'icmp', dst_port_from: 22 },
      invalid('dst_port_from:not_applicable'),
    ),
    row('a rate limit without a rate', { action: 'rate_limit' }, invalid('rate_pps:required')),
    row('a rate without a limit', { rate_pps: 5 }, invalid('rate_pps:not_applicable')),
    row('a burst without a rate', { rate_burst: 5 }, invalid('rate_pps:required')),
    row('a rate of zero', { action: 'rate_limit', rate_pps: 0 }, invalid('rate_pps:out_of_range')),
    row('continue without log', { continue: true }, invalid('continue:not_applicable')),
    row('priority 1001', { priority: 1001 }, invalid('priority:range')),
    row('priority -1', { priority: -1 }, invalid('priority:range')),
    row('half a priority', { priority: 1.5 }, invalid('priority:type')),
    row(
      'an expiry in the past',
      { expires_at: '2020-01-01T00:00:00Z' },
      invalid('expires_at:in_the_past'),
    ),
    row(
      '17 tags',
      { tags: Array.from({ length: 17 }, (_, i) => `t${i}`) },
      invalid('tags:too_many'),
    ),
    row('a peer without a name', { target: { kind: 'peer' } }, invalid('target.id:required')),
    row(
      'an interface there is not',
      { target: { kind: 'interface', id: '01a1fd12-429e-7de0-a997-e5ada8657210' } },
      invalid('target:unknown'),
    ),
    row('an unknown field', { source: '10.0.0.0/8' }, invalid('source:unknown_field')),
    row(
      'three bad ones',
      { src: 'x', dst: 'y', dst_port_from: 5, dst_port_to: 4 },
      invalid('src:cidr_invalid', 'dst:cidr_invalid', 'dst_port_to:range_reversed'),
    ),
    many(
      'one bad rule among good ones',
      [
        { ...rule, name: 'a' },
        { ...rule, name: 'b', src: '10.1.2.3/8' },
        { ...rule, name: 'c' },
      ],
      invalid('rules[1].src:cidr_host_bits'),
    ),
    many('one name twice', [rule, { ...rule, name: 'WEB' }], '409 rules.name_taken'),
    many(
      'a million rules',
      Array.from({ length: 1_000_000 }, (_, i) => ({ name: `r${i}`, action: 'deny' })),
      invalid('rules:too_many'),
    ),
    post(
      'apply: an unknown draft',
      '/rules/apply',
      { change_set: ground.deletedPeer },
      '404 rules.change_set_not_found',
    ),
    post('apply: nothing', '/rules/apply', {}, invalid('operations:required')),
    post(
      'apply: confirm in 5 s',
      '/rules/apply',
      { confirm_within_seconds: 5 },
      invalid('confirm_within_seconds:range'),
    ),
    post(
      'apply: two operations in one',
      '/rules/apply',
      { operations: [{ create: rule, delete: { rule: 'web' } }] },
      invalid('operations[0]:required'),
    ),
    post('confirm: nothing waits', '/rules/confirm', {}, '409 rules.nothing_pending'),
    post('revert: nothing waits', '/rules/revert', {}, '409 rules.nothing_pending'),
    post(
      'undo: a sequence there is not',
      '/rules/undo',
      { sequence: '999999' },
      invalid('sequence:in_the_future'),
    ),
    post('simulate: neither packet nor capture', '/rules/simulate', {}, invalid('packet:required')),
    post(
      'simulate: addresses of two families',
      '/rules/simulate',
      { packet: { src: '10.0.0.1', dst: 'fd00::1' } },
      invalid('packet.dst:family_mismatch'),
    ),
    {
      what: 'rule: at a time that is none',
      method: 'GET',
      path: '/rules?at=yesterday',
      expected: invalid('at:out_of_range'),
    },
    {
      what: 'rule: at a sequence to come',
      method: 'GET',
      path: '/rules?at=99999999',
      expected: invalid('at:out_of_range'),
    },
  ]
}
