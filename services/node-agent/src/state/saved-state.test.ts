import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { commit, facts, interfaceId, pin, until } from '../testing/samples.ts'
import { openSavedState, type SavedState } from './saved-state.ts'

const { log } = createTelemetry('node-agent', { level: 'silent' })
let folder = ''
let path = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-agent-'))
  path = join(folder, 'desired.journal')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const peersOf = ({ state }: SavedState): number =>
  state.interfaces.get(interfaceId)?.peers.size ?? -1

async function reopened<T>(use: (saved: SavedState) => T | Promise<T>): Promise<T> {
  const saved = await openSavedState(path, pin, log)
  try {
    return await use(saved)
  } finally {
    await saved.close()
  }
}

async function written(peers: number): Promise<void> {
  await reopened(async (saved) => {
    await saved.take([commit(1, [facts.created({ name: 'wg0' })])])
    for (let number = 2; number < peers + 2; number++) {
      await saved.take([commit(number, [facts.added(number)])])
    }
  })
}

test('what was taken is there after a restart, with the hash of the last commit', async () => {
  await written(3)
  await reopened((saved) => {
    expect(peersOf(saved)).toBe(3)
    expect(saved.state.sequence).toBe(4n)
    expect(saved.position().hash).toEqual(commit(4, []).hash)
  })
})

test('nobody else can read it', async () => {
  await written(1)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('secrets stand in it sealed only', async () => {
  const presharedKey = Buffer.alloc(32, 0x5a)
  await reopened((saved) =>
    saved.take([commit(1, [facts.created({ name: 'wg0' }), facts.added(2, {}, { presharedKey })])]),
  )
  const content = readFileSync(path)
  expect(content.includes(presharedKey)).toBe(false)
  expect(content.includes(presharedKey.toString('base64'))).toBe(false)
})

test('a crash at any byte of the last write leaves the state before it', async () => {
  await written(2)
  const before = statSync(path).size
  await reopened((saved) => saved.take([commit(9, [facts.added(9)])]))
  const whole = readFileSync(path)
  expect(whole.length).toBeGreaterThan(before)
  for (let size = before; size < whole.length; size += 7) {
    writeFileSync(path, whole)
    truncateSync(path, size)
    await reopened(async (saved) => {
      expect(peersOf(saved)).toBe(2)
      await saved.take([commit(10, [facts.added(10)])])
    })
    await reopened((saved) => expect(peersOf(saved)).toBe(3))
  }
})

test('a flipped bit ends the reading there', async () => {
  await written(3)
  const content = readFileSync(path)
  const at = content.length - 20
  content[at] = (content[at] ?? 0) ^ 1
  writeFileSync(path, content)
  await reopened((saved) => {
    expect(peersOf(saved)).toBe(2)
    expect(saved.state.sequence).toBe(3n)
  })
})

test('rubbish is no state, and does not stay', async () => {
  appendFileSync(path, 'rubbish')
  await reopened(async (saved) => {
    expect(saved.state.sequence).toBe(0n)
    await saved.take([commit(1, [facts.created({ name: 'wg0' })])])
  })
  await reopened((saved) => expect(peersOf(saved)).toBe(0))
})

test('the state of another log is refused', async () => {
  await written(1)
  const other = { ...pin, generation: 2 }
  await expect(openSavedState(path, other, log)).rejects.toThrow(/generation 2/)
})

test('the journal is cut down to a snapshot once nothing comes any more', async () => {
  await reopened(async (saved) => {
    await saved.take([commit(1, [facts.created({ name: 'wg0' })])])
    const many = Array.from({ length: 2_000 }, (_, index) =>
      commit(index + 2, [facts.added(5), facts.removed(5), facts.added(6)]),
    )
    await saved.take(many)
    expect(statSync(path).size).toBeGreaterThan(1_000_000)
    await until(() => statSync(path).size < 10_000, 'the snapshot')
    await saved.take([commit(3_000, [facts.added(7)])])
  })
  await reopened((saved) => {
    expect(saved.state.sequence).toBe(3_000n)
    expect(peersOf(saved)).toBe(2)
  })
})

test('a deleted interface is a tombstone until its device is gone', async () => {
  await written(1)
  await reopened((saved) => saved.take([commit(9, [facts.deleted()])]))
  await reopened((saved) => {
    expect(saved.state.interfaces.get(interfaceId)?.isDeleted).toBe(true)
    saved.forget(() => true)
    expect(saved.state.interfaces.size).toBe(1)
    saved.forget(() => false)
    expect(saved.state.interfaces.size).toBe(0)
  })
})
