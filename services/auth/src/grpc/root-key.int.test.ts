import { readFileSync, statSync, writeFileSync } from 'node:fs'
import {
  ageOpen,
  generateRootKey,
  joinShards,
  loadRootKey,
  recoveryIdentity,
  rootKeyFingerprint,
} from '@holdfast/crypto'
import { unpackKeyset } from '@holdfast/full-backup'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthProcess, type Clients, startAuth } from '../testing/auth-process.ts'
import {
  adminPassword,
  person,
  problemOf,
  type SignedIn,
  seeded,
  signIn,
} from '../testing/people.ts'

// The root key of a running service: shards, rotation under load, the seal. In this order: each test goes on from what
// the one before left.

let auth: AuthProcess
let gateway: Clients
let backup: Clients
let admin: SignedIn & { organizationId: string }
let present: string

beforeAll(async () => {
  auth = await startAuth()
  ;[gateway, backup] = await Promise.all([auth.as('gateway'), auth.as('backup')])
  admin = await seeded(auth)
  present = rootKeyFingerprint(auth.rootKey)
})
afterAll(() => auth.close())

const fileKey = () => {
  const text = readFileSync(auth.rootKeyFile, 'utf8')
  return loadRootKey({ reveal: () => text })
}
const warnings = async () =>
  (await gateway.rootKeys.listRootKeyWarnings({}, admin.me)).warnings.map(({ code }) => code)
let shards: readonly string[]

test('shards are told to a super-admin who gives the password, once, and then there is no warning', async () => {
  expect(await warnings()).toEqual(['shards_missing'])
  const wrong = gateway.rootKeys.splitRootKey({ password: 'not it' }, admin.me)
  expect(await problemOf(wrong)).toBe('auth.wrong_password')
  const bad = gateway.rootKeys.splitRootKey({ password: adminPassword, threshold: 9 }, admin.me)
  expect(await problemOf(bad)).toBe('invalid')
  const orgAdmin = await person(auth, admin.me, [{ role: 2, organizationId: admin.organizationId }])
  const denied = gateway.rootKeys.splitRootKey({ password: orgAdmin.password }, orgAdmin.me)
  expect(await problemOf(denied)).toBe('access.denied')

  const made = await gateway.rootKeys.splitRootKey({ password: adminPassword }, admin.me)
  shards = made.shards
  expect(made.set).toMatchObject({ shares: 3, threshold: 2, rootKeyFingerprint: present })
  expect((await joinShards(shards.slice(1))).reveal()).toBe(auth.rootKey.reveal())
  expect(await warnings()).toEqual([])
  const proved = await gateway.rootKeys.proveShards({ shards: shards.slice(0, 2) }, admin.me)
  expect(proved.rootKeyFingerprint).toBe(present)
  const few = gateway.rootKeys.proveShards({ shards: shards.slice(0, 1) }, admin.me)
  expect(await problemOf(few)).toBe('crypto.shards_too_few')
})

test('no shard and no root key in what it prints', () => {
  const payload = /payload: (.*)/.exec(shards[0] ?? '')?.[1] ?? 'none'
  expect(auth.output()).not.toContain(payload)
  expect(auth.output()).not.toContain(auth.rootKey.reveal())
})

test('the root key and data keys rotate under load with no failed read', async () => {
  const network = await auth.as('network')
  const owners = Array.from({ length: 6 }, (_, n) => `0190a3a0-0000-7000-8000-0000000000b${n}`)
  const before = new Map<string, string>()
  for (const ownerId of owners) {
    const { keys } = await network.keys.getDataKeys({ ownerId, kind: 'network' })
    before.set(ownerId, Buffer.from(keys[0]?.key ?? []).toString('hex'))
  }
  let isDone = false
  let reads = 0
  const load = async (n: number) => {
    for (let at = n; !isDone; at += 1) {
      const ownerId = owners[at % owners.length] ?? ''
      const { keys } = await network.keys.getDataKeys({ ownerId, kind: 'network' })
      const all = keys.map(({ key }) => Buffer.from(key ?? []).toString('hex'))
      expect(all).toContain(before.get(ownerId))
      reads += 1
      if (at % 9 === 0) await signIn(auth, 'admin', adminPassword)
    }
  }
  const loads = [0, 1, 2].map(load)
  const confirmed = { password: adminPassword }
  const rotated = await gateway.rootKeys.rotateRootKey(confirmed, admin.me)
  expect(rotated).toMatchObject({ oldFingerprint: present, keptAs: 'file', shards: [] })
  expect(Number(rotated.keys)).toBeGreaterThan(8)
  const data = await gateway.rootKeys.rotateDataKeys({}, admin.me)
  expect(Number(data.keys)).toBeGreaterThanOrEqual(Number(rotated.keys) - 1)
  const one = await gateway.rootKeys.rotateDataKeys({ organizationId: owners[0] ?? '' }, admin.me)
  expect(Number(one.keys)).toBe(1)
  await gateway.rootKeys.rotateRootKey(confirmed, admin.me)
  const during = reads
  await expect.poll(() => reads).toBeGreaterThan(during + 20)
  isDone = true
  await Promise.all(loads)

  const { keys } = await network.keys.getDataKeys({ ownerId: owners[0] ?? '', kind: 'network' })
  expect(keys.map(({ isActive }) => isActive)).toEqual([true, false, false])
  expect(await warnings()).toEqual(['shards_missing'])
  expect(statSync(auth.rootKeyFile).mode & 0o777).toBe(0o600)
  const { rootKey } = await gateway.rootKeys.getRootKey({}, admin.me)
  expect(rootKey).toMatchObject({
    fingerprint: rootKeyFingerprint(fileKey()),
    formerFingerprints: [rotated.newFingerprint, present],
    isRotating: false,
  })
  expect(rootKey?.shards ?? undefined).toBeUndefined()
  present = rootKeyFingerprint(fileKey())
})

