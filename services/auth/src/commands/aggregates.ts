import type { Aggregate } from '@holdfast/event-log'
import { enrolmentCodec } from '../codecs/enrolment-codec.ts'
import { keyringCodec } from '../codecs/keyring-codec.ts'
import { organizationCodec } from '../codecs/organization-codec.ts'
import { reservationCodec } from '../codecs/reservation-codec.ts'
import { rootKeyCodec } from '../codecs/root-key-codec.ts'
import { siteCodec } from '../codecs/site-codec.ts'
import { subscriberCodec } from '../codecs/subscriber-codec.ts'
import { userCodec } from '../codecs/user-codec.ts'
import {
  type Enrolment,
  type EnrolmentCommand,
  type EnrolmentEvent,
  enrolment,
} from '../domain/enrolment.ts'
import { type Keyring, type KeyringCommand, type KeyringEvent, keyring } from '../domain/keyring.ts'
import {
  type Organization,
  type OrganizationCommand,
  type OrganizationEvent,
  organization,
} from '../domain/organization.ts'
import {
  type Reservation,
  type ReservationCommand,
  type ReservationEvent,
  reservation,
} from '../domain/reservation.ts'
import {
  type RootKeyCommand,
  type RootKeyEvent,
  type RootKeyHistory,
  rootKeyHistory,
} from '../domain/root-key.ts'
import { type Site, type SiteCommand, type SiteEvent, site } from '../domain/site.ts'
import {
  type Subscriber,
  type SubscriberCommand,
  type SubscriberEvent,
  subscriber,
} from '../domain/subscriber.ts'
import { type User, type UserCommand, type UserEvent, user } from '../domain/user.ts'

const context = 'auth'

export const organizations: Aggregate<OrganizationCommand, OrganizationEvent, Organization> = {
  context,
  type: 'organization',
  decider: organization,
  codec: organizationCodec,
  stateVersion: 1,
}

export const sites: Aggregate<SiteCommand, SiteEvent, Site> = {
  context,
  type: 'site',
  decider: site,
  codec: siteCodec,
  stateVersion: 1,
}

export const users: Aggregate<UserCommand, UserEvent, User> = {
  context,
  type: 'user',
  decider: user,
  codec: userCodec,
  stateVersion: 2,
}

export const reservations: Aggregate<ReservationCommand, ReservationEvent, Reservation> = {
  context,
  type: 'reservation',
  decider: reservation,
  codec: reservationCodec,
}

/** By the id of the node the token is for. */
export const enrolments: Aggregate<EnrolmentCommand, EnrolmentEvent, Enrolment> = {
  context,
  type: 'enrolment',
  decider: enrolment,
  codec: enrolmentCodec,
}

/** One an instance; its id follows from the lineage. */
export const keyrings: Aggregate<KeyringCommand, KeyringEvent, Keyring> = {
  context,
  type: 'keyring',
  decider: keyring,
  codec: keyringCodec,
}

/** One an instance; its id follows from the lineage. */
export const rootKeys: Aggregate<RootKeyCommand, RootKeyEvent, RootKeyHistory> = {
  context,
  type: 'root_key',
  decider: rootKeyHistory,
  codec: rootKeyCodec,
}

export const subscribers: Aggregate<SubscriberCommand, SubscriberEvent, Subscriber> = {
  context,
  type: 'subscriber',
  decider: subscriber,
  codec: subscriberCodec,
}
