import { expect, test } from 'vitest'
import { addCarried, addResults, noResult, type ObjectChange } from './changes.ts'
import { documentedMsPerChange, makePlan, PlanSum, planDigest } from './make-plan.ts'
import { progressAt, serviceSteps } from './steps.ts'

const change = (more: Partial<ObjectChange>): ObjectChange => ({
  ...{ service: 'network', kind: 'peer', id: 'p', name: 'laptop', organizationId: 'o' },
  ...{ aggregateId: 'node.interface', change: 'update', fields: [], code: '', reason: '' },
  ...more,
})
const field = (name: string) => [{ field: name, before: '1', after: '2' }]
const codes = (...changes: readonly ObjectChange[]) => {
  const sum = new PlanSum()
  for (const one of changes) sum.add(one)
  return sum.warnings().map(({ code, count }) => `${code} ${count}`)
}

test('a plan warns of what people lose, and of nothing else', () => {
  expect(codes(change({ fields: field('name') }))).toEqual([])
  expect(codes(change({ fields: field('settings.preshared_key') }))).toEqual([
    'keys_change 1',
    'peers_cut_off 1',
  ])
  expect(codes(change({ change: 'delete' }))).toEqual(['peers_cut_off 1'])
  expect(codes(change({ change: 'create', fields: field('public_key') }))).toEqual([])
  expect(codes(change({ change: 'blocked', fields: field('private_key') }))).toEqual(['blocked 1'])
  expect(codes(change({ service: 'auth', kind: 'user' }))).toEqual(['access_changes 1'])
  expect(codes()).toEqual(['nothing 0'])
})

test('hosts are those of interfaces and nodes, and all of an organization whose rules change', () => {
  const sum = new PlanSum()
  sum.add(change({}))
  sum.add(change({ kind: 'node', aggregateId: 'other' }))
  sum.add(change({ service: 'rules', kind: 'rule', aggregateId: 'o' }))
  sum.add(change({ service: 'rules', kind: 'policy_test', aggregateId: 'o' }))
  sum.add(change({ service: 'auth', kind: 'site', aggregateId: 's' }))
  expect(sum.reach()).toEqual({ nodes: { node: 1, other: 1 }, organizations: { o: 1 } })
})

test('a plan asks every service in order, and is estimated by what was measured', async () => {
  const asked: string[] = []
  const compensators = {
    check: async () => {},
    async *apply() {},
    async *plan(service: string) {
      asked.push(service)
      if (service === 'network')
        yield { changes: [change({}), change({ change: 'create' })], digest: 'aa' }
    },
  }
  const scope = { toSequence: 1n, only: [], organizationId: '', touchedBy: '', actorId: '' }
  const { signal } = new AbortController()
  const kept: unknown[] = []
  const make = (pace: number | undefined) =>
    makePlan(
      { compensators, pace: async () => pace },
      scope,
      1000n,
      signal,
      async (some) => void kept.push(...some),
    )
  const plan = await make(undefined)
  expect(asked).toEqual(['auth', 'network', 'rules', 'notify', 'backup'])
  expect(plan).toMatchObject({ counts: { create: 1, update: 1 }, isMeasured: false })
  expect(kept).toHaveLength(2)
  const measured = await make(100)
  expect(measured.isMeasured).toBe(true)
  expect(measured.estimatedMs - plan.estimatedMs).toBe(2 * (100 - documentedMsPerChange))
  expect(measured.digest).toBe(plan.digest)
  expect(planDigest(new Map([['network', 'ab']]))).not.toBe(plan.digest)
})

test('what came of pages adds up, and only the first hundred of each are shown', () => {
  const one = (outcome: 'create' | 'blocked' | 'unchanged', i: number) => ({
    ...{ kind: 'peer', id: `${i}`, name: '', organizationId: 'o', code: '', reason: '' },
    outcome,
  })
  let result = noResult
  for (let i = 0; i < 150; i++) result = addCarried(result, [one('create', i), one('unchanged', i)])
  result = addCarried(result, [one('blocked', 1)])
  const sum = addResults([result, result])
  expect(sum.counts).toEqual({ create: 300, update: 0, delete: 0, blocked: 2 })
  expect(sum.groups).toEqual([
    {
      kind: 'peer',
      organizationId: 'o',
      counts: { create: 300, update: 0, delete: 0, blocked: 2 },
    },
  ])
  expect([sum.changed.length, sum.blocked.length]).toEqual([100, 2])
})

test('dependents go first and come last; progress rises to the record', () => {
  expect(serviceSteps.map(({ service, phase }) => `${service} ${phase}`)).toEqual([
    ...['backup', 'notify', 'rules', 'network', 'auth'].map((service) => `${service} remove`),
    ...['auth', 'network', 'rules', 'notify', 'backup'].map((service) => `${service} bring`),
  ])
  const shown = serviceSteps.flatMap((_, at) => [progressAt(at, 0), progressAt(at, 0.5)])
  expect(shown).toEqual([...shown].sort((a, b) => a - b))
  expect([progressAt(0, 0), progressAt(serviceSteps.length, 0)]).toEqual([5, 98])
})
