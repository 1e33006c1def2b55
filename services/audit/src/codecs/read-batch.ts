import { isUuid, uuidFromBytes } from '@holdfast/domain'
import { type IpAddress, printIp } from '@holdfast/net'
import { holdfast } from '@holdfast/proto'
import { directions, type Flow, type FlowBatch, protocolName, verdicts } from '../domain/flow.ts'

/** A message of FLOWS. */
export interface FlowMessage {
  readonly subject: string
  readonly data: Uint8Array
  /** By our clock, ms since 1970. */
  readonly storedAtUnixMs: number
}

/** `nodeId` is whoever sent it, as NATS let them; undefined when not even the subject is ours. */
export type BatchReading =
  | { readonly ok: true; readonly batch: FlowBatch }
  | { readonly ok: false; readonly nodeId: string | undefined; readonly reason: string }

/** Beyond this a host's clock is wrong, and its times are moved to ours. */
const maxSkewMs = 5 * 60_000
/** How long a host may keep a record before it sends it. */
const maxDelayMs = 25 * 3_600_000
/** How far ahead of ours a host's time may be. */
const maxAheadMs = maxSkewMs
/** Numbers count seconds, so this is thirty years of one run. */
const maxNumber = 1_000_000_000
/** What a host may say it lost; beyond, it says nonsense. */
const maxLost = 1_000_000_000_000

/** A batch, or why it is none. Whatever the bytes are, this answers; it never throws. */
export function readBatch({ subject, data, storedAtUnixMs }: FlowMessage): BatchReading {
  const [root, of, nodeId = '', kind, ...rest] = subject.split('.')
  const isOurs = root === 'tlm' && of === 'node' && kind === 'flows' && rest.length === 0
  if (!isOurs || !isUuid(nodeId)) return { ok: false, nodeId: undefined, reason: 'subject' }
  const refuse = (reason: string) => ({ ok: false, nodeId, reason }) as const
  let message: holdfast.agent.v1.FlowBatch
  try {
    message = holdfast.agent.v1.FlowBatch.decode(data)
  } catch {
    return refuse('bytes')
  }
  const { instanceId, number, sentAtUnixMs, policyVersion, flows: records } = message
  // A node speaks for itself: NATS lets it publish under its own id, and the message has to say the same.
  if (message.nodeId !== nodeId) return refuse('node')
  if (!/^[\x21-\x7e]{1,64}$/.test(instanceId)) return refuse('instance')
  if (!isWithin(number, 1, maxNumber)) return refuse('number')
  if (policyVersion.length !== 0 && policyVersion.length !== 32) return refuse('policy version')
  if (!isWithin(message.lostFlows, 0, maxLost)) return refuse('losses')
  if (!isWithin(message.lostPackets, 0, maxLost)) return refuse('losses')
  if (!isWithin(sentAtUnixMs, 0, Number.MAX_SAFE_INTEGER)) return refuse('time')

  const skew = storedAtUnixMs - sentAtUnixMs
  const isShifted = Math.abs(skew) > maxSkewMs
  const shift = isShifted ? skew : 0
  const flows: Flow[] = []
  for (const record of records) {
    // as: it was decoded, so fields that were not sent have their zero
    const flow = readFlow(record as holdfast.agent.v1.FlowRecord, shift, storedAtUnixMs)
    if (flow) flows.push(flow)
  }
  const batch: FlowBatch = {
    nodeId,
    instanceId,
    number,
    storedAtUnixMs,
    policyVersion: Buffer.from(policyVersion).toString('hex'),
    flows,
    malformedFlows: records.length - flows.length,
    lostFlows: message.lostFlows,
    lostPackets: message.lostPackets,
    isShifted,
  }
  return { ok: true, batch }
}

/** Undefined for what cannot be. */
function readFlow(
  record: holdfast.agent.v1.FlowRecord,
  shift: number,
  storedAtUnixMs: number,
): Flow | undefined {
  const { sourcePort, destinationPort, packets, bytes, protocol, device } = record
  const first = record.firstUnixMs + shift
  const last = record.lastUnixMs + shift
  const verdict = verdicts[record.verdict - 1]
  const direction = directions[record.direction - 1]
  const source = addressOf(record.source)
  const destination = addressOf(record.destination)
  const ruleId = idOf(record.ruleId)
  const interfaceId = idOf(record.interfaceId)
  const peerId = idOf(record.peerId)
  if (
    !verdict ||
    !direction ||
    !source ||
    !destination ||
    source.includes(':') !== destination.includes(':') ||
    ruleId === undefined ||
    interfaceId === undefined ||
    peerId === undefined ||
    !isWithin(last, storedAtUnixMs - maxDelayMs, storedAtUnixMs + maxAheadMs) ||
    !isWithin(first, last - maxDelayMs, last) ||
    !isWithin(sourcePort, 0, 65_535) ||
    !isWithin(destinationPort, 0, 65_535) ||
    !isWithin(protocol, 0, 255) ||
    !isWithin(packets, 1, Number.MAX_SAFE_INTEGER) ||
    !isWithin(bytes, 0, Number.MAX_SAFE_INTEGER) ||
    !/^[\x21-\x7e]{1,15}$/.test(device)
  ) {
    return undefined
  }
  return {
    firstUnixMs: first,
    lastUnixMs: last,
    verdict,
    direction,
    protocol: protocolName(protocol),
    source,
    destination,
    sourcePort: sourcePort === 0 ? undefined : sourcePort,
    destinationPort: destinationPort === 0 ? undefined : destinationPort,
    packets,
    bytes,
    device,
    ruleId,
    interfaceId,
    peerId,
  }
}

const isWithin = (value: number, min: number, max: number): boolean =>
  Number.isSafeInteger(value) && value >= min && value <= max

type Bytes = Uint8Array | null | undefined

/** Empty for none, undefined for what is no id. */
const idOf = (bytes: Bytes): string | undefined =>
  !bytes || bytes.length === 0 ? '' : bytes.length === 16 ? uuidFromBytes(bytes) : undefined

function addressOf(bytes: Bytes): IpAddress | undefined {
  if (bytes?.length === 4) {
    // as: four octets joined by dots are canonical
    return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}` as IpAddress
  }
  if (bytes?.length !== 16) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16)
  return printIp({ family: 6, value: (view.getBigUint64(0) << 64n) | view.getBigUint64(8) })
}
