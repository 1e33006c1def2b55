import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { make } from '../../packages/snapshot/src/testing/memory.ts'
import { type Api, Refused, signIn } from './api.ts'
import { signedInCli } from './cli.ts'
import { enrollSilentNode } from './enroll.ts'
import { sendForm } from './form.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

// One installation gives, another takes: what a portable snapshot is for.

interface ImportRecord {
  readonly section: string
  readonly organization: string
  readonly name: string
  readonly outcome: string
  readonly code: string
  readonly detail: string
}
interface Import {
  readonly id: string
  readonly status: string
  readonly progress: number
  readonly is_dry_run: boolean
  readonly failure_code: string
  readonly failure_detail: string
  readonly warnings: readonly string[]
  readonly rollback_sequence: string | null
  readonly sections: readonly {
    readonly name: string
    readonly organization: string
    readonly status: string
    readonly records: number
    readonly created: number
    readonly updated: number
    readonly unchanged: number
    readonly skipped: number
    readonly refused: number
    readonly issues: readonly ImportRecord[]
  }[]
}

const passphrase = 'correct horse battery staple'
const password = 'a password nobody guesses'
let from: Suite
let to: Suite
let giver: Api
let taker: Api

beforeAll(async () => {
  ;[from, to] = await Promise.all([startSuite(), startSuite()])
  giver = await from.admin()
  taker = await to.admin()
  await furnish()
})
afterAll(async () => {
  await Promise.all([from?.remove(), to?.remove()])
})

async function furnish(): Promise<void> {
  const made = async (path: string, body: unknown): Promise<string> =>
    (await giver.post<{ id: string }>(path, body)).id
  const organization = await made('/organizations', { name: 'Acme', description: 'of Berlin' })
  const site = await made('/sites', { name: 'Berlin', organization_id: organization })
  await made('/sites', { name: 'Paris', organization_id: organization, description: 'later' })
  const node = await enrollSilentNode(giver, 'gw-1', organization)
  await giver.call('PATCH', `/nodes/${node}`, { site_id: site, endpoint_host: 'vpn.example.org' })
  const wg = await made('/interfaces', {
    name: 'wg0',
    node_id: node,
    addresses: ['10.61.0.1/24', 'fd61::1/64'],
    dns: ['10.61.0.1'],
    endpoint: 'vpn.example.org',
  })
  for (const name of ['laptop', 'phone', 'printer']) {
    await made(`/interfaces/${wg}/peers`, { name, description: `the ${name}` })
  }
  await made('/rules?organization=Acme', {
    name: 'no telnet',
    action: 'deny',
    protocol: 'tcp',
    priority: 900,
  })
  await made('/webhooks', {
    name: 'pager',
    url: 'https://93.184.215.14/hook/secret-path',
    organization: 'Acme',
  })
  await made('/policy-tests', {
    organization: 'Acme',
    name: 'names resolve',
    protocol: 'udp',
    dst_port_from: 53,
    expect: 'pass',
  })
  await made('/users', {
    username: 'ada.lovelace',
    email: 'ada@example.org',
    password,
    bindings: [{ role: 'org_admin', organization_id: organization }],
  })
}

/** The file, and what was said beside it. */
async function exported(
  api: Api,
  asked: Readonly<Record<string, unknown>>,
): Promise<{ readonly bytes: Uint8Array; readonly warnings: string }> {
  const response = await fetch(`${api.url}/api/v1/backups/export`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(asked),
  })
  if (!response.ok) {
    const problem = (await response.json()) as Refused['problem']
    throw new Refused(response.status, problem, 'export')
  }
  return {
    bytes: new Uint8Array(await response.arrayBuffer()),
    warnings: response.headers.get('holdfast-warning') ?? '',
  }
}

const over = ['completed', 'failed', 'interrupted']
const finished = (api: Api, { id }: Import): Promise<Import> =>
  until(
    'the import is over',
    async () => {
      const found = await api.get<Import>(`/backups/imports/${id}`)
      return over.includes(found.status) ? found : undefined
    },
    { timeoutMs: 60_000, everyMs: 50 },
  )

async function imported(
  bytes: Uint8Array,
  query = '',
  fields: Readonly<Record<string, string>> = {},
): Promise<Import> {
  return await finished(
    taker,
    await sendForm<Import>(taker, `/backups/import${query}`, bytes, fields),
  )
}

