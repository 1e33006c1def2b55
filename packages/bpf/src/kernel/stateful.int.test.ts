import {
  type Direction,
  deviceOf,
  type IpPacket,
  linesOf,
  type Policy,
  resolve,
  StatefulReference,
  viewOf,
} from '@holdfast/policy'
import {
  drawPacket,
  encodePacket,
  generateFacts,
  generateRuleSet,
  Random,
  testNow,
} from '@holdfast/policy/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hfConn, hfConnkey } from '../gen/layout.ts'
import type { BpfProgram } from '../program.ts'
import { Enforcer } from '../testing/enforcer.ts'
import { bpfMissing } from '../testing/permitted.ts'

/*
 * Flows of stateful devices against the reference: packets and answers between a few ends, while time passes and
 * policies change. Time passes by making the kernel's flows older.
 */

const missing = bpfMissing()
if (missing) console.log(`skipped: flows of the kernel against the reference (${missing})`)
const firstSeed = Number(process.env['HOLDFAST_SEED'] ?? 1)
const device = 'wg0'

describe.skipIf(missing !== undefined)('flows', () => {
  let enforcer: Enforcer
  const builds: ReadonlyMap<string, BpfProgram>[] = []

  beforeAll(() => {
    enforcer = new Enforcer()
    for (const build of ['hf_tc', 'hf_tc_loop']) {
      builds.push(enforcer.load(build, { hf_slot: 0, hf_l2len: 14 }))
    }
  })
  afterAll(() => enforcer.close())

  test(`are let through as by the reference (seeds ${firstSeed} to ${firstSeed + 39})`, () => {
    const seen = { established: 0, line: 0, default: 0 }
    for (let seed = firstSeed; seed < firstSeed + 40; seed++) {
      const programs = builds[seed % builds.length] as ReadonlyMap<string, BpfProgram>
      compareOne(enforcer, programs, seed, seen)
    }
    console.log(`judged alike: ${JSON.stringify(seen)}`)
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(500)
  })
})

function compareOne(
  enforcer: Enforcer,
  programs: ReadonlyMap<string, BpfProgram>,
  seed: number,
  seen: Record<string, number>,
): void {
  const random = new Random(seed)
  const policies = [0, 1, 2].map((i) => drawnPolicy(seed * 3 + i))
  let policy = policies[0] as Policy
  enforcer.enforce(policy)
  const conns = enforcer.map('hf_conns')
  for (const { count, keys } of conns.batches(4096)) {
    for (let i = 0; i < count; i++) {
      conns.delete(Buffer.from(keys.subarray(i * hfConnkey.bytes, (i + 1) * hfConnkey.bytes)))
    }
  }
  let aged = 0n
  const reference = new StatefulReference(policy, () => process.hrtime.bigint() + aged)
  const pool = Array.from({ length: 12 }, () => drawFrom(random, policy))
  for (let i = 0; i < 400; i++) {
    if (random.chance(0.04)) {
      // Sums of sevens come no nearer than a second to any timeout.
      const seconds = random.pick([7, 14, 35, 126, 3605])
      const later = aged + BigInt(seconds) * 1_000_000_000n
      // Nothing in a kernel is older than its boot.
      if (later < process.hrtime.bigint()) {
        aged = later
        makeOlder(enforcer, seconds)
      }
    }
    if (random.chance(0.03)) {
      policy = random.pick(policies)
      enforcer.enforce(policy)
      reference.swap(policy)
    }
    const { packet, direction } = drawTurn(random, random.pick(pool))
    const expected = reference.judge(device, direction, packet)
    const data = encodePacket(packet, { linkLayer: 'ethernet' })
    const program = programs.get(direction === 'ingress' ? 'hf_ingress' : 'hf_egress')
    const verdict = program?.testRun({ data }).verdict === -1 ? 'pass' : 'drop'
    expect(
      verdict,
      `seed ${seed}, packet ${i} ${direction} ${packet.protocol}, ${expected.decidedBy}`,
    ).toBe(expected.verdict)
    seen[expected.decidedBy] = (seen[expected.decidedBy] ?? 0) + 1
  }
}

interface Turn {
  readonly packet: IpPacket
  readonly direction: Direction
}

function drawnPolicy(seed: number): Policy {
  const facts = generateFacts({ seed, interfaces: 1, peers: 0, uplinks: 0 })
  const ruleSet = generateRuleSet({ seed, size: 30, shape: 'chain', words: 'classify' })
  const { views } = resolve(ruleSet, facts, testNow)
  // Those rules are for ingress; what goes out is by default.
  const firewall = {
    defaultVerdict: seed % 2 === 0 ? ('pass' as const) : ('drop' as const),
    isStateful: true,
    dropsFragments: false,
    unparsableVerdict: 'drop' as const,
  }
  const turned = views.map((view) =>
    seed % 3 === 0 ? { ...view, egress4: view.ingress4, egress6: view.ingress6 } : view,
  )
  return {
    views: turned,
    devices: [{ device, kind: 'wireguard', interfaceId: '', view: 0, firewall }],
  }
}

function drawFrom(random: Random, policy: Policy): Turn {
  const direction = random.chance(0.7) ? 'ingress' : 'egress'
  const family = random.chance(0.5) ? 4 : 6
  const view = viewOf(policy, deviceOf(policy, device).view)
  return { packet: drawPacket(random, family, linesOf(view, 'ingress', family)), direction }
}

/** The packet as it is or its answer, with other flags. */
function drawTurn(random: Random, { packet, direction }: Turn): Turn {
  const tcpFlags =
    packet.protocol === 6 && packet.ports
      ? random.weighted([
          [0x02, 3],
          [0x12, 2],
          [0x10, 6],
          [0x11, 1],
          [0x04, 1],
        ] as const)
      : 0
  if (random.chance(0.4)) return { packet: { ...packet, tcpFlags }, direction }
  const answer = {
    ...packet,
    tcpFlags,
    source: packet.destination,
    destination: packet.source,
    ports: packet.ports && {
      source: packet.ports.destination,
      destination: packet.ports.source,
    },
  }
  return { packet: answer, direction: direction === 'ingress' ? 'egress' : 'ingress' }
}

function makeOlder(enforcer: Enforcer, seconds: number): void {
  const conns = enforcer.map('hf_conns')
  const entries: { key: Buffer; value: Buffer }[] = []
  for (const { count, keys, values } of conns.batches(4096)) {
    for (let i = 0; i < count; i++) {
      entries.push({
        key: Buffer.from(keys.subarray(i * hfConnkey.bytes, (i + 1) * hfConnkey.bytes)),
        value: Buffer.from(values.subarray(i * hfConn.bytes, (i + 1) * hfConn.bytes)),
      })
    }
  }
  for (const { key, value } of entries) {
    const then = value.readBigUInt64LE(hfConn.atLastNs) - BigInt(seconds) * 1_000_000_000n
    value.writeBigUInt64LE(then, hfConn.atLastNs)
    conns.update(key, value)
  }
}
