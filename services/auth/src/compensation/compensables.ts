import { type AnyCompensable, compensable } from '@holdfast/compensation'
import { enrolmentsCompensable } from './enrolments.ts'
import { type OrganizationsParts, organizationsCompensable } from './organizations.ts'
import { type SitesParts, sitesCompensable } from './sites.ts'
import { type SubscribersParts, subscribersCompensable } from './subscribers.ts'
import { type UsersParts, usersCompensable } from './users.ts'

/**
 * What this service brings back, in this order. Reservations of names follow the people they are of, and people keep their
 * names; keys that sign tokens are nobody's past.
 */
export const authCompensables = (
  parts: OrganizationsParts & SitesParts & UsersParts & SubscribersParts,
): readonly AnyCompensable[] => [
  compensable(organizationsCompensable(parts)),
  compensable(sitesCompensable(parts)),
  compensable(usersCompensable(parts)),
  compensable(enrolmentsCompensable),
  compensable(subscribersCompensable(parts)),
]
