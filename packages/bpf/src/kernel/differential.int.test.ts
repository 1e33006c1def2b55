import {
  type Direction,
  deviceOf,
  type Judgement,
  judge,
  type Line,
  linesOf,
  type ParsedPacket,
  type Policy,
  parsePacket,
  policyVersion,
  resolve,
  viewOf,
} from '@holdfast/policy'
import {
  drawDress,
  drawPacket,
  encodePacket,
  generateFacts,
  generateRuleSet,
  hostileBytes,
  Random,
  shapes,
  testNow,
} from '@holdfast/policy/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decompile } from '../blob/decompile.ts'
import { counterKey } from '../blob/slots.ts'
import { hfFlowVerdict, hfReason } from '../gen/layout.ts'
import type { BpfProgram } from '../program.ts'
import { Enforcer } from '../testing/enforcer.ts'
import { bpfMissing } from '../testing/permitted.ts'

/*
 * The kernel programs against the reference: the verdict of every packet, and behind each rule set what was counted
 * for every rule and reason, and every record of the flow log.
 *
 * HOLDFAST_DIFFERENTIAL says how many packets, HOLDFAST_SEED where to begin.
 */

const missing = bpfMissing()
if (missing) console.log(`skipped: kernel against reference (${missing})`)
const wanted = Number(process.env['HOLDFAST_DIFFERENTIAL'] ?? 120_000)
const firstSeed = Number(process.env['HOLDFAST_SEED'] ?? 1)
const packetsASet = 2000
const sizes = [3, 20, 60, 200, 600]

/** An instance of the programs, and how packets get to it. */
interface Instance {
  readonly slot: number
  readonly linkLayer: 'ethernet' | 'ip'
  readonly programs: Readonly<Partial<Record<Direction, BpfProgram>>>
  readonly isXdp: boolean
  /** A classifier on a device without link layer: the kernel says the type, here from the bytes at 12. */
  readonly isTyped: boolean
}

describe.skipIf(missing !== undefined)('the kernel', () => {
  let enforcer: Enforcer
  const instances: Instance[] = []

  beforeAll(() => {
    enforcer = new Enforcer()
    const tc = (object: string, slot: number, l2len: number): void => {
      const programs = enforcer.load(object, { hf_slot: slot, hf_l2len: l2len })
      instances.push({
        slot,
        linkLayer: l2len > 0 ? 'ethernet' : 'ip',
        programs: { ingress: programs.get('hf_ingress'), egress: programs.get('hf_egress') } as {
          ingress: BpfProgram
          egress: BpfProgram
        },
        isXdp: false,
        isTyped: l2len === 0,
      })
    }
    const xdp = (object: string, slot: number, l2len: number): void => {
      const programs = enforcer.load(object, { hf_slot: slot, hf_l2len: l2len })
      instances.push({
        slot,
        linkLayer: l2len > 0 ? 'ethernet' : 'ip',
        programs: { ingress: programs.get('hf_xdp') } as { ingress: BpfProgram },
        isXdp: true,
        isTyped: false,
      })
    }
    tc('hf_tc', 0, 14)
    xdp('hf_xdp', 1, 14)
    tc('hf_tc_loop', 1, 14)
    xdp('hf_xdp', 0, 0)
    tc('hf_tc', 1, 0)
    xdp('hf_xdp_loop', 0, 0)
  })
  afterAll(() => enforcer.close())

  test(`judges ${wanted} packets as the reference does (seed ${firstSeed})`, {
    timeout: 60_000 + wanted,
  }, () => {
    let judged = 0
    const progress = Math.max(1_000_000, packetsASet)
    for (let seed = firstSeed; judged < wanted; seed++) {
      const before = judged
      const instance = instances[seed % instances.length] as Instance
      judged += compareOne(enforcer, instance, seed)
      if (Math.floor(before / progress) !== Math.floor(judged / progress)) {
        console.log(`${judged} packets judged alike, up to seed ${seed}`)
      }
    }
  })
})

