import { actions, isWithin } from '@holdfast/catalogue'
import { newId, type OrganizationId } from '@holdfast/domain'
import { sql } from '@holdfast/postgres'
import { holdfast } from '@holdfast/proto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { wordsOf } from './entries/words.ts'
import { type EntrySuite, startEntrySuite, type Told } from './testing/entry-suite.ts'
import { person } from './testing/suite.ts'
import { until } from './testing/tree-suite.ts'

type Entry = holdfast.audit.v1.Entry.$Properties
type Filter = holdfast.audit.v1.EntryFilter.$Properties

const network = holdfast.network.v1
const rules = holdfast.rules.v1
/** So small that every way of searching is taken. */
const sizes = { glance: 1, many: 1, few: 6, firstWindow: 20, furtherWindows: [40] }
const root = person('SUPER_ADMIN', '*')

let suite: EntrySuite
beforeAll(async () => {
  suite = await startEntrySuite({ sizes })
})
afterAll(() => suite.close())

const pick = <T>(from: readonly T[], n: number): T => {
  const found = from[n % from.length]
  if (found === undefined) throw new Error('nothing to pick from')
  return found
}

async function all(
  filter: Filter,
  caller = root,
  limit = 7,
  withReads = false,
): Promise<readonly Entry[]> {
  const found: Entry[] = []
  let cursor = ''
  do {
    const page = await suite.entries.listEntries({ filter, limit, cursor }, caller)
    expect(page.entries?.length ?? 0).toBeLessThanOrEqual(limit)
    found.push(...(page.entries ?? []))
    cursor = page.nextCursor ?? ''
  } while (cursor !== '')
  // Our own looking is in the trail too, and comes when it comes.
  return withReads ? found : found.filter(({ action }) => action !== 'access.audit_read')
}

const key = ({ trail, sequence }: Entry) => `${trail}:${sequence}`

/** What was done, as the test knows it. */
interface Known {
  readonly entry: Entry
  readonly actions: readonly string[]
  readonly targets: readonly { readonly kind: string; readonly id: string }[]
  readonly words: readonly string[]
  readonly source: string
}
const organizations = [newId<string>(), newId<string>(), newId<string>()]
const users = [newId<string>(), newId<string>(), newId<string>(), newId<string>()]
const sessions = users.map(() => newId<string>())
const addresses = ['192.0.2.1', '192.0.2.2', '2001:db8:1:2::7', '198.51.100.9']
const peers = Array.from({ length: 12 }, () => newId<string>())
const peerNames = ['laptop Ünal', 'gw-berlin', 'phone', 'Laptop 2', 'printer']
const interfaces = [newId<string>(), newId<string>()]
const known: Known[] = []

const peerEvent = (n: number) => {
  const peerId = pick(peers, n)
  const name = pick(peerNames, n)
  const added = {
    type: 'PeerAdded',
    data: network.PeerAdded.encode({ peerId, settings: { name } }).finish(),
  }
  const removed = { type: 'PeerRemoved', data: network.PeerRemoved.encode({ peerId }).finish() }
  return n % 3 === 0
    ? { event: removed, action: 'network.peer.deleted', id: peerId, kind: 'peer', name: '' }
    : { event: added, action: 'network.peer.created', id: peerId, kind: 'peer', name }
}
const ruleEvent = (n: number) => {
  const ruleId = pick(peers, n + 5)
  const name = `rule ${n % 4}`
  const data = rules.RuleCreated.encode({ ruleId, settings: { name } }).finish()
  const event = { type: 'RuleCreated', data }
  return { event, action: 'rules.rule.created', id: ruleId, kind: 'rule', name }
}

