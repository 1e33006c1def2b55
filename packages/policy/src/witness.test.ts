import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type IpPacket, matches } from './evaluate.ts'
import type { Line } from './intermediate.ts'
import type { PortRange } from './model.ts'
import { drawSmallPrefix, drawSmallRange, everySmallPacket } from './testing/small-world.ts'
import { Random } from './testing.ts'
import { Budget, findWitness } from './witness.ts'

function drawLine(random: Random): Line {
  const protocol = random.pick([undefined, 6, 6, 17, 1])
  const range = (): PortRange | undefined =>
    random.chance(0.4) || (protocol !== 6 && protocol !== 17) ? undefined : drawSmallRange(random)
  return {
    ruleId: `${random.u32()}`,
    implicit: '',
    source: drawSmallPrefix(random),
    destination: drawSmallPrefix(random),
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
      const exists = everySmallPacket.some(
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
