import { spec } from '@holdfast/testkit'
import { test } from 'vitest'
import { SubscriberNotFound } from './errors.ts'
import { acme } from './fixtures.ts'
import { type SubscriberEvent, subscriber } from './subscriber.ts'

const { given } = spec(subscriber)
const id = '01900000-0000-7000-8000-0000000000aa'
const wish = { organizationId: acme, name: 'siem', actions: ['network.peer'], natsPublicKey: 'U1' }
const created: SubscriberEvent = { type: 'SubscriberCreated', ...wish }

test('a subscriber is made once', () => {
  given()
    .when({ type: 'CreateSubscriber', ...wish })
    .expects(created)
  given(created)
    .when({ type: 'CreateSubscriber', ...wish, natsPublicKey: 'U9' })
    .expects()
})

test('a new key names the old one, which ends', () => {
  given(created)
    .when({ type: 'RotateSubscriber', id, natsPublicKey: 'U2' })
    .expects({ type: 'SubscriberRotated', natsPublicKey: 'U2', oldNatsPublicKey: 'U1' })
  given(created).when({ type: 'RotateSubscriber', id, natsPublicKey: 'U1' }).expects()
})

test('revoked is revoked, twice is once, and nobody else is', () => {
  const revoked: SubscriberEvent = { type: 'SubscriberRevoked', natsPublicKey: 'U1' }
  given(created).when({ type: 'RevokeSubscriber', id }).expects(revoked)
  given(created, revoked).when({ type: 'RevokeSubscriber', id }).expects()
  given(created, revoked)
    .when({ type: 'RotateSubscriber', id, natsPublicKey: 'U2' })
    .rejects(SubscriberNotFound)
  given().when({ type: 'RevokeSubscriber', id }).rejects(SubscriberNotFound)
})