/** One rule set and its packets; how many. */
function compareOne(enforcer: Enforcer, instance: Instance, seed: number): number {
  const random = new Random(seed)
  const facts = generateFacts({ seed, interfaces: 1, peers: 3, uplinks: 1, variesFirewall: true })
  const size = sizes[random.below(sizes.length)] ?? 60
  const shape = shapes[seed % shapes.length] ?? 'acl'
  const policy = resolve(generateRuleSet({ seed, size, shape, facts }), facts, testNow)
  enforcer.enforce(policy)
  expect(policyVersion(decompile(enforcer.readBack()).policy)).toEqual(policyVersion(policy))
  const device = policy.devices.find(
    ({ device }) => enforcer.slots.devices.get(device) === instance.slot,
  )
  if (device === undefined) throw new RangeError(`no device has slot ${instance.slot}`)
  const tally = new Tally(enforcer, policy, instance.slot)
  for (let i = 0; i < packetsASet; i++) {
    const { direction, bytes } = drawBytes(random, policy, device.device, instance)
    const packet = parsePacket(bytes, {
      linkLayer: instance.linkLayer,
      ...(instance.isTyped ? { etherType: typeAt12(bytes) } : {}),
    })
    const judgement = judge(policy, device.device, direction, packet)
    const verdict = run(instance, direction, bytes)
    const isLimited = judgement.line?.action === 'rate_limit' && verdict === 'drop'
    if (verdict !== judgement.verdict && !isLimited) {
      const context = { seed, i, size, shape, slot: instance.slot, direction, packet, judgement }
      const text = JSON.stringify(context, (_, value) =>
        typeof value === 'bigint' ? `0x${value.toString(16)}` : (value as unknown),
      )
      expect.fail(`the kernel says ${verdict}: ${text} ${Buffer.from(bytes).toString('hex')}`)
    }
    tally.add(packet, judgement, isLimited)
  }
  tally.compare(`seed ${seed}`)
  return packetsASet
}

/** As the network stack would take it from a frame without link layer. */
const typeAt12 = (bytes: Uint8Array): number => ((bytes[12] ?? 0) << 8) | (bytes[13] ?? 0)

/** What the test run of a classifier takes: an IP header, where the frame says there is one. */
function leastOf(bytes: Uint8Array): number {
  const type = typeAt12(bytes)
  return type === 0x0800 ? 34 : type === 0x86dd ? 54 : 15
}

function drawBytes(
  random: Random,
  policy: Policy,
  device: string,
  { programs, linkLayer, isTyped, isXdp }: Instance,
): { direction: Direction; bytes: Uint8Array } {
  const view = viewOf(policy, deviceOf(policy, device).view)
  for (;;) {
    const direction = programs.egress && random.chance(0.5) ? 'egress' : 'ingress'
    const family = random.chance(0.5) ? 4 : 6
    const packet = drawPacket(random, family, linesOf(view, direction, family))
    const bytes = random.chance(0.15)
      ? hostileBytes(random, packet, linkLayer)
      : encodePacket(packet, drawDress(random, linkLayer))
    if (isTyped) {
      // The test run takes bytes 12 and 13, there part of the source, for the type.
      const type = random.chance(0.05) ? 0x0806 : family === 4 ? 0x0800 : 0x86dd
      bytes[12] = type >> 8
      bytes[13] = type & 255
    }
    if (bytes.length >= (isXdp ? 14 : leastOf(bytes))) return { direction, bytes }
  }
}

function run(instance: Instance, direction: Direction, data: Uint8Array): 'pass' | 'drop' {
  const { verdict } = (instance.programs[direction] as BpfProgram).testRun({ data })
  // XDP_PASS and XDP_DROP; TC_ACT_UNSPEC and TC_ACT_SHOT.
  if (verdict === (instance.isXdp ? 2 : -1)) return 'pass'
  if (verdict === (instance.isXdp ? 1 : 2)) return 'drop'
  return expect.fail(`the program returns ${verdict}`)
}

const directions = ['ingress', 'egress'] as const

/** What the kernel should have noted. */
class Tally {
  readonly #enforcer: Enforcer
  readonly #slot: number
  readonly #slots: ReadonlySet<number>
  readonly #counters = new Map<string, { packets: number; bytes: number; limited: number }>()
  readonly #reasons = new Map<string, number>()
  readonly #flows = new Map<string, { packets: number; bytes: number }>()
  /** Packets no line decided; not all get a record. */
  #unruled = 0

