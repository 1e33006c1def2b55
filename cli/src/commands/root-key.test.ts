import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  generateRootKey,
  loadRootKey,
  printRootKeyFile,
  rootKeyFingerprint,
  splitRootKey,
} from '@holdfast/crypto'
import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import { answers, directory, holdfast, seen, signIn } from '../testing/harness.ts'

const newKey = () => {
  const text = generateRootKey()
  return loadRootKey({ reveal: () => text })
}
const rootKey = newKey()
const fingerprint = rootKeyFingerprint(rootKey)
const madeAt = new Date('2026-11-22T02:00:00Z')
const set = {
  set_id: '29eec1f6',
  shares: 3,
  threshold: 2,
  root_key_fingerprint: fingerprint,
  made_at: madeAt.toISOString(),
}
const env = { HOLDFAST_PASSWORD: 'correct horse battery' }
let shards: readonly string[]
beforeEach(async () => {
  await signIn()
  shards = await splitRootKey(rootKey, { shares: 3, threshold: 2 }, madeAt)
})

const out = () => join(directory, 'shards')
const file = (n: number) => join(out(), `holdfast.recovery.${n}.txt`)
const written = (...numbers: readonly number[]) =>
  numbers.map((n) => {
    mkdirSync(out(), { recursive: true })
    writeFileSync(file(n), shards[n - 1] ?? '')
    return file(n)
  })

test('recover writes a file a shard for its owner alone, says them nowhere, and replaces none', async () => {
  answers.set('POST /operator/root-key/shards', () => ({ status: 201, body: { set, shards } }))
  for (const json of [[], ['--json']]) {
    const { out: said, exitCode } = await holdfast(
      ['operator', 'recover', '--out', `${out()}${json.length}`, ...json],
      { env },
    )
    expect(exitCode).toBe(exitCodes.ok)
    expect(said).not.toContain('payload')
    const path = join(`${out()}${json.length}`, 'holdfast.recovery.2.txt')
    expect(readFileSync(path, 'utf8')).toBe(shards[1])
    expect(statSync(path).mode & 0o777).toBe(0o600)
  }
  const asked = seen.length
  const again = await holdfast(['operator', 'recover', '--out', `${out()}0`], { env })
  expect(again.exitCode).toBe(exitCodes.conflict)
  expect(seen).toHaveLength(asked)
})

test('unseal gives shards one by one without signing in, until it is open', async () => {
  let given = 0
  const state = () => ({ is_sealed: given < 2, threshold: given === 0 ? 0 : 2, given })
  answers.set('GET /operator/seal', () => ({ status: 200, body: state() }))
  answers.set('POST /operator/seal/unseal', () => {
    given += 1
    return { status: 200, body: state() }
  })
  const { out: said, exitCode } = await holdfast(['operator', 'unseal', ...written(1, 3)])
  expect([exitCode, said]).toEqual([exitCodes.ok, 'Open.'])
  const gave = seen.filter(({ method, path }) => method === 'POST' && path.endsWith('unseal'))
  expect(gave.map(({ body }) => body)).toEqual([{ shard: shards[0] }, { shard: shards[2] }])
  expect(gave.every(({ headers }) => headers.authorization === undefined)).toBe(true)
})

test('restore puts the root key back, and refuses what is of another', async () => {
  const data = join(directory, 'data')
  mkdirSync(join(data, 'keys'), { recursive: true })
  writeFileSync(join(data, 'keys/root-key.json'), printRootKeyFile(rootKey, []))
  const here = { env: { HOLDFAST_DATA: data, HOLDFAST_URL: 'http://127.0.0.1:1' } }
  const run = (...args: string[]) => holdfast(['operator', 'restore', ...args], here)
  await expect(run(...written(2))).rejects.toThrow('1 more')
  expect((await run(...written(1, 2))).exitCode).toBe(exitCodes.ok)
  const path = join(data, 'root.key')
  expect(readFileSync(path, 'utf8')).toBe(`${rootKey.reveal()}\n`)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect((await run(...written(1, 2))).exitCode).toBe(exitCodes.ok)

  writeFileSync(path, `${newKey().reveal()}\n`)
  const other = await run(...written(1, 2))
  expect([other.exitCode, other.error?.message]).toEqual([
    exitCodes.conflict,
    expect.stringContaining('Nothing was changed'),
  ])
  // What an attempt that was cut short has left is in nobody's way.
  writeFileSync(`${path}.next`, 'AAAA')
  await run('--force', ...written(1, 2))
  expect(readFileSync(path, 'utf8')).toBe(`${rootKey.reveal()}\n`)
  expect(existsSync(`${path}.next`)).toBe(false)

  shards = await splitRootKey(newKey(), { shares: 3, threshold: 2 }, madeAt)
  await expect(run(...written(1, 2))).rejects.toThrow(`the one needed is ${fingerprint}`)
})

test('typed shards are asked for line by line, and a wrong one again', async () => {
  const lines = [
    ...(shards[0] ?? '').replace('threshold: 2', 'threshold: 3').split('\n'),
    ...(shards[0] ?? '').split('\n'),
    ...(shards[2] ?? '').split('\n'),
  ].filter((line) => line !== '')
  answers.set('POST /operator/root-key/shards/prove', () => ({
    status: 200,
    body: { root_key_fingerprint: fingerprint, set_id: '29eec1f6' },
  }))
  const ask = { secret: async () => lines.shift() ?? '' }
  const { notes, out: said } = await holdfast(['operator', 'prove'], { ask })
  expect(notes).toMatch(/Shard 1 is damaged[\s\S]*Shard 1 of 3: 1 more/)
  expect(said).toContain(`They restore the root key ${fingerprint}`)
  expect(seen.at(-1)?.body).toMatchObject({ shards: [expect.any(String), expect.any(String)] })
})

test('a root key kept nowhere is rotated to only when its shards are on the disk', async () => {
  const view = { fingerprint, former_fingerprints: [], is_rotating: false, shards: null }
  answers.set('GET /operator/root-key', () => ({
    status: 200,
    body: { ...view, kept_as: 'shards' },
  }))
  const rotation = { old_fingerprint: 'a', new_fingerprint: fingerprint, kept_as: 'shards' }
  answers.set('POST /operator/root-key/rotate', ({ body }) => {
    const isSecond = (body as { set_id?: string }).set_id !== undefined
    if (isSecond) expect(existsSync(file(3))).toBe(true)
    return {
      status: 200,
      body: isSecond
        ? { ...rotation, keys: '7', set: null, shards: [] }
        : { ...rotation, keys: '0', set, shards },
    }
  })
  const args = ['operator', 'rotate-root-key', '--yes', '--out', out()]
  const { out: said, exitCode } = await holdfast(args, { env })
  expect(exitCode).toBe(exitCodes.ok)
  expect(said).toMatch(/keys wrapped anew: +7/)
  expect(readFileSync(file(1), 'utf8')).toBe(shards[0])
})

test('warnings say what to do, or that there are none', async () => {
  const body = {
    items: [{ warning: 'shards_missing', detail: 'none made', remedy: 'operator recover' }],
  }
  answers.set('GET /operator/warnings', () => ({ status: 200, body }))
  expect((await holdfast(['operator', 'warnings'])).out).toMatch(
    /shards_missing +none made +operator recover/,
  )
  answers.set('GET /operator/warnings', () => ({ status: 200, body: { items: [] } }))
  expect((await holdfast(['operator', 'warnings'])).out).toContain('Nothing stands in the way')
})
