import { newId } from '@holdfast/domain'
import type { CallOptions } from '@holdfast/service'
import type { JsonObject } from '@holdfast/snapshot'
import { collectAll, contributeTo, counted, promisesIn, type Way } from '@holdfast/snapshot/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthProcess, type Clients, startAuth } from '../testing/auth-process.ts'
import {
  type Person,
  person,
  present,
  problemOf,
  type SignedIn,
  seeded,
} from '../testing/people.ts'

// Numbers of the proto enum.
const superAdmin = 1
const orgAdmin = 2
const operator = 3
const viewer = 5

let auth: AuthProcess
let gateway: Clients
let backup: Clients
let admin: SignedIn & { organizationId: string }

beforeAll(async () => {
  auth = await startAuth()
  gateway = await auth.as('gateway')
  backup = await auth.as('backup')
  admin = await seeded(auth)
}, 120_000)
afterAll(async () => await auth?.close())

let count = 0
const organization = async (): Promise<string> => {
  const name = `Organization ${++count}`
  const made = await gateway.organizations.createOrganization({ name }, admin.me)
  return present(present(made.organization).id)
}
const site = (organizationId: string, name: string, description = '') =>
  gateway.organizations.createSite({ organizationId, name, description }, admin.me)

const collect = async (contributor: string, organizationId: string, more = {}) =>
  (await collectAll(backup.contributors, contributor, organizationId, more)).records

const contribute = (
  contributor: string,
  organizationId: string,
  records: readonly unknown[],
  way: Way = {},
  options: CallOptions = admin.me,
) => contributeTo(backup.contributors, contributor, organizationId, records, way, options)

const head = async (): Promise<bigint> => await (await auth.nats.open('auth')).head()

/** As it is once all there is can be read. */
const userNamed = async (username: string) => {
  await collect('auth.sites', admin.organizationId)
  return present((await gateway.users.getUser({ user: username }, admin.me)).user)
}
const rolesOf = async (username: string) =>
  (await userNamed(username)).bindings?.map(({ role, organizationId }) => [role, organizationId])

const record = (username: string, more: JsonObject = {}): JsonObject => ({
  username,
  email: `${username}@example.org`,
  display_name: username,
  roles: ['VIEWER'],
  is_disabled: false,
  ...more,
})

test('sites: what is collected, contributed and collected again is the same; twice changes nothing', async () => {
  const [from, to] = [await organization(), await organization()]
  await site(from, 'Berlin', 'on the Spree\nand the Havel')
  await site(from, 'Zürich')
  for (let i = 0; i < 5; i++) await site(from, `Branch ${i}`)
  await site(to, 'BERLIN', 'another one')
  const all = await collectAll(backup.contributors, 'auth.sites', from, { pageSize: 2 })
  expect(all.sequences.size).toBe(1)
  const { records } = all
  expect(records).toHaveLength(7)
  expect(JSON.stringify(records)).not.toMatch(/"(\w+_)?id"|created|revision/)

  const importId = newId<string>()
  const before = await head()
  const dry = await contribute('auth.sites', to, records, { importId, isDryRun: true })
  expect(await head()).toBe(before)
  const real = await contribute('auth.sites', to, records, { importId })
  expect(real).toEqual(dry)
  expect(counted(real)).toEqual({ created: 6, skipped: 1 })
  expect(promisesIn(real)).toContain('site/berlin')
  const after = await head()
  expect(await contribute('auth.sites', to, records, { importId })).toEqual(real)
  const other = await contribute('auth.sites', to, records)
  expect(new Set(other.map(({ code }) => code))).toEqual(new Set(['backup.exists']))
  expect(await head()).toBe(after)

  const over = await contribute('auth.sites', to, records, { overwritesExisting: true })
  expect(counted(over)).toEqual({ updated: 1, skipped: 6 })
  const again = await collect('auth.sites', to)
  expect(
    again.map((one) => ({ ...one, name: one['name'] === 'BERLIN' ? 'Berlin' : one['name'] })),
  ).toEqual(records)
  // With a target site the others are not made.
  const mapped = await contribute('auth.sites', await organization(), records, {
    targetSiteId: newId<string>(),
  })
  expect(new Set(mapped.map(({ code }) => code))).toEqual(new Set(['backup.site_mapped']))
})

