import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RealSuite, realSuite } from './testing/real-suite.ts'

let suite: RealSuite
let token = ''
beforeAll(async () => {
  suite = await realSuite()
  const { body } = await call('POST', '/auth/login', { username: 'ada', password: suite.password })
  token = String(body['access_token'])
})
afterAll(() => suite?.close())

async function call(
  method: string,
  path: string,
  payload?: unknown,
  headers: Record<string, string> = {},
) {
  const response = await fetch(`${suite.url}${path}`, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload === undefined ? {} : { body: JSON.stringify(payload) }),
  })
  const text = await response.text()
  const body: Record<string, unknown> = text === '' ? {} : JSON.parse(text)
  return { status: response.status, headers: response.headers, body }
}

const name = (prefix: string) => `${prefix} ${Math.random().toString(36).slice(2)}`

test('whoever signs in learns who they are and what they may do', async () => {
  const me = await call('GET', '/auth/me')
  expect(me.status).toBe(200)
  expect(me.body).toMatchObject({
    user: {
      username: 'ada',
      email: 'ada@example.org',
      bindings: [{ role: 'super_admin', organization_id: null }],
    },
    permissions: { '*': expect.arrayContaining(['log.events.read', 'network.peers.write']) },
  })
})

test('a wrong password and a token that does not hold are refused alike everywhere', async () => {
  const wrong = await call(
    'POST',
    '/auth/login',
    { username: 'ada', password: 'wrong' },
    { authorization: '' },
  )
  expect(wrong).toMatchObject({ status: 401, body: { code: 'auth.invalid_credentials' } })
  const forged = await call('GET', '/auth/me', undefined, { authorization: `Bearer ${token}x` })
  expect(forged.status).toBe(401)
  expect(forged.headers.get('www-authenticate')).toContain('invalid_token')
  const stream = await call('GET', '/events', undefined, { authorization: `Bearer ${token}x` })
  expect(stream.status).toBe(401)
})

test('a write is read back by its sequence, repeated by its key, guarded by its tag', async () => {
  const wish = { name: name('Branch'), description: 'x' }
  const key = { 'idempotency-key': name('k').replace(' ', '-') }
  const made = await call('POST', '/organizations', wish, key)
  expect(made).toMatchObject({ status: 201, body: wish })
  const sequence = made.headers.get('holdfast-sequence')
  expect(sequence).toMatch(/^[1-9]\d*$/)
  const path = made.headers.get('location')?.replace('/api/v1', '') ?? ''

  const again = await call('POST', '/organizations', wish, key)
  expect(again.status).toBe(201)
  expect(again.body).toEqual(made.body)
  const other = await call('POST', '/organizations', { ...wish, name: name('Other') }, key)
  expect(other.status).toBe(422)

  const read = await call('GET', `${path}?min_seq=${sequence}`)
  expect(read.body).toEqual(made.body)
  const etag = read.headers.get('etag') ?? ''
  const unchanged = await call('GET', path, undefined, { 'if-none-match': etag })
  expect(unchanged.status).toBe(304)

  const changed = await call('PATCH', path, { description: 'y' }, { 'if-match': etag })
  expect(changed).toMatchObject({ status: 200, body: { description: 'y', name: wish.name } })
  const stale = await call('PATCH', path, { description: 'z' }, { 'if-match': etag })
  expect(stale.status).toBe(412)
  const gone = await call('DELETE', path, undefined, {
    'if-match': changed.headers.get('etag') ?? '',
  })
  expect(gone.status).toBe(204)
  const missing = await call('GET', `${path}?min_seq=${gone.headers.get('holdfast-sequence')}`)
  expect(missing.status).toBe(404)
})

test('a list goes on where it left off', async () => {
  let last = ''
  for (let i = 0; i < 5; i += 1) {
    const made = await call('POST', '/sites', { organization: 'Acme', name: name('Site') })
    expect(made.status).toBe(201)
    last = made.headers.get('holdfast-sequence') ?? ''
  }
  const all = await call('GET', `/sites?organization=Acme&min_seq=${last}`)
  const names = (all.body['items'] as { name: string }[]).map((site) => site.name)
  expect(names.length).toBeGreaterThanOrEqual(5)
  const found: string[] = []
  let path = '/sites?organization=Acme&limit=2'
  for (;;) {
    const page = await call('GET', path)
    for (const site of page.body['items'] as { name: string }[]) found.push(site.name)
    const next = /^<\/api\/v1(.*)>; rel="next"$/.exec(page.headers.get('link') ?? '')
    if (!next?.[1]) break
    path = next[1]
  }
  expect(found).toEqual(names)
})

