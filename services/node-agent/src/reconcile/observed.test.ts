import { expect, test } from 'vitest'
import { keyOf } from '../testing/samples.ts'
import { parseDump, parseLink } from './observed.ts'

test('a dump of wg(8) is read, absent things as absent', () => {
  const [own, pub, a, b, psk] = ['own', 'pub', 'a', 'b', 'psk'].map(keyOf)
  const dump = [
    `${own}\t${pub}\t51820\toff`,
    `${a}\t${psk}\t192.0.2.1:9\t10.0.0.9/32,10.0.0.10/32\t1700000000\t11\t22\t25`,
    `${b}\t(none)\t(none)\t(none)\t0\t0\t0\toff`,
    '',
  ].join('\n')
  const read = parseDump(dump)
  expect(read).toMatchObject({ privateKey: own, publicKey: pub, listenPort: 51820 })
  expect(read.peers.get(a ?? '')).toEqual({
    publicKey: a,
    presharedKey: psk,
    endpoint: '192.0.2.1:9',
    allowedIps: ['10.0.0.10/32', '10.0.0.9/32'],
    latestHandshakeUnixMs: 1_700_000_000_000,
    rxBytes: 11,
    txBytes: 22,
    keepaliveSeconds: 25,
  })
  expect(read.peers.get(b ?? '')).toMatchObject({
    presharedKey: undefined,
    endpoint: undefined,
    allowedIps: [],
    keepaliveSeconds: 0,
  })
})

test('a device without a key has none', () => {
  expect(parseDump('(none)\t(none)\t43705\toff\n')).toMatchObject({ privateKey: '', publicKey: '' })
})

test('half a dump is no dump', () => {
  expect(() => parseDump('')).toThrow()
  expect(() => parseDump(`(none)\t(none)\t1\toff\n${keyOf('a')}\t(none)`)).toThrow(
    /cut a line short/,
  )
})

test('addresses and our routes are read, link-local ones left out', () => {
  const link = {
    ifindex: 4,
    ifname: 'wg0',
    flags: ['POINTOPOINT', 'UP'],
    mtu: 1380,
    linkinfo: { info_kind: 'wireguard' },
    addr_info: [
      { local: '10.0.0.1', prefixlen: 24, scope: '0' },
      { local: 'fe80::1', prefixlen: 64, scope: '253' },
      { local: 'fd00::1', prefixlen: 64, scope: '0' },
    ],
  }
  const routes = [
    { dst: '10.7.0.0/16', dev: 'wg0' },
    { dst: '10.8.0.1', dev: 'wg0' },
    { dst: '10.9.0.0/16', dev: 'wg1' },
  ]
  expect(parseLink('wg0', `${JSON.stringify([link])}\n${JSON.stringify(routes)}\n`)).toEqual({
    device: 'wg0',
    ifindex: 4,
    kind: 'wireguard',
    isUp: true,
    mtu: 1380,
    addresses: ['10.0.0.1/24', 'fd00::1/64'],
    routes: ['10.7.0.0/16', '10.8.0.1/32'],
  })
  expect(parseLink('wg1', `${JSON.stringify([link])}\n[]\n`)).toBeUndefined()
})
