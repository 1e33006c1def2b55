// What a live restore costs network, on a real log: the plan back over the last 100 commits, over a tenth, half and all of
// them, with the memory it holds, and bringing back what was changed over the last tenth. 400 interfaces on 40 nodes; three
// commits of ten add a peer, six change one, one removes one.
//
//   npx tsx --expose-gc bench/compensation.ts [commits,…]      (default 10000,100000)
import { randomBytes } from 'node:crypto'
import { compensationHandlers } from '@holdfast/compensation'
import {
  type CommandId,
  type InterfaceId,
  type NodeId,
  newId,
  type OrganizationId,
  type PeerId,
} from '@holdfast/domain'
import type { EventLog } from '@holdfast/event-log'
import { wgKeyFrom } from '@holdfast/net'
import { holdfast } from '@holdfast/proto'
import { testNats } from '@holdfast/testkit'
import { interfaces, nodes } from '../services/network/src/commands/aggregates.ts'
import { claims } from '../services/network/src/commands/claims.ts'
import { networkCompensables } from '../services/network/src/compensation/compensables.ts'
import { interfaceSettings, peerSettings } from '../services/network/src/domain/fixtures.ts'
import type { InterfaceEvent } from '../services/network/src/domain/interface-state.ts'
import { newCall } from '../services/network/src/testing/suite.ts'

const sizes = (process.argv[2] ?? '10000,100000').split(',').map(Number)
const random = (n: number): number => Math.floor(Math.random() * n)
const organizationId = newId<OrganizationId>()
const context = () => ({
  commandId: newId<CommandId>(),
  isKeyed: false,
  organizationId,
  actor: { kind: 'user' as const, id: newId<string>() },
  correlationId: newId<string>(),
})
const key = () => wgKeyFrom(new Uint8Array(randomBytes(32)))
const sealed = () => ({
  keyId: newId<string>(),
  nonce: new Uint8Array(randomBytes(12)),
  ciphertext: new Uint8Array(randomBytes(48)),
})
const enrolmentKey = new Uint8Array(randomBytes(32))
const forNode = () => ({
  recipient: enrolmentKey,
  ephemeralPublicKey: new Uint8Array(randomBytes(32)),
  nonce: new Uint8Array(randomBytes(12)),
  ciphertext: new Uint8Array(randomBytes(48)),
})

/** One interface with its peers, one commit after the other. */
async function live(log: EventLog, nodeId: NodeId, n: number, commits: number): Promise<void> {
  const interfaceId = newId<InterfaceId>()
  const place = { interfaceId, name: `wg${n}` as never, listenPort: 51820 + n } // as: a fixture
  const claim = { type: 'InterfaceClaimed' as const, ...place }
  const { revision: held } = await log.fold(nodes, nodeId)
  await log.record(nodes, nodeId, [claim], { ...context(), expectedRevision: held })
  const id = `${nodeId}.${interfaceId}`
  let revision = 0n
  const add = async (event: InterfaceEvent): Promise<void> => {
    const done = await log.record(interfaces, id, [event], {
      ...context(),
      expectedRevision: revision,
    })
    revision = done.sequence
  }
  const { name, listenPort } = place
  await add({
    type: 'InterfaceCreated',
    organizationId,
    settings: { ...interfaceSettings, name, listenPort, addresses: [`10.${n}.0.1/16` as never] },
    publicKey: key(),
    privateKey: sealed(),
    privateKeyForNode: forNode(),
  })
  const peers = new Map<PeerId, typeof peerSettings>()
  let made = 0
  for (let at = 0; at < commits; at++) {
    const turn = random(10)
    const peerId = [...peers.keys()][random(peers.size)]
    if (turn < 3 || !peerId) {
      const fresh = newId<PeerId>()
      const address = `10.${n}.${1 + Math.floor(made / 250)}.${made % 250}` as never // as: a fixture
      made += 1
      const settings = { ...peerSettings, name: `peer-${made}`, addresses: [address] }
      peers.set(fresh, settings)
      await add({
        type: 'PeerAdded',
        peerId: fresh,
        settings,
        publicKey: key(),
        privateKey: sealed(),
        presharedKey: sealed(),
        presharedKeyForNode: forNode(),
      })
    } else if (turn < 9) {
      const settings = { ...(peers.get(peerId) ?? peerSettings), keepaliveSeconds: random(60) }
      peers.set(peerId, settings)
      await add({ type: 'PeerUpdated', peerId, settings })
    } else {
      peers.delete(peerId)
      await add({ type: 'PeerRemoved', peerId, addressesFreeAtUnixMs: 0 })
    }
  }
}

