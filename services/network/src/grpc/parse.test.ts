import { DomainError } from '@holdfast/errors'
import { defaultFirewall } from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'
import { Fields } from '@holdfast/service'
import { expect, test } from 'vitest'
import { keyOf } from '../domain/fixtures.ts'
import { parseUplinks } from './parse-firewall.ts'
import { parseCreateInterface, parseUpdateInterface } from './parse-interface.ts'
import { parseCreatePeer, parsePresharedKey, parseUpdatePeer } from './parse-peer.ts'

const v1 = holdfast.network.v1

/** A request as it comes over the wire, defaults filled in. */
const over = <M>(
  type: { encode(m: object): { finish(): Uint8Array }; decode(b: Uint8Array): M },
  m: object,
): M => type.decode(type.encode(m).finish())

function fieldsOf(run: () => unknown): string[] {
  try {
    run()
    return []
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'invalid') throw error
    return error.fields.map(({ field, code }) => `${field} ${code}`)
  }
}

const hub = { name: 'wg0', addresses: ['10.10.0.1/24'] }
test.each<[string, object, string[]]>([
  ['nothing wrong', {}, []],
  ['no name', { name: '' }, ['name interface_name_invalid']],
  ['an upper-case name', { name: 'Wg0' }, ['name interface_name_invalid']],
  ['no address', { addresses: [] }, ['addresses required']],
  ['an address without prefix', { addresses: ['10.10.0.1'] }, ['addresses[0] cidr_prefix_missing']],
  ['nonsense for an address', { addresses: ['10.10.0.1/24', 'x'] }, ['addresses[1] cidr_invalid']],
  ['a port too large', { listenPort: 65536 }, ['listen_port out_of_range']],
  ['a tiny MTU', { mtu: 575 }, ['mtu out_of_range']],
  ['a jumbo MTU', { mtu: 9001 }, ['mtu out_of_range']],
  ['bad DNS', { dns: ['1.1.1.1', 'a b'] }, ['dns[1] dns_invalid']],
  ['a bad endpoint', { endpoint: 'x:99999' }, ['endpoint endpoint_invalid']],
  [
    'host bits in a route',
    { clientAllowedIps: ['10.0.0.1/8'] },
    ['client_allowed_ips[0] cidr_host_bits'],
  ],
  ['a bad key', { privateKey: 'abc' }, ['private_key key_invalid']],
  ['a zero key', { privateKey: `${'A'.repeat(43)}=` }, ['private_key key_zero']],
  [
    'a long quarantine',
    { addressQuarantineSeconds: 31_536_001 },
    ['address_quarantine_seconds out_of_range'],
  ],
  [
    'verdicts nobody knows',
    { firewall: { defaultVerdict: 7, unparsableVerdict: 3 } },
    ['firewall.default_verdict verdict_unknown', 'firewall.unparsable_verdict verdict_unknown'],
  ],
  [
    'too many addresses',
    { addresses: Array.from({ length: 17 }, (_, i) => `10.${i}.0.1/24`) },
    ['addresses too_many'],
  ],
  [
    'everything at once',
    { name: '0', addresses: ['x'], listenPort: 70000, mtu: 1, endpoint: ':', privateKey: 'k' },
    [
      'name interface_name_invalid',
      'addresses[0] cidr_invalid',
      'listen_port out_of_range',
      'mtu out_of_range',
      'endpoint endpoint_invalid',
      'private_key key_invalid',
    ],
  ],
])('an interface with %s', (_, more, expected) => {
  const request = over(v1.CreateInterfaceRequest, { ...hub, ...more })
  expect(fieldsOf(() => parseCreateInterface(request))).toEqual(expected)
})

test('an interface gets its defaults', () => {
  const { settings, keys } = parseCreateInterface(over(v1.CreateInterfaceRequest, hub))
  expect(settings).toMatchObject({
    listenPort: 0,
    mtu: 1420,
    addressQuarantineSeconds: 3600,
    isEnabled: true,
    firewall: defaultFirewall,
  })
  expect(keys).toBeUndefined()
  const firewall = { defaultVerdict: 2, isStateful: true }
  const strict = parseCreateInterface(over(v1.CreateInterfaceRequest, { ...hub, firewall }))
  expect(strict.settings.firewall).toEqual({
    defaultVerdict: 'drop',
    isStateful: true,
    dropsFragments: false,
    unparsableVerdict: 'drop',
  })
})

test('a change of the firewall names only what it changes', () => {
  const changed = (firewall: object) =>
    parseUpdateInterface(over(v1.UpdateInterfaceRequest, { firewall })).firewall
  expect(changed({})).toEqual({})
  expect(changed({ isStateful: false })).toEqual({ isStateful: false })
  expect(changed({ defaultVerdict: 1, dropsFragments: true, unparsableVerdict: 1 })).toEqual({
    defaultVerdict: 'pass',
    dropsFragments: true,
    unparsableVerdict: 'pass',
  })
})

const uplinks = (...names: string[]) => names.map((device) => ({ device }))
test.each<[string, object[], string[]]>([
  ['none', [], []],
  ['names the kernel gives', uplinks('eth0', 'enp3s0f1np1', 'eth0.100', 'br-lan'), []],
  ['no name', [{}], ['uplinks[0].device device_name_invalid']],
  ['16 characters', uplinks('eth0', 'enp0s31f6.123456'), ['uplinks[1].device device_name_invalid']],
  ['a path', uplinks('../eth0'), ['uplinks[0].device device_name_invalid']],
  ['a quote', uplinks('eth0"'), ['uplinks[0].device device_name_invalid']],
  ['one twice', uplinks('eth0', 'eth1', 'eth0'), ['uplinks[2].device duplicate']],
  ['too many', uplinks(...Array.from({ length: 17 }, (_, i) => `eth${i}`)), ['uplinks too_many']],
  [
    'a verdict nobody knows',
    [{ device: 'eth0', firewall: { defaultVerdict: 9 } }],
    ['uplinks[0].firewall.default_verdict verdict_unknown'],
  ],
])('uplinks: %s', (_, list, expected) => {
  const request = over(v1.UpdateNodeRequest, { uplinks: { uplinks: list } })
  const fields = new Fields()
  parseUplinks(fields, request.uplinks?.uplinks ?? [])
  expect(fieldsOf(() => fields.check())).toEqual(expected)
})

