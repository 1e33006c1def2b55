import { readFile } from 'node:fs/promises'
import { gather } from '@holdfast/domain'
import { appender, chainAppender } from './appender.ts'
import { type Approval, approvalSubject, decodeApproval, guardStream } from './approval.ts'
import { decodeCommit } from './commit-codec.ts'
import { commitReader, patience } from './commit-reader.ts'
import { durability } from './durable.ts'
import { LogMismatch, LogUnavailable } from './errors.ts'
import { executor } from './executor.ts'
import { HotAggregates } from './hot-aggregates.ts'
import { ingestSubject, tokenIn } from './ingest.ts'
import { type Link, openLink } from './link.ts'
import { logMetrics } from './log-metrics.ts'
import { safeSubjectIn } from './safe-signal.ts'
import { ServerGate } from './server-gate.ts'
import { Subscriber } from './subscriber.ts'
import { TelemetryReader } from './telemetry-reader.ts'
import { tracedAppends } from './traced-appends.ts'
import { type Letter, Transmitter } from './transmitter.ts'
import type { CommandRegistry, EventLog, OpenLogOptions } from './types.ts'

const approvalWaitMs = 15_000
const closeWaitMs = 5_000
const defaultHotAggregates = 2_000
const defaultAppendTimeoutMs = 30_000

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Connects and finds out which log it is. The log may not be writable yet: that is up to the guard.
 * Throws `log.unavailable`, or `log.mismatch` when the stream is not the expected log.
 */
export async function openLog(options: OpenLogOptions): Promise<EventLog> {
  const link = await openLink(options)
  try {
    return await open(link, options)
  } catch (error) {
    await link.close()
    throw error
  }
}

