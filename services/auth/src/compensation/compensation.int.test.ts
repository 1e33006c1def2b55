import { planned, restore, undo } from '@holdfast/compensation/testing'
import { newId } from '@holdfast/domain'
import { createNatsKey } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthProcess, type Clients, startAuth } from '../testing/auth-process.ts'
import {
  adminPassword,
  present,
  problemOf,
  type SignedIn,
  seeded,
  signIn,
} from '../testing/people.ts'

// A random history of the service's own commands; then what was shown at a moment is shown again after going back to it.

const deedCount = 80
const backs = 4
const undoes = 5
// Numbers of the proto enum.
const [superAdmin, operator] = [1, 3]
/** Nobody in particular. */
const bystander = '01900000-0000-7000-8000-00000000000b'

let auth: AuthProcess
let gateway: Clients
let backup: Clients
let log: Awaited<ReturnType<AuthProcess['nats']['open']>>
let admin: SignedIn & { organizationId: string }
let adminId: string

beforeAll(async () => {
  auth = await startAuth()
  gateway = await auth.as('gateway')
  backup = await auth.as('backup')
  admin = await seeded(auth)
  log = await auth.nats.open('network')
  adminId = present((await gateway.users.getUser({ user: 'admin' }, admin.me)).user?.id)
})
afterAll(async () => {
  await log.close()
  await auth.close()
})

