import { afterEach, describe, expect, test } from 'vitest'
import { possibleCpus } from './cpus.ts'
import { BpfMap, type NewMap } from './map.ts'
import { bpfMissing } from './testing/permitted.ts'

const missing = bpfMissing()
if (missing) console.log(`skipped: BPF maps (${missing})`)

describe.skipIf(missing !== undefined)('a map', () => {
  const opened: BpfMap[] = []
  const create = (map: Omit<NewMap, 'name'>): BpfMap => {
    const made = BpfMap.create({ name: 'pt_test', ...map })
    opened.push(made)
    return made
  }
  afterEach(() => {
    for (const map of opened.splice(0)) map.close()
  })
  const u32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    return bytes
  }

  test('a hash holds what it is given', () => {
    const map = create({ type: 'hash', keyBytes: 4, valueBytes: 8, maxEntries: 10 })
    expect(map.lookup(5)).toBeUndefined()
    map.update(5, Buffer.alloc(8, 1), 'create')
    expect(() => map.update(5, Buffer.alloc(8), 'create')).toThrow(/EEXIST/)
    expect(() => map.update(6, Buffer.alloc(8), 'replace')).toThrow(/ENOENT/)
    expect(map.lookup(u32(5))?.equals(Buffer.alloc(8, 1))).toBe(true)
    expect(map.delete(5)).toBe(true)
    expect(map.delete(5)).toBe(false)
  })

  test('keys and values of another size never reach the kernel', () => {
    const map = create({ type: 'hash', keyBytes: 16, valueBytes: 8, maxEntries: 10 })
    expect(() => map.lookup(5)).toThrow('takes 16 bytes a key, not 4')
    expect(() => map.update(Buffer.alloc(16), Buffer.alloc(7))).toThrow('takes 8 bytes a value')
  })

  test.each([1, 7, 4096])('a hash is read whole, and drained once, in pieces of %i', (size) => {
    const map = create({ type: 'hash', keyBytes: 4, valueBytes: 4, maxEntries: 5000 })
    const count = 1234
    const numbers = Buffer.concat(Array.from({ length: count }, (_, index) => u32(index)))
    map.updateBatch(numbers, numbers)
    const read = (batches: Iterable<{ count: number; keys: Buffer; values: Buffer }>): number[] => {
      const seen: number[] = []
      for (const batch of batches) {
        expect(batch.keys.equals(batch.values)).toBe(true)
        for (let at = 0; at < batch.count; at++) seen.push(batch.keys.readUInt32LE(at * 4))
      }
      return seen.sort((a, b) => a - b)
    }
    const all = Array.from({ length: count }, (_, index) => index)
    expect(read(map.batches(size))).toEqual(all)
    expect(read(map.drain(size))).toEqual(all)
    expect(read(map.drain(size))).toEqual([])
  })

  test('a per-CPU array is read with a slot for each CPU', () => {
    const map = create({ type: 'percpuArray', keyBytes: 4, valueBytes: 12, maxEntries: 3 })
    expect(map.slotBytes).toBe(16)
    expect(map.stride).toBe(16 * possibleCpus())
    const value = Buffer.alloc(map.stride, 3)
    map.update(1, value)
    const pieces = [...map.batches(2)].map(({ count, values }) => [count, values.length])
    expect(pieces).toEqual([
      [2, 2 * map.stride],
      [1, map.stride],
    ])
    const second = map.lookup(1)?.subarray(0, 12)
    expect(second?.equals(Buffer.alloc(12, 3))).toBe(true)
  })

  test('megabytes go in with one call', () => {
    const bytes = 16 * 1024 * 1024
    const map = create({ type: 'array', keyBytes: 4, valueBytes: bytes, maxEntries: 1 })
    const blob = Buffer.alloc(bytes, 0xab)
    const begun = performance.now()
    map.update(0, blob)
    console.info(`16 MB into a map in ${(performance.now() - begun).toFixed(1)} ms`)
    expect(map.lookup(0)?.equals(blob)).toBe(true)
  })

  test('the map in a map is found by what the kernel says', () => {
    const inner = create({ type: 'array', keyBytes: 4, valueBytes: 8, maxEntries: 1 })
    const outer = create({
      type: 'arrayOfMaps',
      keyBytes: 4,
      valueBytes: 4,
      maxEntries: 1,
      inner,
    })
    expect(outer.innerId(0)).toBeUndefined()
    outer.setInner(0, inner)
    inner.update(0, Buffer.from('holdfast'))
    const found = BpfMap.byId(outer.innerId(0) ?? 0)
    opened.push(found)
    expect(found.lookup(0)?.toString()).toBe('holdfast')
    const begun = performance.now()
    for (let round = 0; round < 10; round++) outer.setInner(0, inner)
    console.info(`a swap takes ${((performance.now() - begun) / 10).toFixed(1)} ms`)
  })

  test('a frozen map is changed by nobody', () => {
    const map = create({ type: 'array', keyBytes: 4, valueBytes: 8, maxEntries: 1 })
    map.freeze()
    expect(() => map.update(0, Buffer.alloc(8))).toThrow(/EPERM/)
  })
})
