import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import { answers, holdfast, seen, signIn } from '../testing/harness.ts'

const rule = {
  id: '01920000-0000-7000-8000-000000000002',
  name: 'block-scanner',
  position: 1,
  action: 'deny',
  direction: 'ingress',
  protocol: 'any',
  src: '198.51.100.0/24',
  dst: null,
  src_port_from: null,
  src_port_to: null,
  dst_port_from: null,
  dst_port_to: null,
  rate_pps: null,
  rate_burst: null,
  rate_scope: null,
  priority: 800,
  active: true,
  continue: false,
  log: false,
  target: { kind: 'everything', id: null },
  expires_at: null,
  tags: [],
  description: '',
  updated_at: '2026-11-20T09:30:00.000Z',
  updated_by: { kind: 'user', id: 'ada' },
  enforcement: { state: 'enforced', nodes: 4, enforced: 4, troubles: [] },
  counters: null,
}
beforeEach(async () => {
  await signIn()
  answers.set('POST /rules', () => ({ status: 201, body: rule }))
})

test.each([
  [
    'NU-39',
    '--name block-scanner --action deny --src 198.51.100.0/24 --priority 800',
    { name: 'block-scanner', action: 'deny', src: '198.51.100.0/24', priority: 800 },
  ],
  [
    'NU-40',
    '--name icmp-throttle --action rate_limit --protocol icmp --rate-pps 10 --rate-burst 50 --priority 500',
    {
      name: 'icmp-throttle',
      action: 'rate_limit',
      protocol: 'icmp',
      rate_pps: 10,
      rate_burst: 50,
      priority: 500,
    },
  ],
  [
    'NU-41',
    '--name log-ssh --action log --protocol tcp --dst-port-from 22 --dst-port-to 22',
    { name: 'log-ssh', action: 'log', protocol: 'tcp', dst_port_from: 22, dst_port_to: 22 },
  ],
])('%s: rule create takes the line as it is promised', async (_id, line, body) => {
  const result = await holdfast(['rule', 'create', ...line.split(' ')])
  expect(result.exitCode).toBe(0)
  expect(seen.at(-1)?.body).toEqual(body)
})

test('rule list shows the order of evaluation, what matches and whether it is enforced', async () => {
  answers.set('GET /rules', () => ({ status: 200, body: { items: [rule], next_cursor: null } }))
  const { out } = await holdfast(['rule', 'list'])
  expect(out).toMatch(/1 +800 +block-scanner +deny +ingress +any 198\.51\.100\.0\/24 → any/)
  expect(out).toContain('enforced 4/4')
  const counters = await holdfast(['rule', 'list', '--counters'])
  expect(seen.at(-1)?.path).toContain('counters=true')
  expect(counters.out).toContain('never')
})

test('why a change is made goes with it, in any language', async () => {
  await holdfast(['rule', 'create', '--name', 'a', '--action', 'deny', '--reason', 'Prüfung'])
  expect(seen.at(-1)?.headers['holdfast-reason']).toBe('Pr%C3%BCfung')
})

test('the narrowest place that is named is the target', async () => {
  const create = ['rule', 'create', '--name', 'a', '--action', 'deny']
  await holdfast([...create, '--interface', 'wg0', '--node', 'gw'])
  expect(seen.at(-1)?.body).toMatchObject({
    target: { kind: 'interface', id: 'wg0', node: 'gw' },
  })
  await holdfast([...create, '--peer', 'laptop', '--interface', 'wg0'])
  expect(seen.at(-1)?.body).toMatchObject({
    target: { kind: 'peer', id: 'laptop', interface: 'wg0' },
  })
  await holdfast([...create, '--uplinks', 'gw'])
  expect(seen.at(-1)?.body).toMatchObject({ target: { kind: 'uplinks', id: 'gw' } })
})

test('what a list printed can be imported as it is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-rules-'))
  try {
    const file = join(folder, 'rules.json')
    writeFileSync(file, JSON.stringify({ items: [rule], next_cursor: null }))
    const done = { created: 1, updated: 0, deleted: 0, unchanged: 0 }
    answers.set('POST /rules/import', () => ({ status: 200, body: done }))
    const result = await holdfast(['rule', 'import', file, '--mode', 'replace'])
    expect(result.out).toContain('1 created')
    expect(seen.at(-1)?.body).toEqual({
      mode: 'replace',
      rules: [
        {
          name: 'block-scanner',
          action: 'deny',
          direction: 'ingress',
          protocol: 'any',
          src: '198.51.100.0/24',
          priority: 800,
          active: true,
          continue: false,
          log: false,
          target: { kind: 'everything' },
          tags: [],
          description: '',
        },
      ],
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('applying for a minute says how to keep it', async () => {
  const applied = { apply_id: 'x', confirm_until: '2026-11-20T09:31:00Z', created: 1, updated: 0 }
  answers.set('POST /rules/apply', () => ({ status: 200, body: { ...applied, deleted: 0 } }))
  const { out } = await holdfast(['rule', 'apply', 'draft-id', '--confirm-within', '60s'])
  expect(seen.at(-1)?.body).toEqual({ change_set: 'draft-id', confirm_within_seconds: 60 })
  expect(out).toContain('holdfast rule confirm')
  const wrong = await holdfast(['rule', 'apply', 'draft-id', '--confirm-within', '5s'])
  expect(wrong.exitCode).toBe(exitCodes.usage)
})

test('a failing policy test ends with 1 and shows the packet', async () => {
  const witness = { src: '10.0.0.1', dst: '10.0.0.5', protocol: 'tcp', src_port: 1, dst_port: 5432 }
  const items = [
    {
      test: { name: 'guests' },
      passed: false,
      witness: { ...witness, direction: 'ingress' },
      message: 'passes',
      violations: [{ from: '2026-05-02T00:00:00Z', to: null }],
    },
  ]
  answers.set('POST /policy-tests/run', () => ({ status: 200, body: { items } }))
  const result = await holdfast(['rule', 'test', 'run'])
  expect(result.exitCode).toBe(exitCodes.failed)
  expect(result.out).toContain('✗ guests: passes (ingress tcp 10.0.0.1:1 → 10.0.0.5:5432)')
  expect(result.out).toContain('did not hold from 2026-05-02T00:00:00Z to now')
})
