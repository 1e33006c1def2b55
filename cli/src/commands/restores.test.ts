import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import { answers, holdfast, seen, signIn } from '../testing/harness.ts'

const actor = { kind: 'user', id: 'u', username: 'ada' }
const counts = { create: 1, update: 1, delete: 0, blocked: 0 }
const point = {
  sequence: '7',
  before_sequence: '6',
  time: '2026-11-20T09:30:00.000Z',
  kind: 'commit',
  label: 'removed a peer: laptop',
  actor,
  reason: 'lost',
  holds_sequence: null,
}
const plan = {
  id: 'p1',
  status: 'ready',
  to_sequence: '6',
  to_time: null,
  head_sequence: '42',
  only: [],
  organization_id: null,
  counts,
  kinds: [{ kind: 'peer', counts }],
  hosts: [{ node_id: 'n', name: 'gw', changes: 2 }],
  warnings: [{ code: 'keys_change', detail: 'Keys of 1 object become what they were.' }],
  estimated_ms: 2300,
  is_estimate_measured: true,
  undoes: null,
  expires_at: '2026-11-27T09:30:00.000Z',
  failure_code: '',
  failure_detail: '',
}
const change = {
  service: 'network',
  kind: 'peer',
  id: 'x',
  name: 'laptop',
  change: 'update',
  fields: [{ field: 'settings.keepalive_seconds', before: 25, after: 0 }],
  reason: '',
}
const restore = {
  id: 'r1',
  status: 'completed',
  to_sequence: '6',
  only: [],
  reason: '',
  actor,
  undoes: null,
  undone_by: null,
  rollback_sequence: '42',
  is_without_rollback: false,
  rollback_kept_until: '2026-11-27T09:30:00.000Z',
  progress: 100,
  step: '',
  counts,
  blocked: [],
  created_at: '2026-11-20T09:30:00.000Z',
  ended_at: '2026-11-20T09:30:02.000Z',
  failure_code: '',
  failure_detail: '',
  is_rolled_back: false,
  trouble: '',
}
const page = (items: readonly unknown[]) => ({ status: 200, body: { items, next_cursor: null } })

beforeEach(async () => {
  await signIn()
  answers.set('GET /restores/points', () => page([point]))
  answers.set('POST /restores/plans', () => ({ status: 201, body: plan }))
  answers.set('GET /restores/plans/p1', () => ({ status: 200, body: plan }))
  answers.set('GET /restores/plans/p1/changes', () => page([change]))
  answers.set('POST /restores', () => ({ status: 202, body: { ...restore, status: 'pending' } }))
  answers.set('GET /restores/r1', () => ({ status: 200, body: restore }))
  answers.set('POST /restores/r1/undo', ({ body }) =>
    (body as { dry_run?: boolean }).dry_run
      ? { status: 201, body: { ...plan, undoes: 'r1' } }
      : { status: 202, body: { ...restore, id: 'r1' } },
  )
})
const bodies = () => seen.filter(({ method }) => method === 'POST').map(({ body }) => body)

test('points are found by words, time and kind', async () => {
  const { out } = await holdfast(['restore', 'list', '-q', 'laptop', '--kind', 'backup'])
  expect(out).toContain('removed a peer: laptop')
  expect(seen.at(-1)?.path).toContain('q=laptop&kind=backup')
  answers.set('GET /restores/points', () => page([]))
  expect((await holdfast(['restore', 'list'])).notes).toBe('Nothing like that has happened.')
})

test('a plan says what would change, on which hosts, and what comes of it', async () => {
  const { out, notes } = await holdfast([
    'restore',
    'plan',
    '--before',
    '7',
    '--only',
    'peer,rules',
  ])
  expect(out).toContain('1 back, 1 changed')
  expect(out).toMatch(/hosts: +gw/)
  expect(out).toContain('! Keys of 1 object become what they were.')
  expect(out).toContain('settings.keepalive_seconds 25 → 0')
  expect(notes).toContain('holdfast restore apply p1')
  expect(bodies().at(-1)).toEqual({ before_sequence: '7', only: ['peer', 'rules'] })
  for (const wrong of [[], ['--to-seq', '3', '--before', '4'], ['--to-seq', 'x']])
    expect((await holdfast(['restore', 'plan', ...wrong])).exitCode).toBe(exitCodes.usage)
})

