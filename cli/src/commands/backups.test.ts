import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import { answers, directory, holdfast, seen, signIn } from '../testing/harness.ts'

const id = '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10'
const backup = {
  id,
  organization_id: null,
  name: 'before the move',
  backup_type: 'snapshot',
  protection: 'passphrase',
  storage_location_name: 'local',
  storage_type: 'local',
  schedule_id: null,
  status: 'completed',
  progress: 100,
  step: 'done',
  steps: [{ progress: 5, at: '2026-11-20T09:30:00.000Z' }],
  uploaded_bytes: '0',
  created_at: '2026-11-20T09:30:00.000Z',
  completed_at: '2026-11-20T09:30:01.000Z',
  size_bytes: '2048',
  sha256: 'ab',
  sequence: '42',
  recipients: [],
  file_name: 'holdfast.hfsnap',
  object_key: 'holdfast/x/backups/holdfast.hfsnap',
  failure_code: null,
  failure_detail: null,
  verified_at: null,
  verify_failure: null,
  kept_until: null,
  deleting_since: null,
  deletion_failure: null,
}

beforeEach(signIn)

test('a backup is made with what was named, its passphrase from a file, and waited for', async () => {
  const file = join(directory, 'passphrase')
  writeFileSync(file, 'correct horse battery\n')
  answers.set('POST /backups', () => ({
    status: 202,
    body: { backup: { ...backup, status: 'pending', progress: 0 }, warnings: ['mind this'] },
  }))
  const ways = [
    { ...backup, status: 'running', progress: 30, step: 'compressing' },
    { ...backup, status: 'running', progress: 90, step: 'recording' },
    backup,
  ]
  answers.set(`GET /backups/${id}`, () => ({ status: 200, body: ways.shift() ?? backup }))
  const { out, notes, exitCode } = await holdfast([
    ...['backup', 'create', '--name', 'before the move', '--org', 'Acme', '--no-users'],
    ...['--storage', 'nas', '--passphrase-file', file],
  ])
  expect(exitCode).toBe(0)
  expect(seen.find(({ path }) => path === '/api/v1/backups')?.body).toEqual({
    name: 'before the move',
    backup_type: 'snapshot',
    organization: 'Acme',
    storage_location_id: 'nas',
    include_users: false,
    passphrase: 'correct horse battery',
  })
  expect(notes).toContain('mind this')
  expect(notes).toMatch(/30 % {2}compressing[\s\S]*90 % {2}recording[\s\S]*100 % {2}done/)
  expect(out).toContain('is complete: 2.0 KiB at local')
})

test('one that fails ends the command with its reason', async () => {
  const failed = {
    ...{ ...backup, status: 'failed', failure_code: 'storage.full' },
    failure_detail: 'no room',
  }
  answers.set(`GET /backups/${id}`, () => ({ status: 200, body: failed }))
  const { out, error, exitCode } = await holdfast(['backup', 'watch', id])
  expect(exitCode).toBe(exitCodes.failed)
  expect(error?.message).toContain('no room (storage.full)')
  expect(out).toBe('')
})

test('lists say what to do when there is nothing, and tell damaged ones', async () => {
  answers.set('GET /backups', () => ({ status: 200, body: { items: [], next_cursor: null } }))
  expect((await holdfast(['backup', 'list'])).notes).toContain('holdfast backup create')
  const damaged = { ...backup, verify_failure: 'it is not there any more' }
  const items = [backup, damaged]
  answers.set('GET /backups', () => ({ status: 200, body: { items, next_cursor: null } }))
  const { out } = await holdfast(['backup', 'list', '--type', 'snapshot', '-q', 'move'])
  expect(out).toMatch(/completed[\s\S]*damaged/)
  expect(seen.at(-1)?.path).toContain('backup_type=snapshot&search=move')
})

test('a download that is not what was made is not kept', async () => {
  answers.set(`GET /backups/${id}/download`, () => ({ status: 200, text: 'something' }))
  const file = join(directory, 'saved')
  const { error, exitCode } = await holdfast(['backup', 'download', id, '-o', file])
  expect(exitCode).toBe(exitCodes.failed)
  expect(error?.message).toContain('not what was made')
  expect(() => readFileSync(file)).toThrow('ENOENT')
  writeFileSync(file, 'mine')
  const second = await holdfast(['backup', 'download', id, '-o', file])
  expect(second.exitCode).toBe(exitCodes.conflict)
  expect(readFileSync(file, 'utf8')).toBe('mine')
})

test('of a bundle nothing stays on the server when it did not get here, and it counts when that fails', async () => {
  const vector = '../../../packages/full-backup/vectors/v1.hfbak'
  const whole = readFileSync(new URL(vector, import.meta.url))
  const digest = createHash('sha256').update(whole).digest('base64')
  const made = { ...backup, backup_type: 'full' }
  answers.set('POST /backups', () => ({ status: 202, body: { backup: made } }))
  answers.set(`DELETE /backups/${id}`, () => ({ status: 500, body: { detail: 'no' } }))
  const sent = (bytes: Buffer) => () => ({
    status: 200,
    text: bytes,
    headers: { 'content-length': String(bytes.length), 'repr-digest': `sha-256=:${digest}:` },
  })
  answers.set(`GET /backups/${id}/download`, sent(whole.subarray(1)))
  const cut = await holdfast(['backup', 'bundle', directory])
  expect(cut.exitCode).toBe(exitCodes.failed)
  const deletions = () => seen.filter(({ method }) => method === 'DELETE')
  expect(deletions()).toHaveLength(1)
  answers.set(`GET /backups/${id}/download`, sent(whole))
  const { exitCode, out, notes } = await holdfast(['backup', 'bundle', directory])
  expect(exitCode, notes).toBe(0)
  expect(deletions()).toHaveLength(2)
  expect(out).toContain('holdfast-20261120T093000Z.hfbak')
  expect(notes).toContain('stays on the server')
})

test('deletion asks, and says when it has to wait', async () => {
  answers.set(`GET /backups/${id}`, () => ({ status: 200, body: backup }))
  answers.set(`DELETE /backups/${id}`, () => ({
    status: 200,
    body: { ...backup, deleting_since: backup.created_at, deletion_failure: 'out of reach' },
  }))
  const { out, exitCode } = await holdfast(['backup', 'delete', id, '--yes'])
  expect(exitCode).toBe(0)
  expect(out).toContain('is being deleted')
  expect(out).toContain('out of reach')
})
