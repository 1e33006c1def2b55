import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  formerRootKeys,
  generateRootKey,
  loadRootKey,
  open,
  type RootKey,
  readRootKeyFile,
  rootKeyFingerprint,
  type Sealed,
  seal,
} from '@holdfast/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RootKeyMismatch, RotationUnderWay } from '../domain/errors.ts'
import { type KeyStore, openKeyStore } from './key-store.ts'
import { rotationSteps } from './store-root-keys.ts'

// The root key is rotated while the store is used, and a process killed at any step leaves a store that opens with
// either key and is completed by whoever opens it next.

const newKey = (): RootKey => {
  const text = generateRootKey()
  return loadRootKey({ reveal: () => text })
}
const place = { ownerId: 'o', objectId: 'p', field: 'private_key' }
const fixture = fileURLToPath(new URL('./rotation.fixture.ts', import.meta.url))

let directory: string
let file: string
let old: RootKey
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-test-rotation-'))
  file = join(directory, '..', `${directory.split('/').at(-1)}.key`)
  old = newKey()
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
  await rm(file, { force: true })
})

const owners = Array.from({ length: 40 }, (_, n) => `owner-${n}`)

async function fill(store: KeyStore): Promise<ReadonlyMap<string, Sealed>> {
  await store.addSigningKey('k1', new Uint8Array(48).fill(3))
  const sealed = new Map<string, Sealed>()
  for (const owner of owners)
    sealed.set(owner, seal(await store.ring(owner, 'network'), place, Buffer.from(owner)))
  return sealed
}

function expectAllOpen(store: KeyStore, sealed: ReadonlyMap<string, Sealed>): void {
  for (const [owner, value] of sealed) {
    store.forget(owner, 'network') // from the disk
    const ring = store.ringIfAny(owner, 'network')
    expect(ring && Buffer.from(open(ring, place, value)).toString()).toBe(owner)
  }
  expect(store.signingKey('k1')).toEqual(new Uint8Array(48).fill(3))
}

async function killedAt(step: string, next: RootKey): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', fixture, directory, file, step], {
    env: { ...process.env, FIXTURE_KEYS: `${old.reveal()} ${next.reveal()}` },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const signal = await new Promise((resolve) => child.once('close', (_, by) => resolve(by)))
  expect(signal).toBe('SIGKILL')
}

test.each(rotationSteps)(
  'killed when it was %s: complete with the next start, nothing lost',
  async (step) => {
    const next = newKey()
    writeFileSync(file, `${old.reveal()}\n`)
    const sealed = await fill(await openKeyStore(directory, old))
    await killedAt(step, next)

    // Whoever starts has what stands in the file.
    const text = readFileSync(file, 'utf8')
    const present = loadRootKey({ reveal: () => text })
    const adopted: string[] = []
    const store = await openKeyStore(directory, present, async (key) => {
      adopted.push(key.reveal())
      writeFileSync(file, `${key.reveal()}\n`)
    })
    expectAllOpen(store, sealed)
    expect(store.rootKeys().present.reveal()).toBe(next.reveal())
    expect(store.rootKeys().former.map((key) => key.reveal())).toEqual([old.reveal()])
    expect(readFileSync(file, 'utf8').trim()).toBe(next.reveal())
    expect(existsSync(join(directory, 'root-key.next'))).toBe(false)
    expect(adopted).toEqual(step === 'done' ? [] : [next.reveal()])

    await expect(openKeyStore(directory, old)).rejects.toSatisfy(RootKeyMismatch.is)
    expectAllOpen(await openKeyStore(directory, next), sealed)
  },
)

test('half wrapped anew, it opens with either key', async () => {
  for (const given of ['old', 'next'] as const) {
    await rm(directory, { recursive: true, force: true })
    const next = newKey()
    writeFileSync(file, `${old.reveal()}\n`)
    const sealed = await fill(await openKeyStore(directory, old))
    await killedAt('decided', next)
    // Some by the new one, some by the old one.
    const { completeRotation } = await import('./store-root-keys.ts')
    const half = completeRotation(
      directory,
      old,
      { present: next, former: [old] },
      undefined as never,
      () => {
        throw new Error('stop')
      },
    )
    await expect(half).rejects.toThrow('stop')
    const store = await openKeyStore(directory, given === 'old' ? old : next)
    expectAllOpen(store, sealed)
    await expect(openKeyStore(directory, newKey())).rejects.toSatisfy(RootKeyMismatch.is)
  }
})

