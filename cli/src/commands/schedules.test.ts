import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import { answers, holdfast, seen, signIn } from '../testing/harness.ts'

const base = '/backups/schedules'
const settings = {
  ...{ name: 'nightly', cron_expression: '0 2 * * *', time_zone: 'Europe/Berlin' },
  ...{ backup_type: 'snapshot', storage_location_id: 'l1', retention_days: 30, max_backups: 10 },
  ...{ is_encrypted: true, include_devices: true, include_users: true, include_automation: true },
  ...{ missed_policy: 'skip', is_enabled: true, description: '' },
}
const schedule = {
  ...settings,
  ...{ id: 's1', organization_id: null, storage_location: 'offsite', has_passphrase: false },
  ...{ next_slot_at: '2999-01-01T01:00:00.000Z', last_slot_at: null, last_backup_id: null },
  ...{ last_backup_status: null, missed_at: null, revision: '7' },
}

beforeEach(signIn)
beforeEach(() => {
  answers.set(`POST ${base}`, () => ({ status: 201, body: schedule }))
  answers.set(`GET ${base}/nightly`, () => ({ status: 200, body: schedule }))
  answers.set(`PUT ${base}/s1`, () => ({ status: 200, body: schedule }))
  answers.set(`POST ${base}/nightly/toggle`, () => ({ status: 200, body: schedule }))
})

const create = ['schedule', 'create', '--name', 'nightly', '--cron', '0 2 * * *']

test('a schedule is made of what was named, and says who can open what it makes', async () => {
  const { exitCode, out, notes } = await holdfast([
    ...[...create, '--org', 'Acme', '--time-zone', 'Europe/Berlin', '--storage', 'offsite'],
    ...['--max-backups', '1000', '--retention-days', '3650', '--missed', 'run_once', '--no-users'],
  ])
  expect(exitCode).toBe(0)
  expect(out).toContain('Next: 2999')
  expect(notes).toContain('on this instance alone')
  expect(seen.at(-1)?.body).toEqual({
    ...{ name: 'nightly', cron_expression: '0 2 * * *', time_zone: 'Europe/Berlin' },
    ...{ organization: 'Acme', storage_location_id: 'offsite', max_backups: 1000 },
    ...{ retention_days: 3650, missed_policy: 'run_once', include_users: false },
  })
})

test.each([
  ['--max-backups', '0'],
  ['--max-backups', '1001'],
  ['--retention-days', '0'],
  ['--retention-days', '3651'],
  ['--missed', 'panic'],
  ['--type', 'rollback_slot'],
])('%s %s is refused before anything is sent', async (...args) => {
  expect((await holdfast([...create, ...args])).exitCode).toBe(exitCodes.usage)
  expect(seen.some(({ path }) => path.includes('/backups/schedules'))).toBe(false)
})

test('a passphrase comes from a prompt, standard input or the environment', async () => {
  const env = { HOLDFAST_BACKUP_PASSPHRASE: 'from the environment' }
  await holdfast([...create, '--passphrase'], { env })
  expect(seen.at(-1)?.body).toMatchObject({ passphrase: 'from the environment' })
  const stdin = async () => 'a long sentence\n'
  await holdfast([...create, '--passphrase-stdin'], { ask: { stdin } })
  expect(seen.at(-1)?.body).toMatchObject({ passphrase: 'a long sentence' })
})

test('an update leaves the rest as it was read, and says so to the server', async () => {
  const args = ['schedule', 'update', 'nightly', '--cron', '0 3 * * *', '--no-passphrase']
  expect((await holdfast(args)).exitCode).toBe(0)
  expect(seen.at(-1)?.headers['if-match']).toBe('"7"')
  expect(seen.at(-1)?.body).toEqual({ ...settings, cron_expression: '0 3 * * *', passphrase: '' })
  expect((await holdfast(['schedule', 'update', 'nightly'])).exitCode).toBe(exitCodes.usage)
})

test('lists, toggles and previews in words', async () => {
  answers.set(`GET ${base}`, () => ({
    status: 200,
    body: { items: [schedule], next_cursor: null },
  }))
  expect((await holdfast(['schedule', 'list'])).out).toMatch(
    /nightly +snapshot +0 2 \* \* \* Europe\/Berlin +offsite +in .* days +never +10, 30 days/,
  )
  answers.set(`GET ${base}`, () => ({ status: 200, body: { items: [], next_cursor: null } }))
  expect((await holdfast(['schedule', 'list'])).notes).toContain('holdfast schedule create')
  await holdfast(['schedule', 'disable', 'nightly'])
  expect(seen.at(-1)?.body).toEqual({ is_enabled: false })
  answers.set(`GET ${base}/preview`, () => ({
    status: 200,
    body: { slots: ['2999-01-01T01:00:00.000Z'] },
  }))
  expect((await holdfast(['schedule', 'next', '0 2 * * *', '--count', '1'])).out).toContain('2999')
  expect(seen.at(-1)?.path).toContain('cron_expression=0+2')
})
