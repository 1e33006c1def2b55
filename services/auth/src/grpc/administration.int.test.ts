import { newId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import { permitsNode } from '@holdfast/event-log/admin'
import { type CallOptions, parseKeySet } from '@holdfast/service'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthProcess, type Clients, startAuth } from '../testing/auth-process.ts'
import {
  adminPassword,
  keyed,
  type Person,
  person,
  present,
  problemOf,
  type SignedIn,
  seeded,
  signIn,
} from '../testing/people.ts'

// Numbers of the proto enum.
const superAdmin = 1
const orgAdmin = 2
const operator = 3
const viewer = 5

let auth: AuthProcess
let gateway: Clients
let admin: SignedIn & { organizationId: string }
let orgA: string
let orgB: string
let adminOfA: Person
let adminOfB: Person

const withId = <T extends { id?: string | null }>(thing: T): T & { id: string } => ({
  ...thing,
  id: present(thing.id),
})
const organization = async (name: string, options: CallOptions = admin.me) =>
  withId(present((await gateway.organizations.createOrganization({ name }, options)).organization))
const site = async (name: string, organizationId: string, options: CallOptions = admin.me) =>
  withId(present((await gateway.organizations.createSite({ name, organizationId }, options)).site))

beforeAll(async () => {
  auth = await startAuth()
  gateway = await auth.as('gateway')
  admin = await seeded(auth)
  orgA = (await organization('A')).id
  orgB = (await organization('B')).id
  adminOfA = await person(auth, admin.me, [{ role: orgAdmin, organizationId: orgA }])
  adminOfB = await person(auth, admin.me, [{ role: orgAdmin, organizationId: orgB }])
})
afterAll(() => auth.close())

test('an administrator of A sees A and nothing of B', async () => {
  const { organizations, users } = gateway
  const siteB = await site('Secret place', orgB)
  const me = adminOfA.me

  expect((await organizations.listOrganizations({}, me)).organizations.map(({ id }) => id)).toEqual(
    [orgA],
  )
  expect((await organizations.listSites({}, me)).sites).toEqual([])
  expect((await organizations.listSites({ organizationId: orgB }, me)).sites).toEqual([])
  const seen = (await users.listUsers({}, me)).users.map(({ id }) => id)
  expect(seen).toContain(adminOfA.id)
  expect(seen).not.toContain(adminOfB.id)
  expect((await users.listUsers({ organizationId: orgB }, me)).users).toEqual([])

  for (const [call, code] of [
    [
      () => organizations.getOrganization({ organization: orgB }, me),
      'auth.organization_not_found',
    ],
    [() => organizations.getOrganization({ organization: 'B' }, me), 'auth.organization_not_found'],
    [
      () => organizations.updateOrganization({ id: orgB, name: 'x' }, me),
      'auth.organization_not_found',
    ],
    [() => organizations.getSite({ site: siteB.id }, me), 'auth.site_not_found'],
    [() => organizations.updateSite({ id: siteB.id, name: 'x' }, me), 'auth.site_not_found'],
    [() => organizations.deleteSite({ id: siteB.id }, me), 'auth.site_not_found'],
    [() => organizations.createSite({ name: 'x', organizationId: orgB }, me), 'access.not_visible'],
    [() => users.getUser({ user: adminOfB.id }, me), 'auth.user_not_found'],
    [() => users.getUser({ user: adminOfB.username }, me), 'auth.user_not_found'],
    [
      () => users.setUserDisabled({ userId: adminOfB.id, isDisabled: true }, me),
      'auth.user_not_found',
    ],
    [
      () =>
        users.grantRole(
          { userId: adminOfB.id, binding: { role: viewer, organizationId: orgA } },
          me,
        ),
      'auth.user_not_found',
    ],
    [
      () =>
        users.grantRole(
          { userId: adminOfA.id, binding: { role: viewer, organizationId: orgB } },
          me,
        ),
      'access.not_visible',
    ],
    [
      () => gateway.enrolment.createEnrolmentToken({ organizationId: orgB }, me),
      'access.not_visible',
    ],
  ] as const) {
    expect(await problemOf(call())).toBe(code)
  }
})

test('what is the instance’s is a super-admin’s alone', async () => {
  const { organizations, users } = gateway
  const me = adminOfA.me
  const expected = [
    [() => organizations.createOrganization({ name: 'C' }, me), 'access.denied'],
    [() => organizations.deleteOrganization({ id: orgA }, me), 'access.denied'],
    [() => gateway.auth.rotateSigningKey({}, me), 'access.denied'],
    [() => users.createUser({ username: 'nowhere', email: 'n@example.org' }, me), 'access.denied'],
  ] as const
  for (const [call, code] of expected) expect(await problemOf(call())).toBe(code)
})

