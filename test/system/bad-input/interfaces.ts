import { type Field, fields, type Ground, invalid, key, type Row, zeroKey } from './row.ts'

/** Interfaces. */
export function interfaceRows(ground: Ground): Row[] {
  const right = { name: 'wg7', node_id: ground.node, addresses: ['10.200.0.1/24'] }
  const on = (name: string, rows: readonly Field[]) =>
    fields('POST', '/interfaces', name, right, rows)
  const pattern = invalid('name:pattern')
  const cidr = invalid('addresses[0]:cidr_invalid')
  return [
    ...on('name', [
      ['upper case', 'Wg0', pattern],
      ['a digit first', '0wg', pattern],
      ['16 characters', `w${'g'.repeat(15)}`, pattern],
      ['empty', '', pattern],
      ['letters beyond ASCII', 'wgö', pattern],
      ['full-width letters', 'ｗｇ0', pattern],
      ['a blank', 'wg 0', pattern],
      ['a slash', 'wg/0', pattern],
      ['a line break at the end', 'wg0\n', pattern],
      ['a NUL byte', 'wg\u00000', pattern],
      ['a shell command', 'wg0;reboot', pattern],
      ['a number', 7, invalid('name:type')],
      ['null', null, invalid('name:type')],
      ['taken on the node', 'aa0', '409 network.interface_name_taken'],
    ]),
    ...on('addresses', [
      ['none', [], invalid('addresses:required')],
      ['a text', '10.200.0.1/24', invalid('addresses:type')],
      ['a number in the list', [7], invalid('addresses[0]:type')],
      ['octal', ['010.200.0.1/24'], cidr],
      ['a short form', ['10.200.1/24'], cidr],
      ['hexadecimal', ['0x0a.200.0.1/24'], cidr],
      ['no prefix length', ['10.200.0.1'], invalid('addresses[0]:cidr_prefix_missing')],
      ['/33', ['10.200.0.1/33'], cidr],
      ['/129', ['fd00::1/129'], cidr],
      ['a negative prefix length', ['10.200.0.1/-1'], cidr],
      ['a leading zero in the prefix length', ['10.200.0.1/024'], cidr],
      ['v4-mapped', ['::ffff:10.200.0.1/120'], invalid('addresses[0]:address_v4_mapped')],
      ['a zone', ['fe80::1%eth0/64'], cidr],
      ['words', ['everywhere'], cidr],
      ['empty', [''], cidr],
      ['blanks around', [' 10.200.0.1/24'], cidr],
      [
        'two bad ones',
        ['x', 'y'],
        invalid('addresses[0]:cidr_invalid', 'addresses[1]:cidr_invalid'),
      ],
      ['the network itself', ['10.200.0.0/24'], invalid('addresses[0]:address_not_host')],
      ['/0', ['10.200.0.1/0'], invalid('addresses[0]:address_too_wide')],
      ['overlaps another interface', ['10.61.0.9/16'], '409 network.address_overlap'],
      [
        '65 of them',
        Array.from({ length: 65 }, (_, i) => `10.${i}.0.1/24`),
        invalid('addresses:too_many'),
      ],
      ['257 characters', ['1'.repeat(257)], invalid('addresses[0]:too_long')],
    ]),
    ...on('listen_port', [
      ['zero', 0, invalid('listen_port:range')],
      ['65536', 65_536, invalid('listen_port:range')],
      ['negative', -1, invalid('listen_port:range')],
      ['a fraction', 51_820.5, invalid('listen_port:type')],
      ['a text', '51820', invalid('listen_port:type')],
      ['1e99', 1e99, invalid('listen_port:range')],
      ['taken', 51_820, '409 network.listen_port_taken'],
    ]),
    ...on('mtu', [
      ['575', 575, invalid('mtu:range')],
      ['9001', 9001, invalid('mtu:range')],
      ['a text', '1420', invalid('mtu:type')],
    ]),
    ...on('private_key', [
      ['43 characters', key.slice(0, 43), invalid('private_key:key_invalid')],
      ['no padding', `${key.slice(0, 43)}A`, invalid('private_key:key_invalid')],
      ['not canonical', `${key.slice(0, 42)}t=`, invalid('private_key:key_invalid')],
      ['all zeros', zeroKey, invalid('private_key:key_zero')],
      ['45 characters', `${key}=`, invalid('private_key:too_long')],
    ]),
    ...on('endpoint', [
      ['a port of 0', 'vpn.example.org:0', invalid('endpoint:endpoint_invalid')],
      ['a URL', 'https://vpn.example.org', invalid('endpoint:endpoint_invalid')],
      ['a line break', 'vpn.example.org\nPostUp = x', invalid('endpoint:host_invalid')],
    ]),
    ...on('dns', [['words with blanks', ['not a server'], invalid('dns[0]:dns_invalid')]]),
    ...on('client_allowed_ips', [
      ['host bits', ['10.0.0.1/8'], invalid('client_allowed_ips[0]:cidr_host_bits')],
    ]),
    ...on('node_id', [
      [
        'one that is not there',
        '01a1fd12-429e-7de0-a997-e5ada8657210',
        '404 network.node_not_found',
      ],
      ['a NUL byte', 'x\u0000', '404 network.node_not_found'],
    ]),
    ...on('colour', [['unknown', 'red', invalid('colour:unknown_field')]]),
  ]
}
