import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type IpPacket, matches } from './evaluate.ts'
import type { Line, Prefix } from './intermediate.ts'
import type { PortRange } from './model.ts'
import { Random } from './testing.ts'
import { Budget, findWitness } from './witness.ts'

/** A world so small that all of it can be tried: 4 × 4 addresses, 4 × 4 ports, 4 protocols, fragments. */
const quarter = 1n << 30n
const portQuarter = 16384

const everyPacket: readonly IpPacket[] = [6, 17, 1, 47].flatMap((protocol) =>
  [0n, 1n, 2n, 3n].flatMap((source) =>
    [0n, 1n, 2n, 3n].flatMap((destination) => {
      const bare: IpPacket = {
        kind: 'ip',
        family: 4,
        source: source * quarter,
        destination: destination * quarter,
        protocol,
        ports: undefined,
        isFragment: false,
        isLaterFragment: false,
        tcpFlags: 0,
        bytes: 0,
      }
      if (protocol !== 6 && protocol !== 17) return [bare]
      const shown = [0, 1, 2, 3].flatMap((from) =>
        [0, 1, 2, 3].map((to) => ({
          ...bare,
          ports: { source: from * portQuarter, destination: to * portQuarter },
        })),
      )
      return [...shown, { ...bare, isFragment: true, isLaterFragment: true }]
    }),
  ),
)

function drawLine(random: Random): Line {
  const prefix = (): Prefix => {
    const length = random.below(3)
    return { value: random.bits(length) << BigInt(32 - length), length }
  }
  const protocol = random.pick([undefined, 6, 6, 17, 1])
  const range = (): PortRange | undefined => {
    if (random.chance(0.4) || (protocol !== 6 && protocol !== 17)) return undefined
    const from = random.below(4)
    return { from: from * portQuarter, to: random.between(from, 3) * portQuarter + portQuarter - 1 }
  }
  return {
    ruleId: `${random.u32()}`,
    implicit: '',
    source: prefix(),
    destination: prefix(),
    protocol,
    sourcePorts: range(),
    destinationPorts: range(),
    action: random.pick(['allow', 'deny']),
    continues: false,
    logs: false,
    rate: undefined,
  }
}

test('finds a packet exactly when there is one, and shows it truly', () => {
  let found = 0
  let none = 0
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 14 }), fc.boolean(), (seed, count, wantsDefault) => {
      const random = new Random(seed)
      const lines = Array.from({ length: count }, () => drawLine(random))
      const region = drawLine(random)
      const isWanted = (line: Line | undefined): boolean =>
        line === undefined ? wantsDefault : line.action === 'deny'
      const deciding = (packet: IpPacket): Line | undefined =>
        lines.find((line) => matches(line, packet))
      const exists = everyPacket.some(
        (packet) => matches(region, packet) && isWanted(deciding(packet)),
      )
      const search = findWitness(4, region, lines, isWanted)
      expect(search.kind).toBe(exists ? 'found' : 'none')
      if (search.kind !== 'found') {
        none++
        return
      }
      found++
      const { packet, line } = search.found
      expect(matches(region, packet)).toBe(true)
      expect(deciding(packet)).toBe(line)
      expect(isWanted(line)).toBe(true)
    }),
    { numRuns: 3000 },
  )
  // Both answers were put to the test.
  expect(Math.min(found, none)).toBeGreaterThan(100)
})

test('says that it does not know when the work is bounded too tightly', () => {
  const random = new Random(3)
  const lines = Array.from({ length: 400 }, () => ({
    ...drawLine(random),
    action: 'allow' as const,
  }))
  const region = {
    ...drawLine(random),
    protocol: undefined,
    sourcePorts: undefined,
    destinationPorts: undefined,
  }
  const search = findWitness(4, region, lines, (line) => line === undefined, {
    budget: new Budget(50),
  })
  expect(search.kind).toBe('undecided')
})