test('a plan that is being made is waited for, and one that failed is told', async () => {
  answers.set('POST /restores/plans', () => ({ status: 201, body: { ...plan, status: 'making' } }))
  expect((await holdfast(['restore', 'plan', '--to-seq', '6', '--json'])).out).toContain(
    '"changes"',
  )
  answers.set('GET /restores/plans/p1', () => ({
    status: 200,
    body: { ...plan, status: 'failed', failure_code: 'rpc.unavailable', failure_detail: 'away' },
  }))
  const { error, exitCode } = await holdfast(['restore', 'plan', '--to-seq', '6'])
  expect([exitCode, error?.message, error?.code]).toEqual([1, 'away', 'rpc.unavailable'])
})

test('carried out only when the sequence is typed, or --yes says so', async () => {
  const wrong = { text: () => Promise.resolve('7') }
  const refused = await holdfast(['restore', 'apply', 'p1'], { ask: wrong })
  expect(refused.exitCode).toBe(exitCodes.interrupted)
  expect(seen.some(({ method, path }) => method === 'POST' && path.endsWith('/restores'))).toBe(
    false,
  )

  const right = { text: () => Promise.resolve('6') }
  const { out } = await holdfast(['restore', 'apply', 'p1'], { ask: right })
  expect(out).toMatch(/rollback point: +42/)
  expect(out).toContain('Undo it: holdfast restore undo r1')
  await holdfast(['restore', 'apply', 'p1', '--yes', '--allow-without-rollback'])
  expect(bodies().at(-1)).toEqual({ plan_id: 'p1', allow_without_rollback: true })
})

test('a restore that failed ends in 1 and says what became of things', async () => {
  answers.set('GET /restores/r1', () => ({
    status: 200,
    body: {
      ...restore,
      status: 'failed',
      failure_code: 'restore.rollback_point_failed',
      failure_detail: 'no point',
      rollback_sequence: null,
    },
  }))
  const { error, exitCode } = await holdfast(['restore', 'apply', 'p1', '--yes'])
  expect([exitCode, error?.message]).toEqual([1, 'no point (nothing was changed)'])
})

test('undoing a restore shows its plan, and does what was shown', async () => {
  const right = { text: () => Promise.resolve('6') }
  const { notes } = await holdfast(['restore', 'undo', 'r1'], { ask: right })
  expect(notes).toMatch(/undoes: +r1/)
  expect(bodies().slice(-2)).toEqual([
    { dry_run: true },
    { plan_id: 'p1', allow_without_rollback: false },
  ])
  await holdfast(['restore', 'undo', 'r1', '--yes', '--detach'])
  expect(bodies().at(-1)).toEqual({ allow_without_rollback: false })
})

test('restores are listed, and none is said to be none', async () => {
  answers.set('GET /restores', () => page([restore]))
  expect((await holdfast(['restore', 'status'])).out).toContain('completed')
  answers.set('GET /restores', () => page([]))
  expect((await holdfast(['restore', 'status'])).notes).toContain('Nothing was ever restored here')
})

const undone = { sequence: '43', commit: point, changes: [change], conflicts: [] }
test('one commit is undone after a look, and a conflict is named field by field', async () => {
  answers.set('POST /undo', ({ body }) => ({
    status: 200,
    body: (body as { dry_run: boolean }).dry_run ? { ...undone, sequence: null } : undone,
  }))
  const yes = { confirm: () => Promise.resolve(true) }
  const { out } = await holdfast(['undo', '7'], { ask: yes })
  expect(out).toContain('Undone by 43')
  expect(bodies().slice(-2)).toEqual([
    { sequence: '7', dry_run: true },
    { sequence: '7', dry_run: false },
  ])

  const conflict = {
    ...{ kind: 'peer', id: 'x', name: 'laptop', field: 'name', before: 'a', made: 'b', now: 'c' },
    ...{ by_sequence: '40', by: actor },
  }
  answers.set('POST /undo', () => ({
    status: 200,
    body: { ...undone, sequence: null, changes: [], conflicts: [conflict] },
  }))
  const dry = await holdfast(['undo', '7', '--dry-run'])
  expect(dry.out).toContain('peer laptop: name a → b, now c  by ada at 40')
  expect(dry.exitCode).toBe(exitCodes.conflict)
  answers.set('POST /undo', () => ({
    status: 409,
    body: {
      ...{ title: 'Conflict', detail: '1 field(s)', code: 'restore.undo_conflict' },
      errors: [{ field: 'name', detail: 'changed since' }],
    },
  }))
  const real = await holdfast(['undo', '7', '--yes'])
  expect([real.exitCode, real.error?.code]).toEqual([exitCodes.conflict, 'restore.undo_conflict'])
})