test('who belongs to one organization sees its events and nobody else’s', async () => {
  const username = `viewer-${Math.random().toString(36).slice(2)}`
  const made = await call('POST', '/users', {
    username,
    email: `${username}@example.org`,
    bindings: [{ role: 'viewer', organization_id: 'Acme' }],
  })
  expect(made.status).toBe(201)
  const password = String(made.body['generated_password'])
  const signedIn = await call('POST', '/auth/login', { username, password }, { authorization: '' })
  const viewer = { authorization: `Bearer ${signedIn.body['access_token']}` }

  const denied = await call('POST', '/sites', { organization: 'Acme', name: 'no' }, viewer)
  expect(denied.status).toBe(403)

  const stop = new AbortController()
  const stream = await fetch(`${suite.url}/events?from=1`, { headers: viewer, signal: stop.signal })
  const elsewhere = await call('POST', '/organizations', { name: name('Elsewhere') })
  await call('POST', '/sites', { organization_id: elsewhere.body['id'], name: 'hidden' })
  const mine = await call('POST', '/sites', { organization: 'Acme', name: name('Seen') })
  const last = mine.headers.get('holdfast-sequence')
  let text = ''
  for await (const chunk of stream.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (text.includes(`id: ${last}\nevent: SiteCreated`)) break
  }
  stop.abort()
  expect(text).toContain('OrganizationCreated')
  expect(text).not.toContain('hidden')
  const owners = [...text.matchAll(/"organization_id":"([^"]+)","actor"/g)].map(([, id]) => id)
  expect(new Set(owners)).toEqual(new Set([suite.organizationId]))
})

test('an administrator sees the whole log without a gap, secrets sealed', async () => {
  const stop = new AbortController()
  const head = await call('POST', '/organizations', { name: name('Last') })
  const last = Number(head.headers.get('holdfast-sequence'))
  const stream = await fetch(`${suite.url}/events`, {
    headers: { authorization: `Bearer ${token}`, 'last-event-id': '0' },
    signal: stop.signal,
  })
  let text = ''
  for await (const chunk of stream.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (text.includes(`id: ${last}\nevent: `) && text.endsWith('\n\n')) break
  }
  stop.abort()
  const ids = [...text.matchAll(/^id: (\d+)\nevent: /gm)].map(([, id]) => Number(id))
  expect(ids).toEqual(Array.from({ length: last }, (_, i) => i + 1))
  expect(text).toMatch(/"password_hash":"\[sealed\]"/)
  expect(text).not.toContain('ada@example.org')
})

test('signing out ends the session and its streams', async () => {
  const signedIn = await call(
    'POST',
    '/auth/login',
    { username: 'ada', password: suite.password },
    { authorization: '' },
  )
  const own = { authorization: `Bearer ${signedIn.body['access_token']}` }
  const stream = await fetch(`${suite.url}/events`, { headers: own })
  const out = await call('POST', '/auth/logout', undefined, own)
  expect(out.status).toBe(204)
  expect(await stream.text()).toContain(': the session has ended')
  expect((await call('GET', '/auth/me', undefined, own)).status).toBe(401)
})

