import type { Direction } from '../model.ts'
import type { DeviceCounter } from './names.ts'

/** What rules and devices counted, from `nft -j list counters table netdev <table>`. */
export interface NftablesCounters {
  readonly rules: readonly RuleCount[]
  readonly devices: readonly DeviceCount[]
  /** As `renderNftables` takes them, so that the next table goes on counting. */
  readonly byName: ReadonlyMap<string, Count>
}

export interface Count {
  readonly packets: bigint
  readonly bytes: bigint
}

export interface RuleCount extends Count {
  readonly ruleId: string
  readonly direction: Direction
  /** Beyond the rate limit; included in the packets. */
  readonly limitedPackets: bigint
}

export interface DeviceCount extends Count {
  /** Index of the device in the policy. */
  readonly device: number
  readonly what: DeviceCounter
}

const ofRule = /^(limited-)?(ingress|egress)-(.+)$/
const ofDevice = /^d(\d+)-(unparsable|fragment|default)$/

/** Counters of other makes are passed over. */
export function readNftablesCounters(json: string): NftablesCounters {
  const rules = new Map<string, RuleCount>()
  const devices: DeviceCount[] = []
  const byName = new Map<string, Count>()
  for (const { name, packets, bytes } of counters(json)) {
    byName.set(name, { packets, bytes })
    const device = ofDevice.exec(name)
    if (device !== null) {
      // as: the pattern knows no other words
      devices.push({ device: Number(device[1]), what: device[2] as DeviceCounter, packets, bytes })
    }
    const rule = device === null ? ofRule.exec(name) : null
    if (rule === null) continue
    const [, limited, direction, ruleId = ''] = rule
    const key = `${direction} ${ruleId}`
    const before = rules.get(key)
    rules.set(key, {
      ruleId,
      direction: direction as Direction, // as: the pattern knows no other words
      packets: (before?.packets ?? 0n) + packets,
      bytes: (before?.bytes ?? 0n) + bytes,
      limitedPackets: (before?.limitedPackets ?? 0n) + (limited === undefined ? 0n : packets),
    })
  }
  return { rules: [...rules.values()], devices, byName }
}

interface Listed extends Count {
  readonly name: string
}

function counters(json: string): Listed[] {
  const parsed: unknown = JSON.parse(json)
  const list = field(parsed, 'nftables')
  if (!Array.isArray(list)) return []
  return list.flatMap((item: unknown): Listed[] => {
    const counter = field(item, 'counter')
    const name = field(counter, 'name')
    const packets = field(counter, 'packets')
    const bytes = field(counter, 'bytes')
    if (typeof name !== 'string' || typeof packets !== 'number' || typeof bytes !== 'number')
      return []
    return [{ name, packets: BigInt(packets), bytes: BigInt(bytes) }]
  })
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined
