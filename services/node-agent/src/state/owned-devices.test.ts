import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { interfaceId } from '../testing/samples.ts'
import { lockDataFolder } from './data-lock.ts'
import { currentBootId, openOwnedDevices } from './owned-devices.ts'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-agent-'))
  path = join(folder, 'devices.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('between the claim and the making any number is ours, afterwards one', async () => {
  const owned = await openOwnedDevices(path, 'boot 1')
  expect(owned.isOurs(interfaceId, 'wg0', 4)).toBe(false)
  await owned.put(interfaceId, 'wg0')
  expect(owned.isOurs(interfaceId, 'wg0', 4)).toBe(true)
  await owned.put(interfaceId, 'wg0', 4)
  const again = await openOwnedDevices(path, 'boot 1')
  expect(again.isOurs(interfaceId, 'wg0', 4)).toBe(true)
  expect(again.isOurs(interfaceId, 'wg0', 5)).toBe(false)
  expect(again.isOurs(interfaceId, 'wg1', 4)).toBe(false)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('numbers of another boot mean nothing', async () => {
  await (await openOwnedDevices(path, 'boot 1')).put(interfaceId, 'wg0', 4)
  const owned = await openOwnedDevices(path, 'boot 2')
  expect(owned.isOurs(interfaceId, 'wg0', 4)).toBe(false)
  expect(owned.get(interfaceId)?.device).toBe('wg0')
})

test('after damage nothing is ours, and the file is good again', async () => {
  writeFileSync(path, '{"broken')
  const owned = await openOwnedDevices(path, 'boot 1')
  expect(owned.ids()).toEqual([])
  await owned.put(interfaceId, 'wg0', 4)
  expect((await openOwnedDevices(path, 'boot 1')).ids()).toEqual([interfaceId])
})

test('a boot has an id', () => {
  expect(currentBootId()).toMatch(/^[0-9a-f-]{36}$/)
})

test('one agent works on a folder, until it is gone', async () => {
  const lock = await lockDataFolder(folder)
  await expect(lockDataFolder(folder)).rejects.toThrow(`another agent works on ${folder}`)
  await lock.release()
  await (await lockDataFolder(folder)).release()
})
