import { beforeEach, expect, test } from 'vitest'
import { answers, holdfast, seen, signIn } from '../testing/harness.ts'

const id = '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10'
const by = (sequence: string, reason: string) => ({
  sequence,
  time: '2026-11-20T09:30:00.000Z',
  actor: { kind: 'user', id, username: 'carol' },
  reason,
  correlation_id: null,
})
const target = { kind: 'peer', id, name: 'laptop' }
const changed = {
  number: '2',
  change: 'changed',
  action: 'network.peer.updated',
  by: by('42', 'slow link'),
  fields: [{ field: 'settings.keepalive_seconds', before: 0, after: 25 }],
}
const gone = {
  number: '3',
  change: 'deleted',
  action: 'network.interface.deleted',
  by: { ...by('50', ''), actor: { kind: 'service', id: 'network', username: null } },
  fields: [{ field: 'settings.name', before: 'lap\u001b[2Jtop', after: null }],
}

beforeEach(async () => {
  await signIn()
  answers.set('GET /history/laptop', () => ({
    status: 200,
    body: { target, items: [gone, changed], next_cursor: null },
  }))
  answers.set('GET /blame/laptop', () => ({
    status: 200,
    body: {
      target,
      organization_id: id,
      is_deleted: true,
      fields: [
        {
          field: 'settings.keepalive_seconds',
          value: 25,
          previous: 0,
          by: by('42', 'slow link'),
        },
        { field: 'settings.dns', value: [], previous: null, by: by('7', '') },
        { field: 'private_key', value: '[sealed]', previous: null, by: by('7', '') },
      ],
    },
  }))
})
const query = () => new URL(seen.at(-1)?.path ?? '', 'http://x').searchParams

test('history is a timeline: who, when, why and what', async () => {
  const { out } = await holdfast(['history', 'laptop', '--kind', 'peer'])
  expect(out.split('\n')).toEqual([
    '#3  2026-11-20T09:30:00Z  deleted by service network  network.interface.deleted, sequence 50',
    '#2  2026-11-20T09:30:00Z  changed by carol  network.peer.updated, sequence 42',
    '    why: slow link',
    '    settings.keepalive_seconds: 0 → 25',
  ])
  expect(query().get('kind')).toBe('peer')
  const { out: json } = await holdfast(['history', 'laptop', '--json'])
  expect(JSON.parse(json)).toEqual({ items: [gone, changed], next_cursor: null })
})

test('an object nothing became of says so', async () => {
  answers.set('GET /history/laptop', () => ({
    status: 200,
    body: { target, items: [], next_cursor: null },
  }))
  const { out, notes } = await holdfast(['history', 'laptop'])
  expect(out).toBe('')
  expect(notes).toContain('Nothing became of it yet.')
})

test('blame says of every field whose it is, also of a moment', async () => {
  const { out } = await holdfast(['--at', '41', 'blame', 'laptop', '--kind', 'peer'])
  expect(out).toContain('deleted; these are its last fields')
  expect(out).toMatch(/42 +2026-11-20T09:30:00Z +carol +settings\.keepalive_seconds +25 +slow link/)
  expect(out).toMatch(/7 +2026-11-20T09:30:00Z +carol +settings\.dns +-\n/)
  expect(out).toContain('[sealed]')
  expect(query().get('at')).toBe('41')
  const { out: json } = await holdfast(['blame', 'laptop', '--json'])
  expect(JSON.parse(json)).toMatchObject({ target, is_deleted: true })
})
