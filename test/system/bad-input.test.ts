import { generateKeyPairSync, sign } from 'node:crypto'
import { kinds } from '@holdfast/errors'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Api } from './api.ts'
import type { Ground, Row } from './bad-input/row.ts'
import { badInputRows } from './bad-input/rows.ts'
import { enrolmentRequest } from './enroll.ts'
import { type RawAnswer, rawRequest } from './raw-request.ts'
import { type Suite, startSuite } from './suite.ts'
import { createTwoOrganizations, everyRole, type Tenant } from './two-organizations.ts'
import { until } from './until.ts'

const prefix = '/api/v1'
const unknownId = '01a1fd12-429e-7de0-a997-e5ada8657210'
const titles: Readonly<Record<string, string>> = {
  'gateway.method_not_allowed': 'Method not allowed',
  'gateway.unsupported_media_type': 'Unsupported media type',
}
const titleOfStatus = new Map<number, string[]>()
for (const { http, title } of Object.values(kinds)) {
  titleOfStatus.set(http, [...(titleOfStatus.get(http) ?? []), title])
}

interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly instance: string
  readonly trace_id: string
  readonly errors?: readonly {
    readonly field: string
    readonly code: string
    readonly detail: string
  }[]
}

const base64url = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token like ours, signed by a key that is not ours. */
function forged(real: string, changes: Readonly<Record<string, unknown>>): string {
  const [head = '', payload = ''] = real.split('.')
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), ...changes }
  const { privateKey } = generateKeyPairSync('ed25519')
  const signed = `${head}.${base64url(claims)}`
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`
}

const unsigned = (real: string): string =>
  `${base64url({ alg: 'none', typ: 'at+jwt' })}.${real.split('.')[1] ?? ''}.`

let suite: Suite
let admin: Api
let a: Tenant
let b: Tenant
let ground: Ground

beforeAll(async () => {
  suite = await startSuite({
    // Rows are many and all from one address.
    env: {
      HOLDFAST_HTTP_RATE_LIMIT_ADDRESS: '0',
      HOLDFAST_HTTP_RATE_LIMIT_SIGN_IN: '0',
      HOLDFAST_AUTH_LOGIN_BURST: '1000',
    },
  })
  admin = await suite.admin()
  const both = await createTwoOrganizations(suite, admin)
  a = both.a
  b = both.b
  ground = await prepare()
  // The last thing the suite does to the log by itself: from here on nothing but a request changes it.
  await until('the log has its signing key', async () => {
    const { items } = await admin.get<{ items: unknown[] }>('/audit/keys')
    return items.length > 0
  })
  // And the first checkpoint covers it all: what asks for one has an answer.
  await admin.post('/audit/checkpoints')
})
afterAll(async () => suite?.remove())

async function prepare(): Promise<Ground> {
  const full = await admin.post<{ id: string }>('/interfaces', {
    name: 'full0',
    node_id: a.node,
    addresses: ['10.63.0.1/30'],
  })
  await admin.post(`/interfaces/${full.id}/peers`, { name: 'the only one' })
  const gone = await admin.post<{ id: string }>(`/interfaces/${a.interface}/peers`, {
    name: 'gone',
  })
  await admin.remove(`/peers/${gone.id}`)
  const { public_key } = await admin.get<{ public_key: string }>(`/peers/${a.peer}`)
  const token = async () =>
    (
      await admin.post<{ token: string }>('/nodes/enroll-tokens', {
        node_name: 'later',
        organization_id: a.organization,
      })
    ).token
  const used = await token()
  await admin.post('/nodes/enroll', enrolmentRequest(used, 'used'))
  const usedKey = 'used-before'
  const { headers } = await admin.call(
    'PATCH',
    `/interfaces/${a.interface}`,
    { mtu: 1380 },
    { 'idempotency-key': usedKey },
  )
  return {
    ...a,
    token: admin.token,
    badTokens: {
      unsigned: unsigned(admin.token),
      otherIssuer: forged(admin.token, { iss: 'holdfast:somewhere-else' }),
      expired: forged(admin.token, { exp: 1_600_000_000 }),
    },
    usedEnrolmentToken: used,
    freshEnrolmentToken: await token(),
    fullInterface: full.id,
    deletedPeer: gone.id,
    takenKey: public_key,
    head: BigInt(headers.get('holdfast-sequence') ?? '0'),
    usedKey,
  }
}

function ask(row: Omit<Row, 'what' | 'expected'>, token = admin.token): Promise<RawAnswer> {
  return rawRequest(
    suite.url,
    row.method,
    `${prefix}${row.path}`,
    {
      ...(row.isAnonymous ? {} : { authorization: `Bearer ${token}` }),
      ...(row.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...row.headers,
    },
    row.raw ?? (row.body === undefined ? undefined : JSON.stringify(row.body)),
  )
}

/** Where the log ends, as the stream of events says when it is asked for what cannot be. */
async function head(): Promise<string> {
  const { text } = await ask({
    method: 'GET',
    path: '/events',
    headers: { 'last-event-id': '9999999999999999' },
  })
  return /ends at (\d+)/.exec((JSON.parse(text) as Problem).detail)?.[1] ?? text
}

const summary = ({ status, code, errors = [] }: Problem): string =>
  [status, code, ...errors.map((error) => `${error.field}:${error.code}`)].join(' ')

/** What is wrong with an answer as a problem document; nothing when it is a whole one. */
function faultsOf(answer: RawAnswer, path: string): string[] {
  const faults: string[] = []
  const claim = (isTrue: boolean, what: string) => {
    if (!isTrue) faults.push(what)
  }
  const problem = JSON.parse(answer.text) as Problem
  claim(
    answer.headers['content-type'] === 'application/problem+json',
    `content type ${answer.headers['content-type']}`,
  )
  claim(answer.headers['cache-control'] === 'no-store', 'cache-control')
  claim(answer.headers['x-content-type-options'] === 'nosniff', 'nosniff')
  claim(problem.status === answer.status, 'status')
  claim(problem.type === `urn:holdfast:problem:${problem.code}`, 'type')
  const allowed = titles[problem.code] ? [titles[problem.code]] : titleOfStatus.get(problem.status)
  claim(allowed?.includes(problem.title) === true, `title ${problem.title}`)
  claim(problem.instance === `${prefix}${path.split('?')[0]}`, `instance ${problem.instance}`)
  claim(/^[0-9a-f]{32}$/.test(problem.trace_id), 'trace_id')
  claim(
    problem.detail.length > 0 && problem.detail.length < 600,
    `detail of ${problem.detail.length}`,
  )
  const members = ['code', 'detail', 'errors', 'instance', 'status', 'title', 'trace_id', 'type']
  claim(
    Object.keys(problem).every((name) => members.includes(name)),
    'members',
  )
  claim(problem.status === 400 || problem.errors === undefined, 'errors')
  if (problem.status === 401)
    claim(/^Bearer /.test(String(answer.headers['www-authenticate'])), 'www-authenticate')
  if (problem.status === 405) claim(/[A-Z]/.test(String(answer.headers['allow'])), 'allow')
  if (problem.status === 429 || problem.status === 503)
    claim(Number(answer.headers['retry-after']) > 0, 'retry-after')
  return faults
}

describe('bad input', () => {
  test('gets the exact problem, and changes nothing', async () => {
    const rows = badInputRows(ground)
    expect(rows.length).toBeGreaterThan(150)
    const names = rows.map(({ what, method, path }) => `${method} ${path} ${what}`)
    expect(new Set(names).size).toBe(rows.length)
    const before = await head()
    const wrong: string[] = []
    for (const row of rows) {
      const answer = await ask(row).catch((error: unknown) => String(error))
      if (typeof answer === 'string') {
        wrong.push(`${row.what}: ${answer}`)
        continue
      }
      const given = /problem/.test(String(answer.headers['content-type']))
        ? [summary(JSON.parse(answer.text) as Problem), ...faultsOf(answer, row.path)].join('; ')
        : `${answer.status} ${answer.text.slice(0, 100)}`
      if (given !== row.expected)
        wrong.push(`${row.method} ${row.what}: expected ${row.expected}, was ${given}`)
    }
    expect(wrong.join('\n')).toBe('')
    expect(await head()).toBe(before)
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined()
  })
})

interface Reference {
  readonly method: string
  /** With the id of the thing in place of `<id>`, in path and body alike. */
  readonly path: string
  readonly body?: unknown
  readonly thing: 'organization' | 'site' | 'node' | 'interface' | 'peer' | 'user'
}

const references: readonly Reference[] = [
  ...(['organizations', 'sites', 'nodes', 'interfaces', 'peers', 'users'] as const).map((list) => ({
    method: 'GET',
    path: `/${list}/<id>`,
    thing: list.slice(0, -1) as Reference['thing'], // the list's name is the thing's, in the plural
  })),
  ...(['organizations', 'sites', 'nodes', 'interfaces', 'peers'] as const).flatMap((list) => {
    const thing = list.slice(0, -1) as Reference['thing'] // as above
    return [
      { method: 'PATCH', path: `/${list}/<id>`, body: { name: 'wg9' }, thing },
      { method: 'DELETE', path: `/${list}/<id>`, thing },
    ]
  }),
  { method: 'PATCH', path: '/users/<id>', body: { is_disabled: true }, thing: 'user' },
  { method: 'GET', path: '/interfaces/<id>/peers', thing: 'interface' },
  { method: 'POST', path: '/interfaces/<id>/peers', body: { name: 'x' }, thing: 'interface' },
  { method: 'POST', path: '/interfaces/<id>/rotate-key', body: {}, thing: 'interface' },
  { method: 'GET', path: '/interfaces/<id>/export', thing: 'interface' },
  { method: 'POST', path: '/peers', body: { interface_id: '<id>', name: 'x' }, thing: 'interface' },
  { method: 'GET', path: '/peers?interface_id=<id>', thing: 'interface' },
  { method: 'GET', path: '/interfaces?node_id=<id>', thing: 'node' },
  ...['peers', 'interfaces', 'nodes', 'users', 'sites'].map((list) => ({
    method: 'GET',
    path: `/${list}?organization_id=<id>`,
    thing: 'organization' as const,
  })),
  ...['webhooks', 'alert-rules', 'alerts'].map((list) => ({
    method: 'GET',
    path: `/${list}?organization_id=<id>`,
    thing: 'organization' as const,
  })),
  {
    method: 'POST',
    path: '/webhooks',
    body: { name: 'x', url: 'https://8.8.8.8/', organization_id: '<id>' },
    thing: 'organization',
  },
  {
    method: 'POST',
    path: '/alert-rules',
    body: { name: 'x', severity: 'info', actions: ['auth'], organization_id: '<id>' },
    thing: 'organization',
  },
  ...['config', 'config.png', 'config.svg'].map((leaf) => ({
    method: 'GET',
    path: `/peers/<id>/${leaf}`,
    thing: 'peer' as const,
  })),
  { method: 'POST', path: '/peers/<id>/rotate-key', body: {}, thing: 'peer' },
  { method: 'POST', path: '/peers/<id>/rotate-psk', body: {}, thing: 'peer' },
  {
    method: 'POST',
    path: '/interfaces',
    body: { name: 'wg9', node_id: '<id>', addresses: ['10.210.0.1/24'] },
    thing: 'node',
  },
  {
    method: 'POST',
    path: '/nodes/enroll-tokens',
    body: { organization_id: '<id>' },
    thing: 'organization',
  },
  { method: 'POST', path: '/nodes/enroll-tokens', body: { site_id: '<id>' }, thing: 'site' },
  { method: 'PATCH', path: '/nodes/aa-node', body: { site_id: '<id>' }, thing: 'site' },
  {
    method: 'POST',
    path: '/sites',
    body: { name: 'x', organization_id: '<id>' },
    thing: 'organization',
  },
  {
    method: 'POST',
    path: '/users',
    body: {
      username: 'sneaky',
      email: 'sneaky@example.org',
      bindings: [{ role: 'viewer', organization_id: '<id>' }],
    },
    thing: 'organization',
  },
  {
    method: 'POST',
    path: '/users/<id>/roles',
    body: { role: 'viewer', organization_id: '<id>' },
    thing: 'user',
  },
  { method: 'DELETE', path: '/users/<id>/roles/viewer', thing: 'user' },
]

describe('what belongs to another organization', () => {
  test('answers every role like what does not exist, by id and by name', async () => {
    const before = await head()
    const wrong: string[] = []
    const names: Readonly<Record<Reference['thing'], string>> = {
      organization: 'bb-organization',
      site: 'bb-site',
      node: 'bb-node',
      interface: 'bb0',
      peer: 'bb-peer',
      user: 'bb.operator',
    }
    for (const role of everyRole) {
      for (const reference of references) {
        const answerFor = async (id: string) => {
          const put = (text: string) => text.replaceAll('<id>', id)
          const { method, path, body } = reference
          const filled: unknown =
            body === undefined ? undefined : JSON.parse(put(JSON.stringify(body)))
          const { status, text } = await ask(
            { method, path: put(path), ...(filled === undefined ? {} : { body: filled }) },
            a.as[role].token,
          )
          return `${status} ${text.replace(/"trace_id":"[^"]*"/, '').replaceAll(id, '<id>')}`
        }
        for (const [foreign, missing] of [
          [b[reference.thing], unknownId],
          [names[reference.thing], `no-such-${reference.thing}`],
        ] as const) {
          const [theirs, nobodys] = [await answerFor(foreign), await answerFor(missing)]
          const isRefused = /^40[034] /.test(theirs) || /^200 .*"items":\[\]/.test(theirs)
          if (theirs !== nobodys || !isRefused) {
            wrong.push(
              `${role} ${reference.method} ${reference.path} (${foreign}): ${theirs} / ${nobodys}`,
            )
          }
        }
      }
    }
    expect(wrong.join('\n')).toBe('')
    expect(await head()).toBe(before)
  })

  test('is in no list and in no event', async () => {
    const theirs = [b.organization, b.site, b.node, b.interface, b.peer, b.user]
    for (const role of everyRole) {
      for (const list of ['organizations', 'sites', 'nodes', 'interfaces', 'peers', 'users']) {
        const { status, text } = await ask({ method: 'GET', path: `/${list}` }, a.as[role].token)
        expect([role, list, theirs.filter((id) => text.includes(id))]).toEqual([role, list, []])
        expect([200, 403]).toContain(status)
      }
    }
  })
})
