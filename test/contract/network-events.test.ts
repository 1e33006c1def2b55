import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EventCodec } from '@holdfast/event-log'
import { type HostName, parseDeviceName, take } from '@holdfast/net'
import { defaultFirewall } from '@holdfast/policy'
import { expect, test } from 'vitest'
import { interfaceCodec } from '../../services/network/src/codecs/interface-codec.ts'
import { nodeCodec } from '../../services/network/src/codecs/node-codec.ts'
import {
  address,
  cidr,
  interfaceIdOf,
  interfaceName,
  interfaceSettings,
  ip,
  keyOf,
  organizationId,
  peerIdOf,
  peerSettings,
  sealed,
  sealedToNode,
} from '../../services/network/src/domain/fixtures.ts'
import type { InterfaceEvent } from '../../services/network/src/domain/interface-state.ts'
import type { NodeEvent } from '../../services/network/src/domain/node.ts'

// Bytes of every schema ever published, as they stand in logs and archives. A file here is never edited or
// removed: an archive of any earlier release must restore. A new schema gets a new file, which
// `UPDATE_FIXTURES=1 npx vitest run --project unit test/contract` writes when it is missing.

const device = (name: string) => take(parseDeviceName, name, 'device')
const directory = join(import.meta.dirname, 'events/network')

interface Frozen {
  readonly type: string
  readonly schema: number
  /** Base64. */
  readonly data: string
  /** What it means today, bytes as `{ "$bytes": base64 }`. */
  readonly event: object
}

// Said by later releases in the same schema. Facts from before mean the default, and are still written as they were.
const firewall = {
  defaultVerdict: 'drop',
  isStateful: true,
  dropsFragments: true,
  unparsableVerdict: 'pass',
} as const

const settings = {
  ...interfaceSettings,
  dns: ['10.10.0.1', 'corp.example'],
  endpoint: 'vpn.example.org:51820',
  clientAllowedIps: [cidr('10.0.0.0/8'), cidr('fd00::/8')],
  extraDirectives: ['PostUp = echo up'],
}
const peer = {
  ...peerSettings,
  name: 'Zoë’s laptop',
  addresses: [ip('10.10.0.2'), ip('fd10::2')],
  allowedIps: [cidr('192.168.7.0/24')],
  clientAllowedIps: [cidr('0.0.0.0/0')],
  endpoint: '[2001:db8::1]:51820',
  expiresAtUnixMs: 1_893_456_000_000,
  dns: ['1.1.1.1'],
  description: 'two\nlines',
}

const nodeEvents: readonly NodeEvent[] = [
  {
    type: 'NodeEnrolled',
    organizationId,
    siteId: '0198f0c0-0000-7000-8050-000000000001',
    name: 'gw-1',
    enrolmentKey: new Uint8Array(32).fill(9),
    natsPublicKey: 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4',
    hostname: 'gw-1.example.org',
    platform: 'linux x64',
  },
  {
    type: 'NodeUpdated',
    name: 'gw-2',
    siteId: '',
    endpointHost: 'vpn.example.org' as HostName,
    uplinks: [],
  },
  {
    type: 'NodeUpdated',
    name: 'gw-2',
    siteId: '',
    endpointHost: '',
    uplinks: [
      { device: device('eth0'), firewall },
      { device: device('eth0.100'), firewall: defaultFirewall },
    ],
  },
  { type: 'NodeDeleted' },
  {
    type: 'InterfaceClaimed',
    interfaceId: interfaceIdOf(1),
    name: interfaceName('wg0'),
    listenPort: 51820,
  },
  { type: 'InterfaceReleased', interfaceId: interfaceIdOf(1) },
]

