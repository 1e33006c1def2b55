// Lines as arrays of numbers, to draw packets from and to write for the scan.
import type { Line } from '@holdfast/policy'
import type { Family } from '../../packages/policy/src/family.ts'

export interface Fields {
  readonly family: Family
  readonly count: number
  /** Words of the address, most significant first: 1 in IPv4, 4 in IPv6. */
  readonly source: readonly Uint32Array[]
  readonly destination: readonly Uint32Array[]
  readonly sourceLength: Uint8Array
  readonly destinationLength: Uint8Array
  /** From, to; "any port" is 0 to 65536, which is the port of a packet without. */
  readonly sport: readonly [Uint32Array, Uint32Array]
  readonly dport: readonly [Uint32Array, Uint32Array]
  /** 0 to 255 where any will do. */
  readonly protocol: readonly [Uint8Array, Uint8Array]
  /** `hf_rank` bits below the place: an action as the kernel numbers them. */
  readonly action: Uint8Array
}

const noPorts = 65_536
const actions = { deny: 0, allow: 1, rate_limit: 2, log: 3 } as const

export function fieldsOf(lines: readonly Line[], family: Family): Fields {
  const count = lines.length
  const address = (): Uint32Array[] =>
    Array.from({ length: family === 4 ? 1 : 4 }, () => new Uint32Array(count))
  const fields: Fields = {
    family,
    count,
    source: address(),
    destination: address(),
    sourceLength: Uint8Array.from(lines, ({ source }) => source.length),
    destinationLength: Uint8Array.from(lines, ({ destination }) => destination.length),
    sport: [
      Uint32Array.from(lines, ({ sourcePorts }) => sourcePorts?.from ?? 0),
      Uint32Array.from(lines, ({ sourcePorts }) => sourcePorts?.to ?? noPorts),
    ],
    dport: [
      Uint32Array.from(lines, ({ destinationPorts }) => destinationPorts?.from ?? 0),
      Uint32Array.from(lines, ({ destinationPorts }) => destinationPorts?.to ?? noPorts),
    ],
    protocol: [
      Uint8Array.from(lines, ({ protocol }) => protocol ?? 0),
      Uint8Array.from(lines, ({ protocol }) => protocol ?? 255),
    ],
    action: Uint8Array.from(lines, ({ action }) => actions[action]),
  }
  for (const [i, { source, destination }] of lines.entries()) {
    setAddress(fields.source, i, source.value)
    setAddress(fields.destination, i, destination.value)
  }
  return fields
}

function setAddress(words: readonly Uint32Array[], i: number, value: bigint): void {
  let rest = value
  for (let word = words.length - 1; word >= 0; word--) {
    const column = words[word]
    if (column) column[i] = Number(rest & 0xffff_ffffn)
    rest >>= 32n
  }
}