test('the present root key opens the keyset and finds the former ones in it', async () => {
  const told = await backup.keysets.getRecoveryRecipient({})
  expect(told.rootKeyFingerprint).toBe(present)
  expect(told.formerFingerprints.at(-1)).toBe(rootKeyFingerprint(auth.rootKey))
  const { keyset } = await backup.keysets.exportKeyset({ recipients: [] })
  const opened = await ageOpen([recoveryIdentity(fileKey()).identity], new Uint8Array(keyset))
  expect(unpackKeyset(opened).rootKeyFingerprint).toBe(present)
  const byOld = ageOpen([recoveryIdentity(auth.rootKey).identity], new Uint8Array(keyset))
  await expect(byOld).rejects.toThrow(/encrypted to others/)
})

const nextFile = () => `${auth.rootKeyFile}.new`

test('names stay taken and people sign in after a start with the new root key', async () => {
  const env = { HOLDFAST_ROOT_KEY_REPLACE: '', HOLDFAST_ROOT_KEY_NEXT_FILE: nextFile() }
  await auth.restart({ isKilled: true, env })
  gateway = await auth.as('gateway')
  admin = { ...admin, ...(await signIn(auth, 'admin', adminPassword)) }
  const taken = gateway.users.createUser(
    { username: 'admin', email: 'other@example.org' },
    admin.me,
  )
  expect(await problemOf(taken)).toBe('auth.username_taken')
})

test('shards of a former root key are refused by name with both fingerprints', async () => {
  const old = gateway.rootKeys.proveShards({ shards: shards.slice(0, 2) }, admin.me)
  expect(await problemOf(old)).toBe('crypto.shard_of_another_root_key')
  await expect(old).rejects.toMatchObject({
    details: { shard: '1', given: rootKeyFingerprint(auth.rootKey), expected: present },
  })
})

test('where the root key comes from elsewhere, the next one does too', async () => {
  const confirmed = { password: adminPassword }
  const missing = gateway.rootKeys.rotateRootKey(confirmed, admin.me)
  expect(await problemOf(missing)).toBe('auth.next_root_key_missing')
  const next = generateRootKey()
  writeFileSync(nextFile(), `${next}\n`, { mode: 0o600 })
  const rotated = await gateway.rootKeys.rotateRootKey(confirmed, admin.me)
  expect(rotated).toMatchObject({ oldFingerprint: present, keptAs: 'given' })
  // What was given is as it was: until somebody gives the new one in its place, the start takes either.
  expect(rootKeyFingerprint(fileKey())).toBe(present)
  present = rotated.newFingerprint
})

test('sealed, it waits for shards, tells how many, and goes on with any two', async () => {
  const made = await gateway.rootKeys.splitRootKey({ password: adminPassword }, admin.me)
  const sealedEnv = { HOLDFAST_SEAL: 'shamir', HOLDFAST_ROOT_KEY_FILE: '', HOLDFAST_ROOT_KEY: '' }
  await auth.restart({ env: sealedEnv })
  gateway = await auth.as('gateway')
  const { status, checks } = await auth.readiness()
  expect([status, checks['seal']?.reason]).toEqual([503, 'sealed: no shard given yet'])
  const refused = gateway.auth.getKeySet({})
  expect(await problemOf(refused)).toBe('auth.sealed')
  expect(await problemOf(gateway.users.listUsers({}, admin.me))).toBe('auth.sealed')
  expect(await gateway.seal.getSeal({})).toMatchObject({ isSealed: true, threshold: 0, given: 0 })

  const old = gateway.seal.unseal({ shard: shards[0] ?? '' })
  expect(await problemOf(old)).toBe('crypto.shard_of_another_root_key')
  expect(await problemOf(gateway.seal.unseal({ shard: 'nonsense' }))).toBe('crypto.shard_damaged')
  const first = await gateway.seal.unseal({ shard: made.shards[2] ?? '' })
  expect(first).toMatchObject({ isSealed: true, threshold: 2, given: 1 })
  expect((await auth.readiness()).checks['seal']?.reason).toBe('sealed: 1 of 2 shards given')
  const second = await gateway.seal.unseal({ shard: made.shards[0] ?? '' })
  expect(second.isSealed).toBe(false)
  await auth.served()
  gateway = await auth.as('gateway')
  admin = { ...admin, ...(await signIn(auth, 'admin', adminPassword)) }
  expect(await gateway.seal.getSeal({})).toMatchObject({ isSealed: false })
  expect(await problemOf(gateway.seal.unseal({ shard: made.shards[0] ?? '' }))).toBe(
    'auth.not_sealed',
  )

  // Rotated, it hands out the shards of the next root key first.
  const confirmed = { password: adminPassword }
  const early = gateway.rootKeys.rotateRootKey({ ...confirmed, setId: 'abcdef01' }, admin.me)
  expect(await problemOf(early)).toBe('auth.rotation_not_prepared')
  const prepared = await gateway.rootKeys.rotateRootKey(confirmed, admin.me)
  expect(prepared.shards).toHaveLength(3)
  expect(Number(prepared.keys)).toBe(0)
  const setId = prepared.set?.setId ?? ''
  const rotated = await gateway.rootKeys.rotateRootKey({ ...confirmed, setId }, admin.me)
  expect(rotated).toMatchObject({ oldFingerprint: present, keptAs: 'shards', shards: [] })
  expect(Number(rotated.keys)).toBeGreaterThan(8)
  expect(await warnings()).toEqual([])
  const proved = await gateway.rootKeys.proveShards({ shards: prepared.shards }, admin.me)
  expect(proved.rootKeyFingerprint).toBe(rotated.newFingerprint)
})
