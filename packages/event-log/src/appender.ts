import { assertNever } from '@holdfast/domain'
import type { Logger } from '@holdfast/telemetry'
import { maxCommitBytes } from './commit-codec.ts'
import { CommitTooLarge, LogFull, LogUnavailable, OutcomeUnknown } from './errors.ts'
import { errorCodes } from './jetstream-api.ts'
import type { LogMetrics } from './log-metrics.ts'
import type { ServerGate } from './server-gate.ts'
import { type Letter, notSentCode, type Transmitter } from './transmitter.ts'

export type Appended =
  | { readonly type: 'stored'; readonly sequence: bigint }
  /** Another writer's commit stands where this one was to go. */
  | { readonly type: 'conflict' }

interface Options {
  readonly gate: ServerGate
  readonly transmitter: Transmitter
  readonly log: Logger
  readonly metrics: LogMetrics
  readonly timeoutMs: number
  /** The sequence of our commit among the subject's commits after a revision, if it is there. */
  readonly locate: (letter: Letter) => Promise<bigint | undefined>
  /** Whether the message at a sequence is this commit. */
  readonly isAt: (letter: Letter, sequence: bigint) => Promise<boolean>
}

export type Append = (
  letter: Letter,
  options: { readonly commandId: string; readonly signal?: AbortSignal | undefined },
) => Promise<Appended>

/** One attempt at a chain of commits (see Transmitter). Not stored and in doubt: it may have been, or may be yet. */
export type ChainAppend = (
  letters: readonly [Letter, ...Letter[]],
) => Promise<
  | { readonly type: 'stored'; readonly sequence: bigint }
  | { readonly type: 'failed'; readonly isInDoubt: boolean }
>

const retryDelayMs = 100
/** How long a commit that was never sent waits for a gate that may open by itself. */
const maxClosedMs = 5_000

/**
 * The append algorithm. An attempt ends in one of three ways:
 *
 * 1. acknowledged, fresh or as a duplicate: stored;
 * 2. no answer: unknown, not failed. The identical bytes go again, through an open gate only;
 * 3. the subject has moved on: our own commit may be what moved it (servers from 2.12 on check the
 *    expectation before they look for duplicates), so the log is asked before it is a conflict.
 *
 * Once an attempt ended in doubt every later refusal is in doubt too, until the log has answered.
 * An aborted signal stops the waiting, never the doubt.
 */
export function appender(options: Options): Append {
  const { gate, transmitter, metrics } = options

  return async (letter, { commandId, signal }) => {
    const startedAt = performance.now()
    const deadline = Date.now() + options.timeoutMs
    const openBy = Date.now() + maxClosedMs
    let isInDoubt = false
    const stored = (sequence: bigint): Appended => {
      metrics.commits.inc()
      metrics.appendSeconds.observe((performance.now() - startedAt) / 1000)
      return { type: 'stored', sequence }
    }
    const giveUp = (error: Error): Error => (isInDoubt ? OutcomeUnknown({ commandId }) : error)

    for (let attempt = 1; ; attempt++) {
      const waitUntil = isInDoubt ? deadline : Math.min(deadline, openBy)
      const isOpen = gate.isWritable() || (await gate.writable(waitUntil, signal))
      if (signal?.aborted) throw giveUp(LogUnavailable({ reason: 'the caller stopped waiting' }))
      if (!isOpen) {
        // Nothing goes out any more, but what went out may be there.
        const sequence = isInDoubt && gate.isReadable() ? await options.locate(letter) : undefined
        if (sequence !== undefined) return stored(sequence)
        throw giveUp(gate.refusal())
      }

      const delivery = await transmitter.transmit(letter, attempt > 1)
      switch (delivery.type) {
        case 'stored':
          // A duplicate is judged by its id alone, in the whole stream: look whether it is ours.
          if (!delivery.isDuplicate || (await options.isAt(letter, delivery.sequence)))
            return stored(delivery.sequence)
          throw new Error(`command ${commandId} was used for two aggregates`)
        case 'overtaken': {
          const sequence = await retried(() => options.locate(letter), deadline)
          if (sequence !== undefined) return stored(sequence)
          metrics.conflicts.inc()
          return { type: 'conflict' }
        }
        case 'unknown':
          isInDoubt = true
          metrics.ambiguous.inc()
          options.log.warn({ commandId, attempt }, 'no acknowledgement from the log, asking again')
          break
        case 'refused': {
          const { errorCode, reason } = delivery
          options.log.warn({ commandId, attempt, errorCode, reason }, 'the log refused a commit')
          if (errorCode === notSentCode) break
          if (!isInDoubt) {
            if (isFull(errorCode, reason)) throw LogFull({})
            if (errorCode === errorCodes.messageTooLarge)
              throw CommitTooLarge({ bytes: letter.bytes.length, maxBytes: maxCommitBytes })
            isInDoubt = errorCode === errorCodes.storeFailed
            break
          }
          const sequence = await retried(() => options.locate(letter), deadline)
          if (sequence !== undefined) return stored(sequence)
          break
        }
        default:
          assertNever(delivery)
      }
      if (Date.now() + retryDelayMs > deadline)
        throw giveUp(LogUnavailable({ reason: 'no acknowledgement in time' }))
      if (attempt > 1 || delivery.type === 'refused') await pause(retryDelayMs)
    }
  }
}

export function chainAppender({
  gate,
  transmitter,
  metrics,
}: Pick<Options, 'gate' | 'transmitter' | 'metrics'>): ChainAppend {
  return async (letters) => {
    const startedAt = performance.now()
    if (!gate.isWritable()) return { type: 'failed', isInDoubt: false }
    const delivery = await transmitter.transmitChain(letters)
    switch (delivery.type) {
      case 'stored':
        // Only a commit that went by itself can be told to be a duplicate.
        if (delivery.isDuplicate) return { type: 'failed', isInDoubt: true }
        metrics.commits.inc(letters.length)
        metrics.appendSeconds.observe((performance.now() - startedAt) / 1000)
        return { type: 'stored', sequence: delivery.sequence }
      case 'unknown':
        metrics.ambiguous.inc()
        return { type: 'failed', isInDoubt: true }
      case 'overtaken':
        return { type: 'failed', isInDoubt: false }
      case 'refused':
        return { type: 'failed', isInDoubt: delivery.errorCode === errorCodes.storeFailed }
      default:
        return assertNever(delivery)
    }
  }
}

const isFull = (errorCode: number, reason: string): boolean =>
  errorCode === errorCodes.insufficientStorage ||
  (errorCode === errorCodes.storeFailed && reason.includes('maximum bytes'))

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Reading after a doubt must not turn into a wrong answer: it is repeated until it answers. */
async function retried<T>(read: () => Promise<T>, deadline: number): Promise<T> {
  for (;;) {
    try {
      return await read()
    } catch (error) {
      if (!LogUnavailable.is(error) || Date.now() > deadline) throw error
      await pause(retryDelayMs)
    }
  }
}
