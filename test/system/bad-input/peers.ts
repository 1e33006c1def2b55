import { type Field, fields, type Ground, invalid, key, type Row, zeroKey } from './row.ts'

/** Peers. */
export function peerRows(ground: Ground): Row[] {
  const path = `/interfaces/${ground.interface}/peers`
  const on = (name: string, rows: readonly Field[]) =>
    fields('POST', path, name, { name: 'fresh' }, rows)
  const badKey = invalid('public_key:key_invalid')
  return [
    ...on('name', [
      ['empty', '', invalid('name:too_short')],
      ['blanks', '   ', invalid('name:required')],
      ['129 characters', 'x'.repeat(129), invalid('name:too_long')],
      ['10,000 characters', 'x'.repeat(10_000), invalid('name:too_long')],
      ['a control character', 'lap\u0007top', invalid('name:name_invalid')],
      ['a NUL byte', 'lap\u0000top', invalid('name:name_invalid')],
      ['a line break', 'lap\ntop', invalid('name:name_invalid')],
      ['another text direction', 'lap\u202etop', invalid('name:name_invalid')],
      ['like an id', '01a1fd12-429e-7de0-a997-e5ada8657210', invalid('name:name_invalid')],
      ['taken', 'aa-peer', '409 network.peer_name_taken'],
      ['taken in other letters', 'AA-PEER', '409 network.peer_name_taken'],
      ['a list', ['laptop'], invalid('name:type')],
    ]),
    ...on('public_key', [
      ['43 characters', key.slice(0, 43), badKey],
      ['not canonical', `${key.slice(0, 42)}t=`, badKey],
      ['hexadecimal', 'ab'.repeat(22), badKey],
      ['URL-safe base64', key.replace('+', '-'), badKey],
      ['all zeros', zeroKey, invalid('public_key:key_zero')],
      ['taken', ground.takenKey, '409 network.public_key_taken'],
    ]),
    ...on('preshared_key', [
      ['not base64', 'secret', invalid('preshared_key:key_invalid')],
      ['all zeros', zeroKey, invalid('preshared_key:key_zero')],
    ]),
    ...on('addresses', [
      ['outside of the network', ['10.99.0.1'], invalid('addresses[0]:address_outside_networks')],
      ['the network', ['10.61.0.0'], invalid('addresses[0]:address_not_host')],
      ['the broadcast address', ['10.61.0.255'], invalid('addresses[0]:address_not_host')],
      ["the interface's own", ['10.61.0.1'], '409 network.address_taken'],
      ["another peer's", ['10.61.0.2'], '409 network.address_taken'],
      ['octal', ['10.61.0.010'], invalid('addresses[0]:address_invalid')],
      ['a network', ['10.61.0.0/25'], invalid('addresses[0]:address_invalid')],
      ['v4-mapped', ['::ffff:10.61.0.9'], invalid('addresses[0]:address_v4_mapped')],
    ]),
    ...on('allowed_ips', [
      ['host bits', ['192.168.7.1/24'], invalid('allowed_ips[0]:cidr_host_bits')],
      ['/33', ['192.168.7.0/33'], invalid('allowed_ips[0]:cidr_invalid')],
      ['a short form', ['10.1'], invalid('allowed_ips[0]:cidr_invalid')],
    ]),
    ...on('keepalive_seconds', [
      ['negative', -1, invalid('keepalive_seconds:range')],
      ['65536', 65_536, invalid('keepalive_seconds:range')],
      ['a text', 'off', invalid('keepalive_seconds:type')],
    ]),
    ...on('expires_at', [
      ['in the past', '2020-01-01T00:00:00Z', invalid('expires_at:in_the_past')],
      ['words', 'tomorrow', invalid('expires_at:format')],
      ['the 31st of February', '2030-02-31T00:00:00Z', invalid('expires_at:format')],
      ['a number', 1_900_000_000, invalid('expires_at:type')],
    ]),
    ...on('description', [
      ['1,001 characters', 'x'.repeat(1001), invalid('description:too_long')],
      ['a NUL byte', 'a\u0000b', invalid('description:text_invalid')],
    ]),
    ...on('endpoint', [['no port', 'vpn.example.org', invalid('endpoint:endpoint_invalid')]]),
    {
      what: 'a peer on a full interface',
      method: 'POST',
      path: `/interfaces/${ground.fullInterface}/peers`,
      body: { name: 'one too many' },
      expected: '429 network.pool_exhausted',
    },
    {
      what: 'deleting twice, which is one fact',
      method: 'DELETE',
      path: `/peers/${ground.deletedPeer}`,
      expected: '204 ',
    },
    {
      what: 'deleting what never was',
      method: 'DELETE',
      path: '/peers/01a1fd12-429e-7de0-a997-e5ada8657210',
      expected: '404 network.peer_not_found',
    },
    {
      what: 'a change that names nothing',
      method: 'PATCH',
      path: `/peers/${ground.peer}`,
      body: {},
      expected: invalid('body:required'),
    },
  ]
}