test('nobody gives a role above their own, in their organization or to themselves', async () => {
  const { users } = gateway
  const vic = await person(auth, adminOfA.me, [{ role: viewer, organizationId: orgA }])
  const grant = (role: number, organizationId: string | undefined, options: CallOptions) =>
    problemOf(
      users.grantRole(
        { userId: vic.id, binding: { role, ...(organizationId ? { organizationId } : {}) } },
        options,
      ),
    )
  expect(await grant(superAdmin, undefined, adminOfA.me)).toBe('auth.role_above_own')
  expect(await grant(orgAdmin, orgA, vic.me)).toBe('access.denied')
  expect(await grant(operator, orgA, adminOfA.me)).toBeUndefined()
  expect(await grant(operator, newId(), admin.me)).toBe('auth.organization_not_found')
  expect(
    await problemOf(
      users.createUser(
        { username: 'sneaky', email: 's@example.org', bindings: [{ role: superAdmin }] },
        adminOfA.me,
      ),
    ),
  ).toBe('auth.role_above_own')
  const { user } = await users.getUser({ user: vic.username }, adminOfA.me)
  expect(user?.bindings?.map(({ role }) => role).sort()).toEqual([operator, viewer])
})

test('somebody who belongs elsewhere too is switched off by a super-admin only', async () => {
  const both = await person(auth, admin.me, [
    { role: viewer, organizationId: orgA },
    { role: viewer, organizationId: orgB },
  ])
  const { users } = gateway
  const off = (options: CallOptions) =>
    problemOf(users.setUserDisabled({ userId: both.id, isDisabled: true }, options))
  expect(await off(adminOfA.me)).toBe('auth.user_out_of_reach')
  const { user } = await users.getUser({ user: both.id }, adminOfA.me)
  expect(user?.bindings).toMatchObject([{ organizationId: orgA }])
  expect(await off(admin.me)).toBeUndefined()
})

test('the last super-admin stays one, enabled', async () => {
  const { users } = gateway
  const { user } = await gateway.auth.getMe({}, admin.me)
  const userId = present(present(user).id)
  const binding = { role: superAdmin }
  expect(await problemOf(users.revokeRole({ userId, binding }, admin.me))).toBe(
    'auth.last_super_admin',
  )
  expect(await problemOf(users.setUserDisabled({ userId, isDisabled: true }, admin.me))).toBe(
    'auth.last_super_admin',
  )
  const second = await person(auth, admin.me, [binding])
  // Both at once: one of them has to stay.
  const answers = await Promise.all([
    problemOf(users.revokeRole({ userId: second.id, binding }, admin.me)),
    problemOf(users.revokeRole({ userId, binding }, second.me)),
  ])
  expect(answers.filter((code) => code === undefined)).toHaveLength(1)
  const left = (await users.listUsers({}, answers[0] === undefined ? admin.me : second.me)).users
  expect(
    left.filter(({ bindings }) => bindings?.some(({ role }) => role === superAdmin)),
  ).toHaveLength(1)
  if (answers[0] !== undefined) {
    await users.grantRole({ userId, binding }, second.me)
    admin = { ...admin, ...(await signIn(auth, 'admin', adminPassword)) }
  }
})

test('twenty create one name at once: one wins, and it is theirs', async () => {
  const { users } = gateway
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      users
        .createUser(
          { username: i % 2 ? 'Popular' : 'popular', email: `popular-${i}@example.org` },
          admin.me,
        )
        .catch((error: unknown) => error),
    ),
  )
  const refused = answers.filter((answer) => answer instanceof DomainError)
  expect(refused).toHaveLength(19)
  expect(refused.every(({ code }) => code === 'auth.username_taken')).toBe(true)
  expect((await users.listUsers({ query: 'popular' }, admin.me)).users).toHaveLength(1)
})

test('an e-mail address is unique too, and a refused creation leaves the name free', async () => {
  const { users } = gateway
  await users.createUser({ username: 'first-one', email: 'shared@example.org' }, admin.me)
  const second = { username: 'second-one', email: 'Shared@Example.org' }
  const retry = keyed(admin.me)
  expect(await problemOf(users.createUser(second, retry))).toBe('auth.email_taken')
  await users.createUser({ ...second, email: 'own@example.org' }, admin.me)
  // The refused command sent again finds the name gone, and does not take it from its owner.
  expect(await problemOf(users.createUser(second, retry))).toBe('auth.username_taken')
})

test('a repeated command gives the same user, and shows no password twice', async () => {
  const { users } = gateway
  const wish = { username: 'repeated', email: 'repeated@example.org' }
  const options = keyed(admin.me)
  const first = await users.createUser(wish, options)
  const again = await users.createUser(wish, options)
  expect(again.user).toEqual(first.user)
  expect(first.generatedPassword).not.toBe('')
  expect(again.generatedPassword).toBe('')
})

