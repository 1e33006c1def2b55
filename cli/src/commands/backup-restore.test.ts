import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import { answers, holdfast, seen, signIn } from '../testing/harness.ts'

const id = '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10'
const backupId = '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a11'
const section = {
  name: 'network.peers',
  organization: 'Acme',
  status: 'ok',
  records: 3,
  created: 2,
  updated: 0,
  unchanged: 1,
  skipped: 1,
  refused: 0,
  removed: 0,
  issues: [],
}
const job = {
  id,
  backup_id: backupId,
  status: 'completed',
  phase: 'done',
  progress: 100,
  dry_run: false,
  rollback_backup_id: '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a12',
  rollback_sequence: '41',
  without_rollback_because: '',
  undoes_job_id: null,
  failure_code: '',
  failure_detail: '',
  warnings: ['restore_vlans is ignored: Holdfast has none.'],
  sections: [section],
  created_at: '2026-11-20T09:30:00.000Z',
}

beforeEach(signIn)

test('a restore says what was asked for alone, is followed, and tells how to undo it', async () => {
  answers.set('POST /backups/restore', () => ({
    status: 202,
    body: { ...job, status: 'running', phase: 'fetching', progress: 5 },
  }))
  const ways = [{ ...job, status: 'running', phase: 'rollback_slot', progress: 5 }, job]
  answers.set(`GET /backups/restore/${id}`, () => ({ status: 200, body: ways.shift() ?? job }))
  const { out, notes, exitCode } = await holdfast([
    ...['backup', 'restore', backupId, '--no-devices', '--site', 'berlin', '--yes'],
  ])
  expect(exitCode).toBe(0)
  expect(seen.find(({ path }) => path === '/api/v1/backups/restore')?.body).toEqual({
    ...{ backup_id: backupId, dry_run: false, restore_devices: false, target_site_id: 'berlin' },
  })
  expect(notes).toContain('rollback slot')
  expect(out).toContain(`holdfast backup restore ${job.rollback_backup_id}`)
  expect(out).toContain('network.peers')
  expect(out).toContain('restore_vlans is ignored')
})

test('nothing is begun that nobody meant; a dry run needs no asking', async () => {
  const asked = await holdfast(['backup', 'restore', backupId])
  expect(asked.exitCode).not.toBe(0)
  expect(seen.some(({ path }) => path === '/api/v1/backups/restore')).toBe(false)
  answers.set('POST /backups/restore', () => ({ status: 202, body: { ...job, dry_run: true } }))
  const { out } = await holdfast(['backup', 'restore', backupId, '--dry-run', '--json'])
  expect(JSON.parse(out)).toMatchObject({ id, dry_run: true })
})

test('one that was interrupted says how it goes on', async () => {
  const broken = {
    ...job,
    ...{
      status: 'interrupted',
      failure_code: 'backup.import_interrupted',
      failure_detail: 'It was.',
    },
  }
  answers.set(`GET /backups/restore/${id}`, () => ({ status: 200, body: broken }))
  const told = await holdfast(['backup', 'restore-status', id])
  expect(told.exitCode).toBe(exitCodes.failed)
  expect(told.out).toContain(`holdfast backup restore-status ${id} --continue`)
  answers.set(`POST /backups/restore/${id}/continue`, () => ({ status: 202, body: job }))
  const { exitCode } = await holdfast(['backup', 'restore-status', id, '--continue'])
  expect(exitCode).toBe(0)
})

test('a validation waits for the verdicts of its run, and its exit code says them', async () => {
  const verdict = {
    ...{ organization_id: id, run_id: 'r', backup_id: backupId, code: '', detail: '' },
    ...{ backup_created_at: job.created_at, validated_at: job.created_at, records: 3, took_ms: 5 },
  }
  answers.set('POST /backups/validations', () => ({
    status: 202,
    body: { run_id: 'r', organization_ids: [id] },
  }))
  const rounds = [
    [{ ...verdict, run_id: 'earlier', result: 'ok' }],
    [{ ...verdict, result: 'error', detail: 'It is damaged.' }],
  ]
  answers.set('GET /backups/validations', () => ({
    status: 200,
    body: { items: rounds.shift() ?? [], next_cursor: null, next_run_at: null },
  }))
  const { out, exitCode } = await holdfast(['backup', 'validate'])
  expect(exitCode).toBe(exitCodes.failed)
  expect(out).toContain('It is damaged.')
  const none = await holdfast(['backup', 'validations'])
  expect(none.out + none.notes).toContain('Nothing was validated yet.')
})
