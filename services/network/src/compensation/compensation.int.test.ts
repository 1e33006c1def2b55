import { newId, type OrganizationId } from '@holdfast/domain'
import type { Commit } from '@holdfast/event-log'
import { relation, sql } from '@holdfast/postgres'
import { holdfast } from '@holdfast/proto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nodes as nodeAggregate } from '../commands/aggregates.ts'
import { type RandomLife, randomLife } from '../testing/random-life.ts'
import { type Suite, startSuite } from '../testing/suite.ts'

// What is brought back by ordinary commits is what was there: read models show it, claims agree, and nothing is done twice.

const { COMPENSATION_PHASE_REMOVE: remove, COMPENSATION_PHASE_BRING: bring } =
  holdfast.ops.v1.CompensationPhase
const seed = Number(process.env['HOLDFAST_COMPENSATION_SEED'] ?? 20_261_122)

let suite: Suite
let life: RandomLife
const nodes: string[] = []
const organizations = [newId<OrganizationId>(), newId<OrganizationId>()]
const actor = { kind: 1, id: newId<string>(), method: 1 }

beforeAll(async () => {
  suite = await startSuite()
  for (const [at, organizationId] of [...organizations, ...organizations].entries()) {
    nodes.push((await suite.enroll(organizationId, `gw-${at}`)).nodeId)
  }
  life = randomLife(suite, nodes, seed)
}, 120_000)
afterAll(async () => await suite?.close())

async function liveOn(steps: number): Promise<void> {
  await life.lookAround()
  for (let i = 0; i < steps; i++) await life.step()
  await suite.settled()
}

/** Columns that tell when and how often, and not what. */
const told = [
  'revision',
  'sequence',
  'created_sequence',
  'created_at_unix_ms',
  'updated_at_unix_ms',
]

/** Everything the read models show of what people decide, now or as of a moment. */
async function shown(at?: bigint, where = sql`true`): Promise<unknown> {
  await suite.settled()
  const tables = ['nodes', 'interfaces', 'interface_counts', 'peers'] as const
  const rows: Record<string, unknown> = {}
  for (const table of tables) {
    const found = await suite.postgres.query<{ row: Record<string, unknown> }>(sql`
      select to_jsonb(t) - ${told}::text[] as row
      from ${relation('network', table, at)} t where ${where}`)
    rows[table] = found.map(({ row }) => JSON.stringify(row)).sort()
  }
  return rows
}

type Scope = Parameters<Suite['compensation']['planCompensation']>[0] extends infer R
  ? R extends { scope?: infer S }
    ? NonNullable<S>
    : never
  : never

async function planned(scope: Scope, limit = 7) {
  const changes = []
  let cursor = ''
  for (;;) {
    const page = await suite.compensation.planCompensation({ scope, cursor, limit })
    changes.push(...(page.changes ?? []))
    cursor = page.nextCursor ?? ''
    if (cursor === '') return { ...page, changes }
  }
}

/** Both phases to their ends, in small pages. */
async function applied(restoreId: string, scope: Scope, compensation = suite.compensation) {
  const objects = []
  for (const phase of [remove, bring]) {
    let cursor = ''
    do {
      const page = await compensation.applyCompensation({
        restoreId,
        scope,
        phase,
        actor,
        reason: 'restore to earlier',
        cursor,
        limit: 3,
      })
      objects.push(...(page.objects ?? []))
      cursor = page.nextCursor ?? ''
    } while (cursor !== '')
  }
  return objects
}

async function restored(to: bigint, more: Partial<Scope> = {}) {
  const head = await suite.log.safeHead()
  const scope = { toSequence: Number(to), headSequence: Number(head), ...more }
  return { head, scope, objects: await applied(newId(), scope) }
}

