import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import type { LogState } from '../model.ts'
import { answers, holdfast, seen, signIn } from '../testing/harness.ts'
import { logChecks } from './log-checks.ts'

const now = Date.parse('2026-11-20T09:30:00.000Z')
const state: LogState = {
  writes: 'open',
  reason: '',
  first_bad_sequence: null,
  durability: 'log+archive',
  lineage_id: '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10',
  generation: 1,
  last_sequence: '1042',
  archived_sequence: '1042',
  verified_sequence: '1000',
  verified_at: '2026-11-20T09:20:00.000Z',
  log_bytes: '1843200',
  log_max_bytes: '17179869184',
  archive: { directory: '/srv/archive', segments: '3', bytes: '1843200', sealed_sequence: '1000' },
  volumes: [
    {
      name: 'archive',
      directory: '/srv/archive',
      free_bytes: '81604378624',
      total_bytes: '107374182400',
      reserve_bytes: '1073741824',
    },
  ],
  incidents: [
    {
      at: '2026-11-20T09:00:00.000Z',
      kind: 'log_healed',
      detail: '3 commits were put back from the archive',
      first_sequence: '1040',
      last_sequence: '1042',
    },
  ],
}
const frozen: LogState = {
  ...state,
  writes: 'frozen',
  reason: 'commit 7 is another in log and archive',
  first_bad_sequence: '7',
}
const said = (more: Partial<LogState>) =>
  logChecks({ ...state, ...more }, now).map(
    (check) => `${check.state} ${check.name}: ${check.detail}`,
  )

beforeEach(async () => {
  await signIn()
  answers.set('GET /operator/log', () => ({ status: 200, body: state }))
})

test('status shows both copies, the disks and what happened', async () => {
  const { out, exitCode } = await holdfast(['operator', 'log', 'status'])
  expect(exitCode).toBe(exitCodes.ok)
  expect(out).toContain('1042 commits, 3 segments, 1.8 MiB at /srv/archive')
  expect(out).toMatch(/log_healed +1040–1042 +3 commits were put back/)
  expect(out).not.toContain('→')
  const json = await holdfast(['operator', 'log', 'status', '--json'])
  expect(JSON.parse(json.out)).toEqual(state)
})

test('a frozen log says what to do next', async () => {
  answers.set('GET /operator/log', () => ({ status: 200, body: frozen }))
  const { out } = await holdfast(['operator', 'log', 'status'])
  expect(out).toContain('commit 7 is another')
  expect(out).toContain('keep copies')
})

test('verify fails when the copies differ', async () => {
  const equal = { is_equal: true, compared: '1042', first_bad_sequence: null, detail: '' }
  answers.set('POST /operator/log/verify', () => ({ status: 200, body: { ...equal, took_ms: 9 } }))
  expect((await holdfast(['operator', 'log', 'verify'])).out).toContain('1042 commits compared')
  const body = {
    ...equal,
    is_equal: false,
    first_bad_sequence: '7',
    detail: 'commit 7 differs',
    took_ms: 9,
  }
  answers.set('POST /operator/log/verify', () => ({ status: 200, body }))
  const { exitCode, error, out } = await holdfast(['operator', 'log', 'verify'])
  expect(exitCode).toBe(exitCodes.failed)
  expect(out).toContain('commit 7 differs')
  expect(error?.message).toContain('from 7 on')
})

test('repair names the commit and the copy, and asks first', async () => {
  answers.set('POST /operator/log/repair', () => ({ status: 200, body: state }))
  const repair = ['operator', 'log', 'repair', '--first-bad', '7']
  expect((await holdfast(repair)).exitCode).toBe(exitCodes.usage)
  expect((await holdfast([...repair, '--trust', 'both'])).exitCode).toBe(exitCodes.usage)
  const no = { confirm: () => Promise.resolve(false) }
  const cancelled = await holdfast([...repair, '--trust', 'archive'], { ask: no })
  expect(cancelled.exitCode).toBe(exitCodes.interrupted)
  expect(seen.some(({ path }) => path.endsWith('/repair'))).toBe(false)
  expect((await holdfast([...repair, '--trust', 'archive', '--yes'])).exitCode).toBe(exitCodes.ok)
  expect(seen.at(-1)?.body).toEqual({ first_bad_sequence: '7', trusted: 'archive' })
})

test('doctor says how log and archive stand', () => {
  expect(said({})).toEqual([
    'ok changes: are taken',
    'ok archive: holds 1042 commits in /srv/archive (3 segments, 1.8 MiB), compared up to 1000 10 min ago',
    'ok durability: an answer waits for log and archive',
    'ok log size: 1.8 MiB of 16.0 GiB (0 %)',
    'ok disk of the archive: 76.0 GiB of 100.0 GiB free at /srv/archive; below 1.0 GiB nothing is changed',
  ])
})

test('doctor warns and fails with what is wrong', () => {
  expect(said(frozen)[0]).toBe('failed changes: frozen: commit 7 is another in log and archive')
  expect(said({ writes: 'checking' })[0]).toMatch(/^warning changes/)
  expect(said({ archived_sequence: '1' })[1]).toMatch(/^warning archive: 1041 commits behind/)
  expect(said({ durability: 'log' })[2]).toMatch(/^warning durability/)
  expect(said({ log_bytes: '17000000000' })[3]).toMatch(/^warning log size: .*99 %/)
  const volumes = state.volumes.map((volume) => ({ ...volume, free_bytes: '1000' }))
  expect(said({ volumes })[4]).toMatch(/^failed disk of the archive/)
})
