// Packets of as many flows as a trace holds, drawn from the lines they are meant for.
import { Random } from '@holdfast/policy/testing'
import type { Fields } from './fields.ts'

/** As in bpf/bench/hf_trace.h. */
export const tracePackets = 65_536
export const traceStride = 64
export const traceBytes = tracePackets * traceStride + 0x10000

/**
 * uniform: a random point inside a random line. mixed: each field from another line, so that many lines nearly match.
 * worst: the quarter of as many of both whose deciding line comes last, or that no line decides.
 */
export const trafficKinds = ['uniform', 'mixed', 'worst'] as const
export type TrafficKind = (typeof trafficKinds)[number]

/** Headers in a row, each in its own 64 bytes. */
export interface Trace {
  readonly bytes: Buffer
  readonly flows: number
}

export const activeFlows = 1_000

/** Draws packets into a trace; flows are distinct as far as the lines leave room for. */
export function drawTrace(fields: Fields, kind: 'uniform' | 'mixed', seed: number): Trace {
  const random = new Random(seed)
  const bytes = Buffer.alloc(traceBytes)
  const seen = new Set<string>()
  for (let i = 0; i < tracePackets; i++) {
    for (let attempt = 0; attempt < 8; attempt++) {
      writePacket(bytes, i * traceStride, fields, kind, random)
      const flow = flowAt(bytes, i * traceStride)
      if (seen.has(flow)) continue
      seen.add(flow)
      break
    }
  }
  return { bytes, flows: seen.size }
}

/** Few flows over and over, in no order. */
export function drawActive(fields: Fields, seed: number): Trace {
  const { bytes: from } = drawTrace(fields, 'uniform', seed)
  const random = new Random(seed)
  const bytes = Buffer.alloc(traceBytes)
  for (let i = 0; i < tracePackets; i++) {
    const at = random.below(activeFlows) * traceStride
    from.copy(bytes, i * traceStride, at, at + traceStride)
  }
  return { bytes, flows: activeFlows }
}

/** The packets of several traces for which `rankOf` is greatest. */
export function pickWorst(
  traces: readonly { readonly trace: Trace; readonly ranks: Uint32Array }[],
): Trace {
  const all = traces.flatMap(({ ranks }, t) =>
    Array.from(ranks, (rank, i) => ({ rank, place: t * tracePackets + i })),
  )
  all.sort((a, b) => b.rank - a.rank)
  const bytes = Buffer.alloc(traceBytes)
  const chosen = all.slice(0, tracePackets)
  // In no order: the next packet must not be a neighbour in the rules.
  const random = new Random(traces.length)
  const flows = new Set<string>()
  for (let i = 0; i < tracePackets; i++) {
    const other = random.between(i, tracePackets - 1)
    const one = chosen[other]
    const first = chosen[i]
    if (!one || !first) break
    chosen[other] = first
    const source = traces[Math.floor(one.place / tracePackets)]?.trace.bytes
    const at = (one.place % tracePackets) * traceStride
    source?.copy(bytes, i * traceStride, at, at + traceStride)
    flows.add(flowAt(bytes, i * traceStride))
  }
  return { bytes, flows: flows.size }
}

/** Addresses, protocol and ports. */
function flowAt(bytes: Buffer, at: number): string {
  const is6 = (bytes[at] ?? 0) >> 4 === 6
  const protocol = bytes[at + (is6 ? 6 : 9)] ?? 0
  return (
    bytes.toString('latin1', at + (is6 ? 8 : 12), at + (is6 ? 44 : 24)) +
    String.fromCharCode(protocol)
  )
}

function writePacket(
  bytes: Buffer,
  at: number,
  fields: Fields,
  kind: 'uniform' | 'mixed',
  random: Random,
): void {
  const one = random.below(fields.count)
  const line = (): number => (kind === 'uniform' ? one : random.below(fields.count))
  const is6 = fields.family === 6
  const addressBytes = is6 ? 16 : 4
  const header = is6 ? 40 : 20
  bytes.fill(0, at, at + traceStride)
  const protocol = protocolAt(fields, line(), random)
  address(bytes, at + (is6 ? 8 : 12), fields.source, fields.sourceLength, line(), random)
  address(
    bytes,
    at + (is6 ? 8 : 12) + addressBytes,
    fields.destination,
    fields.destinationLength,
    line(),
    random,
  )
  const sport = between(fields.sport, line(), random)
  const dport = between(fields.dport, line(), random)
  const payload = protocol === 6 ? 20 : 8
  if (is6) {
    bytes[at] = 0x60
    bytes.writeUInt16BE(payload, at + 4)
    bytes[at + 6] = protocol
    bytes[at + 7] = 64
  } else {
    bytes[at] = 0x45
    bytes.writeUInt16BE(header + payload, at + 2)
    bytes[at + 8] = 64
    bytes[at + 9] = protocol
    bytes.writeUInt16BE(checksum(bytes, at), at + 10)
  }
  if (protocol !== 6 && protocol !== 17) return
  bytes.writeUInt16BE(sport, at + header)
  bytes.writeUInt16BE(dport, at + header + 2)
  if (protocol === 6) {
    bytes[at + header + 12] = 0x50
    bytes[at + header + 13] = 0x10
  } else {
    bytes.writeUInt16BE(payload, at + header + 4)
  }
}

/** A line without a protocol gets what most packets have. */
function protocolAt({ family, protocol }: Fields, i: number, random: Random): number {
  const from = protocol[0][i] ?? 0
  if (from === protocol[1][i]) return from
  return random.weighted([
    [6, 60],
    [17, 30],
    [family === 4 ? 1 : 58, 10],
  ])
}

/** "Any" includes no port at all, which these packets are not. */
const between = (ports: readonly [Uint32Array, Uint32Array], i: number, random: Random): number =>
  random.between(ports[0][i] ?? 0, Math.min(ports[1][i] ?? 0, 65_535))

function address(
  bytes: Buffer,
  at: number,
  words: readonly Uint32Array[],
  lengths: Uint8Array,
  i: number,
  random: Random,
): void {
  const length = lengths[i] ?? 0
  for (const [word, values] of words.entries()) {
    const fixed = Math.min(32, Math.max(0, length - word * 32))
    const free = fixed === 32 ? 0 : 0xffff_ffff >>> fixed
    bytes.writeUInt32BE(((values[i] ?? 0) | (random.u32() & free)) >>> 0, at + word * 4)
  }
}

/** Of an IPv4 header whose own checksum is still zero. */
export function checksum(bytes: Buffer, at: number): number {
  let sum = 0
  for (let i = 0; i < 20; i += 2) sum += bytes.readUInt16BE(at + i)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  return ~sum & 0xffff
}
