import { randomBytes } from 'node:crypto'
import { newId } from '@holdfast/domain'
import type { JsonObject } from '@holdfast/snapshot'
import { collectAll, contributeTo, counted, promisesIn, type Way } from '@holdfast/snapshot/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CallOptions, person, type Suite, startSuite } from '../testing/suite.ts'

const sections = ['network.nodes', 'network.interfaces', 'network.peers']

/** Imports are one person's: a command that comes again from somebody else is another one. */
const importer = person('SUPER_ADMIN', '*')

let suite: Suite
beforeAll(async () => {
  suite = await startSuite()
}, 120_000)
afterAll(async () => await suite?.close())

const collect = async (organizationId: string, contributor: string) =>
  (await collectAll(suite.contributors, contributor, organizationId)).records

const contribute = (
  organizationId: string,
  contributor: string,
  records: readonly unknown[],
  way: Way = {},
  options: CallOptions = { caller: importer },
) => contributeTo(suite.contributors, contributor, organizationId, records, way, options)

const key = () => randomBytes(32).toString('base64')

/** What a record means, apart from where keys came from, which an import changes. */
const meaning = (records: readonly JsonObject[]) =>
  records
    .map(({ has_generated_key: _, has_preshared_key: __, ...rest }) => JSON.stringify(rest))
    .sort()

/** An organization with nodes, interfaces and peers of every kind. */
async function furnished() {
  const organizationId = newId<string>()
  const siteId = await suite.createSite(organizationId, 'Berlin')
  const { nodeId } = await suite.enroll(organizationId, 'gw-1')
  await suite.enroll(organizationId, 'gw-2')
  await suite.nodes.updateNode({
    id: nodeId,
    siteId,
    endpointHost: 'vpn.example.org',
    uplinks: { uplinks: [{ device: 'eth0', firewall: { isStateful: true } }] },
  })
  const { interface: wg } = await suite.interfaces.createInterface({
    node: nodeId,
    name: 'wg0',
    addresses: ['10.8.0.1/16', 'fd08::1/64'],
    dns: ['10.8.0.1', 'example.org'],
    endpoint: 'vpn.example.org',
    mtu: 1400,
  })
  await suite.interfaces.createInterface({
    node: nodeId,
    name: 'wg1',
    addresses: ['10.9.0.1/24'],
    firewall: { isStateful: true },
  })
  const interfaceId = wg?.id ?? ''
  await suite.peers.createPeer({ interfaceId, name: 'made here', expiresAtUnixMs: 4e12 })
  await suite.peers.createPeer({
    interfaceId,
    name: 'own key',
    publicKey: key(),
    addresses: ['10.8.9.9'],
    allowedIps: ['192.168.77.0/24'],
    endpoint: 'peer.example.org:51820',
    isEnabled: false,
    description: 'two\nlines',
  })
  await suite.settled()
  return { organizationId, nodeId, interfaceId }
}

/** Another organization with hosts of the same names, and nothing on them. */
async function bare() {
  const organizationId = newId<string>()
  await suite.createSite(organizationId, 'berlin')
  const { nodeId } = await suite.enroll(organizationId, 'gw-1')
  await suite.enroll(organizationId, 'GW-2')
  return { organizationId, nodeId }
}