/** Each interface holds its own name and port on its node, and nothing else is held. */
async function requireClaims(): Promise<void> {
  const rows = await suite.postgres.query<{
    interface_id: string
    node_id: string
    name: string
    listen_port: number
  }>(sql`select interface_id, node_id, name, listen_port from network.interfaces`)
  for (const nodeId of nodes) {
    const { state } = await suite.log.fold(nodeAggregate, nodeId)
    const used = rows
      .filter((row) => row.node_id === nodeId)
      .map(({ interface_id, name, listen_port }) => `${interface_id} ${name} ${listen_port}`)
    const held = [...state.claims].flatMap(([id, claims]) =>
      claims.map(({ name, listenPort }) => `${id} ${name} ${listenPort}`),
    )
    expect(held.sort()).toEqual(used.sort())
  }
}

async function commitsAfter(sequence: bigint): Promise<readonly Commit[]> {
  const commits: Commit[] = []
  const head = await suite.log.head()
  for (let next = sequence + 1n; next <= head; next++) {
    const commit = await suite.log.read(next)
    if (commit) commits.push(commit)
  }
  return commits
}

test(`read models show again what they showed, again and again (seed ${seed})`, async () => {
  const first = await suite.log.head()
  for (let round = 0; round < 4; round++) {
    await liveOn(50)
    const head = await suite.log.head()
    const to = first + BigInt(Math.floor(life.roll() * Number(head - first)))
    const then = await shown(to)
    const plan = await planned({ toSequence: Number(to) })
    expect(plan.headSequence).toBe(Number(head))
    const { objects } = await restored(to)
    expect(objects.filter(({ outcome }) => outcome === 'blocked')).toEqual([])
    expect(await shown(), `round ${round}, back to ${to} from ${head}`).toEqual(then)
    await requireClaims()
    // The plan is the difference: nothing is left of it.
    const rest = await planned({ toSequence: Number(to) })
    expect(rest.changes).toEqual([])
    expect(rest.objects).toBe(0)
    for (const { actor: by, correlationId, causationId, reason } of await commitsAfter(head)) {
      expect(by).toMatchObject({ kind: 'user', id: actor.id })
      expect(correlationId).toBe(causationId)
      expect(reason).toBe('restore to earlier')
    }
  }
}, 120_000)

test('a restore that is interrupted goes on in another process, and nothing is done twice', async () => {
  await liveOn(40)
  const head = await suite.log.safeHead()
  const to = head - 50n
  const then = await shown(to)
  const scope = { toSequence: Number(to), headSequence: Number(head) }
  const restoreId = newId<string>()
  const begun = { restoreId, scope, actor, reason: 'r', limit: 2 }
  await suite.compensation.applyCompensation({ ...begun, phase: remove })
  await suite.compensation.applyCompensation({ ...begun, phase: bring })
  const objects = await applied(restoreId, scope, suite.anotherCompensation())
  expect(await shown()).toEqual(then)
  const done = await suite.log.head()
  // Somebody changes one of them since: a repeat leaves it alone, and tells what was done the first time.
  await life.lookAround()
  const id = life.anyInterface() ?? ''
  await suite.interfaces.updateInterface({ id, mtu: 1777 })
  const again = await applied(restoreId, scope, suite.anotherCompensation())
  expect(again).toEqual(objects)
  expect(await suite.log.head()).toBe(done + 1n)
}, 60_000)

test('names and ports in a circle are put right by way of another name', async () => {
  const node = nodes[0] ?? ''
  const make = async (name: string, listenPort: number, n: number) =>
    (
      await suite.interfaces.createInterface({
        node,
        name,
        listenPort,
        addresses: [`172.20.${n}.1/24`],
      })
    ).interface?.id ?? ''
  const one = await make('left', 60_001, 1)
  const other = await make('right', 60_002, 2)
  const to = await suite.log.head()
  const then = await shown(to)
  await suite.interfaces.updateInterface({ id: one, name: 'aside', listenPort: 60_003 })
  await suite.interfaces.updateInterface({ id: other, name: 'left', listenPort: 60_001 })
  await suite.interfaces.updateInterface({ id: one, name: 'right', listenPort: 60_002 })
  const { objects } = await restored(to)
  expect(objects.map(({ outcome }) => outcome)).toEqual(['updated', 'updated'])
  expect(await shown()).toEqual(then)
  await requireClaims()
}, 30_000)