const totals = ({ sections }: Import) =>
  Object.fromEntries(
    sections.map(({ name, created, updated, unchanged, skipped, refused }) => [
      name,
      { created, updated, unchanged, left: skipped - unchanged, refused },
    ]),
  )

/** Lines of one that is not encrypted, by section. */
async function recordsOf(api: Api): Promise<Map<string, unknown[]>> {
  const { bytes } = await exported(api, { is_encrypted: false, compress: false })
  const text = Buffer.from(bytes).toString()
  const at = 4 + Buffer.from(bytes).readUInt32BE(0)
  const lines = Buffer.from(bytes).subarray(at).toString().trimEnd().split('\n')
  expect(text).not.toContain('secret-path')
  const found = new Map<string, unknown[]>()
  let section = ''
  for (const line of lines.map((one) => JSON.parse(one) as Record<string, unknown>)) {
    if (typeof line['section'] === 'string') section = `${line['section']} ${line['organization']}`
    else if (line['record']) found.set(section, [...(found.get(section) ?? []), line['record']])
  }
  return found
}

/** Apart from what an import changes on purpose, and says. */
const meaning = (records: ReadonlyMap<string, readonly unknown[]>) =>
  Object.fromEntries(
    [...records].map(([section, of]) => {
      const plain = of.map((record) => {
        // as: lines of a snapshot
        const {
          public_key: _k,
          has_generated_key: _g,
          has_preshared_key: _p,
          ...rest
        } = record as Record<string, unknown>
        if (section.startsWith('auth.users')) return { ...rest, is_disabled: true }
        if (section.startsWith('notify.webhooks')) return { ...rest, is_enabled: false }
        return rest
      })
      // Of peers the order is that of their keys.
      return [section, plain.map((record) => JSON.stringify(record)).sort()]
    }),
  )

/** Signed over all there is in the log: the audit trail may be a moment behind it. */
const headOf = async (api: Api): Promise<bigint> =>
  BigInt((await api.post<{ size: string }>('/audit/checkpoints')).size)

test('what one installation exports, another imports: the same by meaning, and twice changes nothing', async () => {
  const { bytes } = await exported(giver, { passphrase })
  expect(Buffer.from(bytes).toString('latin1')).toContain('"kdf":"v2:600000:')
  expect(Buffer.from(bytes).includes('laptop')).toBe(false)

  const before = await headOf(taker)
  const dry = await imported(bytes, '?restore_users=true', { passphrase })
  expect(dry).toMatchObject({ status: 'completed', is_dry_run: true, rollback_sequence: null })
  expect(totals(dry)).toMatchObject({
    'auth.sites': { created: 2 },
    'auth.users': { created: 1 },
    'network.peers': { created: 0, left: 3, refused: 0 },
    'rules.rules': { created: 1 },
    'notify.webhooks': { created: 1 },
  })
  expect(await headOf(taker)).toBe(before)

  // The same file again, for real, by its id.
  const run = async (id: string, more: object): Promise<Import> =>
    await finished(
      taker,
      await taker.post<Import>(`/backups/imports/${id}/run`, {
        dry_run: false,
        passphrase,
        ...more,
      }),
    )
  const first = await run(dry.id, { restore_users: true })
  expect(first).toMatchObject({ status: 'completed', is_dry_run: false, failure_code: '' })
  expect(BigInt(first.rollback_sequence ?? 0)).toBeGreaterThanOrEqual(before)
  expect(totals(first)).toEqual({ ...totals(dry), organization: totals(first)['organization'] })
  await expect(run(dry.id, {})).rejects.toMatchObject({
    problem: { code: 'backup.import_not_waiting' },
  })

  // Hosts enroll by themselves; then what is of them comes too.
  const { items } = await taker.get<{ items: { id: string }[] }>('/organizations?q=Acme')
  const acme = items[0]?.id ?? ''
  await enrollSilentNode(taker, 'gw-1', acme)
  const query = '?dry_run=false&restore_users=true&overwrite_existing=true'
  const second = await imported(bytes, query, { passphrase })
  expect(totals(second)).toMatchObject({
    'auth.sites': { created: 0, unchanged: 2 },
    'network.nodes': { updated: 1 },
    'network.interfaces': { created: 1 },
    'network.peers': { created: 3 },
  })
  expect(meaning(await recordsOf(taker))).toEqual(meaning(await recordsOf(giver)))

  const settled = await headOf(taker)
  const third = await imported(bytes, '?dry_run=false&restore_users=true', { passphrase })
  const fourth = await imported(bytes, query, { passphrase })
  for (const again of [third, fourth]) {
    for (const { created, refused } of Object.values(totals(again))) {
      expect({ created, refused }).toEqual({ created: 0, refused: 0 })
    }
  }
  expect(meaning(await recordsOf(taker))).toEqual(meaning(await recordsOf(giver)))
  const since = await taker.all<{ sequence: string; action: string }>(`/audit?log=log`)
  const changes = since.filter(({ sequence }) => BigInt(sequence) > settled)
  expect(new Set(changes.map(({ action }) => action))).toEqual(new Set(['backup.import.completed']))

  // The key of the instance opens nowhere else, and says so.
  const own = await exported(giver, {})
  expect(own.warnings).toContain('opens here and nowhere else')
  expect(await imported(own.bytes)).toMatchObject({
    status: 'failed',
    failure_code: 'backup.other_instance',
  })
  expect(await imported(bytes, '', { passphrase: 'another one entirely' })).toMatchObject({
    status: 'failed',
    failure_code: 'backup.snapshot_sealed',
  })
  expect(await imported(bytes)).toMatchObject({ failure_code: 'backup.passphrase_needed' })
}, 120_000)

