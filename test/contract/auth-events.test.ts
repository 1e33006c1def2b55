import type { OrganizationId, SiteId, UserId } from '@holdfast/domain'
import { enrolmentCodec } from '../../services/auth/src/codecs/enrolment-codec.ts'
import { keyringCodec } from '../../services/auth/src/codecs/keyring-codec.ts'
import { organizationCodec } from '../../services/auth/src/codecs/organization-codec.ts'
import { reservationCodec } from '../../services/auth/src/codecs/reservation-codec.ts'
import { rootKeyCodec } from '../../services/auth/src/codecs/root-key-codec.ts'
import { siteCodec } from '../../services/auth/src/codecs/site-codec.ts'
import { subscriberCodec } from '../../services/auth/src/codecs/subscriber-codec.ts'
import { userCodec } from '../../services/auth/src/codecs/user-codec.ts'
import type { EnrolmentEvent } from '../../services/auth/src/domain/enrolment.ts'
import type { KeyringEvent } from '../../services/auth/src/domain/keyring.ts'
import type { OrganizationEvent } from '../../services/auth/src/domain/organization.ts'
import type { ReservationEvent } from '../../services/auth/src/domain/reservation.ts'
import type { RootKeyEvent } from '../../services/auth/src/domain/root-key.ts'
import type { SiteEvent } from '../../services/auth/src/domain/site.ts'
import type { SubscriberEvent } from '../../services/auth/src/domain/subscriber.ts'
import type { UserEvent } from '../../services/auth/src/domain/user.ts'
import { frozenEvents } from './frozen-events.ts'

// as: ids of a fixture
const organizationId = '0190a3a0-0000-7000-8000-000000000001' as OrganizationId
const userId = '0190a3a0-0000-7000-8000-000000000002' as UserId
const siteId = '0190a3a0-0000-7000-8000-000000000003' as SiteId
const natsPublicKey = 'UDCQHM5LNK5ZXYPTOFFBZOGC4NBDVGCKB3CJIKBAT4VQNJUJ2MF527DO'
const sealed = (byte: number) => ({
  keyId: '0190a3a0-0000-7000-8000-0000000000aa',
  nonce: new Uint8Array(12).fill(byte),
  ciphertext: new Uint8Array(40).fill(byte + 1),
})
const text = { name: 'Acme', description: 'of the coyote' }
const binding = { role: 'OPERATOR', organizationId } as const

const users: readonly UserEvent[] = [
  {
    type: 'UserCreated',
    username: sealed(1),
    email: sealed(3),
    displayName: sealed(5),
    passwordHash: sealed(7),
  },
  { type: 'PasswordChanged', passwordHash: sealed(9) },
  { type: 'RoleGranted', binding },
  { type: 'RoleRevoked', binding: { role: 'SUPER_ADMIN' } },
  { type: 'UserDisabled' },
  { type: 'UserEnabled' },
  { type: 'UserAbandoned' },
  { type: 'UserErased' },
  { type: 'DataKeyDestroyed', ownerId: userId, kinds: ['person', 'access'] },
]
const organizations: readonly OrganizationEvent[] = [
  { type: 'OrganizationCreated', ...text },
  { type: 'OrganizationUpdated', ...text },
  { type: 'OrganizationDeleted' },
]
const sites: readonly SiteEvent[] = [
  { type: 'SiteCreated', organizationId, ...text },
  { type: 'SiteUpdated', ...text },
  { type: 'SiteDeleted' },
]
const reservations: readonly ReservationEvent[] = [
  { type: 'NameReserved', userId },
  { type: 'NameReleased', userId },
]
const enrolments: readonly EnrolmentEvent[] = [
  {
    type: 'EnrolmentTokenCreated',
    tokenHash: new Uint8Array(32).fill(4),
    organizationId,
    siteId,
    nodeName: 'gw-berlin',
    expiresAtUnixMs: 1_790_000_000_000,
  },
  { type: 'NodeIdentityIssued', natsPublicKey },
  { type: 'NodeIdentityRevoked', natsPublicKey },
]
const keyrings: readonly KeyringEvent[] = [
  { type: 'SigningKeyAdded', keyId: 'k1', publicJwk: '{"kty":"OKP"}' },
  { type: 'SigningKeyRetired', keyId: 'k1' },
]
const rootKeys: readonly RootKeyEvent[] = [
  {
    type: 'RootKeySplit',
    setId: '29eec1f6',
    shares: 3,
    threshold: 2,
    rootKeyFingerprint: '06db69d53c1403fe344988de870c22ce',
    madeAtUnixMs: 1_790_000_000_000,
  },
  {
    type: 'RootKeyRotated',
    oldFingerprint: '06db69d53c1403fe344988de870c22ce',
    newFingerprint: '80313522d52d26ad8d30fb43f30c231f',
  },
  { type: 'DataKeysRotated', organizationId, keys: 12 },
  {
    type: 'RootKeyUnsealed',
    setId: '29eec1f6',
    rootKeyFingerprint: '06db69d53c1403fe344988de870c22ce',
    shards: [1, 3],
    refused: 2,
    refusedCodes: ['crypto.shard_damaged', 'crypto.shard_of_another_root_key'],
  },
]
const subscribers: readonly SubscriberEvent[] = [
  {
    type: 'SubscriberCreated',
    organizationId,
    name: 'siem',
    actions: ['network.peer'],
    natsPublicKey,
  },
  { type: 'SubscriberRotated', natsPublicKey, oldNatsPublicKey: natsPublicKey },
  { type: 'SubscriberRevoked', natsPublicKey },
]

frozenEvents('auth', [
  { aggregate: 'user', codec: userCodec, events: users },
  { aggregate: 'organization', codec: organizationCodec, events: organizations },
  { aggregate: 'site', codec: siteCodec, events: sites },
  { aggregate: 'reservation', codec: reservationCodec, events: reservations },
  { aggregate: 'enrolment', codec: enrolmentCodec, events: enrolments },
  { aggregate: 'keyring', codec: keyringCodec, events: keyrings },
  { aggregate: 'root_key', codec: rootKeyCodec, events: rootKeys },
  { aggregate: 'subscriber', codec: subscriberCodec, events: subscribers },
])
