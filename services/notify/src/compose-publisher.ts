import { eventPublisher } from '@holdfast/event-log'
import { type App, natsConnection } from '@holdfast/service'
import { leader, together } from './alerts/leader.ts'
import type { settings } from './config.ts'
import { publishLog } from './publisher/publisher.ts'
import { publisherMetrics } from './publisher/publisher-metrics.ts'
import { keepConsumers } from './publisher/subscribers.ts'

export type NotifyApp = App<(typeof settings)['spec']>

/** Events for external subscribers: the stream EVENTS, and the consumers they read it through. */
export function composePublisher(app: NotifyApp): void {
  const { log, postgres, telemetry } = app
  const publisher = eventPublisher(natsConnection('notify', app.settings))
  const metrics = publisherMetrics(telemetry.registry, postgres, () => log.seen())
  const onTrouble = (subscriberId: string, error: Error) =>
    telemetry.log.warn({ err: error, subscriberId }, 'the consumer of a subscriber cannot be kept')
  const publishing = leader({
    postgres,
    logger: telemetry.log,
    lock: 'notify publisher',
    work: (outer) =>
      together(outer, [
        (signal) =>
          publishLog({ log, postgres, publisher, onPublished: metrics.published }, signal),
        (signal) => keepConsumers({ log, consumers: publisher, onTrouble }, signal),
      ]),
  })
  app.onEffect(() => publishing.start())
  app.onDrain(async () => {
    await publishing.stop()
    await publisher.close()
  })
}
