import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { commit, facts, interfaceId, pin } from '../testing/samples.ts'
import type { Pin } from './saved-fold.ts'
import { openSavedState } from './saved-state.ts'

const { log } = createTelemetry('node-agent', { level: 'silent' })
const created = facts.created({ name: 'wg0' })
const next = (common: bigint): Pin => ({
  ...pin,
  generation: 2,
  size: common,
  common: new Map([[1, common]]),
})

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-agent-'))
  path = join(folder, 'desired.journal')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Interface with two peers; the second came with commit 3. */
async function old(): Promise<void> {
  const saved = await openSavedState(path, pin, log)
  await saved.take([commit(1, [created]), commit(2, [facts.added(2)]), commit(3, [facts.added(3)])])
  await saved.close()
}
const peersOf = (saved: Awaited<ReturnType<typeof openSavedState>>): number =>
  saved.state.interfaces.get(interfaceId)?.peers.size ?? -1

test('a state that is all in the new generation goes on where it stands', async () => {
  await old()
  const saved = await openSavedState(path, next(3n), log)
  expect(saved.position()).toEqual({ sequence: 3n, hash: commit(3, []).hash })
  expect(saved.isCutOff()).toBe(false)
  await saved.take([commit(6, [facts.removed(2)])])
  await saved.close()
  // The journal says by now whose it is, so commits beyond the restore are no reason to begin anew.
  const again = await openSavedState(path, next(3n), log)
  expect(again.position().sequence).toBe(6n)
  expect(peersOf(again)).toBe(1)
  await again.close()
  await expect(openSavedState(path, pin, log)).rejects.toThrow(/of log .* generation 2/)
})

test('a state with commits that were cut off holds until the log was folded anew, and no longer', async () => {
  await old()
  const saved = await openSavedState(path, next(2n), log)
  expect(saved.isCutOff()).toBe(true)
  expect(saved.position()).toEqual({ sequence: 0n, hash: undefined })
  await saved.take([commit(1, [created]), commit(2, [facts.added(2)])])
  await saved.settled()
  expect(peersOf(saved)).toBe(2)
  expect(saved.state.sequence).toBe(3n)

  // Killed now, it begins again with the old state in force.
  copyFileSync(path, join(folder, 'killed.journal'))
  const killed = await openSavedState(join(folder, 'killed.journal'), next(2n), log)
  expect(killed.isCutOff()).toBe(true)
  expect(peersOf(killed)).toBe(2)
  expect(killed.position().sequence).toBe(0n)
  await killed.close()

  expect(saved.caughtUp()).toBe(true)
  expect(peersOf(saved)).toBe(1)
  expect(saved.state.sequence).toBe(2n)
  await saved.settled()
  // And behind it, on the other side.
  copyFileSync(path, join(folder, 'later.journal'))
  const later = await openSavedState(join(folder, 'later.journal'), next(2n), log)
  expect(later.isCutOff()).toBe(false)
  expect(later.position()).toEqual({ sequence: 2n, hash: commit(2, []).hash })
  expect(peersOf(later)).toBe(1)
  await later.close()
  await saved.take([commit(4, [facts.added(4)])])
  await saved.close()
  const again = await openSavedState(path, next(2n), log)
  expect(peersOf(again)).toBe(2)
  await again.close()
})

test('an interface the log does not know any more is taken away from the host', async () => {
  await old()
  const saved = await openSavedState(path, next(0n), log)
  expect(saved.caughtUp()).toBe(true)
  await saved.settled()
  await saved.close()
  const again = await openSavedState(path, next(0n), log)
  expect(again.state.interfaces.get(interfaceId)).toMatchObject({ isDeleted: true })
  await again.close()
})

test('of an earlier generation nothing is taken without a restore', async () => {
  await old()
  await expect(openSavedState(path, { ...pin, generation: 2 }, log)).rejects.toThrow(/obeys/)
})
