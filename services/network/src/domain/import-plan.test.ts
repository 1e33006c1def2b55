import { parseWgQuick } from '@holdfast/net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyOf } from './fixtures.ts'
import { renderHostConfig } from './host-config.ts'
import { planImport } from './import-plan.ts'
import { importedName } from './imported-name.ts'

const own = keyOf(1000)
const publicKeyOf = () => keyOf(0)
const plan = (config: string, name = 'wg0') => planImport(config, name, publicKeyOf)
const hub = `[Interface]
PrivateKey = ${own}
Address = 10.0.0.1/24, fd00::1/64
ListenPort = 51820
`
const codes = (config: string, name?: string) =>
  plan(config, name).notes.map(({ level, code, line }) => `${level} ${code} ${line}`)

test('a file as it lies on a host', () => {
  const { settings, peers, privateKey, notes } =
    plan(`${hub}PostUp = iptables -A FORWARD -i %i -j ACCEPT

### Client alice
[Peer]
PublicKey = ${keyOf(1)}
PresharedKey = ${keyOf(500)}
AllowedIPs = 10.0.0.2/32, fd00::2/128, 192.168.7.0/24
PersistentKeepalive = 25

[Peer] # site
PublicKey = ${keyOf(2)}
AllowedIPs = 10.0.0.255/32, 172.16.0.0/12
Endpoint = site.example.org:51820
`)
  expect(privateKey).toBe(own)
  expect(settings).toMatchObject({
    name: 'wg0',
    addresses: ['10.0.0.1/24', 'fd00::1/64'],
    listenPort: 51820,
    mtu: 1420,
    extraDirectives: ['PostUp = iptables -A FORWARD -i %i -j ACCEPT'],
  })
  expect(peers.map(({ settings: s, presharedKey }) => ({ ...s, presharedKey }))).toMatchObject([
    {
      name: 'alice',
      addresses: ['10.0.0.2', 'fd00::2'],
      allowedIps: ['192.168.7.0/24'],
      keepaliveSeconds: 25,
      presharedKey: keyOf(500),
    },
    {
      name: 'site',
      addresses: [],
      // the broadcast address is no host's, so it stays what the file calls it
      allowedIps: ['10.0.0.255/32', '172.16.0.0/12'],
      endpoint: 'site.example.org:51820',
      keepaliveSeconds: 0,
    },
  ])
  expect(notes.map(({ level, code, line }) => `${level} ${code} ${line}`)).toEqual([
    'warning directive_not_run 5',
    'warning peer_without_address 14',
  ])
})

test.each([
  ['an empty file', '', 'wg0', ['error no_interface 0', 'error address_missing 0']],
  ['no address', `[Interface]\nPrivateKey = ${own}\n`, 'wg0', ['error address_missing 0']],
  ['a foreign name', hub, 'Wg0', ['warning interface_renamed 0']],
  [
    'no private key',
    '[Interface]\nAddress = 10.0.0.1/24\n',
    'wg0',
    ['warning private_key_missing 0'],
  ],
  [
    'a network as address',
    `[Interface]\nPrivateKey = ${own}\nAddress = 10.0.0.0/24\n`,
    'wg0',
    ['error address_not_host 0'],
  ],
  [
    'networks that overlap',
    `[Interface]\nPrivateKey = ${own}\nAddress = 10.0.0.1/24, 10.0.0.9/16\n`,
    'wg0',
    ['error address_overlap 0'],
  ],
  [
    'two peers of one key',
    `${hub}[Peer]\n# a\nPublicKey = ${keyOf(1)}\nAllowedIPs = 10.0.0.2\n[Peer]\n# b\nPublicKey = ${keyOf(1)}\nAllowedIPs = 10.0.0.3\n`,
    'wg0',
    ['error public_key_taken 9'],
  ],
  [
    "a peer with the interface's own key",
    `${hub}[Peer]\n# a\nPublicKey = ${keyOf(0)}\nAllowedIPs = 10.0.0.2\n`,
    'wg0',
    ['error public_key_taken 5'],
  ],
  [
    'one route twice',
    `${hub}[Peer]\n# a\nPublicKey = ${keyOf(1)}\nAllowedIPs = 10.0.0.2\n[Peer]\n# b\nPublicKey = ${keyOf(2)}\nAllowedIPs = 10.0.0.2, 10.0.0.3\n`,
    'wg0',
    ['error allowed_ip_taken 9'],
  ],
  [
    "a peer with the interface's own address",
    `${hub}[Peer]\n# a\nPublicKey = ${keyOf(1)}\nAllowedIPs = 10.0.0.1\n`,
    'wg0',
    ['error address_taken 5'],
  ],
  [
    'one name twice, and none',
    `${hub}[Peer]\n# a\nPublicKey = ${keyOf(1)}\nAllowedIPs = 10.0.0.2\n[Peer]\n# A\nPublicKey = ${keyOf(2)}\nAllowedIPs = 10.0.0.3\n[Peer]\nPublicKey = ${keyOf(3)}\nAllowedIPs = 10.0.0.4\n`,
    'wg0',
    ['warning peer_renamed 9', 'warning peer_unnamed 13'],
  ],
  [
    'secrets in unknown lines',
    `${hub}MyKey = hunter2\nTable = off\n[Peer]\n# a\nPublicKey = ${keyOf(1)}\nPrivateKey = ${own}\nAllowedIPs = 10.0.0.2\n`,
    'wg0',
    ['warning directive_dropped 5', 'warning directive_unknown 6', 'warning directive_dropped 10'],
  ],
])('%s', (_, config, name, expected) => {
  expect(codes(config, name)).toEqual(expected)
})

test('nothing of a dropped line is kept', () => {
  const { settings, notes } = plan(`${hub}ApiToken = hunter2\n`)
  expect(JSON.stringify([settings, notes])).not.toContain('hunter2')
})

test.each([
  [['Name = alice'], 'alice'],
  [['friendly_name=bob'], 'bob'],
  [['Name# = carol'], 'carol'],
  [['## Client dave'], 'dave'],
  [['Client: erin (5f8a3c1e-9a57-4f1d-8c2b-8e41aa00bb11)'], 'erin'],
  [['## begin frank ###'], 'frank'],
  [['## end eve ###', '## begin grace ###'], 'grace'],
  [['PrivateKey = secret', 'heidi'], 'heidi'],
  [['PrivateKey = secret'], undefined],
  [['0198f0c0-0000-7000-8000-000000000001'], undefined],
  [['', '   ', '###'], undefined],
  [[], undefined],
])('the comments %j name %s', (comments, name) => {
  expect(importedName(comments)).toBe(name)
})

test('any text gives a plan, without secrets in its notes', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.constantFrom(
            '[Interface]',
            '[Peer]',
            'Address = 10.0.0.1/24',
            'AllowedIPs = 0.0.0.0/0',
            '# Name = x',
          ),
          fc.constantFrom(
            `PrivateKey = ${own}`,
            `PublicKey = ${keyOf(1)}`,
            `PresharedKey = ${own}x`,
          ),
          fc.string({ unit: 'binary' }),
        ),
        { maxLength: 30 },
      ),
      fc.string({ unit: 'binary' }),
      (lines, name) => {
        const { notes, settings } = plan(lines.join('\n'), name)
        expect(JSON.stringify([notes, settings])).not.toContain(own.slice(0, 40))
      },
    ),
  )
})

test('what is imported is exported as it was, names and kept lines included', () => {
  const config = `[Interface]
# wg0, exported by Holdfast
PrivateKey = ${own}
Address = 10.0.0.1/24
ListenPort = 51820
MTU = 1420
PostUp = iptables -A FORWARD -i %i -j ACCEPT

[Peer]
# Name = alice
PublicKey = ${keyOf(1)}
PresharedKey = ${keyOf(500)}
AllowedIPs = 10.0.0.2/32, 192.168.7.0/24
Endpoint = site.example.org:51820
PersistentKeepalive = 25
`
  const { settings, peers, notes } = plan(config)
  expect(notes.map(({ code }) => code)).toEqual(['directive_not_run'])
  expect(renderHostConfig(settings, own, peers, 0)).toBe(config)
})

test('an export leaves out what is off, and names it', () => {
  const { settings, peers } = plan(
    `${hub}[Peer]\n# gone\nPublicKey = ${keyOf(1)}\nAllowedIPs = 10.0.0.2\n`,
  )
  const expired = peers.map((peer) => ({
    ...peer,
    settings: { ...peer.settings, expiresAtUnixMs: 5 },
  }))
  const { file } = parseWgQuick(renderHostConfig(settings, own, expired, 5))
  expect(file.peers).toEqual([])
  expect(file.interface.comments).toContain('left out, disabled or expired: gone')
})

test('a file of 20,000 peers is planned in one pass', () => {
  const peers = Array.from(
    { length: 20_000 },
    (_, i) =>
      `[Peer]\n# same\nPublicKey = ${keyOf(i + 1)}\nAllowedIPs = 10.1.${i >> 8}.${i & 255}\n`,
  ).join('')
  const result = plan(`[Interface]\nPrivateKey = ${own}\nAddress = 10.0.0.1/8\n${peers}`)
  expect(result.peers).toHaveLength(20_000)
  expect(new Set(result.peers.map(({ settings }) => settings.name)).size).toBe(20_000)
})
