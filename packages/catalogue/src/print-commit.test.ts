import type { Commit } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { expect, test } from 'vitest'
import { printCommit } from './print-commit.ts'

const { auth, network, log } = {
  auth: holdfast.auth.v1,
  network: holdfast.network.v1,
  log: holdfast.log.v1,
}
const id = 'f0b5a1de-0000-7000-8000-0000000000ff'
const sealed = new log.Sealed({
  keyId: 'k',
  nonce: Buffer.alloc(12),
  ciphertext: Buffer.from('secret'),
})
const forNode = new log.SealedToNode({
  recipient: Buffer.alloc(32),
  ciphertext: Buffer.from('secret'),
})

const commit = (context: string, type: string, data: Uint8Array, schema = 1): Commit => ({
  sequence: 42n,
  subject: `evt.${context}.thing.${id}`,
  context,
  commitId: id,
  lineageId: id,
  generation: 1,
  aggregateType: 'thing',
  aggregateId: id,
  aggregateVersion: 1n,
  organizationId: id,
  actor: { kind: 'user', id, method: 'password', sessionId: id },
  commandId: id,
  correlationId: id,
  causationId: undefined,
  requestHash: undefined,
  timeUnixUs: 1_790_000_000_000_000n,
  timeUnixMs: 1_790_000_000_000,
  reason: 'new laptop',
  events: [{ type, schema, data }],
  bytes: new Uint8Array(),
})

const dataOf = (shown: Record<string, unknown>): unknown =>
  (shown['events'] as { data: unknown }[])[0]?.data

test('a commit is shown as the contract says, secrets as [sealed]', () => {
  const settings = {
    name: 'laptop',
    addresses: ['10.10.0.2'],
    isEnabled: true,
    expiresAtUnixMs: 1_790_000_000_000,
  }
  const data = network.PeerAdded.encode({
    peerId: id,
    settings,
    publicKey: Buffer.alloc(32, 1),
    privateKey: sealed,
    presharedKeyForNode: forNode,
  }).finish()
  expect(printCommit(commit('network', 'PeerAdded', data))).toEqual({
    sequence: '42',
    time: '2026-09-21T14:13:20.000Z',
    context: 'network',
    aggregate_type: 'thing',
    aggregate_id: id,
    organization_id: id,
    actor: { kind: 'user', id, method: 'password' },
    command_id: id,
    correlation_id: id,
    reason: 'new laptop',
    events: [
      {
        type: 'PeerAdded',
        schema: 1,
        data: {
          peer_id: id,
          settings: {
            name: 'laptop',
            addresses: ['10.10.0.2'],
            allowed_ips: [],
            client_allowed_ips: [],
            endpoint: '',
            keepalive_seconds: 0,
            is_enabled: true,
            expires_at: '2026-09-21T14:13:20.000Z',
            dns: [],
            description: '',
          },
          public_key: Buffer.alloc(32, 1).toString('base64'),
          private_key: '[sealed]',
          preshared_key: null,
          preshared_key_for_node: '[sealed]',
        },
      },
    ],
  })
})

test('roles are words, as everywhere', () => {
  const data = auth.RoleGranted.encode({ binding: { role: 3, organizationId: id } }).finish()
  expect(dataOf(printCommit(commit('auth', 'RoleGranted', data)))).toEqual({
    binding: { role: 'operator', organization_id: id },
  })
})

test.each([
  ['network', 'NothingWeKnow', 1],
  ['network', 'PeerAdded', 2],
  ['network', '__proto__', 1],
  ['network', 'constructor', 1],
  ['constructor', 'PeerAdded', 1],
  ['nowhere', 'PeerAdded', 1],
])('%s %s schema %i is shown without data', (context, type, schema) => {
  expect(dataOf(printCommit(commit(context, type, new Uint8Array(), schema)))).toBeNull()
})

test('no published event shows what is sealed in it', () => {
  const contexts = { auth, network }
  for (const [context, messages] of Object.entries(contexts)) {
    for (const [type, message] of Object.entries(messages)) {
      if (typeof message !== 'function' || !('encode' in message)) continue
      const whole = new (message as new (fields: object) => object)({
        username: sealed,
        email: sealed,
        displayName: sealed,
        passwordHash: sealed,
        privateKey: sealed,
        presharedKey: sealed,
      })
      let data: Uint8Array
      try {
        data = (message as { encode(m: object): { finish(): Uint8Array } }).encode(whole).finish()
      } catch {
        continue // not an event: its fields of these names are no messages
      }
      const text = JSON.stringify(printCommit(commit(context, type, data)))
      expect(text, `${context}.${type}`).not.toContain(Buffer.from('secret').toString('base64'))
    }
  }
})

test('of the address of a webhook only the host is shown, and whether it is another one', () => {
  const shown = (url: string) => {
    const data = holdfast.notify.v1.WebhookUpdated.encode({ settings: { url } }).finish()
    const fields = dataOf(printCommit(commit('notify', 'WebhookUpdated', data)))
    return (fields as { settings: { url: string } }).settings.url
  }
  expect(shown('https://hooks.example.org/services/T0/secret?key=x')).toMatch(
    /^https:\/\/hooks\.example\.org\/… \[[\w-]{8}\]$/,
  )
  expect(shown('https://hooks.example.org/a')).not.toBe(shown('https://hooks.example.org/b'))
  expect(shown('https://hooks.example.org/a')).toBe(shown('https://hooks.example.org/a'))
  expect(shown('https://hooks.example.org')).toBe('https://hooks.example.org')
})
