import { uuidToBytes } from '@holdfast/domain'
import { holdfast } from '@holdfast/proto'

type BatchMessage = holdfast.agent.v1.FlowBatch.$Properties
type RecordMessage = holdfast.agent.v1.FlowRecord.$Properties

/** What a host would send: a batch of well-formed records, with whatever a test wants to be different. */
export function aBatch(nodeId: string, number: number, more: BatchMessage = {}): Uint8Array {
  return holdfast.agent.v1.FlowBatch.encode({
    nodeId,
    instanceId: 'run-1',
    number,
    sentAtUnixMs: Date.now(),
    policyVersion: Buffer.alloc(32, 0xab),
    flows: [aRecord()],
    ...more,
  }).finish()
}

export function aRecord(more: RecordMessage = {}): RecordMessage {
  const now = Date.now()
  return {
    firstUnixMs: now - 900,
    lastUnixMs: now,
    verdict: 2,
    direction: 1,
    source: Buffer.from([10, 10, 0, 2]),
    destination: Buffer.from([192, 0, 2, 7]),
    protocol: 6,
    sourcePort: 40_000,
    destinationPort: 443,
    packets: 12,
    bytes: 3400,
    device: 'wg0',
    ...more,
  }
}

export const idBytes = (id: string): Uint8Array => uuidToBytes(id)
