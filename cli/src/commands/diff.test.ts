import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import { answers, holdfast, seen, signIn } from '../testing/harness.ts'

const object = {
  kind: 'rule',
  id: '01920000-0000-7000-8000-000000000002',
  name: 'ssh',
  organization_id: null,
  change: 'changed',
  fields: [
    { field: 'dst_port_to', before: 22, after: 23 },
    { field: 'src', before: null, after: '10.0.0.0/8' },
  ],
  commits: 2,
  by: { kind: 'user', id: 'ada', sequence: '41', at: null, reason: 'sftp moved' },
}
const nothing = {
  from: { sequence: '7', time: '2026-11-20T09:30:00.000Z' },
  to: { sequence: '42', time: null },
  organization_id: null,
  compared: ['objects', 'access'],
  access: [],
  counts: [],
  items: [],
  next_cursor: null,
  omitted: [],
}
const something = {
  ...nothing,
  access: [
    {
      sentence: 'anyone now reaches 10.9.0.5 on 23/tcp (rule ssh), in through wg0 of gw',
      before: { verdict: 'drop' },
      after: { verdict: 'pass' },
    },
    {
      sentence: 'anyone no longer reaches anything on icmp (rule mute), through wg0 of gw',
      before: { verdict: 'pass' },
      after: { verdict: 'drop' },
    },
  ],
  counts: [{ kind: 'rule', created: 1, changed: 1, deleted: 0 }],
  items: [{ ...object, name: 'mute', change: 'created', commits: 1 }, object],
  omitted: ['access: 3 further differences'],
}
beforeEach(async () => {
  await signIn()
  answers.set('GET /diff', () => ({ status: 200, body: something }))
})

test('who reaches what comes first, then objects with what differs', async () => {
  const { out } = await holdfast(['diff', '--from', '7', '--kind', 'rule,access', '--org', 'Acme'])
  expect(out).toBe(`from 7 (2026-11-20T09:30:00.000Z) to 42

access
  + anyone now reaches 10.9.0.5 on 23/tcp (rule ssh), in through wg0 of gw
  - anyone no longer reaches anything on icmp (rule mute), through wg0 of gw

objects
  rule: 1 created, 1 changed
  + rule mute  by user ada at 41: sftp moved
  ~ rule ssh  by user ada at 41, 2 changes: sftp moved
      dst_port_to 22 → 23
      src none → 10.0.0.0/8

not in this answer
  access: 3 further differences`)
  const query = Object.fromEntries(new URL(`http://x${seen.at(-1)?.path}`).searchParams)
  expect(query).toEqual({ from: '7', kind: 'rule,access', organization_id: 'Acme', limit: '500' })
})

test('nothing changed is said, with what to try next', async () => {
  answers.set('GET /diff', () => ({ status: 200, body: nothing }))
  const { out } = await holdfast(['diff', '--from', '7'])
  expect(out).toContain('no packet fares differently')
  expect(out).toContain('nothing differs')
  expect(out).toContain('--from 7d')
})

test('pages are put together, of one span', async () => {
  let pages = 0
  answers.set('GET /diff', () => ({
    status: 200,
    body: { ...something, next_cursor: ++pages < 3 ? `c${pages}` : null },
  }))
  const { out } = await holdfast(['diff', '--from', '7', '--json'])
  const diff = JSON.parse(out)
  expect(diff.items).toHaveLength(6)
  expect(diff.next_cursor).toBeNull()
  const last = new URL(`http://x${seen.at(-1)?.path}`).searchParams
  expect(Object.fromEntries(last)).toMatchObject({ to: '42', cursor: 'c2' })
})

test.each([
  [['diff']],
  [['diff', '--from', 'yesterday']],
  [['diff', '--from', '7', '--limit', '0']],
])('%j is wrong usage', async (args) => {
  expect((await holdfast(args)).exitCode).toBe(exitCodes.usage)
})