test('under load: keys are read, made and destroyed all the while, and none is missing', async () => {
  const store = await openKeyStore(directory, old)
  const sealed = new Map(await fill(store))
  let isDone = false
  let reads = 0
  const load = async (worker: number): Promise<void> => {
    for (let n = 0; !isDone; n += 1) {
      const owner = owners[(worker * 7 + n) % owners.length] ?? ''
      store.forget(owner, 'network')
      const ring = await store.ring(owner, 'network')
      expect(Buffer.from(open(ring, place, sealed.get(owner) as Sealed)).toString()).toBe(owner)
      reads += 1
      const made = `made-${worker}-${n}`
      sealed.set(made, seal(await store.ring(made, 'network'), place, Buffer.from(made)))
      await store.ring(`gone-${worker}-${n}`, 'network')
      await store.destroy(`gone-${worker}-${n}`, 'network')
    }
  }
  const loads = [1, 2, 3].map(load)
  const keys = [newKey(), newKey(), newKey()]
  for (const key of keys) {
    await store.rotateRootKey(key)
    // Not without work in between.
    const before = reads
    while (reads < before + 20) await new Promise((resolve) => setImmediate(resolve))
  }
  isDone = true
  await Promise.all(loads)
  expectAllOpen(store, sealed)
  const [, , last] = keys
  if (!last) throw new Error('there are three')
  const next = await openKeyStore(directory, last)
  expectAllOpen(next, sealed)
  expect(next.rootKeys().former).toHaveLength(3)
  expect(next.rootKeys().former.at(-1)?.reveal()).toBe(old.reveal())
  const left = await readdir(join(directory, 'data'))
  expect(left.filter((name) => name.startsWith('gone-') && !name.includes('destroyed'))).toEqual([])
})

test('the present root key alone gives the former ones back; a former one gives nothing', async () => {
  const store = await openKeyStore(directory, old)
  const keys = [newKey(), newKey()] as const
  for (const key of keys) await store.rotateRootKey(key)
  const read = readRootKeyFile(await readFile(join(directory, 'root-key.json'), 'utf8'))
  if (!read) throw new Error('not read')
  expect(read.fingerprint).toBe(rootKeyFingerprint(keys[1]))
  expect(formerRootKeys(keys[1], read).map((key) => key.reveal())).toEqual([
    keys[0].reveal(),
    old.reveal(),
  ])
  expect(() => formerRootKeys(keys[0], read)).toThrow()
})

test('one rotation at a time; another process finds the place taken', async () => {
  const store = await openKeyStore(directory, old)
  await fill(store)
  const other = await openKeyStore(directory, old)
  let second: Promise<unknown> | undefined
  await store.rotateRootKey(newKey(), (step) => {
    if (step !== 'decided') return
    second = Promise.allSettled([store.rotateRootKey(newKey()), other.rotateRootKey(newKey())])
  })
  expect(await second).toMatchObject([
    { status: 'rejected', reason: { code: RotationUnderWay.code } },
    { status: 'rejected', reason: { code: RotationUnderWay.code } },
  ])
})

test('another version of a data key is the active one, and what the former sealed still opens', async () => {
  const store = await openKeyStore(directory, old)
  const sealed = await fill(store)
  const before = (await store.ring('owner-1', 'network')).active.id
  await store.renew('owner-1', 'network')
  const ring = await store.ring('owner-1', 'network')
  expect(ring.active.id).not.toBe(before)
  expect(Buffer.from(open(ring, place, sealed.get('owner-1') as Sealed)).toString()).toBe('owner-1')
  expect(await store.owners()).toContainEqual({ owner: 'owner-1', kind: 'network' })
  await store.destroy('owner-1', 'network')
  expect(await store.owners()).not.toContainEqual({ owner: 'owner-1', kind: 'network' })
  expect(
    (await readdir(join(directory, 'data'))).filter((name) => name.startsWith('owner-1.')),
  ).toEqual(['owner-1.network.destroyed.json'])
})