async function open(link: Link, options: OpenLogOptions): Promise<EventLog> {
  const { context, name } = options
  const { log } = options.telemetry
  const { connection, requests, api } = link
  const metrics = logMetrics(options.telemetry.registry)

  const credentials =
    options.credentialsFile === undefined ? '' : await readFile(options.credentialsFile, 'utf8')
  const token = tokenIn(credentials, context)
  const approval = await firstApproval(link, options.stream)
  const { stream, lineageId, generation, allowsBatches, sequence } = approval
  const { expectedLineageId } = options
  if (expectedLineageId !== undefined && expectedLineageId !== lineageId)
    throw LogMismatch({ stream, reason: `its lineage is ${lineageId}` })

  let seen = sequence
  const onSeen = (sequence: bigint): void => {
    if (sequence > seen) seen = sequence
  }

  const safeSubject = safeSubjectIn(credentials)
  const successor = new AbortController()
  const gate = new ServerGate({
    ...{ link, log, stream, lineageId, generation, safeSubject },
    onSuccessor: () => successor.abort(),
  })
  metrics.watch({
    // Who reads nothing hears at least what is safe.
    seen: () => (seen > gate.knownSafe() ? seen : gate.knownSafe()),
    safe: () => gate.safe.current(),
  })
  const durable = durability(gate)
  const patiently = patience(gate)
  const reader = commitReader(api, stream, patiently)
  const aggregates = new HotAggregates(options.hotAggregates ?? defaultHotAggregates)
  const transmitter = new Transmitter({
    requests,
    stream,
    ingestSubject: (subject) => ingestSubject(token ?? '', subject),
    group: allowsBatches ? (options.group ?? {}) : false,
    mayPublish: () => gate.isWritable(),
    onBatch: () => metrics.batches.inc(),
  })
  const isOurs = (letter: Letter, commitId: string, subject: string): boolean =>
    letter.commitId === commitId && letter.subject === subject
  const appendOnce = appender({
    gate,
    transmitter,
    log,
    metrics,
    timeoutMs: options.appendTimeoutMs ?? defaultAppendTimeoutMs,
    async locate(letter) {
      for await (const { commitId, subject, sequence } of reader.history(
        letter.subject,
        letter.expected,
      ))
        if (isOurs(letter, commitId, subject)) return sequence
      return undefined
    },
    async isAt(letter, sequence) {
      const stored = await patiently(() => api.message(stream, sequence))
      // Another subject may be of a kind we cannot read; it is not ours then anyway.
      if (!stored || stored.subject !== letter.subject) return false
      return isOurs(letter, decodeCommit(stored).commitId, stored.subject)
    },
  })

  const { append, appendChain } = tracedAppends({
    tracer: options.telemetry.tracer,
    stream,
    append: appendOnce,
    appendChain: chainAppender({ gate, transmitter, metrics }),
  })

  let registry: CommandRegistry | undefined
  const head = async (): Promise<bigint> => {
    const last = await patiently(() => api.lastSequence(stream))
    onSeen(last)
    return last
  }
  const sharedHead = gather<void, bigint>(async (asked) => {
    const last = await head()
    return asked.map(() => last)
  })
  const { execute, record, fold, peek } = executor({
    context,
    canAppend: token !== undefined,
    refusal: () => (gate.state().type === 'refused' ? gate.refusal() : undefined),
    lineageId,
    generation,
    append,
    appendChain,
    takesChains: transmitter.takesChains,
    reader,
    aggregates,
    registry: () => registry,
    head: () => sharedHead(),
    onStored: onSeen,
    durability: durable,
    safe: () => gate.safe.current(),
  })
  gate.onRebase((sequence) => {
    // Another history may be there now, so nothing remembered beyond what is vouched for counts.
    aggregates.clear()
    seen = sequence
  })

  const closing = new AbortController()
  link.onEvent((event) => {
    if (event.type === 'complaint') {
      log.error({ reason: event.reason }, 'NATS refused something')
      return
    }
    log.info({ event: event.type }, 'connection to NATS')
    // Another server may hold another history, so nothing remembered counts.
    aggregates.clear()
    gate.announce()
    if (event.type === 'restored') void gate.ask()
  })
  await gate.ask()

  return {
    lineageId,
    generation,
    safe: gate.safe,
    async execute(aggregate, id, command, about) {
      try {
        return await execute(aggregate, id, command, about)
      } catch (error) {
        metrics.refused(error)
        throw error
      }
    },
    record,
    fold,
    peek,
    async subscribe(subscription, onBatch) {
      const signal = AbortSignal.any([subscription.signal, closing.signal])
      const subscriber = new Subscriber(
        { link, gate, log, metrics, identity: name, stream, lineageId, onSeen },
        { ...subscription, signal },
      )
      await subscriber.run(onBatch)
    },
    read: (sequence) => reader.at(sequence),
    last: (subject) => reader.last(subject),
    succeeded: successor.signal,
    history: (subject, after = 0n) => reader.history(subject, after),
    head,
    safeHead: async () => await durable.safeBelow(await sharedHead()),
    seen() {
      // What is not safe need not be waited for, unless the answer at hand is made of it.
      const safe = gate.knownSafe()
      const ours = durable.current()?.sequence ?? 0n
      const known = seen < safe ? seen : safe
      return known > ours ? known : ours
    },
    durable: durable.durable,
    whenSafe: durable.whenSafe,
    status: () => gate.status(),
    onStatus: (listener) => gate.onStatus(listener),
    useCommands(commands) {
      registry = commands
    },
    signal(subject, data) {
      connection.publish(subject, data)
    },
    onSignal(subject, handler) {
      const subscription = connection.subscribe(subject, {
        callback: (error, message) => {
          if (error) log.error({ err: error, subject }, 'cannot listen')
          else handler(message.data, message.subject)
        },
      })
      return () => subscription.unsubscribe()
    },
    async follow(options, onBatch) {
      const signal = AbortSignal.any([options.signal, closing.signal])
      await new TelemetryReader({ link, log, identity: name }, { ...options, signal }).run(onBatch)
    },
    async close() {
      closing.abort()
      const deadline = Date.now() + closeWaitMs
      while (aggregates.isBusy() && Date.now() < deadline) await pause(10)
      gate.close()
      await link.close()
    },
  }
}

/**
 * The guard's last word on the stream, whichever server it was about: it says which log this is. At a
 * first start it may come a moment after us.
 */
async function firstApproval(link: Link, stream: string | undefined): Promise<Approval> {
  const deadline = Date.now() + approvalWaitMs
  let found: Approval | undefined
  for (;;) {
    try {
      const last = await link.api.lastMessage(guardStream, approvalSubject)
      found = last && decodeApproval(last.bytes)
      if (found && (stream === undefined || found.stream === stream)) return found
    } catch (error) {
      if (!LogUnavailable.is(error)) throw error
    }
    if (Date.now() > deadline) {
      if (found && stream !== undefined)
        throw LogMismatch({ stream, reason: `the guard approved ${found.stream}` })
      throw LogUnavailable({ reason: 'the guard has not approved the log yet' })
    }
    await pause(100)
  }
}