test('every bad field of a user is named', async () => {
  const wish = {
    username: 'x',
    email: 'x',
    password: 'short',
    bindings: [{ role: viewer }, { role: 42, organizationId: orgA }],
  }
  const error = await gateway.users.createUser(wish, admin.me).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(DomainError)
  const fields = error instanceof DomainError ? error.fields.map(({ field }) => field) : []
  expect(fields).toEqual(['username', 'email', 'bindings[0]', 'bindings[1]'])
})

test('an organization with sites stays; without, it goes with its name', async () => {
  const { organizations } = gateway
  const { id } = await organization('Passing')
  const { id: siteId } = await site('Berlin', id)
  expect(await problemOf(organizations.deleteOrganization({ id }, admin.me))).toBe(
    'auth.organization_not_empty',
  )
  await organizations.deleteSite({ id: siteId }, admin.me)
  let sequence = 0n
  await organizations.deleteOrganization(
    { id },
    {
      ...admin.me,
      onSequence(at) {
        sequence = at
      },
    },
  )
  const answer = organizations.getOrganization(
    { organization: 'Passing' },
    { ...admin.me, minSequence: sequence },
  )
  expect(await problemOf(answer)).toBe('auth.organization_not_found')
  expect(
    await problemOf(organizations.createSite({ name: 'x', organizationId: id }, admin.me)),
  ).toBe('auth.organization_not_found')
})

test('a change with an old revision is stale', async () => {
  const { organizations } = gateway
  const { id, revision } = await organization('Changing')
  const expectedRevision = BigInt(present(revision))
  const change = (name: string) =>
    organizations.updateOrganization({ id, name }, { ...admin.me, expectedRevision })
  const changed = present((await change('Changed')).organization)
  expect(changed).toMatchObject({ name: 'Changed', description: '' })
  expect(Number(changed.revision)).toBeGreaterThan(Number(revision))
  expect(await problemOf(change('Changed again'))).toBe('stale')
})

test('a name that means several is an error that lists them', async () => {
  const { organizations } = gateway
  await Promise.all([organization('Twins'), organization('Twins'), organization('twins')])
  const error = await organizations
    .getOrganization({ organization: 'Twins' }, admin.me)
    .catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'auth.ambiguous_name' })
  expect(String(error).match(/Twins \([0-9a-f-]{36}\)/g)).toHaveLength(2)
  const exact = await organizations.getOrganization({ organization: 'twins' }, admin.me)
  expect(exact.organization?.name).toBe('twins')
  expect(await problemOf(organizations.createSite({ name: 'x' }, admin.me))).toBe(
    'auth.organization_required',
  )
})

test('pages follow one another without loss or repetition', async () => {
  const { organizations } = gateway
  const { id: organizationId } = await organization('Paged')
  const names = Array.from({ length: 7 }, (_, i) => `${i % 2 ? 'Site' : 'site'} ${i}`)
  for (const name of names) await site(name, organizationId)
  const seen: string[] = []
  let cursor = ''
  do {
    const page = await organizations.listSites({ organizationId, limit: 3, cursor }, admin.me)
    seen.push(...page.sites.map(({ name }) => present(name)))
    cursor = page.nextCursor
  } while (cursor !== '')
  expect(seen).toEqual(names)
  expect(await problemOf(organizations.listSites({ cursor: 'x' }, admin.me))).toBe('invalid')
  const found = await organizations.listSites({ organizationId, query: 'SITE 3' }, admin.me)
  expect(found.sites.map(({ name }) => name)).toEqual(['Site 3'])
  const literal = await organizations.listSites({ organizationId, query: '%' }, admin.me)
  expect(literal.sites).toEqual([])
})

