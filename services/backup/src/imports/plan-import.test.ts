import { DomainError } from '@holdfast/errors'
import { expect, test } from 'vitest'
import { foundations, inOrder, type KnownContributor } from '../snapshots/directory.ts'
import { planImport } from './plan-import.ts'

const known = (
  name: string,
  domain: KnownContributor['domain'],
  more: Partial<KnownContributor> = {},
): KnownContributor => ({
  ...{ name, domain, major: 1, minor: 0, after: [], readsMajors: [] },
  client: undefined as never, // nobody is asked here
  ...more,
})
const here = [
  known('auth.sites', 'core'),
  known('auth.users', 'users'),
  known('network.nodes', 'devices', { major: 3, readsMajors: [2] }),
]

const snapshot = (
  sections: readonly (readonly [string, string])[],
  majors: Record<string, number>,
) => ({
  manifest: {
    lineageId: '',
    rootKeyFingerprint: '',
    sequence: 1n,
    contents: { devices: true, users: true, automation: true },
    organizations: [...new Set(sections.map(([, name]) => name))].map((name) => ({
      name,
      description: 'as it was',
    })),
    // It says of everything that no toggle leaves it out.
    contributors: Object.entries(majors).map(([name, major]) => ({
      ...{ name, major, minor: 7, domain: 'core' as const, after: [] },
    })),
    sections: sections.map(([contributor, organization]) => ({
      ...{ contributor, organization, records: 2, sequence: 1n },
    })),
  },
})
const wish = { organizationId: '', contents: { devices: true, users: false, automation: true } }
const statuses = ({ sections }: ReturnType<typeof planImport>) =>
  sections.map(({ standing }) => `${standing.name} ${standing.status}`)

test('toggles go by what a section is here, majors by who reads them', () => {
  const majors = { 'auth.sites': 2, 'auth.users': 1, 'network.nodes': 2, 'evil.things': 1 }
  const plan = planImport(
    snapshot(
      Object.keys(majors).map((name) => [name, 'Acme']),
      majors,
    ),
    wish,
    here,
    [],
  )
  expect(statuses(plan)).toEqual([
    'auth.sites schema_mismatch',
    'auth.users left_out',
    'network.nodes ok',
    'evil.things schema_mismatch',
  ])
  expect(plan.warnings).toEqual([
    'auth.sites is of schema 2, which this release (schema 1) does not read: left out.',
    'Users are in the snapshot and were not asked for: left out.',
    'Nobody here knows evil.things: left out.',
  ])
})

test('organizations are found by name whatever its letters, never by id', () => {
  const id = '01930000-0000-7000-8000-0000000000aa'
  const given = snapshot(
    [
      ['auth.sites', 'ACME'],
      ['auth.sites', id],
    ],
    { 'auth.sites': 1 },
  )
  const { targets } = planImport(given, wish, here, [{ id, name: 'Acme', description: '' }])
  expect(targets.map(({ name, organizationId }) => [name, organizationId])).toEqual([
    ['ACME', id],
    [id, undefined],
  ])
})

test('an organization that took the name of another is not given what was meant for that one', () => {
  const given = (...names: string[]) =>
    snapshot(
      names.map((name) => ['auth.sites', name]),
      { 'auth.sites': 1 },
    )
  const here2 = (...names: string[]) =>
    names.map((name, at) => ({ id: `${at}`, name, description: '' }))
  const goes = (names: string[], there: string[]) =>
    planImport(given(...names), wish, here, here2(...there)).targets.map(
      ({ organizationId }) => organizationId,
    )
  expect(() => goes(['Acme'], ['Acme', 'Acme'])).toThrow('2 organizations here are called Acme')
  expect(() => goes(['ACME'], ['Acme', 'acme'])).toThrow('2 organizations here are called ACME')
  expect(goes(['acme'], ['Acme', 'acme'])).toEqual(['1'])
  // Two of the file that are alike never go into one.
  expect(goes(['acme', 'Acme'], ['Acme'])).toEqual([undefined, '0'])
})

test('into one that is named goes only one, and only where there is one', () => {
  const codeOf = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      return error instanceof DomainError ? error.code : 'another'
    }
    return 'taken'
  }
  const one = snapshot([['auth.sites', 'Acme']], { 'auth.sites': 1 })
  const two = snapshot(
    [
      ['auth.sites', 'Acme'],
      ['auth.sites', 'Other'],
    ],
    { 'auth.sites': 1 },
  )
  const into = { ...wish, organizationId: 'x' }
  const there = [{ id: 'x', name: 'Else', description: '' }]
  expect(codeOf(() => planImport(one, into, here, there))).toBe('taken')
  expect(codeOf(() => planImport(two, into, here, there))).toBe('backup.several_organizations')
  expect(codeOf(() => planImport(one, into, here, []))).toBe('backup.organization_not_found')
})

test('contributors come after those they build on, and know them all', () => {
  const all = [
    { name: 'rules.tests', after: ['rules.rules'] },
    { name: 'rules.rules', after: ['network.peers'] },
    { name: 'network.peers', after: ['network.nodes', 'gone.by'] },
    { name: 'network.nodes', after: [] },
  ]
  expect(inOrder(all).map(({ name }) => name)).toEqual([
    'network.nodes',
    'network.peers',
    'rules.rules',
    'rules.tests',
  ])
  expect([...foundations('rules.tests', all)].sort()).toEqual([
    'gone.by',
    'network.nodes',
    'network.peers',
    'rules.rules',
  ])
  const round = [
    { name: 'a.a', after: ['b.b'] },
    { name: 'b.b', after: ['a.a'] },
  ]
  expect(() => inOrder(round)).toThrow('wait for each other')
  expect(() => inOrder([...round, { name: 'a.a', after: [] }])).toThrow('the same')
})