test('a snapshot that was made to climb climbs nowhere', async () => {
  const organization = (await taker.post<{ id: string }>('/organizations', { name: 'Victim' })).id
  await taker.post('/users', {
    username: 'vera.victim',
    email: 'vera@example.org',
    password,
    bindings: [{ role: 'viewer', organization_id: organization }],
  })
  const admins = await taker.all<{ username: string }>('/users')
  const crafted = await make([
    [
      'auth.sites',
      'Evil',
      [
        { name: 'planted', organization_id: organization },
        { name: 'named', id: organization, created_by: 'root', is_superuser: true },
        { name: 'line\nbreak' },
        { name: 'x'.repeat(5_000) },
        { name: '' },
        {},
      ],
    ],
    [
      'auth.users',
      'Evil',
      [
        { username: 'mallory', email: 'm@example.org', roles: ['SUPER_ADMIN'] },
        { username: 'mallet', email: 'n@example.org', roles: ['ORG_ADMIN', 'SUPER_ADMIN'] },
        {
          username: 'moll',
          email: 'o@example.org',
          roles: ['VIEWER'],
          password_hash: '$argon2id$x',
          is_super_admin: true,
          role_bindings: [{ role: 'SUPER_ADMIN' }],
        },
        { username: 'admin', email: 'taken@example.org', roles: ['VIEWER'] },
        { username: 'vera.victim', email: 'taken2@example.org', roles: ['ORG_ADMIN'] },
      ],
    ],
    ['auth.roots', 'Evil', [{ name: 'all' }]],
  ])
  const query = '?dry_run=false&overwrite_existing=true&restore_users=true'
  const dry = await imported(crafted, query.replace('dry_run=false', 'dry_run=true'))
  const found = await imported(crafted, query)
  expect(found.status).toBe('completed')
  const records = await taker.all<ImportRecord>(`/backups/imports/${found.id}/records`, 100)
  const became = Object.fromEntries(
    records.map(({ section, name, outcome, code }) => [
      `${section} ${name.slice(0, 20)}`,
      `${outcome} ${code}`,
    ]),
  )
  expect(became).toMatchObject({
    'auth.sites planted': 'refused backup.foreign_organization',
    'auth.sites named': 'created backup.fields_stripped',
    'auth.users mallet': 'created backup.role_stripped',
  })
  for (const who of ['mallory', 'admin', 'vera.victim']) {
    expect.soft(became[`auth.users ${who}`], who).toMatch(/^(refused|skipped) /)
  }
  expect(found.sections.find(({ name }) => name === 'auth.roots')?.status).toBe('schema_mismatch')
  expect(found.sections.find(({ name }) => name === 'auth.sites')).toMatchObject({
    created: 1,
    refused: 5,
  })
  // What the dry run said is what came.
  expect(totals(dry)['auth.users']).toEqual(totals(found)['auth.users'])

  interface Person {
    readonly username: string
    readonly is_disabled: boolean
    readonly bindings: readonly { role: string; organization_id: string | null }[]
  }
  const people = await taker.all<Person>('/users')
  expect(
    people.filter(({ bindings }) => bindings.some(({ role }) => role === 'super_admin')),
  ).toHaveLength(1)
  const of = (name: string) => people.find(({ username }) => username === name)
  expect(of('vera.victim')?.bindings).toMatchObject([
    { role: 'viewer', organization_id: organization },
  ])
  expect(of('moll')).toMatchObject({ is_disabled: true, bindings: [{ role: 'viewer' }] })
  expect(of('mallet')).toMatchObject({ is_disabled: true, bindings: [{ role: 'org_admin' }] })
  expect(people).toHaveLength(admins.length + 2)
  const sites = await taker.all<{ name: string; organization_id: string }>('/sites')
  expect(sites.filter((site) => site.organization_id === organization)).toEqual([])

  // Two organizations into one; one into another.
  const two = await make([
    ['auth.sites', 'One', [{ name: 'a' }]],
    ['auth.sites', 'Two', [{ name: 'b' }]],
  ])
  expect(await imported(two, `?organization_id=${organization}&dry_run=false`)).toMatchObject({
    status: 'failed',
    failure_code: 'backup.several_organizations',
  })
  const one = await make([['auth.sites', 'Elsewhere', [{ name: 'moved' }]]])
  await imported(one, '?organization_id=Victim&dry_run=false')
  const now = await taker.all<{ name: string; organization_id: string }>('/sites')
  expect(now.find(({ name }) => name === 'moved')?.organization_id).toBe(organization)
}, 120_000)

