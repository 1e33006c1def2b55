import { compensable } from '@holdfast/compensation'
import { stepsOf, type Traced, waysBack } from '@holdfast/compensation/testing'
import type { Decider } from '@holdfast/domain'
import type { EventLog } from '@holdfast/event-log'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { oneAtATime } from '../commands/one-at-a-time.ts'
import { type EnrolmentCommand, enrolment } from '../domain/enrolment.ts'
import { acme, alice, berlin, initech, node, sealed } from '../domain/fixtures.ts'
import { type OrganizationCommand, organization } from '../domain/organization.ts'
import type { RoleBinding } from '../domain/role.ts'
import { type SiteCommand, site } from '../domain/site.ts'
import { type SubscriberCommand, subscriber } from '../domain/subscriber.ts'
import { type UserCommand, user } from '../domain/user.ts'
import { enrolmentsCompensable } from './enrolments.ts'
import { organizationsCompensable } from './organizations.ts'
import { sitesCompensable } from './sites.ts'
import { subscribersCompensable } from './subscribers.ts'
import { usersCompensable } from './users.ts'

// Histories of ordinary commands, with restores and undoes in between, and what the law says of each of their moments.

const never = () => Promise.reject(new Error('decided without asking anybody'))
const locks = oneAtATime()

const isSame = ({ outcome }: { readonly outcome: string }): boolean => outcome === 'same'
const isNoObstacle = ({ outcome }: { readonly outcome: string }): boolean => outcome !== 'obstacle'

/** Nothing stands in the way of anything. */
function alwaysBack<Command, Event, State>(
  command: fc.Arbitrary<Command>,
  subject: Traced<Command, Event, State>,
): void {
  fc.assert(
    fc.property(stepsOf(command), (steps) => {
      const { moments, undone } = waysBack(subject, steps)
      expect(moments.every(isSame)).toBe(true)
      expect(undone.every(isNoObstacle)).toBe(true)
    }),
  )
}

const name = fc.constantFrom('A', 'B', 'C')
const described = fc.record({ name, description: name })

test('organizations and sites become what they were', () => {
  const organizations: fc.Arbitrary<OrganizationCommand> = fc.oneof(
    described.map((one) => ({ type: 'CreateOrganization' as const, id: acme, ...one })),
    described.map((one) => ({ type: 'UpdateOrganization' as const, id: acme, ...one })),
    fc.constant({ type: 'DeleteOrganization' as const, id: acme, sites: 0, nodes: 0 }),
  )
  alwaysBack(organizations, {
    id: acme,
    decider: organization,
    one: compensable(organizationsCompensable({ locks, countContents: never })),
  })
  const sites: fc.Arbitrary<SiteCommand> = fc.oneof(
    described.map((one) => ({
      type: 'CreateSite' as const,
      id: berlin,
      organizationId: acme,
      ...one,
    })),
    described.map((one) => ({ type: 'UpdateSite' as const, id: berlin, ...one })),
    fc.constant({ type: 'DeleteSite' as const, id: berlin }),
  )
  alwaysBack(sites, {
    id: berlin,
    decider: site,
    one: compensable(sitesCompensable({ log: { fold: never }, locks })),
    around: new Set(),
  })
})

test('a site does not come back into an organization that has gone since somebody looked', async () => {
  // as: the part of an outcome that is looked at
  const fold = (async () => ({ state: { exists: false } })) as unknown as EventLog['fold']
  const { guard } = sitesCompensable({ log: { fold }, locks })
  const facts = { organizationId: acme, name: 'Berlin', description: '' }
  let stored = 0
  const store = async () => void stored++
  await expect(guard?.(berlin, { before: undefined, after: facts }, store)).rejects.toMatchObject({
    code: 'auth.organization_not_found',
  })
  expect(stored).toBe(0)
  await guard?.(berlin, { before: facts, after: undefined }, store)
  expect(stored).toBe(1)
})

const binding: fc.Arbitrary<RoleBinding> = fc.constantFrom<RoleBinding>(
  { role: 'SUPER_ADMIN' },
  { role: 'OPERATOR', organizationId: acme },
  { role: 'OPERATOR', organizationId: initech },
  { role: 'ORG_ADMIN', organizationId: acme },
)
const passwordHash = sealed('hash')
const profile = {
  username: sealed('alice'),
  email: sealed('alice@example.org'),
  displayName: sealed('Alice'),
}
const userCommand: fc.Arbitrary<UserCommand> = fc.oneof(
  fc.array(binding, { maxLength: 2 }).map((bindings) => ({
    type: 'CreateUser' as const,
    id: alice,
    ...profile,
    passwordHash,
    bindings,
  })),
  name.map((text) => ({
    type: 'ChangePassword' as const,
    id: alice,
    passwordHash: sealed(text),
  })),
  binding.map((one) => ({ type: 'GrantRole' as const, id: alice, binding: one })),
  binding.map((one) => ({
    type: 'RevokeRole' as const,
    id: alice,
    binding: one,
    otherSuperAdmins: 1,
  })),
  fc.constant({ type: 'DisableUser' as const, id: alice, otherSuperAdmins: 1 }),
  fc.constant({ type: 'EnableUser' as const, id: alice }),
  fc.constant({ type: 'AbandonUser' as const, id: alice }),
)
const erase: fc.Arbitrary<UserCommand> = fc.constant({
  type: 'EraseUser',
  id: alice,
  otherSuperAdmins: 1,
})
const people: Traced<UserCommand, unknown, ReturnType<typeof user.initial>> = {
  id: alice,
  decider: user as Decider<UserCommand, unknown, ReturnType<typeof user.initial>>, // as: of its own events
  one: compensable(
    usersCompensable({
      locks,
      sessions: { endAll: never, revokeAccess: never },
      listSuperAdmins: never,
      countOtherSuperAdmins: never,
    }),
  ),
  around: { actorId: '', lastSuperAdmins: new Set() },
}

