import { type EventCodec, UnknownEvent } from '@holdfast/event-log'
import { expect, test } from 'vitest'
import type { EnrolmentEvent } from '../domain/enrolment.ts'
import { acme, alice, berlin, sealed } from '../domain/fixtures.ts'
import type { KeyringEvent } from '../domain/keyring.ts'
import type { OrganizationEvent } from '../domain/organization.ts'
import type { ReservationEvent } from '../domain/reservation.ts'
import type { SiteEvent } from '../domain/site.ts'
import type { UserEvent } from '../domain/user.ts'
import { enrolmentCodec } from './enrolment-codec.ts'
import { keyringCodec } from './keyring-codec.ts'
import { organizationCodec } from './organization-codec.ts'
import { reservationCodec } from './reservation-codec.ts'
import { siteCodec } from './site-codec.ts'
import { userCodec } from './user-codec.ts'

const described = { name: 'Ümläut', description: 'zwei\nZeilen' }

const organizationEvents: OrganizationEvent[] = [
  { type: 'OrganizationCreated', ...described },
  { type: 'OrganizationUpdated', name: 'x', description: '' },
  { type: 'OrganizationDeleted' },
]
const siteEvents: SiteEvent[] = [
  { type: 'SiteCreated', organizationId: acme, ...described },
  { type: 'SiteUpdated', ...described },
  { type: 'SiteDeleted' },
]
const userEvents: UserEvent[] = [
  {
    type: 'UserCreated',
    username: sealed('a'),
    email: sealed('b'),
    displayName: sealed('c'),
    passwordHash: sealed('d'),
  },
  { type: 'PasswordChanged', passwordHash: sealed('e') },
  { type: 'RoleGranted', binding: { role: 'SUPER_ADMIN' } },
  { type: 'RoleRevoked', binding: { role: 'VIEWER', organizationId: acme } },
  { type: 'UserDisabled' },
  { type: 'UserEnabled' },
  { type: 'UserAbandoned' },
]
const reservationEvents: ReservationEvent[] = [
  { type: 'NameReserved', userId: alice },
  { type: 'NameReleased', userId: alice },
]
const token = {
  tokenHash: new Uint8Array(32).fill(7),
  organizationId: acme,
  nodeName: 'edge',
  expiresAtUnixMs: 1_800_000_000_123,
}
const enrolmentEvents: EnrolmentEvent[] = [
  { type: 'EnrolmentTokenCreated', siteId: berlin, ...token },
  { type: 'EnrolmentTokenCreated', siteId: undefined, ...token },
  { type: 'NodeIdentityIssued', natsPublicKey: 'UAAA' },
  { type: 'NodeIdentityRevoked', natsPublicKey: 'UAAA' },
]
const keyringEvents: KeyringEvent[] = [
  { type: 'SigningKeyAdded', keyId: 'k', publicJwk: '{"kty":"OKP"}' },
  { type: 'SigningKeyRetired', keyId: 'k' },
]

function survives<E extends { readonly type: string }>(codec: EventCodec<E>, events: readonly E[]) {
  for (const event of events) {
    const stored = codec.encode(event)
    expect(stored.type).toBe(event.type)
    expect(stored.schema).toBe(1)
    // Bytes fields decode to views of the message; compare what they hold.
    expect(plain(codec.decode(stored))).toEqual(plain(event))
  }
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}

test('every event survives being stored', () => {
  survives(organizationCodec, organizationEvents)
  survives(siteCodec, siteEvents)
  survives(userCodec, userEvents)
  survives(reservationCodec, reservationEvents)
  survives(enrolmentCodec, enrolmentEvents)
  survives(keyringCodec, keyringEvents)
})

const codecs = [
  organizationCodec,
  siteCodec,
  userCodec,
  reservationCodec,
  enrolmentCodec,
  keyringCodec,
]

test('an unknown event or schema stops the reader', () => {
  for (const codec of codecs) {
    const data = new Uint8Array(0)
    for (const stored of [
      { type: 'SomethingNew', schema: 1, data },
      { type: 'constructor', schema: 1, data },
    ]) {
      expect(() => codec.decode(stored)).toThrow(UnknownEvent(stored).message)
    }
  }
  const stored = { type: 'UserDisabled', schema: 2, data: new Uint8Array(0) }
  expect(() => userCodec.decode(stored)).toThrow(UnknownEvent(stored).message)
})

test('a stored event that lacks a part is not read as if it were whole', () => {
  const data = new Uint8Array(0)
  for (const type of ['UserCreated', 'PasswordChanged', 'RoleGranted']) {
    expect(() => userCodec.decode({ type, schema: 1, data })).toThrow(/stored event/)
  }
  expect(() => reservationCodec.decode({ type: 'NameReserved', schema: 1, data })).toThrow()
  expect(() => siteCodec.decode({ type: 'SiteCreated', schema: 1, data })).toThrow()
})
