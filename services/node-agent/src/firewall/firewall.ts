import type { Worker } from 'node:worker_threads'
import type { HostFacts } from '@holdfast/policy'
import type { Logger } from '@holdfast/telemetry'
import { type Feed, rulesFilter } from '../follow/feed.ts'
import type { MapFigures } from './backend.ts'
import type { PacketTotal } from './packet-totals.ts'
import type {
  Answer,
  Answers,
  FirewallOptions,
  FlowFigures,
  FromFirewall,
  Question,
  ToFirewall,
} from './protocol.ts'
import type { FirewallStatus } from './status.ts'
import { startThread } from './thread.ts'

export interface FirewallHandlers {
  readonly onStatus: (status: FirewallStatus) => void
  /** Sends a CounterReport; one that is not sent is told by the next totals. */
  readonly sendCounters: (report: Uint8Array) => void
  readonly onPackets: (packets: readonly PacketTotal[]) => void
  readonly onMaps: (maps: readonly MapFigures[]) => void
  /** Sends a FlowBatch; false when nobody is connected. */
  readonly sendFlows: (batch: Uint8Array, figures: FlowFigures) => boolean
  readonly onLost: (reason: string) => void
  readonly log: Logger
}

/** The firewall's thread as the agent sees it. It is started again whenever it ends by itself. */
export interface Firewall {
  setFacts(facts: HostFacts): void
  /** Resolves once packets of the device are judged. */
  admit(device: string): Promise<void>
  /** Reads the kernel back now. */
  prove(): Promise<FirewallStatus>
  /** The rule set of the organization, as a part of the log that is followed. */
  feed(organizationId: string, nodeId: string): Feed
  /** What is enforced stays. */
  stop(): Promise<void>
}

const firstRestartMs = 250
const maxRestartMs = 30_000
/** A thread that lived this long is forgiven its end. */
const soundMs = 60_000
/** Flow batches kept while there is no connection: some ten seconds of the most there are. */
const maxUnsentBytes = 8 * 1024 * 1024

export function startFirewall(options: FirewallOptions, handlers: FirewallHandlers): Firewall {
  const { log } = handlers
  const waiting = new Map<
    number,
    { resolve: (value: Answers[keyof Answers]) => void; reject: (error: Error) => void }
  >()
  let count = 0
  let facts: HostFacts | undefined
  let worker: Worker | undefined
  let isStopped = false
  let restartMs = firstRestartMs
  let restart: NodeJS.Timeout | undefined
  const unsent = unsentFlows(handlers.sendFlows, (flows, packets) =>
    tell({ tell: 'unsent', flows, packets }),
  )

  function spawn(): void {
    const startedAt = performance.now()
    const source = new URL('./firewall.worker.ts', import.meta.url)
    const made = startThread(source, 'firewall', options)
    worker = made
    let reason = 'it ended'
    made.on('message', hear)
    made.on('error', (error) => {
      reason = error.message
      log.error({ err: error }, 'the firewall thread failed; what is enforced stays')
    })
    made.once('exit', () => {
      if (worker !== made) return
      worker = undefined
      for (const { reject } of waiting.values()) reject(new Error(`the firewall thread: ${reason}`))
      waiting.clear()
      if (isStopped) return
      handlers.onLost(`the firewall thread does not run: ${reason}`)
      if (performance.now() - startedAt > soundMs) restartMs = firstRestartMs
      restart = setTimeout(spawn, restartMs)
      restartMs = Math.min(restartMs * 2, maxRestartMs)
    })
    if (facts) tell({ tell: 'facts', facts })
  }

  function hear(message: FromFirewall): void {
    if (!('tell' in message)) {
      settle(message)
      return
    }
    switch (message.tell) {
      case 'status':
        handlers.onStatus(message.status)
        return
      case 'counters':
        handlers.sendCounters(message.report)
        return
      case 'packets':
        handlers.onPackets(message.packets)
        return
      case 'maps':
        handlers.onMaps(message.maps)
        return
      case 'flows':
        unsent.add(message.batch, message.figures)
        return
      case 'log':
        log[message.level](message.fields, message.message)
    }
  }

  function settle(answer: Answer): void {
    const one = waiting.get(answer.number)
    waiting.delete(answer.number)
    if ('error' in answer) one?.reject(new Error(answer.error))
    else one?.resolve(answer.value)
  }

  const tell = (message: ToFirewall): void => worker?.postMessage(message)

  function ask<Q extends Question>(question: Q): Promise<Answers[Q['ask']]> {
    return new Promise((resolve, reject) => {
      if (!worker) {
        reject(new Error('the firewall thread does not run'))
        return
      }
      const number = ++count
      // as: the thread answers a question with its own kind of answer
      waiting.set(number, { resolve: resolve as (value: Answers[keyof Answers]) => void, reject })
      worker.postMessage({ ...question, number } satisfies ToFirewall)
    })
  }

  spawn()

  return {
    setFacts(next) {
      facts = next
      tell({ tell: 'facts', facts: next })
    },
    admit: (device) => ask({ ask: 'admit', device }),
    prove: () => ask({ ask: 'prove' }),
    feed: (organizationId, nodeId) => ({
      name: 'rules',
      filter: rulesFilter(organizationId),
      consumer: `${nodeId}-rules`,
      position: () => ask({ ask: 'position' }),
      take: (commits) => ask({ ask: 'take', commits }),
      caughtUp: () => tell({ tell: 'caught-up' }),
    }),
    async stop() {
      isStopped = true
      clearTimeout(restart)
      await ask({ ask: 'stop' }).catch(() => {}) // it ended already
      await worker?.terminate()
    },
  }
}

/** Batches in order while there is somebody to send them to, and the newest of them while there is nobody. */
function unsentFlows(
  send: (batch: Uint8Array, figures: FlowFigures) => boolean,
  onLost: (flows: number, packets: number) => void,
): { add(batch: Uint8Array, figures: FlowFigures): void } {
  let kept: { batch: Uint8Array; figures: FlowFigures }[] = []
  let bytes = 0
  return {
    add(batch, figures) {
      kept.push({ batch, figures })
      bytes += batch.length
      const left = kept.findIndex((each) => !send(each.batch, each.figures))
      kept = left < 0 ? [] : kept.slice(left)
      bytes = kept.reduce((sum, each) => sum + each.batch.length, 0)
      while (bytes > maxUnsentBytes) {
        const dropped = kept.shift()
        if (!dropped) break
        bytes -= dropped.batch.length
        const { flows, packets, lostFlows, lostPackets } = dropped.figures
        onLost(flows + lostFlows, packets + lostPackets)
      }
    },
  }
}