test('who may, and what is no snapshot', async () => {
  const victim = (await taker.get<{ id: string }>('/organizations/Victim')).id
  const person = async (username: string, role: string): Promise<Api> => {
    const bindings = [{ role, organization_id: victim }]
    await taker.post('/users', { username, email: `${username}@example.org`, password, bindings })
    return await signIn(to.url, username, password)
  }
  const orgAdmin = await person('olga.admin', 'org_admin')
  const viewer = await person('vito.viewer', 'viewer')
  const auditor = await person('anna.auditor', 'auditor')
  const one = await make([['auth.sites', 'Elsewhere', [{ name: 'moved' }]]])
  for (const api of [orgAdmin, viewer, auditor]) {
    await expect(sendForm(api, '/backups/import', one)).rejects.toMatchObject({ status: 403 })
    await expect(sendForm(api, '/backups/import/inspect', one)).rejects.toMatchObject({
      status: 403,
    })
  }
  for (const api of [viewer, auditor]) {
    await expect(exported(api, {})).rejects.toMatchObject({ status: 403 })
  }
  // Without a word about which, an admin gets the own organization and no other.
  const { bytes } = await exported(orgAdmin, { is_encrypted: false, compress: false })
  expect(Buffer.from(bytes).toString()).toContain('"organizations":[{"name":"Victim"')
  const acme = (await taker.get<{ id: string }>('/organizations/Acme')).id
  await expect(exported(orgAdmin, { organization_id: acme })).rejects.toMatchObject({ status: 404 })

  const head = await headOf(taker)
  for (const [what, code] of [
    [Buffer.from('{"organizations":[]}'), 'backup.not_a_snapshot'],
    [Buffer.from([0x1f, 0x8b, 8, 0, 0]), 'backup.not_a_snapshot'],
    [one.subarray(0, -1), 'backup.snapshot_damaged'],
    [new Uint8Array([...one, 0]), 'backup.snapshot_damaged'],
  ] as const) {
    const query = '/backups/import?dry_run=false'
    await expect(sendForm(taker, query, what)).rejects.toMatchObject({ problem: { code } })
  }
  expect(await headOf(taker)).toBe(head)
}, 60_000)