/** Tells both trails things that differ in everything a filter can name. */
async function tellMuch(): Promise<void> {
  await suite.record(
    sessions.flatMap((sessionId, n) => [
      {
        action: 'login',
        result: 'success',
        userId: pick(users, n),
        sessionId,
        source: pick(addresses, n).replace('::7', '::/64'),
      } as const,
    ]),
  )
  for (let n = 0; n < 160; n++) {
    const isRule = n % 5 === 4
    const make = isRule ? ruleEvent : peerEvent
    const deeds = Array.from({ length: n % 7 === 0 ? 4 : 1 }, (_, i) => make(n + i * 3 + i))
    const organizationId = n % 11 === 0 ? undefined : pick(organizations, n)
    const who = n % 6
    const isPerson = who < 4
    const reason = pick(['', 'new laptop', "Bob's ticket 42", 'ÄRGER'], n >> 1)
    const told: Told = {
      context: isRule ? 'rules' : 'network',
      type: isRule ? 'rule_set' : 'interface',
      id: isRule ? pick(organizations, n) : `${pick(interfaces, n)}.${pick(interfaces, n >> 2)}`,
      events: deeds.map(({ event }) => event),
      actor: isPerson
        ? { kind: 'user', id: pick(users, who), method: 'password', sessionId: pick(sessions, who) }
        : { kind: 'service', id: isRule ? 'rules' : 'network' },
      correlationId: newId<string>(),
      reason,
      ...(organizationId === undefined ? {} : { organizationId }),
    }
    const sequence = Number(await suite.tell(told))
    const [first] = deeds
    known.push({
      entry: {
        trail: 1,
        sequence,
        result: 1,
        action: first?.action ?? '',
        organizationId: organizationId ?? '',
        correlationId: told.correlationId ?? '',
        actor: { id: told.actor?.id ?? '', sessionId: told.actor?.sessionId ?? '' },
      },
      actions: deeds.map(({ action }) => action),
      targets: deeds.map(({ id, kind }) => ({ id, kind })),
      words: wordsOf(reason, ...deeds.flatMap(({ action, name }) => [action, name])),
      source: isPerson ? pick(addresses, who) : '',
    })
    if (n % 2 === 0) await suite.record([attempt(n)])
  }
  await suite.caughtUp()
}

const attempt = (n: number) => {
  const code = pick(['auth.invalid_credentials', 'access.denied', 'access.not_signed_in'], n >> 1)
  const isLogin = n % 4 === 0
  return {
    action: isLogin ? 'login' : 'denied',
    result: 'failure',
    code,
    source: pick(addresses, n).replace('::7', '::/64'),
    ...(n % 3 === 0 ? {} : { userId: pick(users, n) }),
    ...(isLogin ? {} : { target: 'GET /api/v1/nodes' }),
    ...(n % 10 === 0 ? { organizationId: pick(organizations, n) } : {}),
  } as const
}

/** The same question, answered by looking at everything. */
function naive(filter: Filter, entry: Entry): boolean {
  const of = known.find((one) => one.entry.sequence === entry.sequence && entry.trail === 1)
  const codes = of?.actions ?? [entry.action ?? '']
  const words = of?.words ?? wordsOf(entry.action ?? '', entry.code ?? '', entry.target?.name ?? '')
  const source = of ? of.source : (entry.source ?? '').replace('::/64', '::7')
  const is = (wanted: string | null | undefined, has: string | null | undefined) =>
    !wanted || wanted === has
  return (
    (!filter.trail || filter.trail === entry.trail) &&
    (!filter.actions?.length || codes.some((code) => isWithin(code, filter.actions ?? []))) &&
    (!filter.result || filter.result === entry.result) &&
    is(filter.actorId, entry.actor?.id) &&
    is(filter.sessionId, entry.actor?.sessionId) &&
    is(filter.correlationId, entry.correlationId) &&
    is(filter.organizationId, entry.organizationId) &&
    is(filter.address, source) &&
    (!filter.targetId || (of?.targets ?? []).some(({ id }) => id === filter.targetId)) &&
    (!filter.targetKind || (of?.targets ?? []).some(({ kind }) => kind === filter.targetKind)) &&
    (!filter.fromUnixMs || (entry.atUnixMs ?? 0) >= filter.fromUnixMs) &&
    (!filter.toUnixMs || (entry.atUnixMs ?? 0) < filter.toUnixMs) &&
    wordsOf(filter.query ?? '').every((word) => words.some((one) => one.startsWith(word)))
  )
}

