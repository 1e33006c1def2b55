import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import { answers, directory, holdfast, seen, signIn } from '../testing/harness.ts'

const base = '/backups/storage-locations'
const field = (name: string, type: string, more: object = {}) => ({
  ...{ name, type, title: name, description: `the ${name}`, choices: [], example: '' },
  ...{
    is_secret: type.includes('secret'),
    is_required: false,
    default: null,
    min: null,
    max: null,
  },
  ...more,
})
const sftp = {
  kind: 'sftp',
  title: 'SFTP',
  unavailable_because: null,
  fields: [
    field('host', 'text', { is_required: true }),
    field('port', 'integer', { default: 22 }),
    field('strict', 'boolean'),
    field('password', 'secret', { is_required: true }),
    field('private_key', 'multiline_secret'),
  ],
}
const location = {
  ...{ id: 'l1', organization_id: null, name: 'offsite', kind: 'sftp', config: { host: 'h' } },
  ...{ credential_fields: ['password'], description: '', is_builtin: false, is_continuous: false },
  ...{ is_immutable: false, keep_daily: 0, keep_weekly: 0, keep_monthly: 0 },
  ...{ tested_at: null, test_failure: '', revision: '1' },
}

beforeEach(signIn)
beforeEach(() => {
  answers.set(`GET ${base}/types/supported`, () => ({ status: 200, body: { items: [sftp] } }))
  answers.set(`POST ${base}`, () => ({ status: 201, body: location }))
  answers.set(`GET ${base}/offsite`, () => ({ status: 200, body: location }))
  answers.set(`PATCH ${base}/l1`, () => ({ status: 200, body: location }))
})

const create = ['storage', 'create', '--name', 'offsite', '--kind', 'sftp']

test('fields are given as their kind wants them, secrets from anywhere but the command line', async () => {
  const key = join(directory, 'key')
  writeFileSync(key, 'line one\nline two\n')
  const { exitCode, out } = await holdfast(
    [
      ...[
        ...create,
        '--set',
        'host=backup.example.org',
        '--set',
        'port=2222',
        '--set',
        'strict=yes',
      ],
      ...['--secret-env', 'password=OFFSITE', '--secret-file', `private_key=${key}`],
    ],
    { env: { OFFSITE: 'hunter2' } },
  )
  expect(exitCode).toBe(0)
  expect(out).toContain('holdfast storage test offsite')
  expect(seen.at(-1)?.body).toEqual({
    name: 'offsite',
    kind: 'sftp',
    config: { host: 'backup.example.org', port: 2222, strict: true },
    credentials: { password: 'hunter2', private_key: 'line one\nline two\n' },
  })
})

test('a secret that must be given is asked for; standard input does as well', async () => {
  const asked: string[] = []
  const secret = async (message: string) => {
    asked.push(message)
    return 'typed'
  }
  await holdfast([...create, '--set', 'host=h'], { ask: { secret } })
  expect(asked).toEqual(['password'])
  expect(seen.at(-1)?.body).toMatchObject({ credentials: { password: 'typed' } })
  const stdin = async () => 'piped\n'
  await holdfast([...create, '--set', 'host=h', '--secret-stdin', 'password'], { ask: { stdin } })
  expect(seen.at(-1)?.body).toMatchObject({ credentials: { password: 'piped' } })
})

test.each([
  [['--set', 'password=hunter2'], 'no place on a command line'],
  [['--set', 'surprise=1'], 'no field surprise'],
  [['--set', 'port=many'], 'a whole number'],
  [['--set', 'strict=perhaps'], 'true or false'],
  [['--set', 'host'], 'field='],
  [['--secret-env', 'password=NOT_SET'], 'nothing was given'],
  [['--secret-file', 'password=/does/not/exist'], 'cannot be read'],
  [['--secret', 'host'], 'is no secret'],
])('%j is refused before anything is sent', async (args, words) => {
  const { exitCode, error } = await holdfast([...create, ...args])
  expect(exitCode).toBe(exitCodes.usage)
  expect(error?.message).toContain(words)
  expect(JSON.stringify(error?.message)).not.toContain('hunter2')
  expect(seen.some(({ method, path }) => method === 'POST' && path.includes(base))).toBe(false)
})

test('an update clears what it is told to, and wants something to do', async () => {
  const args = ['storage', 'update', 'offsite', '--unset', 'port', '--unset', 'private_key']
  expect((await holdfast([...args, '--no-continuous'])).exitCode).toBe(0)
  expect(seen.at(-1)?.body).toEqual({
    is_continuous: false,
    config: { port: null },
    credentials: { private_key: null },
  })
  expect((await holdfast(['storage', 'update', 'offsite'])).exitCode).toBe(exitCodes.usage)
})

test('lists, kinds and tests in words; an empty list says what to do; a failed test fails', async () => {
  answers.set(`GET ${base}`, () => ({
    status: 200,
    body: { items: [location], next_cursor: null },
  }))
  expect((await holdfast(['storage', 'list'])).out).toMatch(
    /offsite +sftp +the instance +never +l1/,
  )
  answers.set(`GET ${base}`, () => ({ status: 200, body: { items: [], next_cursor: null } }))
  expect((await holdfast(['storage', 'list'])).notes).toContain('holdfast storage create')
  expect((await holdfast(['storage', 'kinds', 'sftp'])).out).toMatch(
    /password +secret +yes +--secret/,
  )
  expect((await holdfast(['storage', 'kinds', 'tape'])).error?.message).toContain('sftp')
  const step = { step: 'connect', duration_ms: 9, code: 'storage.denied', failure: 'not let in' }
  answers.set(`POST ${base}/offsite/test`, () => ({
    status: 200,
    body: { is_good: false, tested_at: 'x', steps: [step] },
  }))
  const failed = await holdfast(['storage', 'test', 'offsite'])
  expect(failed.out).toContain('connect  failed')
  expect(failed.out).toContain('not let in')
  expect(failed.exitCode).toBe(exitCodes.failed)
})
