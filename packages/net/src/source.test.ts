import { expect, test } from 'vitest'
import { sourceOf } from './source.ts'

test('an IPv4 address counts by itself, an IPv6 one by its /64', () => {
  expect(sourceOf('192.0.2.7')).toBe('192.0.2.7')
  expect(sourceOf('::ffff:192.0.2.7')).toBe('192.0.2.7')
  expect(sourceOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
  expect(sourceOf('2001:DB8:1:2::1')).toBe(sourceOf('2001:db8:1:2:ffff::'))
  expect(sourceOf('2001:db8:1:3::1')).not.toBe(sourceOf('2001:db8:1:2::1'))
})

test('whatever is no address is one source', () => {
  for (const text of ['', 'unix', '010.1.1.1', '1', `${'x'.repeat(9999)}`, "'; drop table"]) {
    expect(sourceOf(text)).toBe('unknown')
  }
})
