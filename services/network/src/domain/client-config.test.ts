import { parseEndpoint, parseHostName, take } from '@holdfast/net'
import { expect, test } from 'vitest'
import { type ClientConfig, renderClientConfig } from './client-config.ts'
import { cidr, interfaceSettings, ip, keyOf, peerSettings } from './fixtures.ts'

const config: ClientConfig = {
  interface: { settings: interfaceSettings, publicKey: keyOf(0) },
  peer: {
    settings: { ...peerSettings, name: 'laptop', addresses: [ip('10.10.0.2'), ip('fd10::2')] },
    privateKey: keyOf(1),
    presharedKey: keyOf(2),
  },
  nodeEndpointHost: take(parseHostName, 'gw.example.org', 'host'),
}

test('a dual-stack peer reaches the networks of its interface', () => {
  expect(renderClientConfig(config)).toBe(`[Interface]
# laptop on wg0
PrivateKey = ${keyOf(1)}
Address = 10.10.0.2/32, fd10::2/128
MTU = 1420

[Peer]
PublicKey = ${keyOf(0)}
PresharedKey = ${keyOf(2)}
AllowedIPs = 10.10.0.0/24, fd10::/64
Endpoint = gw.example.org:51820
PersistentKeepalive = 25
`)
})

test('a peer that keeps its private key to itself is told where to put it', () => {
  const text = renderClientConfig({
    ...config,
    peer: { ...config.peer, privateKey: undefined, presharedKey: undefined },
  })
  expect(text).toContain('# PrivateKey = put the private key of this peer here\n')
  expect(text).not.toMatch(/^P(rivate|reshared)Key/m)
})

const settingsOf = (text: string) =>
  text.split('\n').filter((line) => /^(DNS|Allowed|Endpoint)/.test(line))

test("the peer's own wishes win over the interface's, and those over what follows", () => {
  const hub = {
    ...interfaceSettings,
    dns: ['10.10.0.1'] as never,
    clientAllowedIps: [cidr('10.0.0.0/8')],
    endpoint: take(parseEndpoint, 'vpn.example.org:443', 'endpoint'),
  }
  const on = { ...config, interface: { ...config.interface, settings: hub } }
  expect(settingsOf(renderClientConfig(on))).toEqual([
    'DNS = 10.10.0.1',
    'AllowedIPs = 10.0.0.0/8',
    'Endpoint = vpn.example.org:443',
  ])
  const peer = {
    ...config.peer,
    settings: {
      ...config.peer.settings,
      dns: ['1.1.1.1'] as never,
      clientAllowedIps: [cidr('0.0.0.0/0'), cidr('::/0')],
    },
  }
  expect(settingsOf(renderClientConfig({ ...on, peer }))).toEqual([
    'DNS = 1.1.1.1',
    'AllowedIPs = 0.0.0.0/0, ::/0',
    'Endpoint = vpn.example.org:443',
  ])
})

test('an endpoint that is a host alone takes the listen port; an address in brackets', () => {
  const endpoint = take(parseHostName, '2001:db8::1', 'endpoint')
  const settings = { ...interfaceSettings, endpoint }
  const text = renderClientConfig({ ...config, interface: { ...config.interface, settings } })
  expect(text).toContain('Endpoint = [2001:db8::1]:51820\n')
})

test('an unknown endpoint is said, not guessed', () => {
  const text = renderClientConfig({ ...config, nodeEndpointHost: '' })
  expect(text).not.toMatch(/^Endpoint/m)
  expect(text).toContain('# Endpoint is missing')
})

test('a name cannot become a directive', () => {
  const settings = { ...config.peer.settings, name: 'x\nPostUp = reboot' }
  const text = renderClientConfig({ ...config, peer: { ...config.peer, settings } })
  expect(text).not.toMatch(/^PostUp/m)
})