test('a scope of an organization or of a kind leaves everything else alone', async () => {
  await liveOn(40)
  const to = (await suite.log.head()) - 40n
  const [mine, others] = organizations
  const ofMine = sql`organization_id = ${mine}::uuid`
  const ofOthers = sql`organization_id = ${others}::uuid`
  const then = await shown(to, ofMine)
  const before = await shown(undefined, ofOthers)
  await restored(to, { organizationId: mine ?? '' })
  expect(await shown(undefined, ofMine)).toEqual(then)
  expect(await shown(undefined, ofOthers)).toEqual(before)

  const id = life.anyInterface() ?? ''
  const { peer } = await suite.peers.createPeer({ interfaceId: id, name: 'only-peers' })
  const start = await suite.log.head()
  await suite.interfaces.updateInterface({ id, mtu: 1666 })
  await suite.peers.updatePeer({ id: peer?.id ?? '', keepaliveSeconds: 77 })
  const { objects } = await restored(start, { kinds: ['peer'] })
  expect(objects.map(({ kind, outcome }) => [kind, outcome])).toEqual([['interface', 'updated']])
  await suite.settled()
  const after = await suite.peers.getPeer({ peer: peer?.id ?? '' })
  expect(after.peer?.keepaliveSeconds).toBe(peer?.keepaliveSeconds)
  expect((await suite.interfaces.getInterface({ interface: id })).interface?.mtu).toBe(1666)
}, 60_000)

test('taking back one commit keeps the later ones, and names what was changed since', async () => {
  await suite.settled()
  const id = life.anyInterface() ?? ''
  const made = await suite.peers.createPeer({ interfaceId: id, name: 'undone' })
  const peer = made.peer?.id ?? ''
  await suite.peers.updatePeer({ id: peer, description: 'first', keepaliveSeconds: 11 })
  const monday = Number(await suite.log.head())
  await suite.peers.updatePeer({ id: peer, name: 'tuesday' })
  const undoId = newId<string>()
  const plan = await suite.compensation.planUndo({ sequence: monday })
  expect(plan.conflicts).toEqual([])
  expect(
    plan.changes?.map(({ kind, change, fields }) => [
      kind,
      change,
      fields?.map((f) => f.field).sort(),
    ]),
  ).toEqual([['peer', 'update', ['settings.description', 'settings.keepalive_seconds']]])
  const asked = { undoId, sequence: monday, actor, reason: 'undo', digest: plan.digest ?? null }
  const done = await suite.compensation.applyUndo(asked)
  await suite.settled()
  expect((await suite.peers.getPeer({ peer })).peer).toMatchObject({
    name: 'tuesday',
    description: '',
    keepaliveSeconds: made.peer?.keepaliveSeconds,
  })
  // The same undo again finds what it did; another one finds nothing left to take back.
  expect(await suite.compensation.applyUndo(asked)).toMatchObject({ sequence: done.sequence })
  expect(
    await suite.compensation.applyUndo({ ...asked, undoId: newId<string>(), digest: null }),
  ).toMatchObject({ sequence: 0, changes: [] })

  await suite.peers.updatePeer({ id: peer, keepaliveSeconds: 12 })
  const first = Number(await suite.log.head())
  await suite.peers.updatePeer({ id: peer, keepaliveSeconds: 13 })
  const second = Number(await suite.log.head())
  const { conflicts } = await suite.compensation.planUndo({ sequence: first })
  expect(conflicts).toMatchObject([
    {
      field: `peers.${peer}.settings.keepalive_seconds`,
      before: `${made.peer?.keepaliveSeconds}`,
      after: '12',
      now: '13',
      sequence: second,
    },
  ])
  const head = await suite.log.head()
  await expect(
    suite.compensation.applyUndo({ undoId: newId<string>(), sequence: first, actor, reason: '' }),
  ).rejects.toMatchObject({
    code: 'restore.undo_conflict',
    fields: [{ field: `peers.${peer}.settings.keepalive_seconds`, code: 'changed_since' }],
  })
  expect(await suite.log.head()).toBe(head)

  // A deleted interface comes back with its keys, and can be undone away again by its creation.
  const whole = await shown(head)
  await suite.interfaces.deleteInterface({ id })
  const deletion = await suite.log
    .head()
    .then(async (last) =>
      (await commitsAfter(last - 2n)).find(({ aggregateType }) => aggregateType === 'interface'),
    )
  await suite.compensation.applyUndo({
    undoId: newId<string>(),
    sequence: Number(deletion?.sequence),
    actor,
    reason: '',
  })
  expect(await shown()).toEqual(whole)
  await requireClaims()
}, 60_000)