  constructor(enforcer: Enforcer, policy: Policy, slot: number) {
    this.#enforcer = enforcer
    this.#slot = slot
    const lines = policy.views.flatMap((view): Line[] => Object.values(view).flat())
    const keys = new Set(lines.map(counterKey))
    this.#slots = new Set([0, ...[...keys].map((key) => enforcer.slots.counters.get(key) ?? 0)])
    // What stood there before is taken off.
    this.#each((key, { packets, bytes, limited }) =>
      this.#counters.set(key, { packets, bytes, limited }),
    )
    for (const direction of directions) {
      for (const [reason, count] of enforcer.reasons(slot, direction).entries()) {
        this.#reasons.set(`${direction} ${reason}`, count)
      }
    }
    enforcer.drainFlows()
  }

  add(packet: ParsedPacket, judgement: Judgement, isLimited: boolean): void {
    const { direction, line, passed, verdict, decidedBy } = judgement
    const reason = {
      line: isLimited
        ? hfReason.rLimited
        : verdict === 'drop'
          ? hfReason.rDenied
          : hfReason.rPassed,
      default: verdict === 'drop' ? hfReason.rDefault : hfReason.rPassed,
      unparsable: hfReason.rUnparsable,
      fragment: hfReason.rFragment,
      'not-ip': hfReason.rOther,
      established: hfReason.rEstablished,
    }[decidedBy]
    const key = `${direction} ${reason}`
    this.#reasons.set(key, (this.#reasons.get(key) ?? 0) + 1)
    if (packet.kind !== 'ip') {
      if (decidedBy === 'unparsable' && verdict === 'drop') this.#unruled++
      return
    }
    for (const one of passed) this.#hit(one, packet, judgement, hfFlowVerdict.flowPass, false)
    if (line !== undefined) {
      const verdictOfFlow = isLimited
        ? hfFlowVerdict.flowLimited
        : verdict === 'drop'
          ? hfFlowVerdict.flowDrop
          : hfFlowVerdict.flowPass
      this.#hit(line, packet, judgement, verdictOfFlow, isLimited)
      return
    }
    if (decidedBy === 'default') this.#count(0, direction, packet.bytes, false)
    if (verdict === 'drop') this.#unruled++
  }

  compare(what: string): void {
    this.#each((key, found) =>
      expect(found, `${what} counter ${key}`).toEqual(this.#counters.get(key)),
    )
    let lost = 0
    let lostFlows = 0
    for (const direction of directions) {
      for (const [reason, count] of this.#enforcer.reasons(this.#slot, direction).entries()) {
        const expected = this.#reasons.get(`${direction} ${reason}`)
        const more = count - (expected ?? 0)
        if (reason === hfReason.rLostPackets) lost += more
        else if (reason === hfReason.rLostFlows) lostFlows += more
        else expect(count, `${what} ${direction} reason ${reason}`).toBe(expected)
      }
    }
    let unruled = 0
    const ruled = new Map<string, { packets: number; bytes: number }>()
    for (const { key, flow } of this.#enforcer.drainFlows()) {
      expect(key.device, what).toBe(this.#slot)
      expect(key.generation, what).toBe(this.#enforcer.generation)
      if (key.counter === 0) {
        unruled += Number(flow.packets)
        continue
      }
      const name = [
        key.counter,
        directions[key.direction],
        key.verdict,
        key.family,
        Buffer.from(key.src).toString('hex'),
        Buffer.from(key.dst).toString('hex'),
        key.protocol,
        key.sport,
        key.dport,
      ].join(' ')
      ruled.set(name, { packets: Number(flow.packets), bytes: Number(flow.bytes) })
    }
    expect(ruled, what).toEqual(this.#flows)
    expect(lostFlows, what).toBeLessThanOrEqual(lost)
    expect(Math.sign(lostFlows), what).toBe(Math.sign(lost))
    expect(unruled + lost, `${what} packets no line decided`).toBe(this.#unruled)
  }

  #hit(
    line: Line,
    packet: Extract<ParsedPacket, { kind: 'ip' }>,
    { direction }: Judgement,
    verdict: number,
    isLimited: boolean,
  ): void {
    const slot = this.#enforcer.slots.counters.get(counterKey(line)) ?? 0
    this.#count(slot, direction, packet.bytes, isLimited)
    if (!line.logs) return
    const name = [
      slot,
      direction,
      verdict,
      packet.family,
      address16(packet.family, packet.source),
      address16(packet.family, packet.destination),
      packet.protocol,
      packet.ports?.source ?? 0,
      packet.ports?.destination ?? 0,
    ].join(' ')
    const before = this.#flows.get(name) ?? { packets: 0, bytes: 0 }
    this.#flows.set(name, { packets: before.packets + 1, bytes: before.bytes + packet.bytes })
  }

  #count(slot: number, direction: Direction, bytes: number, isLimited: boolean): void {
    const counter = this.#counters.get(`${slot} ${direction}`)
    if (counter === undefined) throw new RangeError(`no counter ${slot}`)
    counter.packets++
    counter.bytes += bytes
    if (isLimited) counter.limited++
  }

  #each(
    visit: (key: string, found: { packets: number; bytes: number; limited: number }) => void,
  ): void {
    for (const slot of this.#slots) {
      for (const direction of directions) {
        const { packets, bytes, limitedPackets } = this.#enforcer.counter(slot, direction)
        visit(`${slot} ${direction}`, {
          packets: Number(packets),
          bytes: Number(bytes),
          limited: Number(limitedPackets),
        })
      }
    }
  }
}

/** IPv6, or IPv4 as ::ffff:a.b.c.d; hex. */
const address16 = (family: 4 | 6, address: bigint): string =>
  (family === 4 ? 0xffff_0000_0000n | address : address).toString(16).padStart(32, '0')
