import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { expect, test } from 'vitest'
import {
  addressOf,
  contains,
  hostRange,
  hostRoute,
  networkOf,
  overlaps,
  parseCidr,
  parseCidrLoosely,
  parseHostCidr,
  readNetwork,
  singleAddress,
} from './cidr.ts'
import { ipNumber, printIp } from './ip.ts'
import { take } from './parsed.ts'

const cidr = (text: string) => take(parseCidr, text, 'cidr')
const v4 = fc.nat({ max: 0xffffffff }).map((value) => printIp({ family: 4, value: BigInt(value) }))

test.each([
  ['10.10.0.0/24', '10.10.0.0/24'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['10.10.0.7', '10.10.0.7/32'],
  ['FD00:0::/64', 'fd00::/64'],
  ['::/0', '::/0'],
  ['fd00::1', 'fd00::1/128'],
])('%s is the network %s', (text, canonical) => {
  expect(parseCidr(text)).toEqual({ ok: true, value: canonical })
})

test.each([
  ['', 'cidr_invalid'],
  ['/24', 'cidr_invalid'],
  ['10.0.0.0/', 'cidr_invalid'],
  ['10.0.0.0/33', 'cidr_invalid'],
  ['10.0.0.0/08', 'cidr_invalid'],
  ['10.0.0.0/+8', 'cidr_invalid'],
  ['10.0.0.0/8/8', 'cidr_invalid'],
  ['10.0/16', 'cidr_invalid'],
  ['fd00::/129', 'cidr_invalid'],
  ['10.10.0.1/24', 'cidr_host_bits'],
  ['::ffff:10.0.0.0/104', 'address_v4_mapped'],
])('%s is refused: %s', (text, code) => {
  expect(parseCidr(text)).toMatchObject({ ok: false, code })
})

test('a refusal for host bits says which network was meant', () => {
  expect(parseCidr('10.10.0.9/24')).toMatchObject({
    detail: expect.stringContaining('10.10.0.0/24'),
  })
  expect(parseCidrLoosely('10.10.0.9/24')).toEqual({ ok: true, value: '10.10.0.0/24' })
})

test('an interface address keeps its host bits and needs its prefix length', () => {
  const host = take(parseHostCidr, '10.10.0.1/24', 'address')
  expect(addressOf(host)).toBe('10.10.0.1')
  expect(networkOf(host)).toBe('10.10.0.0/24')
  expect(parseHostCidr('10.10.0.1')).toMatchObject({ ok: false, code: 'cidr_prefix_missing' })
})

test('contains agrees with another library', () => {
  fc.assert(
    fc.property(v4, fc.nat({ max: 32 }), v4, (base, length, other) => {
      const network = readNetwork(take(parseCidrLoosely, `${base}/${length}`, 'cidr'))
      const expected = ipaddr.parse(other).match(ipaddr.parse(base), length)
      expect(contains(network, ipNumber(other))).toBe(expected)
    }),
  )
})

test('two networks overlap when one contains the first address of the other', () => {
  fc.assert(
    fc.property(v4, fc.nat({ max: 32 }), v4, fc.nat({ max: 32 }), (a, lengthA, b, lengthB) => {
      const one = readNetwork(take(parseCidrLoosely, `${a}/${lengthA}`, 'cidr'))
      const two = readNetwork(take(parseCidrLoosely, `${b}/${lengthB}`, 'cidr'))
      expect(overlaps(one, two)).toBe(
        contains(one, { family: 4, value: two.first }) ||
          contains(two, { family: 4, value: one.first }),
      )
    }),
  )
})

test.each([
  ['10.0.0.0/24', '10.0.0.1', '10.0.0.254'],
  ['10.0.0.0/30', '10.0.0.1', '10.0.0.2'],
  ['10.0.0.0/31', '10.0.0.0', '10.0.0.1'],
  ['10.0.0.7/32', '10.0.0.7', '10.0.0.7'],
  ['fd00::/64', 'fd00::1', 'fd00::ffff:ffff:ffff:ffff'],
  ['fd00::/127', 'fd00::', 'fd00::1'],
  ['fd00::/128', 'fd00::', 'fd00::'],
])('hosts of %s go from %s to %s', (text, first, last) => {
  const network = readNetwork(cidr(text))
  const hosts = hostRange(network)
  expect(printIp({ family: network.family, value: hosts.first })).toBe(first)
  expect(printIp({ family: network.family, value: hosts.last })).toBe(last)
})

test('a host route and its address are one thing', () => {
  fc.assert(
    fc.property(v4, (address) => {
      expect(singleAddress(hostRoute(address))).toBe(address)
    }),
  )
  expect(singleAddress(cidr('10.0.0.0/31'))).toBeUndefined()
  expect(singleAddress(cidr('fd00::1/128'))).toBe('fd00::1')
})