test('people become what they were, with the password of now', () => {
  fc.assert(
    fc.property(stepsOf(userCommand), (steps) => {
      const { moments, undone } = waysBack(people, steps)
      expect(moments.every(isSame)).toBe(true)
      expect(undone.every(isNoObstacle)).toBe(true)
      for (const answer of moments) {
        const types = answer.outcome === 'same' ? answer.events.map(typeOf) : []
        expect(types).not.toContain('PasswordChanged')
        expect(types).not.toContain('UserCreated')
      }
    }),
  )
})

const typeOf = (event: unknown): unknown =>
  typeof event === 'object' && event !== null ? Reflect.get(event, 'type') : undefined

test('who was not there yet is put out of use, and who was erased does not come back', () => {
  const created = {
    command: {
      type: 'CreateUser',
      id: alice,
      ...profile,
      passwordHash,
      bindings: [{ role: 'SUPER_ADMIN' }],
    },
  } as const
  const { moments } = waysBack(people, [created])
  expect(moments).toEqual([
    {
      outcome: 'same',
      events: [{ type: 'RoleRevoked', binding: { role: 'SUPER_ADMIN' } }, { type: 'UserDisabled' }],
    },
  ])
  fc.assert(
    fc.property(stepsOf(fc.oneof({ weight: 5, arbitrary: userCommand }, erase)), (steps) => {
      const { history, moments } = waysBack(people, steps)
      const erasedBy =
        history.findIndex((events) => events.some((one) => typeOf(one) === 'UserErased')) + 1
      for (const [at, answer] of moments.entries()) {
        const wasThere = history
          .slice(0, at)
          .some((events) => events.some((one) => typeOf(one) === 'UserCreated'))
        const isBlocked = erasedBy > 0 && wasThere && at < erasedBy
        expect(answer.outcome).toBe(isBlocked ? 'obstacle' : 'same')
        if (answer.outcome !== 'obstacle') continue
        expect(answer.error).toMatchObject({
          code: 'restore.person_erased',
          details: { sequence: `${erasedBy}` },
        })
      }
    }),
  )
})

test('subscribers come back, their credentials do not', () => {
  const natsPublicKey = fc.constantFrom('UA', 'UB', 'UC')
  const command: fc.Arbitrary<SubscriberCommand> = fc.oneof(
    fc.record({ name, natsPublicKey }).map((one) => ({
      type: 'CreateSubscriber' as const,
      organizationId: acme,
      actions: ['network'],
      ...one,
    })),
    natsPublicKey.map((key) => ({
      type: 'RotateSubscriber' as const,
      id: node,
      natsPublicKey: key,
    })),
    fc.constant({ type: 'RevokeSubscriber' as const, id: node }),
  )
  const subject = {
    id: node,
    decider: subscriber,
    one: compensable(subscribersCompensable({ nameHolder: never })),
    around: new Map(),
  }
  fc.assert(
    fc.property(stepsOf(command), (steps) => {
      const { moments } = waysBack(subject, steps)
      expect(moments.every(isSame)).toBe(true)
      for (const answer of moments) {
        for (const event of answer.outcome === 'same' ? answer.events : []) {
          if (typeOf(event) === 'SubscriberCreated')
            expect(event).toMatchObject({ natsPublicKey: '' })
        }
      }
    }),
  )
})

test('enrolment tokens are withdrawn or stay as they are', () => {
  const key = fc.constantFrom('UA', 'UB')
  const tokenHash = new Uint8Array(32)
  const command: fc.Arbitrary<EnrolmentCommand> = fc.oneof(
    fc.constant({
      type: 'CreateToken' as const,
      tokenHash,
      organizationId: acme,
      siteId: berlin,
      nodeName: 'gw',
      expiresAtUnixMs: 9,
    }),
    key.map((natsPublicKey) => ({
      type: 'Redeem' as const,
      tokenHash,
      natsPublicKey,
      nowUnixMs: 1,
    })),
    fc.constant({ type: 'RevokeIdentity' as const, id: node }),
  )
  const subject = { id: node, decider: enrolment, one: compensable(enrolmentsCompensable) }
  fc.assert(
    fc.property(stepsOf(command), (steps) => {
      const { history, moments } = waysBack(subject, steps)
      expect(moments.every(isSame)).toBe(true)
      let state = enrolment.initial()
      for (const event of history.flat()) state = enrolment.evolve(state, event)
      const isOpen = state.token && !state.isRevoked && state.natsPublicKey === undefined
      const events = moments.map((answer) => (answer.outcome === 'same' ? answer.events : []))
      const withdrawn = { type: 'NodeIdentityRevoked', natsPublicKey: '' }
      for (const [at, made] of events.entries()) {
        expect(made).toEqual(isOpen && at === 0 ? [withdrawn] : [])
      }
    }),
  )
})