test('a token enrols one node; its agent may ask again, nobody else', async () => {
  const { id: siteId } = await site('Edge', orgA)
  const created = await gateway.enrolment.createEnrolmentToken(
    { organizationId: orgA, siteId, nodeName: 'edge-1' },
    adminOfA.me,
  )
  const network = await auth.as('network')
  const { createUser } = await import('@nats-io/jwt')
  const key = createUser().getPublicKey()
  const redeem = (token: string, natsPublicKey: string) =>
    network.enrolment.redeemEnrolmentToken({ token, natsPublicKey })

  const redeemed = await redeem(created.token, key)
  expect(redeemed).toMatchObject({ organizationId: orgA, siteId, nodeName: 'edge-1' })
  expect(redeemed.natsUserJwt.split('.')).toHaveLength(3)
  expect(await redeem(created.token, key)).toMatchObject({ nodeId: redeemed.nodeId })
  expect(await problemOf(redeem(created.token, createUser().getPublicKey()))).toBe(
    'auth.enrolment_token_invalid',
  )
  for (const wrong of ['', 'hfe_x', created.token.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A'))]) {
    expect(await problemOf(redeem(wrong, key))).toBe('auth.enrolment_token_invalid')
  }
  const supervisor = await auth.as('supervisor')
  const renew = (nodeId: string) => supervisor.enrolment.renewNodeIdentity({ nodeId })
  const { natsUserJwt } = await renew(redeemed.nodeId)
  const { nodeId } = redeemed
  expect(
    permitsNode(natsUserJwt, { nodeId, organizationId: orgA, lineageId: auth.lineageId }),
  ).toBe(true)
  expect(await problemOf(renew(newId<string>()))).toBe('auth.node_identity_not_found')
  await network.enrolment.revokeNode({ nodeId: redeemed.nodeId, natsPublicKey: key })
  expect(await problemOf(renew(nodeId))).toBe('auth.node_identity_not_found')
  expect(await problemOf(redeem(created.token, key))).toBe('auth.enrolment_token_invalid')
})

test('an organization with nodes stays; its tokens are worth nothing once it is gone', async () => {
  const { organizations, enrolment } = gateway
  const made = await organizations.createOrganization({ name: 'Fleeting' }, admin.me)
  const organizationId = present(present(made.organization).id)
  const network = await auth.as('network')
  const { createUser } = await import('@nats-io/jwt')
  const token = async () =>
    (await enrolment.createEnrolmentToken({ organizationId }, admin.me)).token
  const redeem = async (which: string) =>
    network.enrolment.redeemEnrolmentToken({
      token: which,
      natsPublicKey: createUser().getPublicKey(),
    })
  const [used, unused] = [await token(), await token()]
  const remove = () => organizations.deleteOrganization({ id: organizationId }, admin.me)

  const { nodeId } = await redeem(used)
  expect(await problemOf(remove())).toBe('auth.organization_not_empty')
  await network.enrolment.revokeNode({ nodeId, natsPublicKey: '' })
  expect(await problemOf(remove())).toBeUndefined()
  expect(await problemOf(redeem(unused))).toBe('auth.enrolment_token_invalid')
  expect(await problemOf(token())).toBe('auth.organization_not_found')
})

test('a site of another organization is not one to enrol at', async () => {
  const { id: siteId } = await site('Elsewhere', orgB)
  const call = gateway.enrolment.createEnrolmentToken({ organizationId: orgA, siteId }, admin.me)
  expect(await problemOf(call)).toBe('auth.site_not_found')
})

test('a service has data keys of its own kind, the same each time', async () => {
  const network = await auth.as('network')
  const ownerId = orgA
  const { keys } = await network.keys.getDataKeys({ ownerId, kind: 'network' })
  expect(keys).toHaveLength(1)
  expect(keys[0]?.key).toHaveLength(32)
  const again = await network.keys.getDataKeys({ ownerId, kind: 'network' })
  expect(again.keys[0]?.id).toBe(keys[0]?.id)
  for (const kind of ['person', 'rules', '']) {
    expect(await problemOf(network.keys.getDataKeys({ ownerId, kind }))).toBe('access.not_visible')
  }
  for (const kind of ['gateway', 'network', 'person']) {
    expect(await problemOf(gateway.keys.getDataKeys({ ownerId, kind }))).toBe('access.not_visible')
  }
})

test('the gateway, and no other service, has the keys that seal sources in ACCESS', async () => {
  const ownerId = auth.lineageId
  const { keys } = await gateway.keys.getDataKeys({ ownerId, kind: 'access' })
  expect(keys).toHaveLength(1)
  const network = await auth.as('network')
  const call = network.keys.getDataKeys({ ownerId, kind: 'access' })
  expect(await problemOf(call)).toBe('access.not_visible')
})

test('nobody is served what needs somebody', async () => {
  const id = orgA
  const { users, organizations, enrolment } = gateway
  for (const call of [
    () => gateway.auth.logout({}),
    () => gateway.auth.getMe({}),
    () => gateway.auth.changePassword({ currentPassword: 'x', newPassword: 'y' }),
    () => users.listUsers({}),
    () => users.createUser({ username: 'anon', email: 'a@example.org' }),
    () => organizations.listOrganizations({}),
    () => organizations.deleteOrganization({ id }),
    () => enrolment.createEnrolmentToken({}),
  ]) {
    expect(await problemOf(call())).toBe('access.not_signed_in')
  }
  expect(await problemOf(gateway.auth.seedAdmin({ username: 'x', email: 'x' }))).toBe(
    'access.service_denied',
  )
  expect(parseKeySet((await gateway.auth.getKeySet({})).jwks).size).toBeGreaterThan(0)
})
