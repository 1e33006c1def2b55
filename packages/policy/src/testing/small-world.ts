import type { IpPacket } from '../evaluate.ts'
import type { Prefix } from '../intermediate.ts'
import type { PortRange } from '../model.ts'
import type { Random } from './random.ts'

/**
 * A world so small that all of it can be tried: IPv4, 4 × 4 addresses, 4 × 4 ports, four protocols and later
 * fragments. What is proved about regions is tested by trying every packet.
 */
const addressStep = 1n << 30n
const portStep = 16384
const quarters = [0, 1, 2, 3]

export const everySmallPacket: readonly IpPacket[] = [6, 17, 1, 47].flatMap((protocol) =>
  quarters.flatMap((source) =>
    quarters.flatMap((destination) => {
      const bare: IpPacket = {
        kind: 'ip',
        family: 4,
        source: BigInt(source) * addressStep,
        destination: BigInt(destination) * addressStep,
        protocol,
        ports: undefined,
        isFragment: false,
        isLaterFragment: false,
        tcpFlags: 0,
        bytes: 0,
      }
      if (protocol !== 6 && protocol !== 17) return [bare]
      const shown = quarters.flatMap((from) =>
        quarters.map((to) => ({
          ...bare,
          ports: { source: from * portStep, destination: to * portStep },
        })),
      )
      return [...shown, { ...bare, isFragment: true, isLaterFragment: true }]
    }),
  ),
)

export function drawSmallPrefix(random: Random): Prefix {
  const length = random.below(3)
  return { value: random.bits(length) << BigInt(32 - length), length }
}

export function drawSmallRange(random: Random): PortRange {
  const from = random.below(4)
  return { from: from * portStep, to: random.between(from, 3) * portStep + portStep - 1 }
}