test('any filter and any combination answers what looking at everything answers, in order', async () => {
  await tellMuch()
  const everything = await all({ trail: 0 }, root, 500)
  expect(everything.filter(({ trail }) => trail === 1).map(key)).toEqual(
    known.map(({ entry }) => key(entry)).reverse(),
  )
  const accessCount = everything.filter(({ trail }) => trail === 2).length
  expect(accessCount).toBe(80 + sessions.length)
  for (const { entry } of known.slice(0, 20)) {
    const found = everything.find((one) => key(one) === key(entry))
    expect(found).toMatchObject({ action: entry.action, organizationId: entry.organizationId })
  }
  const times = everything.map(({ atUnixMs }) => atUnixMs ?? 0)
  expect(times).toEqual([...times].sort((a, b) => b - a))

  const maybe = <T>(values: readonly T[], weight = 4) =>
    fc.oneof(
      { weight, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom(...values) },
    )
  const codes = actions.map(({ code }) => code)
  const filters = fc.record({
    trail: maybe([1, 2]),
    actions: maybe([
      ['network.peer'],
      ['network', 'access.login'],
      ['rules.rule.created'],
      ['access'],
      codes.slice(0, 20),
      ['network.peer.deleted', 'access.denied'],
    ]),
    result: maybe([1, 2, 3]),
    actorId: maybe([...users, 'network', 'rules', newId<string>()]),
    targetId: maybe([...peers, newId<string>()]),
    targetKind: maybe(['peer', 'rule', 'signing_key']),
    organizationId: maybe([...organizations, newId<string>()]),
    address: maybe([...addresses, '203.0.113.1']),
    sessionId: maybe(sessions),
    correlationId: maybe(
      known.slice(0, 3).map(({ entry }) => entry.correlationId ?? ''),
      8,
    ),
    fromUnixMs: maybe(times.map((time) => time + 1)),
    toUnixMs: maybe(times),
    query: maybe([
      'lap',
      'Laptop new',
      'ünal',
      'bob ticket',
      'ärger',
      'peer created',
      'get',
      'zzz',
    ]),
  })
  await fc.assert(
    fc.asyncProperty(filters, fc.constantFrom(7, 500), async (wish, limit) => {
      const filter = Object.fromEntries(
        Object.entries(wish).filter(([, value]) => value !== undefined),
      ) as Filter
      const { fromUnixMs = 0, toUnixMs = 0 } = filter
      fc.pre(!toUnixMs || (fromUnixMs ?? 0) < (toUnixMs ?? 0))
      const wanted = everything.filter((entry) => naive(filter, entry))
      const found = await all(filter, root, limit)
      expect(found.map(key)).toEqual(wanted.map(key))
    }),
    { numRuns: 200 },
  )
}, 300_000)

test('an export holds the same, oldest first, with what changed', async () => {
  const { entries: exported, nextCursor } = await suite.entries.exportEntries({
    filter: { trail: 1, actions: ['network.peer'] },
  })
  const entries = exported ?? []
  expect(nextCursor).toBe('')
  const listed = await all({ trail: 1, actions: ['network.peer'] })
  expect(entries.map(key)).toEqual(listed.map(key).reverse())
  const first = entries.find(({ action }) => action === 'network.peer.created')
  expect(first?.changes?.[0]).toMatchObject({ event: 'PeerAdded', action: 'network.peer.created' })
  const fields = first?.changes?.[0]?.fields ?? []
  expect(fields.find(({ after }) => after?.includes('laptop') || after)).toBeDefined()
  const bulk = known.find(({ actions: of }) => of.length === 4)
  const got = await suite.entries.getEntry({ trail: 1, sequence: bulk?.entry.sequence ?? 0 })
  expect(got.entry?.changes).toHaveLength(4)
  expect(got.entry?.count).toBe(4)
})

test('pages lose nothing and repeat nothing while entries are added', async () => {
  const before = await all({}, root, 500)
  const found: Entry[] = []
  let cursor = ''
  for (let n = 0; ; n++) {
    const page = await suite.entries.listEntries({ limit: 9, cursor }, root)
    found.push(...(page.entries ?? []))
    cursor = page.nextCursor ?? ''
    if (cursor === '') break
    await suite.tell({
      context: 'network',
      type: 'interface',
      id: newId(),
      events: [peerEvent(n).event],
    })
    await suite.record([{ action: 'logout', result: 'success', source: pick(addresses, n) }])
    await suite.caughtUp()
  }
  const others = found.filter(({ action }) => action !== 'access.audit_read')
  expect(others.map(key)).toEqual(before.map(key))
})

test('people see the organizations they may audit, and nothing of none', async () => {
  const [mine = '', other = ''] = organizations
  const auditor = person('AUDITOR', mine)
  const seen = await all({}, auditor, 50)
  expect(seen.length).toBeGreaterThan(10)
  expect(new Set(seen.map(({ organizationId }) => organizationId))).toEqual(new Set([mine]))
  const wanted = (await all({}, root, 500)).filter(({ organizationId }) => organizationId === mine)
  expect(seen.map(key)).toEqual(wanted.map(key))
  await expect(
    suite.entries.listEntries({ filter: { organizationId: other } }, auditor),
  ).rejects.toThrow()
  const foreign = known.find(({ entry }) => entry.organizationId === other)?.entry.sequence ?? 0
  const nobodys = known.find(({ entry }) => entry.organizationId === '')?.entry.sequence ?? 0
  for (const sequence of [foreign, nobodys, 999_999]) {
    await expect(suite.entries.getEntry({ trail: 1, sequence }, auditor)).rejects.toThrow(
      /there is no entry/,
    )
  }
  const two = person('AUDITOR', mine, other)
  const both = await all({ actions: ['network.peer'] }, two, 5)
  expect(new Set(both.map(({ organizationId }) => organizationId))).toEqual(new Set([mine, other]))
  expect(await all({}, { ...auditor, organizations: () => [] as OrganizationId[] })).toEqual([])
})