test('an import whose service is killed in the middle says so, and goes on when it is run again', async () => {
  const count = 800
  const many = Array.from({ length: count }, (_, n) => ({ name: `site ${n}` }))
  const file = await make([['auth.sites', 'Bulk', many]])
  const begun = await sendForm<Import>(taker, '/backups/import?dry_run=false', file)
  await until('something is written', async () => {
    const { progress } = await taker.get<Import>(`/backups/imports/${begun.id}`)
    return progress > 15
  })
  process.kill(to.pid('backup') ?? 0, 'SIGKILL')
  const broken = await until(
    'it is told',
    async () => {
      const found = await taker.get<Import>(`/backups/imports/${begun.id}`).catch(() => undefined)
      return found && over.includes(found.status) ? found : undefined
    },
    { timeoutMs: 60_000 },
  )
  expect(broken).toMatchObject({ status: 'interrupted', failure_code: 'backup.import_interrupted' })
  const run = `/backups/imports/${begun.id}/run`
  const done = await finished(taker, await taker.post<Import>(run, { dry_run: false }))
  expect(done).toMatchObject({ status: 'completed', rollback_sequence: broken.rollback_sequence })
  const sites = await taker.all<{ name: string }>('/sites?organization=Bulk')
  expect(new Set(sites.map(({ name }) => name)).size).toBe(count)
  expect(sites).toHaveLength(count)
  expect(totals(done)['auth.sites']).toMatchObject({ refused: 0 })
  const { created = 0, unchanged = 0, left = 0 } = totals(done)['auth.sites'] ?? {}
  expect(created + unchanged + left).toBe(count)
}, 120_000)

interface RestoreJob {
  readonly id: string
  readonly status: string
  readonly phase: string
  readonly dry_run: boolean
  readonly rollback_backup_id: string | null
  readonly rollback_sequence: string | null
  readonly undoes_job_id: string | null
  readonly failure_code: string
  readonly failure_detail: string
  readonly warnings: readonly string[]
  readonly sections: Import['sections']
}

test('a stored snapshot is restored, dry and for real, and its rollback slot undoes that and nothing else', async () => {
  const backup = await stored('Acme as it was')
  const { key_fingerprint: fingerprint, sections } = await giver.get<{
    key_fingerprint: string
    sections: { name: string; records: string; status: string; schema: string }[]
  }>(`/backups/${backup}/manifest/`)
  expect(fingerprint).toMatch(/^[0-9a-f]{32}$/)
  expect(sections.find(({ name }) => name === 'network.peers')).toMatchObject({
    ...{ records: '3', status: 'restorable', schema: '1.0' },
  })

  // One peer goes, one is made after the restore by somebody else.
  await giver.call('DELETE', '/peers/printer')
  await until('it is gone', async () => (await peersOfGiver()).join() === 'laptop,phone')
  const dry = await restored({ backup_id: backup, restore_ssids: true })
  expect(dry).toMatchObject({ status: 'completed', dry_run: true, rollback_sequence: null })
  expect(dry.warnings).toContain('restore_ssids is ignored: Holdfast has none.')
  const peersIn = (job: RestoreJob) => job.sections.find(({ name }) => name === 'network.peers')
  expect(peersIn(dry)).toMatchObject({ created: 1, unchanged: 0, refused: 0 })
  expect(await peersOfGiver()).toEqual(['laptop', 'phone'])

  const real = await restored({ backup_id: backup, dry_run: false })
  expect(real).toMatchObject({ status: 'completed', phase: 'done', failure_code: '' })
  expect(peersIn(real)).toMatchObject({ created: 1 })
  await until('it is back', async () => (await peersOfGiver()).includes('printer'))
  const organization = (await giver.get<{ id: string }>('/organizations/Acme')).id
  await giver.post('/sites', { name: 'Rome', organization_id: organization })

  const slots = await giver.all<{ id: string; backup_type: string; kept_until: string | null }>(
    `/backups/?rollback_for_restore_job_id=${real.id}`,
  )
  expect(slots).toMatchObject([{ id: real.rollback_backup_id, backup_type: 'rollback_slot' }])
  const slot = slots[0]?.id ?? ''
  const preview = await restored({ backup_id: slot })
  expect(preview).toMatchObject({ status: 'completed', dry_run: true, undoes_job_id: real.id })
  expect(await peersOfGiver()).toContain('printer')
  const undone = await restored({ backup_id: slot, dry_run: false })
  expect(undone).toMatchObject({ status: 'completed', undoes_job_id: real.id, failure_detail: '' })
  await until('what the restore made is gone', async () => {
    return (await peersOfGiver()).join() === 'laptop,phone'
  })
  const sites = await giver.all<{ name: string }>('/sites?organization=Acme')
  expect(sites.map(({ name }) => name)).toContain('Rome')
  await until('both stand in the trail', async () => {
    const entries = await giver.all<{ action: string }>('/audit?log=log')
    const actions = new Set(entries.map(({ action }) => action))
    return actions.has('backup.restore_job.started') && actions.has('backup.restore.completed')
  })

  // A full backup is not for this door; whoever has no right is told so.
  const full = await stored('all of it', { backup_type: 'full', organization_id: undefined })
  await expect(restored({ backup_id: full })).rejects.toMatchObject({
    problem: { code: 'backup.full_not_restored_here' },
  })
  const ada = await signIn(from.url, 'ada.lovelace', password)
  await expect(ada.post('/backups/restore', { backup_id: backup })).rejects.toMatchObject({
    status: 403,
  })
  expect(await ada.get<RestoreJob>(`/backups/restore/${real.id}`)).toMatchObject({ id: real.id })

  // And its newest backup is found to be good, on demand.
  const cli = await signedInCli(from)
  const verdicts = await cli.json<{ result: string; records: number }[]>(
    'backup',
    'validate',
    '--org',
    'Acme',
  )
  expect(verdicts).toMatchObject([{ result: 'ok' }])
  expect(verdicts[0]?.records).toBeGreaterThan(5)
}, 120_000)