describe('a network', () => {
  const credentials = () => readFileSync(suite.nats.identities.credentialsFile('gateway'), 'utf8')
  /** Any user key the server would take; the agent makes its own. */
  const natsPublicKey = (): string => {
    const jwt = /eyJ[\w-]+\.([\w-]+)\.[\w-]+/.exec(credentials())?.[1] ?? ''
    return JSON.parse(Buffer.from(jwt, 'base64url').toString()).sub
  }
  const agentKey = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })

  test('an agent enrols with a token, once', async () => {
    const made = await call('POST', '/nodes/enroll-tokens', {
      node_name: 'gw',
      organization: 'Acme',
    })
    expect(made).toMatchObject({ status: 201, body: { organization_id: suite.organizationId } })
    const wish = {
      token: made.body['token'],
      enrolment_key: Buffer.from(agentKey.x ?? '', 'base64url').toString('base64'),
      nats_public_key: natsPublicKey(),
      hostname: 'gw1',
      platform: 'linux',
    }
    const nobody = { authorization: '' }
    const enrolled = await call('POST', '/nodes/enroll', wish, nobody)
    expect(enrolled).toMatchObject({
      status: 201,
      body: {
        node_name: 'gw',
        lineage_id: suite.nats.lineageId,
        generation: 1,
        nats_servers: ['127.0.0.1:4222'],
      },
    })
    const again = await call('POST', '/nodes/enroll', wish, nobody)
    expect(again.body).toMatchObject({ node_id: enrolled.body['node_id'] })
    const bad = await call('POST', '/nodes/enroll', { ...wish, token: 'hf_et_wrong' }, nobody)
    expect(bad.status).toBeGreaterThanOrEqual(400)
    const node = await call('GET', '/nodes/gw')
    expect(node).toMatchObject({
      status: 200,
      body: { name: 'gw', hostname: 'gw1', is_online: false },
    })
  })

  test('an interface and its peers, by name', async () => {
    const made = await call('POST', '/interfaces', {
      name: 'wg0',
      node: 'gw',
      addresses: ['10.10.0.1/24', 'fd10::1/64'],
      endpoint: 'vpn.example.org',
    })
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'wg0', listen_port: 51820, mtu: 1420 },
    })
    const sequence = made.headers.get('holdfast-sequence')
    expect(await call('GET', `/interfaces/wg0?min_seq=${sequence}`)).toMatchObject({
      body: { id: made.body['id'], enforcement: { state: 'pending' } },
    })
    const peer = await call('POST', '/interfaces/wg0/peers', { name: 'laptop' })
    expect(peer).toMatchObject({
      status: 201,
      body: {
        name: 'laptop',
        addresses: ['10.10.0.2', 'fd10::2'],
        status: 'new',
        has_private_key: true,
      },
    })
    const same = await call('POST', '/interfaces/wg0/peers', { name: 'Laptop' })
    expect(same).toMatchObject({ status: 409, body: { code: 'network.peer_name_taken' } })
    const bad = await call('POST', '/interfaces/wg0/peers', { name: 'x', addresses: ['300.1.1.1'] })
    expect(bad).toMatchObject({
      status: 400,
      body: { code: 'invalid', errors: [{ field: 'addresses[0]' }] },
    })
  })

  test('many peers at once get an address each', async () => {
    const made = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        call('POST', '/interfaces/wg0/peers', { name: `p${i}` }),
      ),
    )
    expect(new Set(made.map(({ status }) => status))).toEqual(new Set([201]))
    const addresses = made.map(({ body }) => (body['addresses'] as string[])[0])
    expect(new Set(addresses).size).toBe(40)
    const last = made.map(({ headers }) => Number(headers.get('holdfast-sequence')))
    const list = await call('GET', `/peers?interface=wg0&limit=1000&min_seq=${Math.max(...last)}`)
    expect(list.body['items']).toHaveLength(41)
    expect(await call('GET', '/peers?q=p39')).toMatchObject({ body: { items: [{ name: 'p39' }] } })
    expect(await call('GET', '/peers?status=connected')).toMatchObject({ body: { items: [] } })
  })

  test('a configuration comes as text and as a picture, and is kept by nobody', async () => {
    const get = async (path: string) => {
      const response = await fetch(`${suite.url}${path}`, {
        headers: { authorization: `Bearer ${token}` },
      })
      expect(response.status).toBe(200)
      expect(response.headers.get('cache-control')).toBe('no-store')
      return {
        type: response.headers.get('content-type'),
        bytes: Buffer.from(await response.arrayBuffer()),
      }
    }
    const text = await get('/peers/laptop/config?interface=wg0')
    expect(text.type).toBe('text/plain; charset=utf-8')
    expect(text.bytes.toString()).toMatch(
      /^\[Interface\]\n[\s\S]*PrivateKey = .*\n[\s\S]*\[Peer\]\n[\s\S]*Endpoint = vpn\.example\.org:51820/m,
    )
    const png = await get('/peers/laptop/config.png')
    expect(png.type).toBe('image/png')
    expect(png.bytes.subarray(1, 4).toString()).toBe('PNG')
    const svg = await get('/peers/laptop/config.svg')
    expect(svg.type).toBe('image/svg+xml')
    expect(svg.bytes.toString()).toContain('<svg')
  })

  test('a peer is changed, given new keys and removed', async () => {
    const before = await call('GET', '/peers/laptop')
    const etag = before.headers.get('etag') ?? ''
    const later = '2100-01-01T00:00:00.000Z'
    const changed = await call(
      'PATCH',
      '/peers/laptop',
      { description: 'work', expires_at: later },
      { 'if-match': etag },
    )
    expect(changed).toMatchObject({ status: 200, body: { description: 'work', expires_at: later } })
    const never = await call('PATCH', '/peers/laptop', { expires_at: null })
    expect(never).toMatchObject({ status: 200, body: { expires_at: null, description: 'work' } })
    const rotated = await call('POST', '/peers/laptop/rotate-key')
    expect(rotated.body['public_key']).not.toBe(before.body['public_key'])
    const psk = await call('POST', '/peers/laptop/rotate-psk', { preshared_key: null })
    expect(psk).toMatchObject({ status: 200, body: { has_preshared_key: false } })
    const id = String(before.body['id'])
    const removed = await call('DELETE', `/peers/${id}`)
    expect(removed.status).toBe(204)
    const missing = await call(
      'GET',
      `/peers/${id}?min_seq=${removed.headers.get('holdfast-sequence')}`,
    )
    expect(missing.status).toBe(404)
  })

  test('a file is previewed, imported and exported', async () => {
    const key = () => generateKeyPairSync('x25519')
    const raw = (part: 'd' | 'x') =>
      Buffer.from(key().privateKey.export({ format: 'jwk' })[part] ?? '', 'base64url').toString(
        'base64',
      )
    const file = `[Interface]\nPrivateKey = ${raw('d')}\nAddress = 10.20.0.1/24\nListenPort = 51999\n\n# phone\n[Peer]\nPublicKey = ${raw('x')}\nAllowedIPs = 10.20.0.2/32\n`
    const send = (query: string) =>
      fetch(`${suite.url}/interfaces/import?${query}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
        body: file,
      })
    const preview = await send('name=WG%20Old&node=gw&dry_run=true')
    expect(preview.status).toBe(200)
    const shown = (await preview.json()) as { name: string }
    expect(shown).toMatchObject({
      interface: null,
      peer_count: 1,
      peers: [{ addresses: ['10.20.0.2'] }],
    })
    expect(shown.name).toMatch(/^[a-z][a-z0-9_-]{0,14}$/)
    const done = await send('name=wg1&node=gw')
    expect(done.status).toBe(201)
    expect(await done.json()).toMatchObject({
      name: 'wg1',
      peer_count: 1,
      interface: { name: 'wg1', listen_port: 51999 },
    })
    const exported = await fetch(`${suite.url}/interfaces/wg1/export`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(exported.headers.get('content-disposition')).toBe('attachment; filename="wg1.conf"')
    expect(await exported.text()).toContain('ListenPort = 51999')
  })

  test('what is not empty stays, what is empty goes', async () => {
    const node = await call('DELETE', '/nodes/gw')
    expect(node).toMatchObject({ status: 409, body: { code: 'network.node_not_empty' } })
    for (const name of ['wg0', 'wg1']) {
      expect((await call('DELETE', `/interfaces/${name}?node=gw`)).status).toBe(204)
    }
    expect((await call('DELETE', '/nodes/gw')).status).toBe(204)
  })
})

test('readiness, metrics and the document answer', async () => {
  const ready = await call('GET', '/ready')
  expect(ready.body).toMatchObject({
    checks: {
      auth: { ok: true },
      network: { ok: true },
      rules: { ok: true },
      log: { ok: true },
    },
  })
  const metrics = await (await fetch(`${suite.url}/metrics`)).text()
  expect(metrics).toContain('holdfast_metrics_target_up{service="auth"} 1')
  expect(metrics).toMatch(
    /holdfast_http_request_duration_seconds_count\{.*route="\/api\/v1\/organizations".*\} \d+/,
  )
  expect(metrics.match(/^# TYPE process_cpu_seconds_total /gm)).toHaveLength(1)
  const document = await call('GET', '/openapi.json')
  expect(document.body['openapi']).toBe('3.1.0')
})

test('asked to stop, the gateway sends its listeners away and ends with 0', async () => {
  const stream = await fetch(`${suite.url}/events`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const [code, text] = await Promise.all([suite.stopGateway(), stream.text()])
  expect(text).toContain(': this gateway is stopping\nretry: ')
  expect(code).toBe(0)
  expect(suite.lines.filter((line) => line.includes('"msg":"request"')).length).toBeGreaterThan(10)
  expect(suite.lines.join('\n')).not.toContain(suite.password)
  expect(suite.lines.join('\n')).not.toContain(token)
})
