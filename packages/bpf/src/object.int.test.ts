import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test } from 'vitest'
import { possibleCpus } from './cpus.ts'
import { BpfLoadFailed, isRefusal } from './errors.ts'
import { BpfMap } from './map.ts'
import { BpfObject } from './object.ts'
import { BpfProgram } from './program.ts'
import { bpfMissing } from './testing/permitted.ts'
import { openProbe, openWrongProbe, testLibbpf } from './testing/probe-object.ts'

const missing = bpfMissing()
if (missing) console.log(`skipped: the BPF loader (${missing})`)

const frame = Buffer.concat([Buffer.alloc(12, 2), Buffer.from([0x08, 0x00]), Buffer.alloc(46)])

describe.skipIf(missing !== undefined)('an object', () => {
  const opened: { close(): void }[] = []
  const keep = <T extends { close(): void }>(thing: T): T => {
    opened.push(thing)
    return thing
  }
  afterEach(() => {
    for (const thing of opened.splice(0)) thing.close()
  })

  const blobMap = (bytes: number): BpfMap =>
    keep(
      BpfMap.create({
        name: 'pt_blob',
        type: 'array',
        keyBytes: 4,
        valueBytes: bytes,
        maxEntries: 1,
      }),
    )

  test('names its maps and programs', () => {
    const object = keep(openProbe())
    expect([...object.programNames()].sort()).toEqual([
      'pt_classify',
      'pt_drop',
      'pt_wrong',
      'pt_xdp',
    ])
    expect([...object.mapNames()].sort()).toEqual([
      'probe.rodata',
      'pt_counters',
      'pt_flows',
      'pt_outer',
    ])
    expect(() => object.setMaxEntries('nobody', 1)).toThrow('probe has no map nobody')
    expect(() => object.program('nobody')).toThrow('probe has no program nobody')
  })

  test('decides by the map it is given, and another replaces it at once', () => {
    const object = keep(openProbe())
    const [a, b] = [blobMap(1 << 20), blobMap(1 << 20)]
    object.setInnerMap('pt_outer', a)
    object.setMaxEntries('pt_counters', 100)
    object.setConstants({ pt_blob_mask: (1 << 20) - 1, pt_pass: -1, pt_is_strict: true })
    object.load()
    const program = keep(object.program('pt_classify'))
    const outer = keep(object.map('pt_outer'))
    const counters = keep(object.map('pt_counters'))
    object.close()

    // Strict: without a map everything drops.
    expect(program.testRun({ data: frame }).verdict).toBe(2)
    const blob = Buffer.alloc(1 << 20)
    a.update(0, blob)
    outer.setInner(0, a)
    expect(outer.innerId(0)).toBe(a.info.id)
    expect(program.testRun({ data: frame }).verdict).toBe(-1)
    blob.writeUInt32LE(7, 60)
    b.update(0, blob)
    outer.setInner(0, b)
    expect(program.testRun({ data: frame }).verdict).toBe(2)
    expect(b.lookup(0)?.equals(blob)).toBe(true)

    const { durationNs } = program.testRun({ data: frame, repeat: 1000 })
    console.info(`a test run of the probe takes ${durationNs} ns`)
    expect(counters.info.maxEntries).toBe(100)
    const perCpu = counters.lookup(0) ?? Buffer.alloc(0)
    expect(perCpu.length).toBe(16 * possibleCpus())
    let packets = 0n
    for (let at = 0; at < perCpu.length; at += counters.slotBytes) {
      packets += perCpu.readBigUInt64LE(at)
    }
    expect(packets).toBe(1003n)
  })

  test('a context given to a test run comes back', () => {
    const object = keep(openProbe())
    object.load()
    const program = keep(object.program('pt_xdp'))
    const context = Buffer.alloc(24)
    context.writeUInt32LE(frame.length, 4)
    const result = program.testRun({ data: frame, context })
    expect(result.verdict).toBe(2)
    expect(result.data.equals(frame)).toBe(true)
    expect(result.context.length).toBe(24)
  })

  test('the kernel tells what a program is made of, down to its constants', () => {
    const object = keep(openProbe())
    object.setConstants({ pt_blob_mask: 4095 })
    object.load()
    const loaded = keep(object.program('pt_classify'))
    const found = keep(BpfProgram.byId(loaded.info.id))
    expect(found.info).toEqual(loaded.info)
    expect(found.info.tag).toMatch(/^[0-9a-f]{16}$/)
    expect(found.info.verifiedInstructions).toBeGreaterThan(0)
    const maps = found.info.mapIds.map((id) => keep(BpfMap.byId(id)))
    expect(maps.map(({ info }) => info.name).sort()).toEqual([
      'probe.rodata',
      'pt_counters',
      'pt_flows',
      'pt_outer',
    ])
    const constants = maps.find(({ info }) => info.name === 'probe.rodata')
    expect(constants?.lookup(0)?.includes(Buffer.from([0xff, 0x0f, 0, 0]))).toBe(true)
    expect(() => constants?.update(0, Buffer.alloc(constants.stride))).toThrow(/EPERM/)

    // Another constant is another program to the verifier, and yet the same code.
    const other = keep(openProbe())
    other.setConstants({ pt_blob_mask: 63 })
    other.load()
    expect(keep(other.program('pt_classify')).info.tag).toBe(loaded.info.tag)
  })

  test('takes over maps that exist', () => {
    const first = keep(openProbe())
    first.load()
    const flows = keep(first.map('pt_flows'))
    const second = keep(openProbe())
    second.reuseMap('pt_flows', flows)
    second.load()
    expect(keep(second.map('pt_flows')).info.id).toBe(flows.info.id)
  })

  test('a constant that does not fit, or is not there, is refused', () => {
    const object = keep(openProbe())
    expect(() => object.setConstants({ nobody: 1 })).toThrow('probe has no constant nobody')
    expect(() => object.setConstants({ pt_is_strict: 256 })).toThrow(/8 bits/)
    expect(() => object.setConstants({ pt_blob_mask: Buffer.alloc(5) })).toThrow(/4 bytes/)
  })

  test('the verifier says why it refuses a program', () => {
    const object = keep(openWrongProbe())
    let error: unknown
    try {
      object.load()
    } catch (thrown) {
      error = thrown
    }
    expect(BpfLoadFailed.is(error)).toBe(true)
    if (!BpfLoadFailed.is(error)) return
    expect(error.message).toMatch(/cannot load probe: .*(invalid|R\d)/)
    expect(error.details['errno']).toBe('EACCES')
    expect(error.details['verifierLog']).toContain('processed')
    expect((error.details['verifierLog'] ?? '').length).toBeLessThanOrEqual(16 * 1024)
  })

  test('bytes that are no object are refused with the reason', () => {
    expect(
      () => new BpfObject(testLibbpf(), { name: 'nonsense', bytes: Buffer.alloc(100, 1) }),
    ).toThrow(/cannot load nonsense: .+/)
  })

  test('a thread loads and runs as well', async () => {
    const source = JSON.stringify(new URL('./testing/load-in-thread.ts', import.meta.url).href)
    const worker = new Worker(
      `import('tsx/esm/api').then(({ register }) => { register(); return import(${source}) })`,
      { eval: true },
    )
    const [told] = await once(worker, 'message')
    expect(told).toMatchObject({
      verdict: -1,
      complaint: expect.stringMatching(/^cannot load probe: .+/),
      isGone: true,
    })
    await worker.terminate()
    // And this thread goes on with the same library.
    const object = keep(openProbe())
    object.load()
    expect(keep(object.program('pt_drop')).testRun({ data: frame }).verdict).toBe(2)
  })

  test('what is gone cannot be opened', () => {
    let error: unknown
    try {
      BpfProgram.byId(0x7fff_ffff)
    } catch (thrown) {
      error = thrown
    }
    expect(isRefusal(error, 'ENOENT')).toBe(true)
  })
})
