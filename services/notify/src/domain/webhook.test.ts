import { nameReservation } from '@holdfast/domain'
import { spec } from '@holdfast/testkit'
import { test } from 'vitest'
import { ObjectChanged } from './errors.ts'
import { noSettings, type WebhookEvent, webhook } from './webhook.ts'
import { WebhookExists, WebhookNotFound } from './webhook-errors.ts'

const { given } = spec(webhook)
const id = 'w1'
const secret = { keyId: 'k', nonce: new Uint8Array(12), ciphertext: new Uint8Array(3) }
const other = { ...secret, keyId: 'l' }
const settings = { ...noSettings, name: 'siem', url: 'https://x.example/' }
const created: WebhookEvent = { type: 'WebhookCreated', organizationId: 'o', settings, secret }
const suspended: WebhookEvent = { type: 'WebhookSuspended', cause: 'gone' }
const update = (changes: object, expectedRevision?: bigint) => ({
  type: 'UpdateWebhook' as const,
  id,
  changes,
  ...(expectedRevision === undefined ? {} : { expectedRevision }),
})

test('a webhook is created once', () => {
  const command = { type: 'CreateWebhook' as const, id, organizationId: 'o', settings, secret }
  given().when(command).expects(created)
  given(created).when(command).rejects(WebhookExists)
})

test('an update that changes nothing is nothing, one on an older revision is refused', () => {
  given(created)
    .when(update({ name: 'siem', actions: [] }))
    .expects()
  given(created)
    .when(update({ name: 'soc' }, 1n))
    .expects({ type: 'WebhookUpdated', settings: { ...settings, name: 'soc' } })
  given(created)
    .when(update({ name: 'soc' }, 7n))
    .rejects(ObjectChanged)
})

test('only enabling resumes', () => {
  given(created, suspended)
    .when(update({ isEnabled: true }))
    .expects({ type: 'WebhookResumed' })
  given(created, suspended)
    .when(update({ description: 'x' }))
    .expects({ type: 'WebhookUpdated', settings: { ...settings, description: 'x' } })
  given(created)
    .when(update({ isEnabled: true }))
    .expects()
})

test('suspending twice, or what is disabled, is nothing', () => {
  const suspend = { type: 'Suspend' as const, id, cause: 'gone' }
  given(created).when(suspend).expects(suspended)
  given(created, suspended).when(suspend).expects()
  const off: WebhookEvent = { type: 'WebhookUpdated', settings: { ...settings, isEnabled: false } }
  given(created, off).when(suspend).expects()
})

test('a rotation keeps the secret before', () => {
  given(created).when({ type: 'RotateSecret', id, secret: other, oldUntilUnixMs: 5 }).expects({
    type: 'WebhookSecretRotated',
    secret: other,
    oldUntilUnixMs: 5,
    oldSecret: secret,
  })
})

test('deleting twice is one fact; nothing else comes after it', () => {
  const gone: WebhookEvent = { type: 'WebhookDeleted' }
  given(created).when({ type: 'DeleteWebhook', id }).expects(gone)
  given(created, gone).when({ type: 'DeleteWebhook', id }).expects()
  given(created, gone)
    .when(update({ name: 'x' }))
    .rejects(WebhookNotFound)
  given().when({ type: 'DeleteWebhook', id }).rejects(WebhookNotFound)
})

test('a name has one holder, until it is released or its holder is known not to use it', () => {
  const name = spec(nameReservation)
  const held = { type: 'NameReserved' as const, holderId: 'a' }
  name.given().when({ type: 'Reserve', holderId: 'a' }).expects(held)
  name.given(held).when({ type: 'Reserve', holderId: 'a' }).expects()
  name.given(held).when({ type: 'Reserve', holderId: 'b' }).expects()
  name.given(held).when({ type: 'Reserve', holderId: 'b', abandonedBy: 'c' }).expects()
  name
    .given(held)
    .when({ type: 'Reserve', holderId: 'b', abandonedBy: 'a' })
    .expects({ type: 'NameReleased', holderId: 'a' }, { type: 'NameReserved', holderId: 'b' })
  name.given(held).when({ type: 'Release', holderId: 'b' }).expects()
})

test('a webhook that a restore brought back begins anew: not suspended, its revisions from 1', () => {
  const gone: WebhookEvent = { type: 'WebhookDeleted' }
  given(created, suspended, gone, created)
    .when(update({ name: 'soc' }, 1n))
    .expects({ type: 'WebhookUpdated', settings: { ...settings, name: 'soc' } })
  given(created, suspended, gone, created)
    .when({ type: 'Suspend', id, cause: 'again' })
    .expects({ type: 'WebhookSuspended', cause: 'again' })
  given(created, gone, created).when({ type: 'DeleteWebhook', id }).expects(gone)
})
