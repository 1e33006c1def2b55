import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDnsEntry } from './dns.ts'
import { hasPort, parseEndpoint, parseEndpointOrHost, parseHostName } from './endpoint.ts'
import { parseInterfaceName, suggestInterfaceName } from './interface-name.ts'
import { take } from './parsed.ts'
import { parseWgKey, wgKeyBytes, wgKeyFrom } from './wg-key.ts'

test.each(['wg0', 'a', 'abcdefghijklmno', 'wg-office_1'])('%s is an interface name', (name) => {
  expect(parseInterfaceName(name)).toEqual({ ok: true, value: name })
})

test.each(['Wg0', '0wg', 'abcdefghijklmnop', '', 'wg 0', 'wg0\n', '-wg', 'wg.0', 'ẃg0', '../x'])(
  '%j is not an interface name',
  (name) => {
    expect(parseInterfaceName(name)).toMatchObject({ ok: false, code: 'interface_name_invalid' })
  },
)

test.each([
  ['Wg0', 'wg0'],
  ['wg0.conf', 'wg0'],
  ['/etc/wireguard/Office VPN.conf', 'office-vpn'],
  ['0', 'wg0'],
  ['', 'wg'],
  ['a-very-long-interface', 'a-very-long-int'],
])('the offer for %j is %s', (name, offer) => {
  expect(suggestInterfaceName(name)).toBe(offer)
})

test('every offer is a valid name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(parseInterfaceName(suggestInterfaceName(name)).ok).toBe(true)
    }),
  )
})

test.each([
  ['VPN.Example.org:51820', 'vpn.example.org:51820'],
  ['192.0.2.1:1', '192.0.2.1:1'],
  ['[2001:DB8::1]:65535', '[2001:db8::1]:65535'],
  ['my_host:51820', 'my_host:51820'],
])('%s is the endpoint %s', (text, canonical) => {
  expect(parseEndpoint(text)).toEqual({ ok: true, value: canonical })
})

test.each([
  '',
  'vpn.example.org',
  ':51820',
  'vpn.example.org:0',
  'vpn.example.org:65536',
  'vpn.example.org:051820',
  '2001:db8::1:51820',
  '[vpn.example.org]:51820',
  '010.1.1.1:51820',
  '1:51820',
  'a b:51820',
  'a\nPostUp = x:51820',
  '-a:51820',
  `${'a'.repeat(64)}:51820`,
])('%j is not an endpoint', (text) => {
  expect(parseEndpoint(text).ok).toBe(false)
})

test('an interface may name a host alone or a host with a port', () => {
  const host = take(parseEndpointOrHost, '2001:db8::1', 'endpoint')
  const pair = take(parseEndpointOrHost, 'vpn.example.org:443', 'endpoint')
  expect([host, hasPort(host)]).toEqual(['2001:db8::1', false])
  expect([pair, hasPort(pair)]).toEqual(['vpn.example.org:443', true])
  expect(parseEndpointOrHost('[2001:db8::1]')).toEqual({ ok: true, value: '2001:db8::1' })
  expect(parseHostName('example.org.')).toEqual({ ok: true, value: 'example.org' })
})

test('DNS takes addresses and search domains, nothing else', () => {
  expect(parseDnsEntry('1.1.1.1')).toEqual({ ok: true, value: '1.1.1.1' })
  expect(parseDnsEntry('2606:4700:4700:0::1111')).toEqual({
    ok: true,
    value: '2606:4700:4700::1111',
  })
  expect(parseDnsEntry('Corp.Example')).toEqual({ ok: true, value: 'corp.example' })
  for (const text of ['', '1.1.1', '1.1.1.1:53', '[::1]', 'a b']) {
    expect(parseDnsEntry(text)).toMatchObject({ ok: false, code: 'dns_invalid' })
  }
})

test('a key is 32 bytes in their one spelling', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      fc.pre(bytes.some((byte) => byte !== 0))
      const key = wgKeyFrom(bytes)
      expect(parseWgKey(key)).toEqual({ ok: true, value: key })
      expect(wgKeyBytes(key)).toEqual(bytes)
    }),
  )
})

test.each([
  ['', 'key_invalid'],
  ['x'.repeat(44), 'key_invalid'],
  // 32 bytes to a lenient decoder, but with a bit set that no byte carries
  ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=', 'key_invalid'],
  ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=', 'key_zero'],
  ['//////////////////////////////////////////8=\n', 'key_invalid'],
  ['_-__________________________________________8=', 'key_invalid'],
])('the key %j is refused: %s', (text, code) => {
  const parsed = parseWgKey(text)
  expect(parsed).toMatchObject({ ok: false, code })
  if (!parsed.ok && text.length > 40) expect(parsed.detail).not.toContain(text.trim())
})
