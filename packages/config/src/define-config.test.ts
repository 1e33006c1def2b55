import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, describe, expect, expectTypeOf, test } from 'vitest'
import {
  address,
  ConfigError,
  defineConfig,
  durationMs,
  flag,
  integer,
  list,
  oneOf,
  path,
  type Secret,
  secret,
  text,
} from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const config = defineConfig({
  listen: address('HOLDFAST_X_LISTEN', { default: '127.0.0.1:7001', doc: 'gRPC' }),
  url: secret('HOLDFAST_X_URL', { doc: 'database' }),
  drainMs: durationMs('HOLDFAST_X_DRAIN', { default: '10s', doc: 'drain' }),
  mode: oneOf('HOLDFAST_MODE', ['production', 'evaluation'], { default: 'production', doc: '' }),
  max: integer('HOLDFAST_X_MAX', { default: '10', min: 1, max: 100, doc: '' }),
  extra: text('HOLDFAST_X_EXTRA', { optional: true, pattern: /[a-z]+/, doc: '' }),
})

function faults(env: Record<string, string>): Record<string, string> {
  try {
    config.load(env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return Object.fromEntries(error.faults.map(({ variable, problem }) => [variable, problem]))
  }
  return {}
}

test('defaults fill in what is not set, and an empty variable is not set', () => {
  const values = config.load({ HOLDFAST_X_URL: 'postgres://x', HOLDFAST_X_MAX: '' })
  expect(values).toMatchObject({
    listen: { host: '127.0.0.1', port: 7001 },
    drainMs: 10_000,
    mode: 'production',
    max: 10,
  })
  expect(values.extra).toBeUndefined()
  expectTypeOf(values.extra).toEqualTypeOf<string | undefined>()
  expectTypeOf(values.mode).toEqualTypeOf<'production' | 'evaluation'>()
  expectTypeOf(values.url).toEqualTypeOf<Secret>()
})

test('every bad setting is reported at once', () => {
  expect(
    faults({
      HOLDFAST_X_LISTEN: 'nowhere',
      HOLDFAST_X_DRAIN: '10',
      HOLDFAST_MODE: 'fast',
      HOLDFAST_X_MAX: '1e3',
      HOLDFAST_X_EXTRA: 'ab1',
    }),
  ).toEqual({
    HOLDFAST_X_LISTEN: 'must be host:port, such as 127.0.0.1:7001 or [::1]:7001',
    HOLDFAST_X_URL: 'is not set and has no default',
    HOLDFAST_X_DRAIN: 'must be a number with ms, s, m, h or d, such as 10s',
    HOLDFAST_MODE: 'must be one of: production, evaluation',
    HOLDFAST_X_MAX: 'must be a whole number from 1 to 100',
    HOLDFAST_X_EXTRA: 'must match [a-z]+',
  })
})

describe('a secret', () => {
  test('never prints', () => {
    const { url } = config.load({ HOLDFAST_X_URL: 'hunter2' })
    const printed = [String(url), `${url}`, JSON.stringify({ url }), inspect({ a: [url] })]
    expect(printed.join()).not.toContain('hunter2')
    expect(url.reveal()).toBe('hunter2')
  })

  test('comes from a file, without its line end', () => {
    const file = join(folder, 'url')
    writeFileSync(file, 'from-file\n')
    expect(config.load({ HOLDFAST_X_URL_FILE: file }).url.reveal()).toBe('from-file')
  })

  test.each([
    ['both', { HOLDFAST_X_URL: 'hunter2', HOLDFAST_X_URL_FILE: '/x' }, /is set twice/],
    ['a missing file', { HOLDFAST_X_URL_FILE: '/nowhere/at/all' }, /ENOENT/],
    ['a folder', { HOLDFAST_X_URL_FILE: folder }, /EISDIR/],
  ])('is refused from %s, without being shown', (_, env, problem) => {
    const found = faults(env)['HOLDFAST_X_URL']
    expect(found).toMatch(problem)
    expect(found).not.toContain('hunter2')
  })

  test('is refused from an empty file', () => {
    const file = join(folder, 'empty')
    writeFileSync(file, '\n')
    expect(faults({ HOLDFAST_X_URL_FILE: file })['HOLDFAST_X_URL']).toMatch(/is empty/)
  })
})

test.each([
  ['[::1]:80', { host: '::1', port: 80 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  ['::1:80', undefined],
  ['[zz]:80', undefined],
  ['a:65536', undefined],
  [':80', undefined],
  ['http://a:80', undefined],
])('address %s', (given, expected) => {
  const read = address('A', { doc: '' }).read({ A: given })
  expect('value' in read ? read.value : undefined).toEqual(expected)
})

test.each([
  ['250ms', 250],
  ['1.5s', 1500],
  ['15m', 900_000],
  ['7d', 604_800_000],
  ['0', 0],
  ['-1s', undefined],
  ['1 s', undefined],
  ['s', undefined],
  ['constructor', undefined],
])('duration %s', (given, expected) => {
  const read = durationMs('D', { doc: '' }).read({ D: given })
  expect('value' in read ? read.value : undefined).toBe(expected)
})

test('lists, flags and paths', () => {
  const more = defineConfig({
    servers: list('L', { doc: '' }),
    on: flag('F', { default: 'false', doc: '' }),
    file: path('P', { optional: true, doc: '' }),
  })
  expect(more.load({ L: 'a, b', F: 'yes', P: '/x' })).toEqual({
    servers: ['a', 'b'],
    on: true,
    file: '/x',
  })
  expect(() => more.load({ L: 'a,,b', F: 'maybe' })).toThrow(/L must be words[\s\S]*F must be true/)
})

test('describes itself for the documentation', () => {
  expect(config.describe()[1]).toEqual({
    variable: 'HOLDFAST_X_URL',
    kind: 'secret',
    defaultText: undefined,
    isRequired: true,
    isSecret: true,
    doc: 'database',
  })
})
