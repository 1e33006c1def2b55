import type { StoredEvent } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { TakenCommit } from './saved-fold.ts'

const { EventList } = holdfast.log.v1

/** One record of a journal: who says it as JSON, and facts as the log writes them. */
export interface FactRecord<Header> {
  readonly header: Header
  readonly events: readonly StoredEvent[]
}

/** Position of the last commit a record includes. */
export interface RecordPosition {
  readonly sequence: string
  readonly hash?: string
}

const lengthBytes = 4

export function encodeRecord<Header>({ header, events }: FactRecord<Header>): Uint8Array {
  const head = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(head.length)
  return Buffer.concat([length, head, EventList.encode({ events: [...events] }).finish()])
}

/** Of what `encodeRecord` made, which a checksum has vouched for. */
export function decodeRecord<Header>(bytes: Uint8Array): FactRecord<Header> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = lengthBytes + buffer.readUInt32BE()
  return {
    // as: we wrote it
    header: JSON.parse(buffer.toString('utf8', lengthBytes, end)) as Header,
    events: EventList.decode(buffer.subarray(end)).events.map(({ type, schema, data }) => ({
      type: type ?? '',
      schema: schema ?? 0,
      data: data ?? new Uint8Array(),
    })),
  }
}

export const positionOf = (sequence: bigint, hash: Uint8Array | undefined): RecordPosition => ({
  sequence: String(sequence),
  ...(hash ? { hash: Buffer.from(hash).toString('base64') } : {}),
})

/** The commit a record at this position stands for. */
export const commitAt = (
  { sequence, hash = '' }: RecordPosition,
  events: readonly StoredEvent[],
): TakenCommit => ({
  sequence: BigInt(sequence),
  aggregateId: '',
  events,
  hash: Buffer.from(hash, 'base64'),
})
