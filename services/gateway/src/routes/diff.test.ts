import { defineError, invalid } from '@holdfast/errors'
import type { Commit } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { expect, test } from 'vitest'
import { acme, bearer, fakeGateway } from '../testing/fake-gateway.ts'

const { CompareAccessResponse } = holdfast.rules.v1
const { DiffObjectsResponse } = holdfast.audit.v1
const Denied = defineError('access.denied', 'forbidden', () => 'not yours')

const access = new CompareAccessResponse({
  differences: [
    {
      sentence: 'peer laptop now reaches 10.9.0.0/24 on 22/tcp (rule ssh), in through wg0 of gw',
      source: 'peer laptop',
      destination: '10.9.0.0/24',
      protocol: 'tcp',
      destinationPorts: [{ from: 22, to: 22 }],
      direction: 'ingress',
      family: 'ipv4',
      before: 'drop',
      beforeBy: 'default',
      after: 'pass',
      afterBy: 'ssh',
      afterRuleId: acme,
      places: [{ nodeId: acme, nodeName: 'gw', interfaceName: 'wg0' }],
    },
  ],
  omitted: ['3 further differences'],
  organizationId: acme,
})
const objects = new DiffObjectsResponse({
  objects: [
    {
      target: { kind: 'rule', id: acme, name: 'ssh' },
      organizationId: acme,
      change: 'changed',
      fields: [{ field: 'priority', before: '5', after: '7' }],
      commits: 2,
      by: { sequence: 2, atUnixMs: 1, actor: { kind: 'user', id: 'ada' }, reason: 'why' },
    },
  ],
  counts: [{ kind: 'rule', changed: 1 }],
  nextCursor: 'more',
})

async function ask(
  query: string,
  parts: { access?: () => Promise<unknown>; objects?: () => Promise<unknown> } = {},
) {
  const gateway = await fakeGateway({
    // as: the fakes answer, or fail, as the test says
    policy: { compareAccess: (parts.access ?? (async () => access)) as never },
    history: { diffObjects: (parts.objects ?? (async () => objects)) as never },
    users: {
      nameUsers: (async () =>
        new holdfast.auth.v1.NameUsersResponse({
          names: [{ userId: 'ada', username: 'ada.l' }],
        })) as never,
    },
  })
  const commits = [1n, 2n, 3n].map((sequence) => ({
    sequence,
    timeUnixMs: Date.parse('2026-11-20T09:00:00Z') + Number(sequence) * 1000,
  }))
  gateway.log.append(...(commits as unknown as Commit[])) // as: times alone are looked at
  const url = `/api/v1/diff?${query}`
  const answer = await gateway.app.inject({ method: 'GET', url, headers: bearer() })
  // Who people are is asked beside, for what is shown.
  const calls = gateway.calls.filter(({ method }) => method !== 'users.nameUsers')
  return { answer, body: answer.json(), calls }
}

test('objects and access between two moments, in one answer', async () => {
  const { answer, body, calls } = await ask('from=2026-11-20T09:00:01Z&limit=7')
  expect(answer.statusCode).toBe(200)
  expect(body).toMatchObject({
    from: { sequence: '1', time: '2026-11-20T09:00:01.000Z' },
    to: { sequence: '3' },
    organization_id: acme,
    compared: ['objects', 'access'],
    access: [{ source: 'peer laptop', after: { verdict: 'pass', by: 'ssh', rule_id: acme } }],
    counts: [{ kind: 'rule', created: 0, changed: 1, deleted: 0 }],
    items: [{ name: 'ssh', fields: [{ field: 'priority', before: 5, after: 7 }], commits: 2 }],
    next_cursor: 'more',
    omitted: ['access: 3 further differences'],
  })
  expect(answer.headers.link).toContain('cursor=more')
  expect(body.items[0].by).toMatchObject({ id: 'ada', username: 'ada.l' })
  const asked = Object.fromEntries(calls.map(({ method, request }) => [method, request]))
  expect(asked['history.diffObjects']).toMatchObject({ fromSequence: 1, toSequence: 3, limit: 7 })
  expect(asked['policy.compareAccess']).toMatchObject({ fromSequence: 1, toSequence: 3 })
})

test('kinds choose the parts, and later pages are of objects only', async () => {
  const called = async (query: string) => (await ask(query)).calls.map(({ method }) => method)
  expect(await called('from=1&kind=access')).toEqual(['policy.compareAccess'])
  expect(await called('from=1&kind=peer,rule')).toEqual(['history.diffObjects'])
  expect(await called('from=1&cursor=more')).toEqual(['history.diffObjects'])
})

test('a later page says the span it is of, not how far the log has come since', async () => {
  const later = new DiffObjectsResponse({ ...objects, toSequence: 2 })
  const { body } = await ask('from=1&cursor=more', { objects: async () => later })
  expect(body.to).toEqual({ sequence: '2', time: '2026-11-20T09:00:02.000Z' })
})

test('who may see one part gets that part, and is told; who may see none is refused', async () => {
  const denied = () => Promise.reject(Denied({}))
  const one = await ask('from=1', { access: denied })
  expect(one.answer.statusCode).toBe(200)
  expect(one.body).toMatchObject({
    compared: ['objects'],
    access: [],
    omitted: ['access: they need the permission rules.rules.read'],
  })
  expect((await ask('from=1', { objects: denied })).body).toMatchObject({
    compared: ['access'],
    items: [],
    counts: [],
  })
  expect((await ask('from=1', { objects: denied, access: denied })).answer.statusCode).toBe(403)
  expect((await ask('from=1&kind=access', { access: denied })).answer.statusCode).toBe(403)
})

test('without an organization to compare, objects are answered', async () => {
  const unsaid = invalid({ field: 'organization', code: 'required', detail: 'name one of: A, B' })
  const { body } = await ask('from=1', { access: () => Promise.reject(unsaid) })
  expect(body).toMatchObject({
    compared: ['objects'],
    omitted: ['access: compared within one organization only; name one of: A, B'],
  })
})

test.each([
  ['', 'from'],
  ['from=yesterday', 'from'],
  ['from=0', 'from'],
  ['from=4', 'from'],
  ['from=1&to=4', 'to'],
  ['from=3&to=2', 'from'],
  ['from=1&to=2020-01-01T00:00:00Z', 'to'],
  ['from=1&limit=0', 'limit'],
  ['from=1&at=2', 'at'],
])('%j is refused, naming %s', async (query, field) => {
  const { answer, body } = await ask(query)
  expect(answer.statusCode).toBe(400)
  expect(body.errors.map((error: { field: string }) => error.field)).toContain(field)
})