async function stored(name: string, more: object = {}): Promise<string> {
  const { backup } = await giver.post<{ backup: { id: string } }>('/backups', {
    ...{ name, organization_id: 'Acme' },
    ...more,
  })
  await until(`backup ${name}`, async () => {
    const found = await giver.get<{ status: string }>(`/backups/${backup.id}`)
    if (found.status === 'failed') throw new Error(JSON.stringify(found))
    return found.status === 'completed'
  })
  return backup.id
}

async function restored(body: object): Promise<RestoreJob> {
  const begun = await giver.post<RestoreJob>('/backups/restore/', body)
  const look = () => giver.get<RestoreJob>(`/backups/restore/${begun.id}`)
  await until('the restore is over', async () => (await look()).status !== 'running')
  return await look()
}

const peersOfGiver = async (): Promise<readonly string[]> =>
  (await giver.all<{ name: string }>('/peers')).map(({ name }) => name).sort()

test('the command line, and stock gzip', async () => {
  const cli = await signedInCli(from)
  const peers = (await peersOfGiver()).length
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-hfsnap-'))
  try {
    const file = join(directory, 'acme.hfsnap')
    const secret = join(directory, 'passphrase')
    writeFileSync(secret, `${passphrase}\n`)
    const saved = await cli.json<{ bytes: number }>(
      ...['snapshot', 'export', '--org', 'Acme', '--passphrase-file', secret, '-o', file],
    )
    expect(saved.bytes).toBe(readFileSync(file).length)
    const shown = await cli.json<{ sections: { contributor: string; records: number }[] }>(
      ...['snapshot', 'inspect', file],
    )
    expect(shown.sections).toContainEqual(
      expect.objectContaining({ contributor: 'network.peers', records: peers }),
    )
    const dry = await cli.json<Import>(
      ...['snapshot', 'import', file, '--dry-run', '--users', '--passphrase-file', secret],
    )
    expect(totals(dry)['network.peers']).toMatchObject({ left: peers })
    const told = await cli.text('snapshot', 'records', dry.id, '--outcome', 'skipped')
    expect(told).toMatch(/network\.peers +laptop +skipped +backup\.exists/)

    const open = join(directory, 'open.hfsnap')
    await cli.text('snapshot', 'export', '--no-encrypt', '-o', open)
    const bytes = readFileSync(open)
    const payload = join(directory, 'payload.gz')
    writeFileSync(payload, bytes.subarray(4 + bytes.readUInt32BE(0)))
    const lines = execFileSync('gzip', ['-dc', payload]).toString()
    expect(lines).toContain('"name":"laptop"')
    expect(lines.trimEnd().split('\n').at(-1)).toContain('"end":true')
    const damaged = join(directory, 'damaged.hfsnap')
    writeFileSync(damaged, bytes.subarray(0, -1))
    await expect(cli.text('snapshot', 'inspect', damaged)).rejects.toThrow(/damaged or made up/)
  } finally {
    rmSync(directory, { recursive: true })
  }
}, 60_000)
