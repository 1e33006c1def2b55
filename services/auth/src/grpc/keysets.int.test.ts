import { ageOpen, generateAgePair, recoveryIdentity, rootKeyFingerprint } from '@holdfast/crypto'
import { unpackKeyset } from '@holdfast/full-backup'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthProcess, type Clients, startAuth } from '../testing/auth-process.ts'
import { person, present, problemOf, type SignedIn, seeded } from '../testing/people.ts'

let auth: AuthProcess
let backup: Clients
let admin: SignedIn & { organizationId: string }

beforeAll(async () => {
  auth = await startAuth()
  backup = await auth.as('backup')
  admin = await seeded(auth)
})
afterAll(() => auth.close())

const bytes = (value: unknown): Uint8Array => new Uint8Array(value as Uint8Array)
const hex = (value: unknown): string => Buffer.from(bytes(value)).toString('hex')

test('the recipient told is the one that follows from the root key', async () => {
  expect(await backup.keysets.getRecoveryRecipient({})).toMatchObject({
    recipient: recoveryIdentity(auth.rootKey).recipient,
    rootKeyFingerprint: rootKeyFingerprint(auth.rootKey),
  })
})

test('the root key opens the keyset, the operator opens keyset and root key, nobody else anything', async () => {
  const operator = generateAgePair()
  const exported = await backup.keysets.exportKeyset({ recipients: [operator.recipient] })
  const mine = await ageOpen([recoveryIdentity(auth.rootKey).identity], bytes(exported.keyset))
  expect(await ageOpen([operator.identity], bytes(exported.keyset))).toEqual(mine)
  const keyset = unpackKeyset(mine)
  expect(keyset.rootKeyFingerprint).toBe(rootKeyFingerprint(auth.rootKey))
  expect(Number(exported.keys)).toBe(keyset.files.length)
  expect(keyset.files.some(({ path }) => path.startsWith('signing/'))).toBe(true)

  const rootKey = await ageOpen([operator.identity], bytes(exported.rootKey))
  expect(Buffer.from(rootKey).toString()).toBe(`${auth.rootKey.reveal()}\n`)
  const byItself = ageOpen([recoveryIdentity(auth.rootKey).identity], bytes(exported.rootKey))
  await expect(byItself).rejects.toThrow(/encrypted to others/)

  const alone = await backup.keysets.exportKeyset({ recipients: [] })
  expect(bytes(alone.rootKey)).toHaveLength(0)
  expect(hex(alone.contentSha256)).toBe(hex(exported.contentSha256))
})

test('a person who is forgotten is in no keyset any more, and the keyset says so', async () => {
  const before = await backup.keysets.exportKeyset({ recipients: [] })
  expect(Number(before.destroyedSequence)).toBe(0)
  const gateway = await auth.as('gateway')
  const carol = await person(auth, admin.me, [{ role: 4, organizationId: admin.organizationId }])
  await gateway.users.eraseUser({ userId: carol.id, confirmUsername: carol.username }, admin.me)
  await expect
    .poll(async () => Number((await backup.keysets.exportKeyset({})).destroyedSequence))
    .toBeGreaterThan(0)
  const after = await backup.keysets.exportKeyset({ recipients: [] })
  expect(hex(after.contentSha256)).not.toBe(hex(before.contentSha256))
  const opened = await ageOpen([recoveryIdentity(auth.rootKey).identity], bytes(after.keyset))
  const { destroyed, files } = unpackKeyset(opened)
  expect(destroyed).toEqual([`${carol.id}.access`, `${carol.id}.person`])
  const hers = files.filter(({ path }) => path.includes(carol.id)).map(({ path }) => path)
  expect(hers.every((path) => path.endsWith('.destroyed.json'))).toBe(true)
})

test('only backup is given a keyset, and only for recipients that are some', async () => {
  for (const service of ['gateway', 'notify', 'network', 'supervisor']) {
    const { keysets, tables } = await auth.as(service)
    expect(await problemOf(keysets.exportKeyset({ recipients: [] }))).toBe('access.service_denied')
    expect(await problemOf(keysets.getRecoveryRecipient({}))).toBe('access.service_denied')
    expect(await problemOf(tables.listTables({}))).toBe('access.service_denied')
  }
  const { identity } = generateAgePair()
  for (const wrong of ['age1qqqq', identity, '']) {
    expect(await problemOf(backup.keysets.exportKeyset({ recipients: [wrong] }))).toBe('invalid')
  }
  expect(auth.output()).not.toContain(identity)
})

test('sessions are among the operational tables, and what a projection makes is not', async () => {
  const { tables } = await backup.tables.listTables({})
  expect(tables?.map(({ name }) => name)).toContain('sessions')
  const page = await backup.tables.readTable({ table: 'sessions', cursor: '', limit: 10 })
  expect(JSON.parse(present(page.rows?.[0]))).toHaveProperty('user_id')
  expect(await problemOf(backup.tables.readTable({ table: 'users', cursor: '', limit: 1 }))).toBe(
    'table.not_found',
  )
})