const pair = { publicKey: keyOf(1), privateKey: sealed, privateKeyForNode: sealedToNode }
const interfaceEvents = [
  {
    type: 'InterfaceCreated',
    organizationId,
    settings: { ...settings, addresses: [address('10.10.0.1/24'), address('fd10::1/64')] },
    ...pair,
  },
  { type: 'InterfaceUpdated', settings },
  { type: 'InterfaceUpdated', settings: { ...settings, firewall } },
  { type: 'InterfaceKeyRotated', ...pair },
  { type: 'InterfaceDeleted' },
  {
    type: 'PeerAdded',
    peerId: peerIdOf(1),
    settings: peer,
    publicKey: keyOf(2),
    privateKey: sealed,
    presharedKey: sealed,
    presharedKeyForNode: sealedToNode,
  },
  { type: 'PeerUpdated', peerId: peerIdOf(1), settings: peer },
  { type: 'PeerKeyRotated', peerId: peerIdOf(1), publicKey: keyOf(3), privateKey: undefined },
  {
    type: 'PeerPresharedKeyRotated',
    peerId: peerIdOf(1),
    presharedKey: sealed,
    presharedKeyForNode: sealedToNode,
  },
  { type: 'PeerRemoved', peerId: peerIdOf(1), addressesFreeAtUnixMs: 1_893_456_000_000 },
] as readonly InterfaceEvent[] // as: the branded texts above are canonical

const plain = (event: unknown): object =>
  JSON.parse(
    JSON.stringify(event, (_, value: unknown) =>
      value instanceof Uint8Array ? { $bytes: Buffer.from(value).toString('base64') } : value,
    ),
  )

/** A sample that says what the first publication of its schema could not has a file of its own. */
const fileOf = (stored: { readonly type: string; readonly schema: number }, event: unknown) => {
  const text = JSON.stringify(event)
  const more = text.includes('"defaultVerdict":"drop"') ? '.firewall' : ''
  return join(directory, `${stored.type}.v${stored.schema}${more}.json`)
}

function freeze<E extends { type: string }>(codec: EventCodec<E>, events: readonly E[]): void {
  for (const event of events) {
    const { type, schema, data } = codec.encode(event)
    const path = fileOf({ type, schema }, event)
    if (existsSync(path)) continue
    const frozen = { type, schema, data: Buffer.from(data).toString('base64'), event: plain(event) }
    writeFileSync(path, `${JSON.stringify(frozen, null, 2)}\n`)
  }
}
if (process.env['UPDATE_FIXTURES']) {
  freeze(nodeCodec, nodeEvents)
  freeze(interfaceCodec, interfaceEvents)
}

const nodeTypes = new Set<string>(nodeEvents.map(({ type }) => type))
const codecOf = (type: string): EventCodec<NodeEvent> | EventCodec<InterfaceEvent> =>
  nodeTypes.has(type) ? nodeCodec : interfaceCodec

const files = readdirSync(directory).sort()

test.each(files)('%s is still read as it was meant', (file) => {
  const frozen: Frozen = JSON.parse(readFileSync(join(directory, file), 'utf8'))
  const stored = { ...frozen, data: new Uint8Array(Buffer.from(frozen.data, 'base64')) }
  // A later release may find more in it, which is the default: see below.
  expect(plain(codecOf(frozen.type).decode(stored))).toMatchObject(frozen.event)
})

test.each([...nodeEvents, ...interfaceEvents])('$type is written as published', (event) => {
  const codec = codecOf(event.type) as EventCodec<typeof event> // as: looked up by its type
  const { type, schema, data } = codec.encode(event)
  const frozen: Frozen = JSON.parse(readFileSync(fileOf({ type, schema }, event), 'utf8'))
  expect(Buffer.from(data).toString('base64')).toBe(frozen.data)
  expect(codec.decode({ type, schema, data })).toEqual(event)
})

test('a schema this release does not know is refused, not skipped', () => {
  const data = new Uint8Array()
  expect(() => nodeCodec.decode({ type: 'NodeDeleted', schema: 2, data })).toThrow(/not known here/)
  expect(() => nodeCodec.decode({ type: 'NodeDeleted', schema: 0, data })).toThrow(/not known here/)
  expect(() => interfaceCodec.decode({ type: 'constructor', schema: 1, data })).toThrow(
    /not known here/,
  )
})
