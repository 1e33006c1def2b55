import type { Line } from '../intermediate.ts'
import type { Direction } from '../model.ts'

/**
 * Names inside the table, and how they are read back. What comes from outside (ids, device names) is checked against
 * what nft takes as one word: a script is text, and a quote in a name would be a command.
 */

const word = /^[A-Za-z0-9-]{1,64}$/
/** As `ip link` allows, less what means something to nft. */
const deviceWord = /^[A-Za-z0-9_.:@-]{1,15}$/
const label = /^[A-Za-z0-9.:_-]{1,100}$/

function checked(text: string, pattern: RegExp): string {
  if (!pattern.test(text)) throw new RangeError(`${JSON.stringify(text)} is no word for nft`)
  return text
}

export const idWord = (id: string): string => checked(id, word)
export const deviceName = (device: string): string => checked(device, deviceWord)
/** Of a line: its rule, or why it is there when no rule is. */
export const lineLabel = ({ ruleId, implicit }: Line): string =>
  ruleId === '' ? `!${checked(implicit, label)}` : checked(ruleId, word)

/**
 * Later fragments have chains of their own, without the lines that look at ports: kernels are known to take whatever
 * is where the ports would be for ports.
 */
export const packetParts = ['', '-later'] as const
export type PacketPart = (typeof packetParts)[number]

export const viewChain = (
  view: number,
  direction: Direction,
  family: 4 | 6,
  part: PacketPart,
): string => `v${view}-${direction}${family}${part}`
export const hookChain = (index: number, direction: Direction): string => `d${index}-${direction}`
export const judgedChain = (index: number, direction: Direction, part: PacketPart): string =>
  `d${index}-${direction}-ip${part}`

export const looksAtPorts = ({ sourcePorts, destinationPorts }: Line): boolean =>
  sourcePorts !== undefined || destinationPorts !== undefined

export const deviceCounters = ['unparsable', 'fragment', 'default'] as const
export type DeviceCounter = (typeof deviceCounters)[number]
export const deviceCounter = (index: number, what: DeviceCounter): string => `d${index}-${what}`

/** One for a rule and direction, over all its lines. */
export const ruleCounter = (ruleId: string, direction: Direction): string =>
  `${direction}-${idWord(ruleId)}`
/** Beyond the rate limit. */
export const limitedCounter = (ruleId: string, direction: Direction): string =>
  `limited-${ruleCounter(ruleId, direction)}`

export const limitName = (ruleId: string, bucket: string): string =>
  `limit-${idWord(ruleId)}-${bucket === '' ? '' : idWord(bucket)}`
export const sourceSet = (ruleId: string, family: 4 | 6): string =>
  `source${family}-${idWord(ruleId)}`
