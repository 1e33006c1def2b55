import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostCidr, parseCidrLoosely } from '../cidr.ts'
import { parseDnsEntry } from '../dns.ts'
import { parseEndpoint } from '../endpoint.ts'
import { printIp } from '../ip.ts'
import { take } from '../parsed.ts'
import { wgKeyFrom } from '../wg-key.ts'
import type { WgQuickFile } from './file.ts'
import { parseWgQuick } from './parse.ts'
import { renderWgQuick } from './render.ts'

const key = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .filter((bytes) => bytes.some((byte) => byte !== 0))
  .map(wgKeyFrom)
const ip = fc.oneof(
  fc.nat({ max: 0xffffffff }).map((value) => printIp({ family: 4, value: BigInt(value) })),
  fc
    .bigInt({ min: 1n << 64n, max: (1n << 128n) - 1n })
    .map((value) => printIp({ family: 6, value })),
)
const cidr = fc
  .tuple(ip, fc.nat({ max: 32 }))
  .map(([address, length]) => take(parseCidrLoosely, `${address}/${length}`, 'cidr'))
const address = fc.tuple(ip, fc.nat({ max: 32 })).map(([host, length]) => hostCidr(host, length))
const word = fc.stringMatching(/^[a-zA-Z0-9_.:/=%"'$;-]{1,12}$/)
const line = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join(' '))
const comments = fc.array(line, { maxLength: 3 })
const others = fc.array(
  fc.record({ key: fc.constantFrom('PostUp', 'PostDown', 'Table', 'FwMark', 'Jc'), value: line }),
  { maxLength: 3 },
)
const keepalive = fc.nat({ max: 65535 })

const file: fc.Arbitrary<WgQuickFile> = fc.record({
  interface: fc.record(
    {
      comments,
      privateKey: key,
      addresses: fc.array(address, { maxLength: 3 }),
      listenPort: fc.integer({ min: 1, max: 65535 }),
      mtu: fc.integer({ min: 576, max: 65535 }),
      dns: fc
        .array(fc.oneof(ip.map(String), fc.constant('corp.example')), { maxLength: 3 })
        .map((words) => words.map((text) => take(parseDnsEntry, text, 'dns'))),
      others,
    },
    { requiredKeys: ['comments', 'addresses', 'dns', 'others'] },
  ),
  peers: fc.array(
    fc.record(
      {
        comments,
        publicKey: key,
        presharedKey: key,
        allowedIps: fc.array(cidr, { maxLength: 4 }),
        endpoint: fc
          .constantFrom('vpn.example.org:51820', '192.0.2.1:1', '[2001:db8::1]:443')
          .map((text) => take(parseEndpoint, text, 'endpoint')),
        keepaliveSeconds: keepalive,
        others,
      },
      { requiredKeys: ['comments', 'publicKey', 'allowedIps', 'others'] },
    ),
    { maxLength: 4 },
  ),
})

/** The file without the line numbers that only reading adds. */
const withoutLines = (read: WgQuickFile): unknown =>
  JSON.parse(JSON.stringify(read, (name, value: unknown) => (name === 'line' ? undefined : value)))

test('what is rendered is read back as it was', () => {
  fc.assert(
    fc.property(file, (written) => {
      const { file: read, problems } = parseWgQuick(renderWgQuick(written))
      expect(problems).toEqual([])
      expect(withoutLines(read)).toEqual(withoutLines(written))
    }),
  )
})

test('any text is read without throwing, and its problems never quote a key', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.constantFrom(
            '[Interface]',
            '[Peer]',
            '[peer',
            'PrivateKey =',
            'AllowedIPs = ,',
            '=',
            '#',
            '\ufeff',
          ),
          fc.string({ unit: 'binary' }),
          key.map((text) => `PrivateKey = ${text} x`),
        ),
      ),
      (lines) => {
        const { problems } = parseWgQuick(lines.join('\n'))
        for (const problem of problems) expect(problem.detail).not.toMatch(/[A-Za-z0-9+/]{43}=/)
      },
    ),
  )
})

const keyA = 'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk='
const keyB = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg='

test('a file as people keep it', () => {
  const text = `\ufeff# office
[interface]
Address = 10.0.0.1/24, fd00::1/64   # both
address=10.1.0.1
PRIVATEKEY = ${keyA}
ListenPort = 51820
PostUp = iptables -A FORWARD -i %i -j ACCEPT; echo "a=b"

### Client alice
[Peer]
PublicKey = ${keyB}
AllowedIPs = 10.0.0.2/24,fd00::2
PresharedKey = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
PersistentKeepalive = off\r
# the end
`
  expect(parseWgQuick(text)).toEqual({
    problems: [],
    file: {
      interface: {
        comments: ['office', 'both'],
        addresses: ['10.0.0.1/24', 'fd00::1/64', '10.1.0.1/32'],
        privateKey: keyA,
        listenPort: 51820,
        dns: [],
        others: [
          { key: 'PostUp', value: 'iptables -A FORWARD -i %i -j ACCEPT; echo "a=b"', line: 7 },
        ],
      },
      peers: [
        {
          line: 10,
          comments: ['## Client alice', 'the end'],
          publicKey: keyB,
          allowedIps: ['10.0.0.0/24', 'fd00::2/128'],
          keepaliveSeconds: 0,
          others: [],
        },
      ],
    },
  })
})

test('every bad line is named with its number', () => {
  const text = `PrivateKey = ${keyA}
[Interface]
ListenPort = 70000
MTU = 12a
Address = 10.0.0.999/24
nonsense
DNS = 1.1.1.1,,8.8.8.8
[Peer]
PublicKey = short
AllowedIPs = +10.0.0.1/32
Endpoint = nowhere
[Peer]
AllowedIPs = 10.0.0.3/32
[Peer]
PublicKey = ${keyB}
PublicKey = ${keyB}
PersistentKeepalive = -1
[WireGuard]
Ignored = 1
[Interface]
a\u0000b`
  expect(parseWgQuick(text).problems.map(({ line, code }) => `${line} ${code}`)).toEqual([
    '1 outside_section',
    '3 number_invalid',
    '4 number_invalid',
    '5 cidr_invalid',
    '6 line_invalid',
    '7 dns_invalid',
    '9 key_invalid',
    '10 cidr_invalid',
    '11 endpoint_invalid',
    '12 peer_without_key',
    '16 directive_repeated',
    '17 number_invalid',
    '18 section_unknown',
    '20 second_interface',
    '21 control_character',
  ])
})

test('a comment cannot become a directive', () => {
  const text = renderWgQuick({
    interface: {
      comments: ['alice\nPostUp = rm -rf /\r\n[Peer]'],
      addresses: [],
      dns: [],
      others: [],
    },
    peers: [],
  })
  expect(text).toBe('[Interface]\n# alice PostUp = rm -rf / [Peer]\n')
})

test('an empty text has no interface', () => {
  expect(parseWgQuick('').problems).toEqual([
    { line: 0, code: 'no_interface', detail: 'has no [Interface] section' },
  ])
})

test('a million hostile lines are read in one pass', () => {
  expect(parseWgQuick('# x\n'.repeat(1_000_000)).problems).toHaveLength(1)
  expect(parseWgQuick('[Peer]\n'.repeat(1_000_000)).problems).toHaveLength(100)
})