test('what is collected, contributed and collected again means the same; twice changes nothing', async () => {
  const { organizationId: from } = await furnished()
  const { organizationId: to } = await bare()
  const importId = newId<string>()
  const said: Record<string, unknown>[] = []
  const before = new Map<string, JsonObject[]>()
  for (const section of sections) {
    const records = await collect(from, section)
    before.set(section, records)
    const way = { importId, overwritesExisting: section === 'network.nodes' }
    said.push(counted(await contribute(to, section, records, way)))
    await suite.settled()
  }
  // gw-2 says nothing that is not so already.
  expect(said).toEqual([{ updated: 1, skipped: 1 }, { created: 2 }, { created: 2 }])

  const text = JSON.stringify([...before.values()])
  expect(text).not.toMatch(/"(private_key|preshared_key|id|\w+_id)"/)
  for (const [section, records] of before) {
    const again = await collect(to, section)
    // Names of the target stand in its own spelling; they are made alike before anything is put in order by them.
    const alike = (list: readonly JsonObject[]) =>
      meaning(list)
        .map((one) => one.replaceAll('GW-2', 'gw-2').replaceAll('"berlin"', '"Berlin"'))
        .sort()
    expect(alike(again)).toEqual(alike(records))
  }

  // The same import again, and another one that overwrites.
  const head = await suite.log.head()
  for (const section of sections) {
    const records = before.get(section) ?? []
    const repeated = await contribute(to, section, records, { importId })
    const expected = section === 'network.nodes' ? 'skipped' : 'created'
    expect(repeated.map(({ outcome }) => outcome)).toEqual(records.map(() => expected))
    const other = await contribute(to, section, records)
    expect(new Set(other.map(({ code }) => code))).toEqual(new Set(['backup.exists']))
    const over = await contribute(to, section, records, { overwritesExisting: true })
    expect(new Set(over.map(({ code }) => code))).toEqual(new Set(['backup.unchanged']))
  }
  expect(await suite.log.head()).toBe(head)
})

test('a dry run says what the import does, and writes nothing', async () => {
  const { organizationId: from } = await furnished()
  const { organizationId: to } = await bare()
  const head = await suite.log.head()
  let promised: string[] = []
  const rehearsed: unknown[] = []
  const importId = newId<string>()
  const kept = new Map<string, JsonObject[]>()
  for (const section of sections) {
    const records = await collect(from, section)
    // One that cannot be, judged by an interface that is yet to be made.
    if (section === 'network.peers') {
      records.push({ ...records[0], name: 'astray', public_key: key(), addresses: ['10.77.0.9'] })
      records.push({ ...records[0], name: 'double', public_key: key() })
    }
    kept.set(section, records)
    const found = await contribute(to, section, records, {
      importId,
      isDryRun: true,
      overwritesExisting: true,
      promised,
    })
    promised = promised.concat(promisesIn(found))
    rehearsed.push(found)
  }
  expect(await suite.log.head()).toBe(head)
  const real: unknown[] = []
  for (const section of sections) {
    const way = { importId, overwritesExisting: true }
    real.push(await contribute(to, section, kept.get(section) ?? [], way))
    await suite.settled()
  }
  expect(rehearsed).toEqual(real)
  expect(counted(real[2] as { outcome: string }[])).toEqual({ created: 2, refused: 2 })
})

test('what is of a node that is not here is left out and said, or goes to the node that takes it', async () => {
  const { organizationId: from } = await furnished()
  const to = newId<string>()
  const { nodeId } = await suite.enroll(to, 'other')
  const nodes = await collect(from, 'network.nodes')
  const wgs = await collect(from, 'network.interfaces')
  const peers = await collect(from, 'network.peers')
  for (const [section, records] of [
    ['network.nodes', nodes],
    ['network.interfaces', wgs],
    ['network.peers', peers],
  ] as const) {
    const found = await contribute(to, section, records)
    expect(new Set(found.map(({ code }) => code))).toEqual(new Set(['network.node_not_enrolled']))
  }
  const way = { importId: newId<string>(), targetNodeId: nodeId }
  const made = await contribute(to, 'network.interfaces', wgs, way)
  expect(counted(made)).toEqual({ created: 2 })
  expect(made[0]?.detail).toContain('new key pair')
  await suite.settled()
  const added = await contribute(to, 'network.peers', peers, way)
  expect(counted(added)).toEqual({ created: 2 })
  expect(added.map(({ code }) => code)).toContain('network.private_key_not_in_snapshot')
})

