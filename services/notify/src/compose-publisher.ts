import { eventPublisher } from '@holdfast/event-log'
import { type App, natsConnection } from '@holdfast/service'
import { Counter, Gauge } from '@holdfast/telemetry'
import { leader, together } from './alerts/leader.ts'
import type { settings } from './config.ts'
import { publishLog } from './publisher/publisher.ts'
import { keepConsumers } from './publisher/subscribers.ts'

export type NotifyApp = App<(typeof settings)['spec']>

/** Events for external subscribers: the stream EVENTS, and the consumers they read it through. */
export function composePublisher(app: NotifyApp): void {
  const { log, postgres, telemetry } = app
  const publisher = eventPublisher(natsConnection('notify', app.settings))
  const registers = [telemetry.registry]
  const published = new Counter({
    name: 'holdfast_events_published_total',
    help: 'Events stored in EVENTS for external subscribers.',
    registers,
  })
  /** Undefined where another instance publishes. */
  let position: bigint | undefined
  new Gauge({
    name: 'holdfast_events_lag_commits',
    help: 'Safe commits whose events are not yet in EVENTS.',
    registers,
    collect() {
      this.set(position === undefined ? 0 : Math.max(0, Number(log.seen() - position)))
    },
  })
  const publishing = leader({
    postgres,
    logger: telemetry.log,
    lock: 'notify publisher',
    work: async (outer) => {
      const onPublished = (count: number, sequence: bigint): void => {
        published.inc(count)
        position = sequence
      }
      await together(outer, [
        (signal) => publishLog({ log, postgres, publisher, onPublished }, signal),
        (signal) => keepConsumers({ log, consumers: publisher }, signal),
      ]).finally(() => {
        position = undefined
      })
    },
  })
  app.onStart(() => publishing.start())
  app.onDrain(async () => {
    await publishing.stop()
    await publisher.close()
  })
}