test('reading the trail stands in the trail, once a session and minute, then counted', async () => {
  const reader = person('SUPER_ADMIN', '*')
  for (let n = 0; n < 5; n++) await suite.entries.listEntries({ limit: 1 }, reader)
  await suite.restart()
  await suite.caughtUp()
  const mine = { actions: ['access.audit_read'], actorId: reader.userId ?? '' }
  const reads = await all(mine, root, 7, true)
  expect(reads.map(({ count }) => count)).toEqual([4, 1])
  expect(reads[1]).toMatchObject({ result: 1, target: { kind: 'call', name: 'ListEntries' } })
})

test('a record that is delivered again stays one entry, and a restart misses none', async () => {
  const count = async () =>
    (
      await suite.postgres.query(sql`
      select from audit.access_entries where action <> 'audit_read'`)
    ).length
  await suite.caughtUp()
  const before = await count()
  await suite.restart(async () => {
    // As after a crash that took the last commits of Postgres, and then some.
    await suite.postgres.execute(sql`update audit.access_position set sequence = 3`)
    await suite.record([{ action: 'logout', result: 'success' }])
  })
  await suite.caughtUp()
  await until(async () => (await count()) === before + 1)
})

test('the sources of somebody who was forgotten are "[erased]", those of others are not', async () => {
  const logins = await all({ actions: ['access.login'], result: 1 }, root, 500)
  const gone = logins[0]?.actor?.id ?? ''
  const others = logins.filter(({ actor }) => actor?.id !== gone)
  expect(logins[0]?.source).toMatch(/[.:]/)
  expect(others.length).toBeGreaterThan(0)
  suite.forget(gone)
  suite.advance(61_000) // keys are asked for again after a minute
  const now = await all({ actions: ['access.login'], result: 1 }, root, 500)
  for (const { actor, source } of now) {
    if (actor?.id === gone) expect(source).toBe('[erased]')
    else expect(source).toMatch(/[.:]/)
  }
})

test('without the key of the instance nobody is looked for by address', async () => {
  suite.destroyKeys()
  await expect(suite.entries.listEntries({ filter: { address: '192.0.2.1' } })).rejects.toThrow(
    /keys of source addresses/,
  )
})

test('beyond the retention changes are shown to who asks, and records of ACCESS are gone', async () => {
  const logged = (await all({ trail: 1 }, root, 500)).length
  const oldest = Math.min(...(await all({}, root, 500)).map(({ atUnixMs }) => atUnixMs ?? 0))
  suite.advance(91 * 86_400_000)
  expect(await all({ trail: 1 })).toEqual([])
  expect(await all({ trail: 1, fromUnixMs: oldest }, root, 500)).toHaveLength(logged)
  await until(async () => {
    const rows = await suite.postgres.query(sql`
      select from audit.access_entries where action <> 'audit_read'`)
    return rows.length === 0
  })
  // They are swept in a statement of their own.
  await until(async () => {
    const left = await suite.postgres.query(sql`select from audit.session_sources`)
    return left.length === 0
  })
})

test.each([
  [{ actions: ['network.pe'] }, 'action', 'one_of'],
  [{ actions: Array.from({ length: 21 }, () => 'network') }, 'action', 'too_many'],
  [{ actorId: 'Nobody!' }, 'actor', 'id_invalid'],
  [{ targetId: 'laptop' }, 'target', 'id_invalid'],
  [{ targetKind: 'lamp' }, 'target_kind', 'one_of'],
  [{ address: '10.0.0.0/8' }, 'address', 'address_invalid'],
  [{ address: "1' or '1" }, 'address', 'address_invalid'],
  [{ query: '---' }, 'q', 'query_invalid'],
  [{ query: 'x'.repeat(257) }, 'q', 'too_long'],
  [{ fromUnixMs: 5, toUnixMs: 5 }, 'from', 'range_reversed'],
  [{ sessionId: 'x' }, 'session_id', 'id_invalid'],
])('refuses %j', async (filter, field, code) => {
  await expect(suite.entries.listEntries({ filter })).rejects.toMatchObject({
    fields: [expect.objectContaining({ field, code })],
  })
  for (const cursor of ['x', 'MS4y', Buffer.from('99999999999999999999.0').toString('base64url')]) {
    await expect(suite.entries.listEntries({ cursor })).rejects.toThrow()
  }
})