async function fill(log: EventLog, commits: number): Promise<void> {
  const made: NodeId[] = []
  for (let n = 0; n < 40; n++) {
    const nodeId = newId<NodeId>()
    const enrolled = {
      type: 'NodeEnrolled' as const,
      organizationId,
      siteId: '',
      name: `gw-${n}`,
      enrolmentKey,
      natsPublicKey: 'U',
      hostname: `gw-${n}`,
      platform: 'linux',
    }
    await log.record(nodes, nodeId, [enrolled], { ...context(), expectedRevision: 0n })
    made.push(nodeId)
  }
  const each = Math.floor((commits - 40 - 800) / 400)
  // Ten interfaces a node, one node's after the other, so that their claims do not meet.
  await Promise.all(
    made.map(async (nodeId) => {
      for (let n = 0; n < 10; n++) await live(log, nodeId, n, each)
    }),
  )
}

const heapMiB = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1024 / 1024
}
const { COMPENSATION_PHASE_REMOVE: remove, COMPENSATION_PHASE_BRING: bring } =
  holdfast.ops.v1.CompensationPhase

for (const commits of sizes) {
  const nats = await testNats()
  const log = await nats.open('network')
  const filled = performance.now()
  await fill(log, commits)
  const head = Number(await log.safeHead())
  console.log(`${head} commits, made in ${((performance.now() - filled) / 1000).toFixed(1)} s`)
  const table = []
  for (const back of [100, Math.floor(head / 10), Math.floor(head / 2), head]) {
    const handlers = compensationHandlers({
      log,
      compensables: networkCompensables({
        log,
        claims: claims(log, Date.now),
        secrets: { destroyed: async () => [] },
        enrolment: { revokeNode: async () => new holdfast.auth.v1.RevokeNodeResponse() },
      }),
      now: Date.now,
    })
    const scope = { toSequence: head - back, headSequence: head }
    const plan = (cursor: string) =>
      handlers.planCompensation(
        new holdfast.ops.v1.PlanCompensationRequest({ scope, cursor, limit: 2000 }),
        newCall().call,
      )
    const before = heapMiB()
    const start = performance.now()
    const cpu = process.cpuUsage()
    let page = await plan('')
    const first = performance.now() - start
    const { user, system } = process.cpuUsage(cpu)
    const held = heapMiB() - before
    let rows = page.changes?.length ?? 0
    while (page.nextCursor) {
      page = await plan(page.nextCursor)
      rows += page.changes?.length ?? 0
    }
    const row = {
      back,
      'plan ms': Math.round(first),
      'of it CPU here': Math.round((user + system) / 1000),
      'all pages ms': Math.round(performance.now() - start),
      objects: page.objects,
      rows,
      'held MiB': Math.round(held),
    }
    if (back !== Math.floor(head / 10)) {
      table.push(row)
      continue
    }
    const applying = performance.now()
    let objects = 0
    const restoreId = newId<string>()
    for (const phase of [remove, bring]) {
      let cursor = ''
      do {
        const done = await handlers.applyCompensation(
          new holdfast.ops.v1.ApplyCompensationRequest({
            restoreId,
            scope,
            phase,
            cursor,
            actor: { kind: 1, id: newId<string>() },
            reason: 'bench',
          }),
          newCall().call,
        )
        objects += (done.objects ?? []).filter(({ outcome }) => outcome === 'updated').length
        cursor = done.nextCursor ?? ''
      } while (cursor !== '')
    }
    table.push({ ...row, 'apply ms': Math.round(performance.now() - applying), applied: objects })
  }
  console.table(table)
  await nats.close()
}
process.exit(0)
