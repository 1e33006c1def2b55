import {
  type IpPacket,
  judge,
  type Line,
  type Policy,
  policyVersion,
  resolve,
} from '@holdfast/policy'
import {
  drawPacket,
  encodePacket,
  generateFacts,
  generateRuleSet,
  Random,
  testNow,
} from '@holdfast/policy/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { decompile } from '../blob/decompile.ts'
import { Enforcer } from '../testing/enforcer.ts'
import { bpfMissing } from '../testing/permitted.ts'
import { Traffic } from '../testing/traffic.ts'

/*
 * Swapping under load. Two policies that decide every packet by other lines take turns; each decision must be that
 * of one of them. HOLDFAST_SWAPS says how often.
 */

const missing = bpfMissing()
if (missing) console.log(`skipped: swapping policies under load (${missing})`)
const swaps = Number(process.env['HOLDFAST_SWAPS'] ?? 60)
const traceLength = 65_536
const device = 'wg0'

describe.skipIf(missing !== undefined)('a swap', () => {
  const enforcers: Enforcer[] = []
  const started = (): Enforcer => {
    const enforcer = new Enforcer()
    enforcers.push(enforcer)
    return enforcer
  }
  afterEach(() => {
    for (const enforcer of enforcers.splice(0)) enforcer.close()
  })

  test(`never shows a packet two policies (${swaps} swaps)`, {
    timeout: 60_000 + swaps * 500,
  }, async () => {
    const enforcer = started()
    const programs = enforcer.load('hf_bench', {})
    const search = programs.get('hf_verify')
    if (search === undefined) throw new RangeError('no search')
    const policies = twoPolicies()
    const [one] = policies
    const lines = one.views[0]?.ingress4 ?? []
    const packets = drawPackets(lines)
    fill(enforcer, packets)
    const allowed = new Uint32Array(traceLength * 2)
    for (const [which, policy] of policies.entries()) {
      enforcer.enforce(policy)
      enforcer.map('hf_turn').update(0, Buffer.alloc(4))
      search.testRun({ data: new Uint8Array(64), repeat: traceLength })
      const ranks = enforcer.map('hf_ranks')
      for (const { count, keys, values } of ranks.batches(traceLength)) {
        for (let i = 0; i < count; i++) {
          allowed[keys.readUInt32LE(i * 4) * 2 + which] = values.readUInt32LE(i * 4)
        }
      }
      const own = policy.views[0]?.ingress4 ?? []
      for (let i = 0; i < 200; i++) {
        const { line } = judge(policy, device, 'ingress', packets[i] as IpPacket)
        const number = line === undefined ? 0xffffffff >>> 4 : own.indexOf(line)
        expect((allowed[i * 2 + which] ?? 0) >>> 4).toBe(number)
      }
    }
    const ranks = { mapId: enforcer.map('hf_ranks').info.id, allowed }
    const traffic = await Traffic.start(2, {
      programId: search.info.id,
      packet: new Uint8Array(64),
      repeat: traceLength,
      ranks,
    })
    for (let i = 0; i < swaps; i++) enforcer.enforce(policies[i % 2] as Policy)
    const report = await traffic.stop()
    console.log(
      `${swaps} swaps under ${report.packets} packets; decisions looked at: ${report.first} by one policy, ${report.second} by the other, ${report.mixed} by neither`,
    )
    expect(report.mixed).toBe(0)
    expect(report.packets).toBeGreaterThan(traceLength)
  })

  test('holds for the next packet, whatever the flow cache remembers', () => {
    const enforcer = started()
    const program = enforcer.load('hf_tc', { hf_slot: 0, hf_l2len: 14 }).get('hf_ingress')
    const policies = twoPolicies()
    const packets = drawPackets(policies[0].views[0]?.ingress4 ?? []).slice(0, 50)
    for (let i = 0; i < 20; i++) {
      const policy = policies[i % 2] as Policy
      enforcer.enforce(policy)
      for (const packet of packets) {
        const data = encodePacket(packet, { linkLayer: 'ethernet' })
        const { verdict } = judge(policy, device, 'ingress', packet)
        for (let again = 0; again < 3; again++) {
          expect(program?.testRun({ data }).verdict).toBe(verdict === 'pass' ? -1 : 2)
        }
      }
      expect(policyVersion(decompile(enforcer.readBack()).policy)).toEqual(policyVersion(policy))
    }
  })

  test('before which nothing was loaded, and a device the policy does not have, pass nothing', () => {
    const enforcer = started()
    const data = new Uint8Array(64).fill(1)
    data.set([0x08, 0x00, 0x45], 12)
    const first = enforcer.load('hf_tc', { hf_slot: 0, hf_l2len: 14 }).get('hf_ingress')
    expect(first?.testRun({ data }).verdict).toBe(2)
    enforcer.enforce(twoPolicies()[0])
    const other = enforcer.load('hf_tc', { hf_slot: 9, hf_l2len: 14 }).get('hf_ingress')
    expect(other?.testRun({ data }).verdict).toBe(2)
  })
})

/** The same lines forwards and backwards, and what one allows the other denies. */
function twoPolicies(): readonly [Policy, Policy] {
  const facts = generateFacts({ seed: 1, interfaces: 1, peers: 0, uplinks: 0 })
  const ruleSet = generateRuleSet({
    seed: 5,
    size: 1000,
    shape: 'chain',
    words: 'classify',
    family: 4,
  })
  const one = resolve({ ...ruleSet, isLockoutAllowed: true }, facts, testNow)
  const turned = one.views.map((view) => ({
    ...view,
    ingress4: view.ingress4.toReversed().map(
      (line): Line => ({
        ...line,
        action: line.action === 'deny' ? 'allow' : 'deny',
      }),
    ),
  }))
  return [one, { ...one, views: turned }]
}

/** Most of them match a line. */
function drawPackets(lines: readonly Line[]): IpPacket[] {
  const random = new Random(1)
  const packets: IpPacket[] = []
  while (packets.length < traceLength) {
    const packet = drawPacket(random, 4, [random.pick(lines)])
    if (!packet.isFragment && lines.length > 0) packets.push(packet)
  }
  return packets
}

function fill(enforcer: Enforcer, packets: readonly IpPacket[]): void {
  const keys = Buffer.alloc(packets.length * 4)
  const values = Buffer.alloc(packets.length * 64)
  for (const [i, packet] of packets.entries()) {
    keys.writeUInt32LE(i, i * 4)
    values.set(encodePacket(packet, { linkLayer: 'ip' }).subarray(0, 64), i * 64)
  }
  enforcer.map('hf_trace').updateBatch(keys, values)
}