test('a node that is gone is said to be, with everything on it; and one that came since goes and loses its identity', async () => {
  const organizationId = organizations[0] ?? ''
  const { nodeId } = await suite.enroll(organizationId, 'doomed')
  const made = await suite.interfaces.createInterface({
    node: nodeId,
    name: 'wg0',
    addresses: ['172.21.0.1/24'],
  })
  const to = await suite.log.head()
  await suite.interfaces.deleteInterface({ id: made.interface?.id ?? '' })
  await suite.nodes.deleteNode({ id: nodeId })
  const { nodeId: late } = await suite.enroll(organizationId, 'late')
  await suite.interfaces.createInterface({ node: late, name: 'wg0', addresses: ['172.21.0.1/24'] })
  const plan = await planned({ toSequence: Number(to) })
  expect(
    plan.changes.map(({ kind, name, change, code }) => [kind, name, change, code]).sort(),
  ).toEqual([
    ['interface', 'wg0', 'blocked', 'network.node_gone'],
    ['interface', 'wg0', 'delete', ''],
    ['node', 'doomed', 'blocked', 'network.node_gone'],
    ['node', 'late', 'delete', ''],
  ])
  const { objects } = await restored(to)
  expect(objects.map(({ kind, name, outcome }) => [kind, name, outcome])).toEqual([
    ['interface', 'wg0', 'deleted'],
    ['node', 'late', 'deleted'],
    ['node', 'doomed', 'blocked'],
    ['interface', 'wg0', 'blocked'],
  ])
  expect(suite.revoked).toContain(late)
}, 30_000)

test('what cannot be asked is refused by field', async () => {
  const head = Number(await suite.log.safeHead())
  const scope = { toSequence: 1, headSequence: head }
  const refused = async (work: Promise<unknown>, ...fields: readonly string[]) =>
    await expect(work).rejects.toMatchObject({
      code: 'invalid',
      fields: fields.map((field) => ({ field })),
    })
  const { planCompensation, applyCompensation, applyUndo, planUndo } = suite.compensation
  await refused(planCompensation({}), 'scope')
  await refused(planCompensation({ scope: { ...scope, kinds: ['rule'] } }), 'scope.kinds[0]')
  await refused(
    planCompensation({ scope: { ...scope, headSequence: head + 1000 } }),
    'scope.head_sequence',
  )
  await refused(
    planCompensation({ scope: { ...scope, toSequence: head + 1 } }),
    'scope.to_sequence',
  )
  await refused(planCompensation({ scope, cursor: 'x' }), 'cursor')
  await refused(applyCompensation({ scope, phase: bring }), 'restore_id', 'actor')
  const asked = { restoreId: newId<string>(), actor }
  await refused(
    applyCompensation({ ...asked, scope: { toSequence: 1 } }),
    'phase',
    'scope.head_sequence',
  )
  await refused(applyUndo({ undoId: 'x', sequence: 1, actor }), 'undo_id')
  await expect(planUndo({ sequence: head + 1000 })).rejects.toMatchObject({
    code: 'restore.commit_not_found',
  })
})
