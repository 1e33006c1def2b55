import { fields, type Ground, invalid, type Row } from './row.ts'

/** How packets are treated that no rule decides: of interfaces, and of devices of others. */
export function firewallRows(ground: Ground): Row[] {
  const wg7 = { name: 'wg7', node_id: ground.node, addresses: ['10.200.0.1/24'] }
  const device = invalid('uplinks[0].device:device_name_invalid')
  return [
    ...fields('POST', '/interfaces', 'firewall', wg7, [
      ['a text', 'drop', invalid('firewall:type')],
      ['null', null, invalid('firewall:type')],
      [
        'an unknown verdict',
        { default_verdict: 'reject' },
        invalid('firewall.default_verdict:one_of'),
      ],
      [
        'a verdict in upper case',
        { unparsable_verdict: 'DROP' },
        invalid('firewall.unparsable_verdict:one_of'),
      ],
      ['a number for a flag', { stateful: 1 }, invalid('firewall.stateful:type')],
      ['an unknown setting', { is_stateful: true }, invalid('firewall.is_stateful:unknown_field')],
      [
        'two bad ones',
        { default_verdict: 0, drop_fragments: 'no' },
        invalid('firewall.default_verdict:type', 'firewall.drop_fragments:type'),
      ],
    ]),
    ...fields('PATCH', `/nodes/${ground.node}`, 'uplinks', {}, [
      ['a text', 'eth0', invalid('uplinks:type')],
      ['null', null, invalid('uplinks:type')],
      ['no device', [{ stateful: true }], invalid('uplinks[0].device:required')],
      ['an empty device', [{ device: '' }], invalid('uplinks[0].device:too_short')],
      ['16 characters', [{ device: 'e'.repeat(16) }], device],
      ['a slash', [{ device: '../eth0' }], device],
      ['a blank', [{ device: 'eth 0' }], device],
      ['a line break', [{ device: 'eth0\n' }], device],
      ['a NUL byte', [{ device: 'eth\u00000' }], device],
      ['a quote', [{ device: 'eth0"; drop' }], device],
      ['two dots', [{ device: '..' }], device],
      ['letters beyond ASCII', [{ device: 'ethö' }], device],
      [
        'one twice',
        [{ device: 'eth0' }, { device: 'eth1' }, { device: 'eth0' }],
        invalid('uplinks[2].device:duplicate'),
      ],
      ['17 of them', Array.from({ length: 17 }, (_, i) => ({ device: `eth${i}` })), tooMany],
      ['65 of them', Array.from({ length: 65 }, (_, i) => ({ device: `eth${i}` })), tooMany],
      [
        'an interface of the node',
        [{ device: 'eth0' }, { device: 'aa0' }],
        invalid('uplinks[1].device:is_interface'),
      ],
      [
        'an unknown verdict',
        [{ device: 'eth0', default_verdict: 'reject' }],
        invalid('uplinks[0].default_verdict:one_of'),
      ],
      [
        'an unknown setting',
        [{ device: 'eth0', firewall: {} }],
        invalid('uplinks[0].firewall:unknown_field'),
      ],
    ]),
  ]
}

const tooMany = invalid('uplinks:too_many')
