import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { uuidFromBytes, uuidToBytes } from '@holdfast/domain'
import { holdfast } from '@holdfast/proto'
import { CommitTooLarge, CommitUnreadable } from './errors.ts'
import { parseSubject } from './subject.ts'
import {
  type Actor,
  type ActorKind,
  type AuthenticationMethod,
  actorKinds,
  authenticationMethods,
  type Commit,
  type StoredEvent,
} from './types.ts'

const { Commit: Envelope, EventList } = holdfast.log.v1

const format = 1
/** Events that take more than this are compressed. */
const compressFromBytes = 16 * 1024
/** Readers refuse what inflates to more. */
export const maxInflatedBytes = 64 * 1024 * 1024
/** One commit; the stream takes 8 MiB, headers included. */
export const maxCommitBytes = 8 * 1024 * 1024 - 4096
const maxReasonLength = 500

/** What a writer decides; position and subject come from the append. */
export interface CommitContent {
  readonly commitId: string
  readonly lineageId: string
  readonly generation: number
  readonly aggregateType: string
  readonly aggregateId: string
  readonly aggregateVersion: bigint
  readonly organizationId?: string | undefined
  readonly actor: Actor
  readonly commandId: string
  readonly correlationId: string
  readonly causationId?: string | undefined
  readonly requestHash?: Uint8Array | undefined
  readonly timeUnixUs: bigint
  readonly reason?: string | undefined
  readonly events: readonly StoredEvent[]
}

// Enum numbers are positions in the closed lists, from 1; the proto file states the same order.
const positionIn = <T extends string>(list: readonly T[], value: T | undefined): number =>
  value === undefined ? 0 : list.indexOf(value) + 1

/** Throws `log.commit_too_large`. */
export function encodeCommit(content: CommitContent): Uint8Array {
  const list = EventList.encode({ events: [...content.events] }).finish()
  if (list.length > maxInflatedBytes)
    throw CommitTooLarge({ bytes: list.length, maxBytes: maxInflatedBytes })
  const isCompressed = list.length > compressFromBytes
  const { actor } = content
  const bytes = Envelope.encode({
    format,
    commitId: uuidToBytes(content.commitId),
    lineageId: uuidToBytes(content.lineageId),
    generation: content.generation,
    aggregateType: content.aggregateType,
    aggregateId: content.aggregateId,
    aggregateVersion: Number(content.aggregateVersion),
    ...(content.organizationId === undefined
      ? {}
      : { organizationId: uuidToBytes(content.organizationId) }),
    actor: {
      kind: positionIn(actorKinds, actor.kind),
      id: actor.id,
      method: positionIn(authenticationMethods, actor.method),
      ...(actor.sessionId === undefined ? {} : { sessionId: actor.sessionId }),
    },
    commandId: uuidToBytes(content.commandId),
    correlationId: uuidToBytes(content.correlationId),
    ...(content.causationId === undefined ? {} : { causationId: uuidToBytes(content.causationId) }),
    timeUnixUs: Number(content.timeUnixUs),
    ...(content.requestHash === undefined ? {} : { requestHash: content.requestHash }),
    ...(isCompressed
      ? { compressedEvents: deflateRawSync(list, { level: 6 }), inflatedBytes: list.length }
      : { events: [...content.events] }),
    ...(content.reason === undefined ? {} : { reason: content.reason.slice(0, maxReasonLength) }),
  }).finish()
  if (bytes.length > maxCommitBytes)
    throw CommitTooLarge({ bytes: bytes.length, maxBytes: maxCommitBytes })
  return bytes
}

/** A stored message before anybody looked into it. */
export interface StoredMessage {
  readonly sequence: bigint
  readonly subject: string
  readonly bytes: Uint8Array
}

class Unreadable extends Error {}

const uuidOf = (bytes: Uint8Array, field: string): string => {
  if (bytes.length !== 16) throw new Unreadable(`${field} has ${bytes.length} bytes`)
  return uuidFromBytes(bytes)
}