test('a change names only what it changes', () => {
  expect(parseUpdateInterface(over(v1.UpdateInterfaceRequest, { id: 'x' }))).toEqual({})
  const request = over(v1.UpdateInterfaceRequest, {
    dns: {},
    endpoint: '',
    isEnabled: false,
    addressQuarantineSeconds: 0,
  })
  expect(parseUpdateInterface(request)).toEqual({
    dns: [],
    endpoint: '',
    isEnabled: false,
    addressQuarantineSeconds: 0,
  })
  const bad = over(v1.UpdateInterfaceRequest, { addresses: {}, listenPort: 0 })
  expect(fieldsOf(() => parseUpdateInterface(bad))).toEqual([
    'addresses required',
    'listen_port out_of_range',
  ])
})

test.each<[string, object, string[]]>([
  ['nothing wrong', {}, []],
  ['no name', { name: ' ' }, ['name required']],
  ['a long name', { name: 'x'.repeat(129) }, ['name too_long']],
  ['128 letters of any script', { name: '🦊'.repeat(128) }, []],
  ['a control character', { name: 'a\nb' }, ['name name_invalid']],
  ['a name that turns text around', { name: 'a\u202eb' }, ['name name_invalid']],
  ['an id for a name', { name: '0198f0c0-0000-7000-8000-000000000001' }, ['name name_invalid']],
  ['a network for an address', { addresses: ['10.10.0.0/24'] }, ['addresses[0] address_invalid']],
  ['a v4-mapped address', { addresses: ['::ffff:10.0.0.1'] }, ['addresses[0] address_v4_mapped']],
  [
    'bad allowed IPs',
    { allowedIps: ['10.0.0.0/8', '10.0.0.1/8', ''] },
    ['allowed_ips[1] cidr_host_bits', 'allowed_ips[2] cidr_invalid'],
  ],
  ['an endpoint without port', { endpoint: 'example.org' }, ['endpoint endpoint_invalid']],
  ['a long keepalive', { keepaliveSeconds: 65_536 }, ['keepalive_seconds out_of_range']],
  ['a key of the wrong length', { publicKey: keyOf(1).slice(1) }, ['public_key key_invalid']],
  ['a bad preshared key', { presharedKey: 'x' }, ['preshared_key key_invalid']],
  ['a year beyond all', { expiresAtUnixMs: 2 ** 52 }, ['expires_at out_of_range']],
  ['a long description', { description: 'x'.repeat(1001) }, ['description too_long']],
  ['a NUL in the description', { description: '\0' }, ['description text_invalid']],
  [
    'too many routes',
    { allowedIps: Array.from({ length: 257 }, () => '10.0.0.0/8') },
    ['allowed_ips too_many'],
  ],
])('a peer with %s', (_, more, expected) => {
  const request = over(v1.CreatePeerRequest, { name: 'laptop', ...more })
  expect(fieldsOf(() => parseCreatePeer(request))).toEqual(expected)
})

test('a peer gets its defaults, and lists lose their repeats', () => {
  const wish = parseCreatePeer(
    over(v1.CreatePeerRequest, {
      name: ' Ann\u0065\u0301 ',
      allowedIps: ['10.0.0.0/8', '10.0.0.0/8'],
    }),
  )
  expect(wish).toMatchObject({ publicKey: undefined, presharedKey: 'default' })
  expect(wish.settings).toMatchObject({
    name: 'Anné'.normalize('NFC').replace('e\u0301', 'é'),
    addresses: undefined,
    allowedIps: ['10.0.0.0/8'],
    keepaliveSeconds: 25,
    isEnabled: true,
    expiresAtUnixMs: 0,
  })
  const single = parseCreatePeer(
    over(v1.CreatePeerRequest, { name: 'a', addresses: ['10.0.0.2/32', 'fd00:0::2'] }),
  )
  expect(single.settings.addresses).toEqual(['10.0.0.2', 'fd00::2'])
})

test('a preshared key has four spellings', () => {
  const psk = (presharedKey?: string) =>
    parseCreatePeer(
      over(v1.CreatePeerRequest, {
        name: 'a',
        ...(presharedKey === undefined ? {} : { presharedKey }),
      }),
    ).presharedKey
  expect([psk(), psk(''), psk('generate'), psk(keyOf(1))]).toEqual([
    'default',
    'none',
    'generate',
    { key: keyOf(1) },
  ])
  expect([parsePresharedKey(undefined), parsePresharedKey('')]).toEqual(['generate', 'none'])
})

test('a change of a peer tells absent from empty', () => {
  expect(parseUpdatePeer(over(v1.UpdatePeerRequest, { id: 'x' }))).toEqual({})
  const all = over(v1.UpdatePeerRequest, {
    allowedIps: {},
    endpoint: '',
    keepaliveSeconds: 0,
    expiresAtUnixMs: 0,
    isEnabled: false,
    description: '',
  })
  expect(parseUpdatePeer(all)).toEqual({
    allowedIps: [],
    endpoint: '',
    keepaliveSeconds: 0,
    expiresAtUnixMs: 0,
    isEnabled: false,
    description: '',
  })
})
