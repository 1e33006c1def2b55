import { setTimeout as delay } from 'node:timers/promises'
import { encodePacket } from '@holdfast/policy/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hfFlowVerdict } from '../gen/layout.ts'
import type { BpfProgram } from '../program.ts'
import { Enforcer } from '../testing/enforcer.ts'
import { anyLine, policyWith } from '../testing/lines.ts'
import { bpfMissing } from '../testing/permitted.ts'
import { Traffic } from '../testing/traffic.ts'

/*
 * Rate limits with real time, from two threads at once. What passed is compared with pps × time + burst, the time
 * being that from the first to the last packet that passed, as the flow log has it. HOLDFAST_RATE_SECONDS says for
 * how long.
 */

const missing = bpfMissing()
if (missing) console.log(`skipped: rate limits in the kernel (${missing})`)
const seconds = Number(process.env['HOLDFAST_RATE_SECONDS'] ?? 3)

const packetFrom = (source: bigint): Uint8Array =>
  encodePacket(
    {
      kind: 'ip',
      family: 4,
      source,
      destination: 0x0a000001n,
      protocol: 17,
      ports: { source: 1000, destination: 53 },
      isFragment: false,
      isLaterFragment: false,
      tcpFlags: 0,
      bytes: 60,
    },
    { linkLayer: 'ethernet' },
  )

describe.skipIf(missing !== undefined)('a rate limit', () => {
  let enforcer: Enforcer
  let program: BpfProgram
  beforeAll(() => {
    enforcer = new Enforcer()
    program = enforcer.load('hf_tc', { hf_slot: 0, hf_l2len: 14 }).get('hf_ingress') as BpfProgram
  })
  afterAll(() => enforcer.close())

  const limited = (ruleId: string, pps: number, burst: number, bucket: string) =>
    anyLine({ ruleId, action: 'rate_limit', rate: { pps, burst, bucket } })

  test.each([
    [20_000, 20_000],
    [200_000, 100_000],
  ])(
    'of %i packets a second and %i at once lets that through from all CPUs together',
    {
      timeout: 30_000 + seconds * 2000,
    },
    async (pps, burst) => {
      const ruleId = `rule-${pps}`
      enforcer.enforce(policyWith([{ ...limited(ruleId, pps, burst, 'rule'), logs: true }]))
      enforcer.drainFlows()
      const slot = enforcer.slots.counters.get(ruleId) ?? 0
      const traffic = await Traffic.start(2, {
        programId: program.info.id,
        packet: packetFrom(1n),
        repeat: 20_000,
      })
      const passedNow = (): bigint => {
        const { packets, limitedPackets } = enforcer.counter(slot, 'ingress')
        return packets - limitedPackets
      }
      while (passedNow() < BigInt(burst + pps * seconds)) await delay(10)
      const { packets } = await traffic.stop()
      const hits = enforcer.counter(slot, 'ingress')
      const passed = enforcer.drainFlows().find(({ key }) => key.verdict === hfFlowVerdict.flowPass)
      if (passed === undefined) throw new RangeError('nothing passed')
      const { firstNs, lastNs } = passed.flow
      const expected = (pps * Number(lastNs - firstNs)) / 1e9 + burst
      const error = Number(passed.flow.packets) / expected - 1
      console.log(
        `${pps} packets a second: ${packets} offered, ${passed.flow.packets} passed, ${expected.toFixed(0)} expected: ${(100 * error).toFixed(4)} % off`,
      )
      expect(Number(hits.packets)).toBe(packets)
      expect(hits.packets - hits.limitedPackets).toBe(passed.flow.packets)
      expect(Math.abs(error)).toBeLessThan(0.01)
    },
  )

  test('counts each source by itself where it says so', () => {
    enforcer.enforce(policyWith([limited('by-source', 1, 3, 'source')]))
    const verdicts = (source: bigint): number[] =>
      Array.from({ length: 5 }, () => program.testRun({ data: packetFrom(source) }).verdict)
    expect(verdicts(1n)).toEqual([-1, -1, -1, 2, 2])
    expect(verdicts(2n)).toEqual([-1, -1, -1, 2, 2])
  })

  test('is kept over a swap that does not change it, and begins anew when it changes', () => {
    const run = (): number => program.testRun({ data: packetFrom(9n) }).verdict
    enforcer.enforce(policyWith([limited('kept', 1, 2, 'rule')]))
    expect([run(), run(), run()]).toEqual([-1, -1, 2])
    enforcer.enforce(policyWith([limited('kept', 1, 2, 'rule'), anyLine({ ruleId: 'new' })]))
    expect(run()).toBe(2)
    enforcer.enforce(policyWith([limited('kept', 1, 4, 'rule')]))
    expect([run(), run(), run(), run(), run()]).toEqual([-1, -1, -1, -1, 2])
  })
})
