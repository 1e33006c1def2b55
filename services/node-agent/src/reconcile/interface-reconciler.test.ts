import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { emptyDevice, type FakeHost, fakeHost } from '../apply/fake-host.ts'
import { type OwnedDevices, openOwnedDevices } from '../state/owned-devices.ts'
import { desired, desiredPeer, interfaceId, keyOf, until } from '../testing/samples.ts'
import type { DesiredInterface } from './desired.ts'
import {
  type InterfaceReconciler,
  type InterfaceStatus,
  interfaceReconciler,
  type PassFigures,
} from './interface-reconciler.ts'

const { log } = createTelemetry('node-agent', { level: 'silent' })
const device = 'hfunit0'

let folder = ''
let host: FakeHost
let owned: OwnedDevices
let wanted: DesiredInterface | undefined
let passes: (PassFigures & { readonly status: InterfaceStatus })[] = []
let running: InterfaceReconciler[] = []
let clock = 1_800_000_000_000
let admit: (device: string) => Promise<void> = async () => {}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-agent-'))
  host = fakeHost()
  owned = await openOwnedDevices(join(folder, 'devices.json'), 'boot 1')
  wanted = desired([desiredPeer('a')])
  passes = []
  running = []
  admit = async () => {}
})
afterEach(async () => {
  for (const each of running) await each.stop()
  rmSync(folder, { recursive: true, force: true })
})

function reconciler(): InterfaceReconciler {
  const made = interfaceReconciler({
    id: interfaceId,
    wish: () => ({ revision: wanted?.revision ?? 9n, desired: wanted }),
    host,
    owned,
    admit,
    log,
    now: () => clock,
    driverOf: () => 'kernel',
    onPass: (status, pass) => passes.push({ ...pass, status }),
    coalesceMs: 0,
  })
  running.push(made)
  return made
}

const nextPass = async (
  trigger: () => void,
): Promise<PassFigures & { status: InterfaceStatus }> => {
  const before = passes.length
  trigger()
  await until(() => passes.length > before, 'a pass')
  const last = passes.at(-1)
  if (!last) throw new Error('no pass')
  return last
}

const peersOn = (): string[] => [...(host.devices.get(device)?.peers.keys() ?? [])]

test('a device is made, claimed and read back', async () => {
  const { status } = await nextPass(reconciler().changed)
  expect(status).toMatchObject({ isEnforced: true, error: '', driver: 'kernel', revision: 1n })
  expect(status.observedHash).toEqual(status.desiredHash)
  expect(owned.get(interfaceId)).toMatchObject({ device, bootId: 'boot 1', ifindex: 2 })
  expect(peersOn()).toEqual([keyOf('a')])
})

test('a change builds on the last read and is read back', async () => {
  const one = reconciler()
  await nextPass(one.changed)
  const reads = host.reads
  wanted = desired([desiredPeer('b')], { revision: 2n })
  const { status, drift } = await nextPass(one.changed)
  expect(status).toMatchObject({ isEnforced: true, revision: 2n })
  expect(drift).toBe(0)
  expect(host.reads).toBe(reads)
  expect(peersOn()).toEqual([keyOf('b')])
})

test('what somebody else changed is undone and counted', async () => {
  const one = reconciler()
  await nextPass(one.changed)
  const before = host.devices.get(device)
  if (!before) throw new Error('no device')
  host.devices.set(device, { ...before, peers: new Map(), addresses: ['10.66.0.1/24'] })
  const { status, drift } = await nextPass(one.check)
  expect(drift).toBe(2)
  expect(status).toMatchObject({ isEnforced: true, driftRepaired: 2 })
  expect(peersOn()).toEqual([keyOf('a')])
  expect((await nextPass(one.check)).status.driftRepaired).toBe(2)
})

