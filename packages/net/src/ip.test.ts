import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { expect, test } from 'vitest'
import { ipNumber, parseIp, printIp } from './ip.ts'

const v4 = fc.nat({ max: 0xffffffff }).map(BigInt)
const v6 = fc
  .array(fc.oneof(fc.constant(0), fc.nat({ max: 0xffff })), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n))
  .filter((value) => value >> 32n !== 0xffffn)

test('an address printed is read back as the same number', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        v4.map((value) => ({ family: 4 as const, value })),
        v6.map((value) => ({ family: 6 as const, value })),
      ),
      (number) => {
        const text = printIp(number)
        expect(parseIp(text)).toEqual({ ok: true, value: text })
        expect(ipNumber(text)).toEqual(number)
      },
    ),
  )
})

test('the canonical form is the one another library prints', () => {
  fc.assert(
    fc.property(v6, (value) => {
      expect(printIp({ family: 6, value })).toBe(
        new ipaddr.IPv6([
          ...Buffer.from(value.toString(16).padStart(32, '0'), 'hex'),
        ]).toRFC5952String(),
      )
    }),
  )
})

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['255.255.255.255', '255.255.255.255'],
  ['FD00:0:0:0:0:0:0:1', 'fd00::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['::', '::'],
  ['1::', '1::'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
])('%s is %s', (text, canonical) => {
  expect(parseIp(text)).toEqual({ ok: true, value: canonical })
})

test.each([
  ['', 'address_invalid'],
  ['1', 'address_invalid'],
  ['10.1', 'address_invalid'],
  ['010.1.1.1', 'address_invalid'],
  ['0x7f.0.0.1', 'address_invalid'],
  ['10.0.0.256', 'address_invalid'],
  [' 10.0.0.1', 'address_invalid'],
  ['10.0.0.1/32', 'address_invalid'],
  ['fe80::1%eth0', 'address_invalid'],
  ['1::2::3', 'address_invalid'],
  ['::ffff:10.0.0.1', 'address_v4_mapped'],
  ['::FFFF:a00:1', 'address_v4_mapped'],
])('%s is refused: %s', (text, code) => {
  expect(parseIp(text)).toMatchObject({ ok: false, code })
})
