import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from '@holdfast/postgres'
import { dropReadModels } from '@holdfast/projections'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type AuthProcess, type Clients, startAuth } from '../testing/auth-process.ts'
import {
  type Person,
  person,
  present,
  problemOf,
  type SignedIn,
  seeded,
  signIn,
} from '../testing/people.ts'

// Numbers of the proto enum.
const [superAdmin, orgAdmin, auditor] = [1, 2, 4]

let auth: AuthProcess
let gateway: Clients
let admin: SignedIn & { organizationId: string }

beforeAll(async () => {
  auth = await startAuth()
  gateway = await auth.as('gateway')
  admin = await seeded(auth)
})
afterAll(() => auth.close())

const somebody = (role = auditor) =>
  person(auth, admin.me, [{ role, organizationId: admin.organizationId }])
const erase = ({ id, username }: Pick<Person, 'id' | 'username'>, me = admin.me) =>
  gateway.users.eraseUser({ userId: id, confirmUsername: username }, me)

/** Everything the log holds, as text. */
async function wholeLog(): Promise<string> {
  const log = await auth.nats.open('network')
  const parts: string[] = []
  for (let sequence = 1n; sequence <= (await log.head()); sequence++) {
    const commit = await log.read(sequence)
    parts.push(commit?.subject ?? '', Buffer.from(commit?.bytes ?? []).toString('latin1'))
  }
  await log.close()
  return parts.join('\n')
}

/** All rows of all tables of the service, read models and their past included. */
async function allRows(): Promise<string> {
  const postgres = auth.postgres.open('auth', { max: 1 })
  const tables = await postgres.query<{ schema: string; name: string }>(sql`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_schema like 'auth%' and table_type = 'BASE TABLE'`)
  const parts: string[] = []
  for (const { schema, name } of tables) {
    const rows = await postgres.query<{ line: string }>(
      sql`select t::text as line from ${sql.identifier(schema, name)} t`,
    )
    parts.push(...rows.map(({ line }) => line))
  }
  return parts.join('\n')
}

test('a person who was forgotten is nobody any more, now and in what was', async () => {
  const carol = await somebody()
  const before = present((await gateway.users.getUser({ user: carol.id }, admin.me)).user)
  const log = await auth.nats.open('network')
  const at = await log.head()
  await log.close()
  expect(await allRows()).toContain(before.email)

  await erase(carol)
  expect(await problemOf(signIn(auth, carol.username, carol.password))).toBe(
    'auth.invalid_credentials',
  )
  expect(await problemOf(gateway.auth.refresh({ refreshToken: carol.refreshToken }))).toBe(
    'auth.refresh_invalid',
  )
  expect(await problemOf(gateway.users.getUser({ user: carol.id }, admin.me))).toBe(
    'auth.user_not_found',
  )
  const { names } = await gateway.users.nameUsers({ userIds: [carol.id] }, admin.me)
  expect(names).toMatchObject([{ userId: carol.id, username: '[erased]' }])
  // Also to those who look back: who it was is not known then either.
  const then = (await gateway.users.getUser({ user: carol.id }, { ...admin.me, at })).user
  expect(then).toMatchObject({ username: '[erased]', email: '[erased]', displayName: '[erased]' })

  for (const text of [carol.username, before.email]) {
    expect(await wholeLog()).not.toContain(text)
    expect(await allRows()).not.toContain(text)
  }
  const files = await readdir(auth.keysDir, { recursive: true })
  expect(files.filter((name) => name.includes(carol.id)).sort()).toEqual([
    `data/${carol.id}.access.destroyed.json`,
    `data/${carol.id}.person.destroyed.json`,
  ])
})

test('the names are free again, and twice is once', async () => {
  const dave = await somebody()
  await erase(dave)
  await erase(dave)
  const { user } = await gateway.users.createUser(
    { username: dave.username, email: `${dave.username}@example.org` },
    admin.me,
  )
  expect(user?.id).not.toBe(dave.id)
  expect(await problemOf(signIn(auth, dave.username, dave.password))).toBe(
    'auth.invalid_credentials',
  )
})

test('it takes the right, the name and another super-admin', async () => {
  const erin = await somebody()
  const manager = await somebody(orgAdmin)
  expect(await problemOf(erase(erin, manager.me))).toBe('access.denied')
  expect(await problemOf(erase({ id: erin.id, username: 'somebody-else' }))).toBe('invalid')
  expect(
    await problemOf(erase({ id: '01900000-0000-7000-8000-00000000dead', username: 'x' })),
  ).toBe('auth.user_not_found')
  const { user } = await gateway.auth.getMe({}, admin.me)
  expect(await problemOf(erase({ id: present(user?.id), username: 'admin' }))).toBe(
    'auth.last_super_admin',
  )
  await expect(signIn(auth, erin.username, erin.password)).resolves.toBeDefined()
})

test('an erasure that a crash cut off is completed at the next start, whatever keeps another', async () => {
  const aside = await mkdtemp(join(tmpdir(), 'holdfast-erase-'))
  const data = join(auth.keysDir, 'data')
  const keyOf = ({ id }: Person) => `${id}.person.1.json`
  const people = [await somebody(), await somebody()]
  for (const one of people) {
    await copyFile(join(data, keyOf(one)), join(aside, keyOf(one)))
    await erase(one)
    // As if the process had died when the fact was stored and nothing else was done.
    await rm(join(data, `${one.id}.person.destroyed.json`))
    await copyFile(join(aside, keyOf(one)), join(data, keyOf(one)))
  }
  const [damaged, frank] = [present(people[0]), present(people[1])]
  await rm(join(data, keyOf(damaged)))
  await writeFile(join(data, keyOf(damaged)), '{')
  await auth.restart({ isKilled: true })
  gateway = await auth.as('gateway')
  expect(await readdir(data)).not.toContain(keyOf(frank))
  expect(await readdir(data)).toContain(`${frank.id}.person.destroyed.json`)
  expect(await allRows()).not.toContain(frank.username)
  // Later tests replay the whole log.
  await rm(join(data, keyOf(damaged)))
  await rm(aside, { recursive: true, force: true })
})

test('read models made again from the log say the same of the forgotten', async () => {
  const grace = await person(auth, admin.me, [{ role: superAdmin }])
  await erase(grace)
  const log = await auth.nats.open('network')
  /** What the read models hold once they include the whole log. */
  const contents = async () => {
    const health = [...auth.output().matchAll(/"port":(\d+)[^\n]*"health"/g)].at(-1)?.[1]
    const head = (await log.head()).toString()
    return vi.waitFor(
      async () => {
        const answer = await fetch(`http://127.0.0.1:${health}/projections`)
        const { items } = (await answer.json()) as {
          items: { name: string; checkpoint: string; content_hash: string }[]
        }
        for (const { checkpoint } of items) expect(checkpoint).toBe(head)
        return items.map(({ name, content_hash }) => `${name} ${content_hash}`)
      },
      { timeout: 30_000, interval: 100 },
    )
  }
  const live = await contents()
  await dropReadModels(auth.postgres.open('auth', { max: 1 }), 'auth')
  await auth.restart({ isKilled: true })
  gateway = await auth.as('gateway')
  expect(await contents()).toEqual(live)
  await log.close()
})