test('a foreign peer is found by a change too', async () => {
  const one = reconciler()
  await nextPass(one.changed)
  const before = host.devices.get(device)
  const stranger = before?.peers.get(keyOf('a'))
  if (!before || !stranger) throw new Error('no device')
  const peers = new Map(before.peers).set(keyOf('x'), { ...stranger, publicKey: keyOf('x') })
  host.devices.set(device, { ...before, peers })
  wanted = desired([desiredPeer('a'), desiredPeer('b')], { revision: 2n })
  const { drift } = await nextPass(one.changed)
  expect(drift).toBe(1)
  expect(new Set(peersOn())).toEqual(new Set([keyOf('a'), keyOf('b')]))
})

test('a deleted device is made again', async () => {
  const one = reconciler()
  await nextPass(one.changed)
  host.devices.delete(device)
  const { status, drift } = await nextPass(one.check)
  expect(drift).toBeGreaterThan(0)
  expect(status.isEnforced).toBe(true)
  expect(owned.get(interfaceId)?.ifindex).toBe(3)
})

test('a foreign change whose repair failed at first still counts', async () => {
  const one = reconciler()
  await nextPass(one.changed)
  host.devices.delete(device)
  host.failure = new Error('the port is still in use')
  expect((await nextPass(one.check)).status.driftRepaired).toBe(0)
  host.failure = undefined
  await until(() => one.status()?.isEnforced === true, 'the retry')
  expect(one.status()?.driftRepaired).toBeGreaterThan(0)
})

test('a wish that could not be read is read again', async () => {
  let isBroken = true
  const one = interfaceReconciler({
    id: interfaceId,
    wish() {
      if (isBroken) throw new Error('cannot be opened')
      return { revision: 3n, desired: wanted }
    },
    host,
    owned,
    admit,
    log,
    now: () => clock,
    driverOf: () => 'kernel',
    onPass: (status, pass) => passes.push({ ...pass, status }),
    coalesceMs: 0,
  })
  running.push(one)
  await nextPass(one.changed)
  isBroken = false
  await until(() => one.status()?.isEnforced === true, 'the retry')
  expect(one.status()?.revision).toBe(3n)
})

test('a failure is said, and ends by itself when its cause does', async () => {
  const one = reconciler()
  host.failure = new Error('no room')
  const { status } = await nextPass(one.changed)
  expect(status).toMatchObject({ isEnforced: false, error: 'no room', revision: 1n })
  host.failure = undefined
  await until(() => one.status()?.isEnforced === true, 'the retry')
  expect(peersOn()).toEqual([keyOf('a')])
})

test('a change while it fails is tried at once', async () => {
  const one = reconciler()
  host.failure = new Error('no room')
  for (let i = 0; i < 6; i++) await nextPass(one.changed)
  host.failure = undefined
  wanted = desired([desiredPeer('b')], { revision: 2n })
  const { status } = await nextPass(one.changed)
  expect(status).toMatchObject({ isEnforced: true, revision: 2n })
})

test('a device of somebody else is left alone', async () => {
  host.devices.set(device, { ...emptyDevice(device, 40), privateKey: keyOf('theirs') })
  const { status } = await nextPass(reconciler().changed)
  expect(status.error).toMatch(/did not make; it is left alone/)
  expect(host.steps).toEqual([])
})

test('a device made before the record was lost is adopted by its key', async () => {
  await nextPass(reconciler().changed)
  const made = host.devices.get(device)
  owned = await openOwnedDevices(join(folder, 'lost.json'), 'boot 1')
  const { status } = await nextPass(reconciler().changed)
  expect(status.isEnforced).toBe(true)
  expect(host.devices.get(device)?.ifindex).toBe(made?.ifindex)
  expect(owned.get(interfaceId)?.ifindex).toBe(made?.ifindex)
})

test('a device of that name from another boot is not taken for ours', async () => {
  await owned.put(interfaceId, device, 40)
  owned = await openOwnedDevices(join(folder, 'devices.json'), 'boot 2')
  host.devices.set(device, { ...emptyDevice(device, 40), privateKey: keyOf('theirs') })
  const { status } = await nextPass(reconciler().changed)
  expect(status.isEnforced).toBe(false)
})

