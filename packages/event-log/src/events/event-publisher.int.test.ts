import { type TestNats, testNats } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { provisionEvents } from '../admin/index.ts'
import { eventPublisher } from './event-publisher.ts'
import { subscribedSubjects } from './events-subjects.ts'

let nats: TestNats
beforeAll(async () => {
  nats = await testNats()
  await provisionEvents(nats.admin, {
    ingest: nats.identities.ingest,
    eventsMaxBytes: 16 * 1024 * 1024,
    eventsMaxAgeMs: 86_400_000,
  })
})
afterAll(() => nats.close())

test('a subscriber may name an action and what it is a part of', async () => {
  const publisher = eventPublisher({
    url: nats.url,
    credentialsFile: nats.identities.credentialsFile('notify'),
    name: 'notify',
  })
  const actions = ['network.peer.created', 'network.peer', 'rules']
  const overlapping = ['events.*.network.peer.created', 'events.*.network.peer.>']
  // Whoever keeps the consumers tries again for as long as that takes, and nobody's would be made any more.
  await expect(
    publisher.ensureConsumer({ name: 'subscriber-1', subjects: overlapping }),
  ).rejects.toThrow(/overlap/)
  const subjects = subscribedSubjects({ organizationId: undefined, actions })
  await publisher.ensureConsumer({ name: 'subscriber-1', subjects })
  await publisher.removeConsumer('subscriber-1')
  await publisher.close()
})
