import { existsSync, readFileSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type IpPacket, type Line, type Policy, resolve } from '@holdfast/policy'
import {
  drawPacket,
  encodePacket,
  generateFacts,
  generateRuleSet,
  Random,
  readClassBench,
  readTrace,
  shapes,
  testNow,
} from '@holdfast/policy/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BpfProgram } from '../program.ts'
import { Enforcer } from '../testing/enforcer.ts'
import { bpfMissing } from '../testing/permitted.ts'

/*
 * Large sets: the search against what an exhaustive scan found, on the filter sets in ../shared where they are, and
 * against a scan in the kernel on generated ones. Lines are compared, not only verdicts.
 */

const missing = bpfMissing()
if (missing) console.log(`skipped: large rule sets in the kernel (${missing})`)
const home = resolvePath(import.meta.dirname, '../../../../../shared/data/rulesets')
const seed = Number(process.env['HOLDFAST_SEED'] ?? 1)
const traceLength = 65_536
const noLine = 0xffffffff >>> 4

const facts = generateFacts({ seed: 1, interfaces: 1, peers: 0, uplinks: 0 })
const text = (path: string): string =>
  path.endsWith('.gz') ? gunzipSync(readFileSync(path)).toString() : readFileSync(path, 'utf8')

describe.skipIf(missing !== undefined)('the search', () => {
  let enforcer: Enforcer
  let programs: ReadonlyMap<string, BpfProgram>
  beforeAll(() => {
    enforcer = new Enforcer(32 * 1024 * 1024)
    programs = enforcer.load('hf_bench', {})
  })
  afterAll(() => enforcer.close())

  /** Numbers of lines as a program finds them. */
  function found(program: string, packets: readonly IpPacket[]): Uint32Array {
    enforcer.map('hf_turn').update(0, Buffer.alloc(4))
    programs.get(program)?.testRun({ data: new Uint8Array(64), repeat: packets.length })
    const numbers = new Uint32Array(packets.length)
    for (const { count, keys, values } of enforcer.map('hf_ranks').batches(traceLength)) {
      for (let i = 0; i < count; i++) {
        const index = keys.readUInt32LE(i * 4)
        if (index < numbers.length) numbers[index] = values.readUInt32LE(i * 4) >>> 4
      }
    }
    return numbers
  }

  function prepare(policy: Policy, packets: readonly IpPacket[]): void {
    enforcer.enforce(policy)
    const keys = Buffer.alloc(packets.length * 4)
    const values = Buffer.alloc(packets.length * 64)
    for (const [i, packet] of packets.entries()) {
      keys.writeUInt32LE(i, i * 4)
      values.set(encodePacket(packet, { linkLayer: 'ip' }).subarray(0, 64), i * 64)
    }
    enforcer.map('hf_trace').updateBatch(keys, values)
  }

  test.runIf(existsSync(home)).each([
    ['acl1_1k', ''],
    ['fw1_1k', ''],
    ['ipc1_1k', ''],
    ['acl1_10k', '.gz'],
    ['fw1_10k', '.gz'],
  ])('finds the lines of %s as its trace says', (name, zipped) => {
    const set = readClassBench(text(`${home}/${name}.rules${zipped}`), 1)
    const policy = resolve(set.ruleSet, facts, 0)
    const trace = readTrace(text(`${home}/${name}.trace.gz`))
    const packets = trace.map(({ packet }) => packet)
    prepare(policy, packets)
    const lines = policy.views[0]?.ingress4 ?? []
    let judged = 0
    for (const [i, number] of found('hf_verify', packets).entries()) {
      const expected = trace[i]?.expected ?? -1
      // The scan knew protocols that rules cannot name.
      if (set.skipped.has(expected)) continue
      const line: Line | undefined = lines[number]
      const rule = number === noLine ? -1 : set.lineOf.get(line?.ruleId ?? '')
      if (rule !== expected) expect(rule, `packet ${i}`).toBe(expected)
      judged++
    }
    expect(judged).toBeGreaterThan(10_000)
  })

  test.each(shapes)('finds the same lines as a scan: %s', (shape) => {
    const ruleSet = generateRuleSet({ seed, size: 4000, shape, words: 'classify', family: 4 })
    const policy = resolve(ruleSet, facts, testNow)
    const lines = policy.views[0]?.ingress4 ?? []
    const random = new Random(seed)
    const packets = Array.from({ length: traceLength }, () => {
      const packet = drawPacket(random, 4, lines)
      // The programs know no fragments.
      return packet.isFragment ? whole(packet) : packet
    })
    prepare(policy, packets)
    const bySearch = found('hf_verify', packets)
    const byScan = found('hf_scan', packets)
    for (let i = 0; i < packets.length; i++) {
      if (bySearch[i] !== byScan[i]) {
        expect(bySearch[i], `packet ${i} of seed ${seed}`).toBe(byScan[i])
      }
    }
  })
})

const whole = (packet: IpPacket): IpPacket => ({
  ...packet,
  protocol: 1,
  ports: undefined,
  isFragment: false,
  isLaterFragment: false,
})