test('no wish, no device; and a foreign one of the name stays', async () => {
  const one = reconciler()
  await nextPass(one.changed)
  wanted = undefined
  const { status } = await nextPass(one.changed)
  expect(status).toMatchObject({ isGone: true, isEnforced: true })
  expect(host.devices.size).toBe(0)
  expect(owned.get(interfaceId)).toBeUndefined()

  await owned.put(interfaceId, device, 3)
  host.devices.set(device, { ...emptyDevice(device, 40), privateKey: keyOf('theirs') })
  await nextPass(one.changed)
  expect(host.devices.size).toBe(1)
})

test('a new name is a new device, the old one goes', async () => {
  const one = reconciler()
  await nextPass(one.changed)
  wanted = desired([desiredPeer('a')], { device: 'hfunit1', revision: 2n })
  const { status } = await nextPass(one.changed)
  expect(status.isEnforced).toBe(true)
  expect([...host.devices.keys()]).toEqual(['hfunit1'])
})

test('an expiry fires without anybody asking', async () => {
  const base = clock
  const one = reconciler()
  const full = desired([desiredPeer('a'), desiredPeer('b')], { nextExpiryUnixMs: base + 20 })
  wanted = full
  await nextPass(one.changed)
  clock = base + 20
  wanted = desired([desiredPeer('b')], { revision: 1n })
  await until(() => peersOn().length === 1, 'the expiry')
  expect(peersOn()).toEqual([keyOf('b')])
})

test('what cannot be carried out is said, the rest is enforced', async () => {
  wanted = desired([desiredPeer('a')], { problems: ['the host name x has no address'] })
  const { status } = await nextPass(reconciler().changed)
  expect(status).toMatchObject({ isEnforced: false, error: 'the host name x has no address' })
  expect(peersOn()).toEqual([keyOf('a')])
})

test('a wish that cannot be read leaves the device as it is', async () => {
  const one = reconciler()
  await nextPass(one.changed)
  const steps = host.steps.length
  wanted = undefined
  const broken = interfaceReconciler({
    id: interfaceId,
    wish: () => {
      throw new Error('cannot be opened')
    },
    host,
    owned,
    admit,
    log,
    now: () => clock,
    driverOf: () => 'kernel',
    onPass: (status, pass) => passes.push({ ...pass, status }),
    coalesceMs: 0,
  })
  running.push(broken)
  const { status } = await nextPass(broken.changed)
  expect(status).toMatchObject({ isEnforced: false, error: 'cannot be opened' })
  expect(host.steps.length).toBe(steps)
})

test('a device that does not take what it is told is no success', async () => {
  const deaf: FakeHost = { ...host, apply: async () => {} }
  host = deaf
  const { status } = await nextPass(reconciler().changed)
  expect(status.error).toMatch(/does not take what it is told: .*SetPeer/)
})

test('once stopped it does nothing more', async () => {
  const one = reconciler()
  await nextPass(one.changed)
  await one.stop()
  wanted = desired([], { revision: 2n })
  one.changed()
  one.check()
  await new Promise((resolve) => setImmediate(resolve))
  expect(peersOn()).toEqual([keyOf('a')])
})

test('a device comes up, and gets peers, only once the firewall judges it', async () => {
  let isAdmitted = false
  const asked: string[] = []
  admit = async (name) => {
    asked.push(name)
    if (!isAdmitted) throw new Error(`${name} has no firewall`)
  }
  const one = reconciler()
  const { status } = await nextPass(() => one.changed())
  expect(status.error).toBe(`${device} has no firewall`)
  expect(host.devices.get(device)).toMatchObject({ isUp: false, peers: new Map() })
  isAdmitted = true
  await until(() => one.status()?.isEnforced === true, 'the device')
  expect(host.devices.get(device)?.isUp).toBe(true)
  const before = asked.length
  // A device that is up is changed without asking.
  wanted = desired([desiredPeer('b')], { revision: 10n })
  await nextPass(() => one.changed())
  expect(asked.length).toBe(before)
})