test('users: roles in the organization come along; whom it makes is disabled and nobody knows a password', async () => {
  const [from, to] = [await organization(), await organization()]
  const [ada, bob]: Person[] = [
    await person(auth, admin.me, [
      { role: orgAdmin, organizationId: from },
      { role: viewer, organizationId: from },
      { role: operator, organizationId: await organization() },
    ]),
    await person(auth, admin.me, [{ role: operator, organizationId: from }]),
  ] as [Person, Person]
  const records = await collect('auth.users', from, { pageSize: 1 })
  expect(records.map(({ username, roles }) => [username, roles])).toEqual([
    [ada?.username, ['ORG_ADMIN', 'VIEWER']],
    [bob?.username, ['OPERATOR']],
  ])
  expect(JSON.stringify(records)).not.toMatch(/password|hash|"(\w+_)?id"|argon|key|totp/)

  // As if they were of another instance.
  const renamed = records.map((one) => ({
    ...one,
    username: `new-${one['username'] as string}`,
    email: `new-${one['email'] as string}`,
  }))
  const importId = newId<string>()
  const before = await head()
  const dry = await contribute('auth.users', to, renamed, { importId, isDryRun: true })
  expect(await head()).toBe(before)
  const real = await contribute('auth.users', to, renamed, { importId })
  expect(real).toEqual(dry)
  expect(real).toMatchObject([
    { outcome: 'created', code: 'auth.imported_without_password' },
    { outcome: 'created', code: 'auth.imported_without_password' },
  ])
  const after = await head()
  expect(await contribute('auth.users', to, renamed, { importId })).toEqual(real)
  expect(await head()).toBe(after)
  const made = await userNamed(`new-${ada?.username}`)
  expect(made).toMatchObject({ isDisabled: true })
  expect(await rolesOf(`new-${ada?.username}`)).toEqual([
    [orgAdmin, to],
    [viewer, to],
  ])
  const login = {
    login: `new-${ada?.username}`,
    password: present(ada).password,
    clientAddress: '192.0.2.9',
  }
  expect(await problemOf(gateway.auth.login(login))).toBe('auth.invalid_credentials')
  // Those made are all there is of them in the log: by the importer, for the import.
  const again = await collect('auth.users', to)
  expect(again).toEqual(renamed.map((one) => ({ ...one, is_disabled: true })))
  const over = await contribute('auth.users', to, renamed, { overwritesExisting: true })
  expect(new Set(over.map(({ code }) => code))).toEqual(new Set(['backup.unchanged']))
})

test('nobody climbs: a higher role, an account that is there, unknown and privileged fields, another organization', async () => {
  const [to, elsewhere] = [await organization(), await organization()]
  const adminOfTo = await person(auth, admin.me, [{ role: orgAdmin, organizationId: to }])
  const local = await person(auth, admin.me, [{ role: viewer, organizationId: to }])
  const shared = await person(auth, admin.me, [
    { role: viewer, organizationId: to },
    { role: viewer, organizationId: elsewhere },
  ])
  const second = await person(auth, admin.me, [
    { role: superAdmin },
    { role: viewer, organizationId: to },
  ])

  // Importing is a super-admin's.
  for (const me of [adminOfTo.me, local.me, {}]) {
    const work = contribute('auth.users', to, [record('nobody-1')], {}, me)
    expect(await problemOf(work)).toMatch(/^(access\.|auth\.|unauthenticated)/)
  }
  const way = { overwritesExisting: true }
  const of = (of: Person, more: JsonObject = {}) => ({
    ...record(of.username, more),
    email: `${of.username}@example.org`,
  })
  const [climber, alone, taken, mine, theirs, rooted, unknownRole, mailTaken] = await contribute(
    'auth.users',
    to,
    [
      record('climber', {
        roles: ['SUPER_ADMIN', 'OPERATOR'],
        role: 'SUPER_ADMIN',
        role_bindings: [{ role: 'SUPER_ADMIN' }],
        is_superuser: true,
        password: 'a password of mine',
        hashed_password: '$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA',
        id: second.id,
        permissions: ['*'],
        totp_secret: 'AAAA',
        wings: true,
      }),
      record('alone', { roles: ['SUPER_ADMIN'] }),
      of(local, { roles: ['ORG_ADMIN'] }),
      record('admin', { roles: ['VIEWER'], is_disabled: true }),
      of(shared, { roles: ['ORG_ADMIN'] }),
      of(second, { roles: ['VIEWER'], is_disabled: true }),
      record('odd-role', { roles: ['ROOT'] }),
      record('mail-taken', { email: `${shared.username}@EXAMPLE.org` }),
    ],
    way,
  )
  expect(climber).toMatchObject({ outcome: 'created', code: 'backup.fields_stripped' })
  for (const field of [
    'role',
    'is_superuser',
    'password',
    'hashed_password',
    'id',
    'permissions',
  ]) {
    expect(climber?.detail).toContain(field)
  }
  expect(climber?.detail).toContain('SUPER_ADMIN is left out')
  expect(await userNamed('climber')).toMatchObject({ isDisabled: true })
  expect((await userNamed('climber')).id).not.toBe(second.id)
  expect(await rolesOf('climber')).toEqual([[operator, to]])
  expect(alone).toMatchObject({ outcome: 'refused', code: 'backup.user_without_role' })
  // Of this organization alone: as by hand.
  expect(taken).toMatchObject({ outcome: 'updated' })
  expect(await rolesOf(local.username)).toEqual([[orgAdmin, to]])
  for (const one of [mine, theirs, rooted]) {
    expect(one).toMatchObject({ outcome: 'refused', code: 'backup.user_protected' })
  }
  expect(await rolesOf(shared.username)).toHaveLength(2)
  expect(await userNamed(second.username)).toMatchObject({ isDisabled: false })
  expect(unknownRole).toMatchObject({ outcome: 'refused', code: 'backup.record_invalid' })
  expect(mailTaken).toMatchObject({ outcome: 'refused', code: 'auth.email_taken' })

  // Letting in again is done by hand.
  await gateway.users.setUserDisabled({ userId: local.id, isDisabled: true }, admin.me)
  await contribute('auth.users', to, [of(local, { roles: ['ORG_ADMIN'] })], way)
  expect(await userNamed(local.username)).toMatchObject({ isDisabled: true })

  for (const foreign of [elsewhere, '', 7]) {
    const [refused] = await contribute('auth.sites', to, [{ name: 'x', organization_id: foreign }])
    expect(refused).toMatchObject({ outcome: 'refused', code: 'backup.foreign_organization' })
  }
  // An organization that is not there takes nothing.
  expect(await problemOf(contribute('auth.sites', newId<string>(), [{ name: 'x' }]))).toBe(
    'auth.organization_not_found',
  )
})