test('nobody climbs by a record: foreign organizations, ids and keys of others', async () => {
  const a = await furnished()
  const b = await bare()
  const [peer] = await collect(a.organizationId, 'network.peers')
  // Without the right to restore, and as an administrator of another organization.
  for (const caller of [
    person('ORG_ADMIN', b.organizationId),
    person('OPERATOR', '*'),
    person('SUPER_ADMIN', a.organizationId),
  ]) {
    await expect(
      contribute(b.organizationId, 'network.peers', [peer], {}, { caller }),
    ).rejects.toThrow(/access/)
  }
  // Names of another organization's things lead nowhere, and its node is no target.
  const lost = await contribute(b.organizationId, 'network.peers', [{ ...peer, node: a.nodeId }], {
    targetNodeId: a.nodeId,
  })
  expect(lost).toMatchObject([{ outcome: 'skipped', code: 'network.node_not_enrolled' }])
  const foreign = await contribute(b.organizationId, 'network.peers', [
    { ...peer, organization_id: a.organizationId },
  ])
  expect(foreign).toMatchObject([{ outcome: 'refused', code: 'backup.foreign_organization' }])

  // Ids, keys and what else no record may bring are taken out, on insert and on update.
  const wg = {
    name: 'wg5',
    node: 'gw-1',
    addresses: ['10.50.0.1/24'],
    id: a.interfaceId,
    private_key: key(),
    revision: 77,
  }
  const [inserted] = await contribute(b.organizationId, 'network.interfaces', [wg])
  expect(inserted?.outcome).toBe('created')
  await suite.settled()
  const [updated] = await contribute(
    b.organizationId,
    'network.interfaces',
    [{ ...wg, mtu: 1300 }],
    { overwritesExisting: true },
  )
  expect(updated).toMatchObject({ outcome: 'updated', code: 'backup.fields_stripped' })
  expect(updated?.detail).toMatch(/id.*private_key.*revision/)
  await suite.settled()
  const { interfaces } = await suite.interfaces.listInterfaces({
    organizationId: b.organizationId,
  })
  expect(interfaces).toMatchObject([{ name: 'wg5', mtu: 1300 }])
  expect(interfaces?.[0]?.id).not.toBe(a.interfaceId)
})

test('10,000 peers go over in a commit a page', async () => {
  const from = await bare()
  const to = await bare()
  const way = { importId: newId<string>() }
  const wg = { name: 'wg0', node: 'gw-1', addresses: ['10.8.0.1/16'] }
  for (const { organizationId } of [from, to]) {
    expect(counted(await contribute(organizationId, 'network.interfaces', [wg], way))).toEqual({
      created: 1,
    })
  }
  await suite.settled()
  const records = Array.from({ length: 10_000 }, (_, i) => ({
    name: `peer ${i}`,
    interface: 'wg0',
    node: 'gw-1',
    public_key: key(),
    addresses: [`10.8.${1 + (i >> 8)}.${i & 255}`].filter((one) => !one.endsWith('.255.255')),
    allowed_ips: [`192.168.${i >> 8}.${i & 255}/32`],
    keepalive_seconds: 25,
  }))
  const bring = async (organizationId: string, list: readonly unknown[]) => {
    for (let first = 0; first < list.length; first += 1000) {
      const page = list.slice(first, first + 1000)
      const found = await contribute(organizationId, 'network.peers', page, { ...way, first })
      expect(counted(found)).toEqual({ created: 1000 })
    }
  }
  await bring(from.organizationId, records)
  await suite.settled()

  const started = performance.now()
  const collected = await collect(from.organizationId, 'network.peers')
  const between = performance.now()
  const head = await suite.log.head()
  await bring(to.organizationId, collected)
  const ended = performance.now()
  expect((await suite.log.head()) - head).toBe(10n)
  await suite.settled()
  expect(meaning(await collect(to.organizationId, 'network.peers'))).toEqual(meaning(collected))
  process.stdout.write(
    `10,000 peers: collected in ${Math.round(between - started)} ms, contributed in ${Math.round(ended - between)} ms (10 commits)\n`,
  )
}, 60_000)
