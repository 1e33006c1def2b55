import { inflateRawSync } from 'node:zlib'
import { WireError, WireReader } from './wire.ts'

/** As much of `holdfast.log.v1.Commit` as can be checked without knowing what it means. */
export interface CommitFacts {
  /** UUIDs as text. */
  readonly commitId: string
  readonly lineageId: string
  readonly generation: number
  readonly aggregateType: string
  readonly aggregateId: string
  /** Version of its first event. */
  readonly aggregateVersion: number
  readonly eventCount: number
}

export interface EventFacts {
  readonly type: string
  readonly schema: number
  readonly data: Uint8Array
}

/** Readers refuse what inflates to more (proto/holdfast/log/v1/commit.proto). */
const maxInflatedBytes = 64 * 1024 * 1024

// proto3: field number * 8 + wire type.
const tags = {
  format: 1 * 8,
  commitId: 2 * 8 + 2,
  lineageId: 3 * 8 + 2,
  generation: 4 * 8,
  aggregateType: 5 * 8 + 2,
  aggregateId: 6 * 8 + 2,
  aggregateVersion: 7 * 8,
  events: 15 * 8 + 2,
  compressedEvents: 16 * 8 + 2,
  inflatedBytes: 17 * 8,
} as const
const lastKnownField = 18

const uuid = (bytes: Uint8Array, field: string): string => {
  if (bytes.length !== 16) throw new WireError(`its ${field} has ${bytes.length} bytes`)
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

// A lineage stays the same for the whole log: not worth a new string each time.
let lineageBytes = Buffer.alloc(0)
let lineageText = ''
const lineage = (bytes: Uint8Array): string => {
  if (!lineageBytes.equals(bytes)) {
    lineageText = uuid(bytes, 'lineage id')
    lineageBytes = Buffer.from(bytes)
  }
  return lineageText
}

/** Throws a `WireError` that says what is wrong. */
export function readCommit(payload: Uint8Array): CommitFacts {
  const reader = new WireReader(payload)
  const facts = {
    commitId: '',
    lineageId: '',
    generation: 0,
    aggregateType: '',
    aggregateId: '',
    aggregateVersion: 0,
    eventCount: 0,
  }
  let format = 0
  let compressed: Uint8Array | undefined
  let inflatedBytes = 0
  let seen = 0
  while (reader.hasMore) {
    const tag = reader.tag()
    const field = tag >>> 3
    if (field <= lastKnownField && tag !== tags.events) {
      if ((seen & (1 << field)) !== 0) throw new WireError(`field ${field} stands in it twice`)
      seen |= 1 << field
    }
    switch (tag) {
      case tags.format:
        format = reader.number()
        break
      case tags.commitId:
        facts.commitId = uuid(reader.bytes(), 'commit id')
        break
      case tags.lineageId:
        facts.lineageId = lineage(reader.bytes())
        break
      case tags.generation:
        facts.generation = reader.number()
        break
      case tags.aggregateType:
        facts.aggregateType = reader.text()
        break
      case tags.aggregateId:
        facts.aggregateId = reader.text()
        break
      case tags.aggregateVersion:
        facts.aggregateVersion = reader.number()
        break
      case tags.events:
        facts.eventCount++
        reader.skip(tag)
        break
      case tags.compressedEvents:
        compressed = reader.bytes()
        break
      case tags.inflatedBytes:
        inflatedBytes = reader.number()
        break
      default:
        reader.skip(tag)
    }
  }
  if (format !== 1) throw new WireError(`it has format ${format}; this program reads format 1`)
  if (facts.commitId === '') throw new WireError('it has no commit id')
  if (facts.lineageId === '') throw new WireError('it has no lineage id')
  if (facts.generation < 1) throw new WireError('it has no generation')
  if (facts.aggregateVersion < 1) throw new WireError('it has no aggregate version')
  if (compressed) {
    if (facts.eventCount > 0) throw new WireError('it has both plain and compressed events')
    facts.eventCount = eventsIn(inflate(compressed, inflatedBytes)).length
  }
  if (facts.eventCount === 0) throw new WireError('it has no events')
  return facts
}

/** The events of a commit, in order; for the few whose content matters here. Throws a `WireError`. */
export function readEvents(payload: Uint8Array): readonly EventFacts[] {
  const reader = new WireReader(payload)
  const events: EventFacts[] = []
  let compressed: Uint8Array | undefined
  let inflatedBytes = 0
  while (reader.hasMore) {
    const tag = reader.tag()
    if (tag === tags.events) events.push(readEvent(reader.message()))
    else if (tag === tags.compressedEvents) compressed = reader.bytes()
    else if (tag === tags.inflatedBytes) inflatedBytes = reader.number()
    else reader.skip(tag)
  }
  return compressed ? eventsIn(inflate(compressed, inflatedBytes)) : events
}

function inflate(compressed: Uint8Array, inflatedBytes: number): Uint8Array {
  if (inflatedBytes === 0 || inflatedBytes > maxInflatedBytes)
    throw new WireError(`its events inflate to ${inflatedBytes} bytes`)
  let list: Uint8Array
  try {
    // The bound holds even if the stated size lies: inflating stops there.
    list = inflateRawSync(compressed, { maxOutputLength: inflatedBytes })
  } catch {
    throw new WireError('its compressed events cannot be inflated')
  }
  if (list.length !== inflatedBytes)
    throw new WireError('its compressed events have another size than stated')
  return list
}

function eventsIn(list: Uint8Array): readonly EventFacts[] {
  const reader = new WireReader(list)
  const events: EventFacts[] = []
  while (reader.hasMore) {
    const tag = reader.tag()
    if (tag === 1 * 8 + 2) events.push(readEvent(reader.message()))
    else reader.skip(tag)
  }
  return events
}

function readEvent(reader: WireReader): EventFacts {
  let type = ''
  let schema = 0
  let data: Uint8Array = new Uint8Array()
  while (reader.hasMore) {
    const tag = reader.tag()
    if (tag === 1 * 8 + 2) type = reader.text()
    else if (tag === 2 * 8) schema = reader.number()
    else if (tag === 3 * 8 + 2) data = reader.bytes()
    else reader.skip(tag)
  }
  if (type === '' || schema === 0) throw new WireError('an event without type or schema')
  return { type, schema, data }
}

/** Singular `bytes` fields of an event by number; what is not there is undefined. Throws a `WireError`. */
export function readBytesFields(data: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const reader = new WireReader(data)
  const fields = new Map<number, Uint8Array>()
  while (reader.hasMore) {
    const tag = reader.tag()
    if ((tag & 7) !== 2) reader.skip(tag)
    else if (fields.has(tag >>> 3)) throw new WireError('a field stands in an event twice')
    else fields.set(tag >>> 3, reader.bytes())
  }
  return fields
}