test('a section is of one moment, whatever happens between its pages', async () => {
  const from = await organization()
  for (let i = 0; i < 6; i++) await site(from, `Site ${i}`)
  const { contributors } = backup
  const first = await contributors.collect({
    contributor: 'auth.sites',
    organizationId: from,
    limit: 3,
  })
  await site(from, 'Site 10')
  await site(from, 'A site before')
  const rest = await contributors.collect({
    contributor: 'auth.sites',
    organizationId: from,
    limit: 100,
    cursor: first.nextCursor ?? '',
  })
  const names = [...(first.records ?? []), ...(rest.records ?? [])].map(
    (text) => (JSON.parse(text) as { name: string }).name,
  )
  expect(names).toEqual(Array.from({ length: 6 }, (_, i) => `Site ${i}`))
  expect(rest.sequence).toBe(first.sequence)
  expect(await collect('auth.sites', from, { atSequence: Number(first.sequence) })).toHaveLength(6)
  expect(await collect('auth.sites', from)).toHaveLength(8)
  const bad = contributors.collect({ contributor: 'auth.sites', organizationId: from, cursor: 'x' })
  expect(await problemOf(bad)).toBe('invalid')
})

test('200 people are made in seconds, by one person, for one import', async () => {
  const to = await organization()
  const importId = newId<string>()
  const records = Array.from({ length: 200 }, (_, i) => record(`many-${importId.slice(-6)}-${i}`))
  // Cut off in the middle, and the whole page again.
  expect(counted(await contribute('auth.users', to, records.slice(0, 20), { importId }))).toEqual({
    created: 20,
  })
  const started = performance.now()
  expect(counted(await contribute('auth.users', to, records, { importId }))).toEqual({
    created: 200,
  })
  const between = performance.now()
  expect(await collect('auth.users', to)).toHaveLength(200)
  const ended = performance.now()
  process.stdout.write(
    `200 users: contributed in ${Math.round(between - started)} ms, collected in ${Math.round(ended - between)} ms\n`,
  )
  const log = await auth.nats.open('auth')
  const { id } = await userNamed(`many-${importId.slice(-6)}-7`)
  const commits = []
  for await (const commit of log.history(`evt.auth.user.${id}`)) commits.push(commit)
  expect(commits).toHaveLength(1)
  expect(commits[0]).toMatchObject({
    reason: `import ${importId}`,
    organizationId: to,
    actor: { kind: 'user' },
    causationId: importId,
  })
  expect(commits[0]?.events.map(({ type }) => type)).toEqual([
    'UserCreated',
    'RoleGranted',
    'UserDisabled',
  ])
})
