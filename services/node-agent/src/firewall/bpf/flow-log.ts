import {
  type BpfMap,
  hfDirection,
  hfFlow,
  hfFlowkey,
  hfFlowVerdict,
  type Slots,
} from '@holdfast/bpf'
import { type DrainedFlows, type Flow, type FlowVerdict, noFlows } from '../backend.ts'
import type { KernelMaps } from './kernel-maps.ts'
import { deviceAt, ruleAt } from './slot-owners.ts'

/** What a generation of the policy was, for records that were made under it. */
export interface Generation {
  readonly version: Uint8Array
  readonly slots: Slots
}

export interface FlowSource {
  readonly maps: KernelMaps
  readonly generation: (number: number) => Generation | undefined
}

const verdicts: Readonly<Record<number, FlowVerdict>> = {
  [hfFlowVerdict.flowPass]: 'pass',
  [hfFlowVerdict.flowDrop]: 'drop',
  [hfFlowVerdict.flowLimited]: 'limited',
  [hfFlowVerdict.flowDefaultDrop]: 'default-drop',
  [hfFlowVerdict.flowUnparsable]: 'unparsable',
}

const drainedAtOnce = 4_096
const millisecond = 1_000_000n

/**
 * Puts an empty map where programs write, and takes out what the other has. The exchange waits until no program uses
 * the old one any more, so nothing is missed and nothing read twice.
 */
export function drainFlows(source: FlowSource, most: number, nowUnixMs: number): DrainedFlows {
  const { flowGen, flows } = source.maps
  const [a, b] = flows
  const isA = flowGen.innerId(0) === a.info.id
  const [full, empty] = isA ? [a, b] : [b, a]
  if (isEmpty(full)) return noFlows
  flowGen.setInner(0, empty)

  const found: Flow[] = []
  let lostFlows = 0
  let lostPackets = 0
  // The kernel's clock counts from the boot.
  const bootUnixMs = nowUnixMs - Number(process.hrtime.bigint() / millisecond)
  const { keyBytes } = full.info
  for (const { count, keys, values } of full.drain(drainedAtOnce)) {
    for (let i = 0; i < count; i++) {
      const value = i * hfFlow.bytes
      if (found.length >= most) {
        lostFlows++
        lostPackets += number64(values, value + hfFlow.atPackets)
        continue
      }
      found.push(read(source, keys, i * keyBytes, values, value, bootUnixMs))
    }
  }
  return { flows: found, lostFlows, lostPackets }
}

function isEmpty(map: BpfMap): boolean {
  for (const { count } of map.batches(64)) if (count > 0) return false
  return true
}

function read(
  { generation }: FlowSource,
  keys: Buffer,
  key: number,
  values: Buffer,
  value: number,
  bootUnixMs: number,
): Flow {
  const under = generation(keys.readUInt32LE(key + hfFlowkey.atGeneration))
  const counter = keys.readUInt32LE(key + hfFlowkey.atCounter)
  const isIngress = keys[key + hfFlowkey.atDirection] === hfDirection.ingress
  const verdict = verdicts[keys[key + hfFlowkey.atVerdict] ?? 0] ?? 'drop'
  const isParsed = verdict !== 'unparsable'
  return {
    ruleId: (under && ruleAt(under.slots, counter)) ?? '',
    verdict,
    direction: isIngress ? 'ingress' : 'egress',
    source: isParsed ? address(keys, key + hfFlowkey.atSrc) : noAddress,
    destination: isParsed ? address(keys, key + hfFlowkey.atDst) : noAddress,
    protocol: keys[key + hfFlowkey.atProtocol] ?? 0,
    sourcePort: keys.readUInt16LE(key + hfFlowkey.atSport),
    destinationPort: keys.readUInt16LE(key + hfFlowkey.atDport),
    packets: number64(values, value + hfFlow.atPackets),
    bytes: number64(values, value + hfFlow.atBytes),
    firstUnixMs: bootUnixMs + milliseconds(values, value + hfFlow.atFirstNs),
    lastUnixMs: bootUnixMs + milliseconds(values, value + hfFlow.atLastNs),
    device: (under && deviceAt(under.slots, keys[key + hfFlowkey.atDevice] ?? 0)) ?? '',
    policyVersion: under?.version,
  }
}

const milliseconds = (bytes: Buffer, at: number): number =>
  Math.floor(number64(bytes, at) / 1_000_000)

/** Exact up to 2^53, which no counter of a second reaches. */
export const number64 = (bytes: Buffer, at: number): number =>
  bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 4_294_967_296

const noAddress = new Uint8Array()

/** 16 bytes; 4 for IPv4 as ::ffff:a.b.c.d. */
function address(keys: Buffer, at: number): Uint8Array {
  const isMapped =
    keys.readUInt32LE(at) === 0 &&
    keys.readUInt32LE(at + 4) === 0 &&
    keys.readUInt32LE(at + 8) === 0xffff_0000
  // Copies: the buffers are used again for the next piece.
  return isMapped
    ? Uint8Array.prototype.slice.call(keys, at + 12, at + 16)
    : Uint8Array.prototype.slice.call(keys, at, at + 16)
}
