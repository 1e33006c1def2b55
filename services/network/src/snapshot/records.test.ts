import { privilegedFields } from '@holdfast/snapshot'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  interfaceFields,
  nodeFields,
  peerFields,
  readInterface,
  readNode,
  readPeer,
} from './records.ts'

const key = 'YJdJx5jc0xFRqxDHjY1bDoMxQBlbMrCSVpLJyYyk5Vw='
const peer = {
  name: 'laptop',
  interface: 'wg0',
  node: 'gw-1',
  public_key: key,
  addresses: ['10.8.0.2'],
  allowed_ips: ['192.168.7.0/24'],
  expires_at: '2030-01-01T00:00:00Z',
}
const wg = { name: 'wg0', node: 'gw-1', addresses: ['10.8.0.1/24'], listen_port: 51820 }

const readers = [
  ['node', readNode, nodeFields],
  ['interface', readInterface, interfaceFields],
  ['peer', readPeer, peerFields],
] as const

describe.each(readers)('a record of a %s', (_, read, fields) => {
  test('takes any values without throwing, and makes a wish of them or says what is wrong', () => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(...Object.values(peer)))
    const record = fc.record(Object.fromEntries(fields.map((field) => [field, value])), {
      requiredKeys: [],
    })
    fc.assert(
      fc.property(record, (given) => {
        const made = read(given as never)
        if ('wish' in made) expect(made.name.length).toBeGreaterThan(0)
        else expect(['refused', 'skipped']).toContain(made.outcome.outcome)
      }),
      { numRuns: 300 },
    )
  })

  test('has no field that would say who somebody is or prove it', () => {
    expect(fields.filter((field) => privilegedFields.includes(field))).toEqual([])
  })
})

test('what a peer says is taken, and what it lacks is as nothing was said', () => {
  const read = readPeer(peer)
  expect(read).toMatchObject({
    name: 'laptop',
    wish: {
      node: 'gw-1',
      interfaceName: 'wg0',
      publicKey: key,
      settings: {
        addresses: ['10.8.0.2'],
        allowedIps: ['192.168.7.0/24'],
        keepaliveSeconds: 0,
        isEnabled: true,
        expiresAtUnixMs: Date.parse(peer.expires_at),
      },
      notes: [],
    },
  })
})

test.each([
  ['a public key that is none', { public_key: 'AAAA' }, 'public_key'],
  ['no public key', { public_key: null }, 'public_key'],
  ['a network as an address', { addresses: ['10.8.0.0/24'] }, 'addresses[0]'],
  ['a time of its own', { expires_at: 'tomorrow' }, 'expires_at'],
  ['a keepalive beyond what wg takes', { keepalive_seconds: 65_536 }, 'keepalive_seconds'],
  ['a number for a name', { name: 7 }, 'name'],
  ['a name over two lines', { name: 'a\nb' }, 'name'],
])('%s is named', (_, change, field) => {
  const read = readPeer({ ...peer, ...change })
  expect(read).toMatchObject({ outcome: { outcome: 'refused', code: 'backup.record_invalid' } })
  expect('outcome' in read && read.outcome.detail).toContain(field)
})

test('a name no device here may have is left out, and another one offered', () => {
  expect(readInterface({ ...wg, name: 'Wg0' })).toMatchObject({
    outcome: {
      outcome: 'skipped',
      code: 'network.interface_name_foreign',
      detail: expect.stringContaining('wg0'),
    },
  })
})

test('directives that may hold a secret do not come along', () => {
  const extra_directives = ['PostUp = nft -f /etc/nft', 'ApiToken = abc']
  const read = readInterface({ ...wg, extra_directives })
  expect(read).toMatchObject({
    wish: {
      settings: { extraDirectives: ['PostUp = nft -f /etc/nft'] },
      notes: [{ code: 'network.directive_dropped' }],
    },
  })
  expect(readInterface({ ...wg, extra_directives: ['rm -rf /'] })).toMatchObject({
    outcome: { outcome: 'refused' },
  })
})

test('a node’s uplinks are known fields, each device once', () => {
  const uplink = { device: 'eth0', firewall: { default_verdict: 'drop' } }
  expect(readNode({ name: 'gw-1', uplinks: [uplink] })).toMatchObject({
    wish: { settings: { uplinks: [{ device: 'eth0', firewall: { defaultVerdict: 'drop' } }] } },
  })
  for (const uplinks of [[uplink, uplink], [{ ...uplink, index: 2 }], [{ device: '../x' }]]) {
    expect(readNode({ name: 'gw-1', uplinks })).toMatchObject({ outcome: { outcome: 'refused' } })
  }
})
