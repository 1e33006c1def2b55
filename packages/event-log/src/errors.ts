import { defineError } from '@holdfast/errors'

/** Nothing was stored. */
export const LogUnavailable = defineError(
  'log.unavailable',
  'unavailable',
  (d: { reason: string }) => `the log takes no changes now: ${d.reason}`,
)

/** Whether it was stored is not known; repeating it with the same command id is safe. */
export const OutcomeUnknown = defineError(
  'log.outcome_unknown',
  'unavailable',
  (d: { commandId: string }) =>
    `the log did not confirm the change in time; repeat it with the same key (command ${d.commandId})`,
)

/** Other writers were faster several times in a row. */
export const Contended = defineError(
  'log.contended',
  'unavailable',
  (d: { attempts: number }) => `other writers got there first ${d.attempts} times; try again`,
)

export const Stale = defineError(
  'stale',
  'stale',
  (d: { expected: bigint; actual: bigint }) =>
    `it changed meanwhile: revision ${d.expected} was expected, ${d.actual} is current`,
)

export const IdempotencyKeyReused = defineError(
  'idempotency_key_reused',
  'key_reused',
  () => 'this idempotency key was used before, with another request',
)

export const CommitTooLarge = defineError(
  'log.commit_too_large',
  'too_large',
  (d: { bytes: number; maxBytes: number }) =>
    `the change takes ${d.bytes} bytes in the log, more than the ${d.maxBytes} one commit may have; split it`,
)

/** The log is full (`holdfast operator log grow`). */
export const LogFull = defineError(
  'log.full',
  'exhausted',
  () => 'the log has reached its size limit; an operator has to grow it',
)

/** There is no room for more; nothing was stored. Reads go on, and writes too once there is room. */
export const LogExhausted = defineError(
  'log.exhausted',
  'exhausted',
  (d: { reason: string }) => `the log takes no changes now: ${d.reason}`,
)

/** A stored message is missing, or the server cannot read it. */
export const MessageUnreadable = defineError(
  'log.message_unreadable',
  'internal',
  (d: { stream: string; sequence: bigint; reason: string }) =>
    `the message at sequence ${d.sequence} of ${d.stream} cannot be read: ${d.reason}`,
)

/** The stream did not take an archived commit at the place it had. */
export const RestoreRefused = defineError(
  'log.restore_refused',
  'internal',
  (d: { sequence: bigint; reason: string }) =>
    `commit ${d.sequence} could not be put back: ${d.reason}`,
)

/** A reader would have skipped a commit, or the log is shorter than what was read from it. */
export const LogGap = defineError(
  'log.gap',
  'internal',
  (d: { reader: string; expected: bigint; found: bigint }) =>
    `reader ${d.reader} expected sequence ${d.expected} and found ${d.found}`,
)

/** The log holds other bytes at a sequence than it did before. */
export const LogForked = defineError(
  'log.forked',
  'internal',
  (d: { reader: string; sequence: bigint }) =>
    `the log has another commit at sequence ${d.sequence} than the one ${d.reader} has read`,
)

/** Stored bytes that are not a commit of this log. */
export const CommitUnreadable = defineError(
  'log.commit_unreadable',
  'internal',
  (d: { subject: string; sequence: bigint; reason: string }) =>
    `the commit at sequence ${d.sequence} (${d.subject}) cannot be read: ${d.reason}`,
)

/** An aggregate cannot read a part of its own history; this release is too old for it. */
export const UnknownEvent = defineError(
  'log.unknown_event',
  'internal',
  (d: { type: string; schema: number }) =>
    `event ${d.type} with schema ${d.schema} is not known here`,
)

/** The stream is not the one this process may use. */
export const LogMismatch = defineError(
  'log.mismatch',
  'internal',
  (d: { stream: string; reason: string }) => `stream ${d.stream} cannot be used: ${d.reason}`,
)