const optionalUuidOf = (bytes: Uint8Array, field: string): string | undefined =>
  bytes.length === 0 ? undefined : uuidOf(bytes, field)

function actorOf(actor: holdfast.log.v1.IActor | null | undefined): Actor {
  const kind: ActorKind | undefined = actorKinds[(actor?.kind ?? 0) - 1]
  if (!actor || !kind || !actor.id) throw new Unreadable('no actor')
  const number = actor.method ?? 0
  const method: AuthenticationMethod | undefined = authenticationMethods[number - 1]
  if (number !== 0 && !method) throw new Unreadable(`authentication method ${number}`)
  return {
    kind,
    id: actor.id,
    ...(method ? { method } : {}),
    ...(actor.sessionId ? { sessionId: actor.sessionId } : {}),
  }
}

function eventsOf(envelope: holdfast.log.v1.Commit): readonly StoredEvent[] {
  let events = envelope.events
  if (envelope.compressedEvents.length > 0) {
    if (events.length > 0) throw new Unreadable('both plain and compressed events')
    const { inflatedBytes } = envelope
    if (inflatedBytes === 0 || inflatedBytes > maxInflatedBytes)
      throw new Unreadable(`inflates to ${inflatedBytes} bytes`)
    // The bound holds even if the stated size lies: inflating stops there.
    const list = inflateRawSync(envelope.compressedEvents, { maxOutputLength: inflatedBytes })
    if (list.length !== inflatedBytes)
      throw new Unreadable(`states ${inflatedBytes} bytes and inflates to ${list.length}`)
    events = EventList.decode(list).events
  } else if (envelope.inflatedBytes !== 0) {
    throw new Unreadable('states a size for events it does not have')
  }
  if (events.length === 0) throw new Unreadable('no events')
  return events.map(({ type, schema, data }) => {
    if (!type || !schema) throw new Unreadable('an event without type or schema')
    return { type, schema, data: data ?? new Uint8Array() }
  })
}

/**
 * Reads a commit and checks that it is what its subject says. Throws `log.commit_unreadable`; never
 * inflates beyond `maxInflatedBytes`.
 */
export function decodeCommit(message: StoredMessage): Commit {
  const { sequence, subject, bytes } = message
  try {
    const parts = parseSubject(subject)
    if (!parts) throw new Unreadable('not a subject of ours')
    const envelope = Envelope.decode(bytes)
    if (envelope.format !== format) throw new Unreadable(`format ${envelope.format}`)
    if (
      envelope.aggregateType !== parts.aggregateType ||
      envelope.aggregateId !== parts.aggregateId
    )
      throw new Unreadable('stored under the subject of another aggregate')
    if (envelope.aggregateVersion < 1) throw new Unreadable('version 0')
    if (envelope.generation < 1) throw new Unreadable('generation 0')
    const hash = envelope.requestHash
    if (hash.length !== 0 && hash.length !== 32)
      throw new Unreadable(`request_hash has ${hash.length} bytes`)
    return {
      sequence,
      subject,
      context: parts.context,
      commitId: uuidOf(envelope.commitId, 'commit_id'),
      lineageId: uuidOf(envelope.lineageId, 'lineage_id'),
      generation: envelope.generation,
      aggregateType: parts.aggregateType,
      aggregateId: parts.aggregateId,
      aggregateVersion: BigInt(envelope.aggregateVersion),
      organizationId: optionalUuidOf(envelope.organizationId, 'organization_id'),
      actor: actorOf(envelope.actor),
      commandId: uuidOf(envelope.commandId, 'command_id'),
      correlationId: uuidOf(envelope.correlationId, 'correlation_id'),
      causationId: optionalUuidOf(envelope.causationId, 'causation_id'),
      requestHash: hash.length === 0 ? undefined : hash,
      timeUnixUs: BigInt(envelope.timeUnixUs),
      timeUnixMs: Math.floor(envelope.timeUnixUs / 1000),
      reason: envelope.reason,
      events: eventsOf(envelope),
      bytes,
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown'
    throw CommitUnreadable({ subject, sequence, reason }, error)
  }
}
