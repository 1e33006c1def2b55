import { parseCidr, take } from '@holdfast/net'
import { expect, test } from 'vitest'
import type { InterfaceFacts } from './model.ts'
import { regionOf } from './peer-regions.ts'
import { passing } from './testing.ts'

const wg = (peers: Readonly<Record<string, readonly string[]>>): InterfaceFacts => ({
  id: 'i',
  device: 'wg0',
  listenPort: 1,
  firewall: passing,
  peers: Object.entries(peers).map(([id, prefixes]) => ({
    id,
    prefixes: prefixes.map((prefix) => take(parseCidr, prefix, 'prefix')),
  })),
})

test('an exit node has what no other peer has', () => {
  const facts = wg({ exit: ['0.0.0.0/0'], laptop: ['128.0.0.0/2'], phone: ['128.0.0.0/3'] })
  expect(regionOf(facts, 'exit')[4]).toEqual([
    { value: 0n, length: 1 },
    { value: 0xc0000000n, length: 2 },
  ])
  expect(regionOf(facts, 'laptop')[4]).toEqual([{ value: 0xa0000000n, length: 3 }])
  expect(regionOf(facts, 'phone')[4]).toEqual([{ value: 0x80000000n, length: 3 }])
})

test("prefixes of one peer that touch are one, and the same prefix is the later peer's", () => {
  const facts = wg({
    a: ['10.0.0.0/25', '10.0.0.128/25', '10.0.0.7/32'],
    b: ['10.1.0.0/16'],
    c: ['10.1.0.0/16'],
  })
  expect(regionOf(facts, 'a')[4]).toEqual([{ value: 0x0a000000n, length: 24 }])
  expect(regionOf(facts, 'b')).toEqual({ 4: [], 6: [] })
  expect(regionOf(facts, 'c')[4]).toHaveLength(1)
})