/** Mulberry32: the same history for the same seed. */
function dice(state: number): () => number {
  let a = state
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Look {
  readonly users: Readonly<Record<string, { readonly isDisabled: boolean }>>
  readonly organizations: unknown
  readonly sites: unknown
  readonly subscribers: unknown
}

/** Everything that is shown, by id, without revisions and times. */
async function look(at?: bigint): Promise<Look> {
  const minSequence = await log.head()
  const options = at === undefined ? { ...admin.me, minSequence } : { ...admin.me, at }
  const { users } = await gateway.users.listUsers({ limit: 200 }, options)
  const { organizations } = await gateway.organizations.listOrganizations({ limit: 200 }, options)
  const { sites } = await gateway.organizations.listSites({ limit: 200 }, options)
  const { subscribers } = await gateway.subscribers.listSubscribers({ limit: 200 }, options)
  const times = new Set(['createdAtUnixMs', 'passwordChangedAtUnixMs', 'revision'])
  const byId = (rows: readonly { readonly id?: string | null | undefined }[]) =>
    Object.fromEntries(
      rows.map((row) => [
        row.id ?? '',
        Object.fromEntries(Object.entries({ ...row }).filter(([key]) => !times.has(key))),
      ]),
    )
  return JSON.parse(
    JSON.stringify({
      users: byId(users),
      organizations: byId(organizations),
      sites: byId(sites),
      subscribers: byId(subscribers),
    }),
  ) as Look // as: made just above
}

/** What is to be seen after going back to `then` from `now`: people stay, and those who were erased stay away. */
function expected(then: Look, now: Look): Look {
  const users = Object.entries(now.users).map(([id, user]) => {
    const past = then.users[id]
    return [id, past ?? { ...user, isDisabled: true, bindings: [] }]
  })
  return { ...then, users: Object.fromEntries(users) as Look['users'] }
}

const back = async (to: bigint, head?: bigint) =>
  restore(backup.compensation, { to, head: head ?? (await log.head()), actorId: adminId })

async function madeUser(bindings: { role: number; organizationId?: string }[], name: string) {
  const email = `${name}@example.org`
  const { user } = await gateway.users.createUser({ username: name, email, bindings }, admin.me)
  return present(user?.id)
}

test('for random moments of a random history: what was shown then is shown again', async () => {
  const roll = dice(2)
  const below = (n: number): number => Math.floor(roll() * n)
  const organizations = [admin.organizationId]
  const [sites, people, subscribers]: [string[], string[], string[]] = [[], [], []]
  const any = (ids: readonly string[]): string => ids[below(ids.length)] ?? admin.organizationId
  let made = 0
  const { organizations: places, users, subscribers: outside } = gateway
  const deeds: readonly (() => Promise<unknown>)[] = [
    async () => {
      const { organization } = await places.createOrganization({ name: `O ${++made}` }, admin.me)
      organizations.push(present(organization?.id))
    },
    () => places.updateOrganization({ id: any(organizations), description: `${++made}` }, admin.me),
    () => places.deleteOrganization({ id: any(organizations.slice(1)) }, admin.me),
    async () => {
      const wish = { name: `S ${++made}`, organizationId: any(organizations) }
      sites.push(present((await places.createSite(wish, admin.me)).site?.id))
    },
    () => places.updateSite({ id: any(sites), name: `S ${++made}` }, admin.me),
    () => places.deleteSite({ id: any(sites) }, admin.me),
    async () => {
      if (people.length >= 6) return // hashing a password takes its time
      const binding = { role: operator, organizationId: any(organizations) }
      people.push(await madeUser([binding], `person-${++made}`))
    },
    () => users.grantRole({ userId: any(people), binding: anyBinding() }, admin.me),
    () => users.grantRole({ userId: any(people), binding: anyBinding() }, admin.me),
    () => users.revokeRole({ userId: any(people), binding: anyBinding() }, admin.me),
    () => users.setUserDisabled({ userId: any(people), isDisabled: roll() < 0.5 }, admin.me),
    async () => {
      const [id] = people
      const name = id && (await users.getUser({ user: id }, admin.me)).user?.username
      if (people.length >= 3 && name) {
        await users.eraseUser({ userId: id, confirmUsername: name }, admin.me)
      }
    },
    async () => {
      const wish = { name: `P ${++made}`, organizationId: any(organizations), actions: [] }
      const { subscriber } = await outside.createSubscriber(wish, admin.me)
      subscribers.push(present(subscriber?.id))
    },
    () => outside.rotateSubscriber({ id: any(subscribers) }, admin.me),
    () => outside.revokeSubscriber({ id: any(subscribers) }, admin.me),
  ]
  function anyBinding() {
    const role = 1 + below(5)
    return role === superAdmin ? { role } : { role, organizationId: any(organizations) }
  }
  const seen = new Set<string>()
  const first = await log.head()
  for (let n = 0; n < deedCount; n++) await problemOf(present(deeds[below(deeds.length)])())
  const end = await log.head()
  const last = await look()

  for (let n = 0; n < backs; n++) {
    const to = first + BigInt(below(Number(end - first)))
    const now = await look()
    const plan = await planned(backup.compensation, {
      to,
      head: await log.head(),
      actorId: adminId,
    })
    const outcomes = await back(to)
    for (const outcome of outcomes.values()) seen.add(outcome)
    expect(new Set(outcomes.keys())).toEqual(new Set(plan.keys()))
    expect(await look()).toEqual(expected(await look(to), now))
    // Nothing is left but who was erased.
    const left = await planned(backup.compensation, {
      to,
      head: await log.head(),
      actorId: adminId,
    })
    expect(new Set(left.values())).toEqual(
      new Set(left.size === 0 ? [] : ['user restore.person_erased']),
    )
  }
  expect(seen).toContain('user restore.person_erased')
  for (const kind of ['organization', 'site', 'subscriber'])
    expect(seen).toContain(`${kind} created`)
  await back(end)
  expect(await look()).toEqual(last)

  for (let n = 0; n < undoes; n++) {
    const sequence = first + 1n + BigInt(below(Number(end - first)))
    const before = await look()
    const done = await undo(backup.compensation, sequence, adminId).catch(
      (error: { code?: string }) => {
        expect([
          'restore.undo_conflict',
          'restore.not_compensable',
          'restore.person_erased',
          'auth.organization_not_found',
          'auth.organization_not_empty',
        ]).toContain(error.code)
        return 0n
      },
    )
    if (done === 0n) expect(await look()).toEqual(before)
    else {
      expect(await look()).not.toEqual(before)
      await undo(backup.compensation, done, adminId)
      expect(await look()).toEqual(before)
    }
  }
}, 120_000)

const at = async () => ({ to: await log.head(), actorId: adminId })
const soon = async () => ({ ...admin.me, minSequence: await log.head() })
/** Back to a moment, from now on. */
const goBack = async (moment: { to: bigint; actorId: string }, kinds: readonly string[] = []) =>
  restore(backup.compensation, { ...moment, head: await log.head(), kinds })

async function somebody(name: string, role: number) {
  const binding = role === superAdmin ? { role } : { role, organizationId: admin.organizationId }
  const { user, generatedPassword: password } = await gateway.users.createUser(
    { username: name, email: `${name}@example.org`, bindings: [binding] },
    admin.me,
  )
  const id = present(user?.id)
  return { id, binding, password, ...(await signIn(auth, name, password)) }
}

test('a password stays, a session does not come back', async () => {
  const bob = await somebody('bob', operator)
  const withOld = await at()
  const next = 'another password of bob'
  await gateway.auth.changePassword({ currentPassword: bob.password, newPassword: next }, bob.me)
  await gateway.users.setUserDisabled({ userId: bob.id, isDisabled: true }, admin.me)
  const disabled = await at()
  await gateway.users.setUserDisabled({ userId: bob.id, isDisabled: false }, admin.me)
  const session = await signIn(auth, 'bob', next)
  const refresh = () =>
    problemOf(
      gateway.auth.refresh({ refreshToken: session.refreshToken, clientAddress: '192.0.2.1' }),
    )

  expect((await goBack(disabled)).get(bob.id)).toBe('user updated')
  expect(await refresh()).toBe('auth.refresh_invalid')
  expect(await problemOf(signIn(auth, 'bob', next))).toBe('auth.user_disabled')
  expect((await goBack(withOld)).get(bob.id)).toBe('user updated')
  expect(await refresh()).toBe('auth.refresh_invalid')
  expect(await problemOf(signIn(auth, 'bob', bob.password))).toBe('auth.invalid_credentials')
  const again = await signIn(auth, 'bob', next)

  // What an access token says of roles ends with the role.
  const before = await at()
  const binding = { role: operator + 2, organizationId: admin.organizationId }
  await gateway.users.grantRole({ userId: bob.id, binding }, admin.me)
  const token = await gateway.auth.refresh({
    refreshToken: again.refreshToken,
    clientAddress: '192.0.2.1',
  })
  const accessToken = present(present(token.tokens).accessToken)
  expect(await problemOf(gateway.auth.getMe({}, { accessToken }))).toBeUndefined()
  await goBack(before)
  expect(await problemOf(gateway.auth.getMe({}, { accessToken }))).toBe('access.session_revoked')
})

test('who was erased does not come back, and it is said by which commit', async () => {
  const dora = await somebody('dora', operator)
  const moment = await at()
  await gateway.users.eraseUser({ userId: dora.id, confirmUsername: 'dora' }, admin.me)
  const scope = { toSequence: Number(moment.to), kinds: ['user'] }
  const { changes } = await backup.compensation.planCompensation({ scope })
  const blocked = present(changes.find(({ id }) => id === dora.id))
  expect(blocked).toMatchObject({ change: 'blocked', code: 'restore.person_erased' })
  const erasedBy = /commit (\d+)/.exec(blocked.detail ?? '')?.[1] ?? ''
  const types = (await log.read(BigInt(erasedBy)))?.events.map(({ type }) => type)
  expect(types).toEqual(['UserErased', 'DataKeyDestroyed'])
  expect((await goBack(moment)).get(dora.id)).toBe('user restore.person_erased')
  expect(await problemOf(undo(backup.compensation, BigInt(erasedBy), adminId))).toBe(
    'restore.person_erased',
  )
  expect(await problemOf(gateway.users.getUser({ user: dora.id }, await soon()))).toBe(
    'auth.user_not_found',
  )
})

test('nobody locks themselves out, and somebody stays super-admin', async () => {
  const { users } = await gateway.users.listUsers({ limit: 200 }, await soon())
  for (const { id = '' } of users) {
    if (id !== adminId)
      await gateway.users.setUserDisabled({ userId: id, isDisabled: true }, admin.me)
  }
  const eve = await somebody('eve', superAdmin)
  const alone = { role: superAdmin }
  await gateway.users.revokeRole({ userId: adminId, binding: alone }, eve.me)
  const withoutAdmin = await at()
  await gateway.users.grantRole({ userId: adminId, binding: alone }, eve.me)
  admin = { ...admin, ...(await signIn(auth, 'admin', adminPassword)) }

  const asAdmin = { ...withoutAdmin, head: await log.head() }
  expect((await planned(backup.compensation, asAdmin)).get(adminId)).toBe(
    'user restore.locks_out_actor',
  )
  expect((await restore(backup.compensation, asAdmin)).get(adminId)).toBe(
    'user restore.locks_out_actor',
  )

  // They take each other's place, and neither goes before the other has come.
  await gateway.users.setUserDisabled({ userId: eve.id, isDisabled: true }, admin.me)
  const withoutEve = await at()
  for (const moment of [withoutAdmin, withoutEve]) {
    const swap = { ...moment, head: await log.head(), actorId: bystander }
    const outcomes = await restore(backup.compensation, swap)
    expect([outcomes.get(adminId), outcomes.get(eve.id)]).toEqual(['user updated', 'user updated'])
  }
  admin = { ...admin, ...(await signIn(auth, 'admin', adminPassword)) }

  // Eve does not come back, so nobody would be left.
  await gateway.users.eraseUser({ userId: eve.id, confirmUsername: 'eve' }, admin.me)
  const asNobody = { ...withoutAdmin, head: await log.head(), actorId: bystander }
  expect((await planned(backup.compensation, asNobody)).get(adminId)).toBe(
    'user auth.last_super_admin',
  )
  expect((await restore(backup.compensation, asNobody)).get(adminId)).toBe(
    'user auth.last_super_admin',
  )
  expect(await problemOf(gateway.users.listUsers({}, await soon()))).toBeUndefined()
})

test('a subscriber comes back without credentials, and not under a name somebody has', async () => {
  const wish = { name: 'siem', organizationId: admin.organizationId, actions: ['network'] }
  const made = await gateway.subscribers.createSubscriber(wish, admin.me)
  const id = present(made.subscriber?.id)
  const moment = await at()
  await gateway.subscribers.revokeSubscriber({ id }, admin.me)
  const revoked = await log.head()

  const other = await gateway.subscribers.createSubscriber(wish, admin.me)
  const otherId = present(other.subscriber?.id)
  const undoing = backup.compensation.planUndo({ sequence: Number(revoked) })
  expect(await undoing).toMatchObject({
    code: 'auth.subscriber_name_taken',
    detail: expect.stringContaining(otherId) as string,
  })
  expect(await problemOf(undo(backup.compensation, revoked, adminId))).toBe(
    'auth.subscriber_name_taken',
  )

  // A restore takes the other one away first.
  const outcomes = await goBack(moment)
  expect([outcomes.get(otherId), outcomes.get(id)]).toEqual([
    'subscriber deleted',
    'subscriber created',
  ])
  const commit = present(await log.read(await log.head()))
  expect(commit.subject).toBe(`evt.auth.subscriber.${id}`)
  const { SubscriberCreated } = holdfast.auth.v1
  expect(SubscriberCreated.decode(present(commit.events[0]).data)).toMatchObject({
    name: 'siem',
    actions: ['network'],
    natsPublicKey: '',
  })
  const rotated = await gateway.subscribers.rotateSubscriber({ id }, admin.me)
  expect(rotated.credentials).toContain('BEGIN NATS USER JWT')
})

test('tokens: used ones stay used, open ones stay open, later ones are withdrawn', async () => {
  const network = await auth.as('network')
  const token = async () =>
    (
      await gateway.enrolment.createEnrolmentToken(
        { organizationId: admin.organizationId, nodeName: 'gw' },
        admin.me,
      )
    ).token
  const redeem = (one: string) =>
    problemOf(
      network.enrolment.redeemEnrolmentToken({
        token: one,
        natsPublicKey: createNatsKey().publicKey,
      }),
    )
  const [used, open] = [await token(), await token()]
  const moment = await at()
  expect(await redeem(used)).toBeUndefined()
  const late = await token()
  const outcomes = await goBack(moment)
  expect([...outcomes.values()]).toEqual(['enrolment deleted'])
  expect(await redeem(late)).toBe('auth.enrolment_token_invalid')
  expect(await redeem(used)).toBe('auth.enrolment_token_invalid')
  expect(await redeem(open)).toBeUndefined()
})

test('an organization made since goes only when nothing is in it any more', async () => {
  const network = await auth.as('network')
  const moment = await at()
  const { organization } = await gateway.organizations.createOrganization({ name: 'New' }, admin.me)
  const organizationId = present(organization?.id)
  await gateway.organizations.createSite({ name: 'There', organizationId }, admin.me)
  const { token } = await gateway.enrolment.createEnrolmentToken({ organizationId }, admin.me)
  const { publicKey: natsPublicKey } = createNatsKey()
  const { nodeId } = await network.enrolment.redeemEnrolmentToken({ token, natsPublicKey })

  const first = await goBack(moment)
  expect([...first.values()]).toEqual(['site deleted', 'organization auth.organization_not_empty'])
  // As service network does when it removes the node.
  await network.enrolment.revokeNode({ nodeId, natsPublicKey })
  expect([...(await goBack(moment)).values()]).toEqual(['organization deleted'])
})

test('the same request again changes nothing twice; one organization is one organization', async () => {
  const { organizations } = gateway
  const site = await organizations.createSite(
    { name: 'A', organizationId: admin.organizationId },
    admin.me,
  )
  const id = present(site.site?.id)
  const moment = await at()
  await organizations.updateSite({ id, name: 'B' }, admin.me)
  await gateway.users.createUser({ username: 'zoe', email: 'zoe@example.org' }, admin.me)
  const wish = {
    ...moment,
    head: await log.head(),
    id: newId<string>(),
    organizationId: admin.organizationId,
  }
  expect([...(await restore(backup.compensation, wish)).values()]).toEqual(['site updated'])
  await organizations.updateSite({ id, name: 'C' }, admin.me)
  expect([...(await restore(backup.compensation, wish)).values()]).toEqual(['site updated'])
  const { sites } = await organizations.listSites({ query: 'C' }, await soon())
  expect(sites.map(({ id }) => id)).toContain(id)
})
