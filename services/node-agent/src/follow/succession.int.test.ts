import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommandId } from '@holdfast/domain'
import {
  type Aggregate,
  createNatsKey,
  type EventLog,
  formatCredentials,
  makeRestored,
  openLog,
  type PlacedCommit,
  type StoredEvent,
} from '@holdfast/event-log'
import {
  issueNodeCredentials,
  provisionLog,
  publishApproval,
  republish,
  safeSubject,
} from '@holdfast/event-log/admin'
import { signer } from '@holdfast/merkle'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, testNats } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isPinned, loadGeneration, pinOf, pinSuccessor } from '../enrol/generation.ts'
import type { Identity } from '../enrol/identity.ts'
import { openSavedState, type SavedState } from '../state/saved-state.ts'
import { facts, interfaceId, nodeId, organizationId, until } from '../testing/samples.ts'
import { interfaceFilter, savedFeed } from './feed.ts'
import { follow } from './follow.ts'

// A node's feed on a real server, with the permissions a node has, while the instance is restored under it.

const { log } = createTelemetry('node-agent', { level: 'silent' })
const first = new Uint8Array(32).fill(1)
const stranger = new Uint8Array(32).fill(9)

/** Stores what it is given. */
const raw: Aggregate<readonly StoredEvent[], StoredEvent, null> = {
  context: 'network',
  type: 'interface',
  decider: { initial: () => null, decide: (events) => events, evolve: () => null },
  codec: { encode: (event) => event, decode: (event) => event },
}

let nats: TestNats
let folder = ''
let identity: Identity
let credentialsFile = ''
/** The first two commits are taken over by restores, the third is cut off. */
const commits: PlacedCommit[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-succession-'))
  nats = await testNats({ isGuarded: false })
  await nats.approve()
  const { lineageId } = nats
  const network = await nats.open('network')
  const life = [facts.created({ name: 'wg0' }), facts.added(2), facts.added(3)]
  for (const [at, event] of life.entries()) {
    const commandId = `01930000-0000-7000-8000-00000000000${at + 1}` as CommandId
    const { sequence } = await network.execute(raw, `${nodeId}.${interfaceId}`, [event], {
      ...{ commandId, isKeyed: false, organizationId, correlationId: commandId },
      actor: { kind: 'service', id: 'network' },
    })
    const commit = await network.read(sequence)
    if (commit) commits.push(commit)
  }
  const key = createNatsKey()
  const jwt = await issueNodeCredentials({
    signingSeed: (await readFile(nats.identities.signingSeedFile, 'utf8')).trim(),
    account: nats.identities.authority.account.publicKey,
    ...{ nodeId, organizationId, lineageId, natsPublicKey: key.publicKey },
    safeSubject: safeSubject(nats.identities.ingest, 'nodes'),
  })
  credentialsFile = join(folder, 'node.creds')
  await writeFile(credentialsFile, formatCredentials(jwt, key.seed), { mode: 0o600 })
  identity = {
    ...{ nodeId, organizationId, nodeName: 'gw-1', natsUserJwt: jwt, natsServers: [nats.url] },
    ...{ caCertificate: '', lineageId, generation: 1 },
    logVerifierKey: signer(`holdfast/${lineageId}/1`, first).key.text,
  }
})
afterAll(async () => {
  await nats.close()
  await rm(folder, { recursive: true, force: true })
})

const open = (): Promise<EventLog> =>
  openLog({
    ...{ url: nats.url, credentialsFile, name: nodeId, context: 'node' },
    expectedLineageId: nats.lineageId,
    telemetry: createTelemetry('node-agent', { level: 'silent' }),
  })

/** Takes the place of the log there is, as a restored instance does. */
async function restore(
  generation: number,
  replaced: string,
  privateKey: Uint8Array,
): Promise<void> {
  const { admin, spec, lineageId } = nats
  await admin.link.api.call(`STREAM.DELETE.${replaced}`)
  const stream = `EVT_${generation}`
  await provisionLog(admin, { ...spec, stream, generation })
  const taken = commits.slice(0, 2)
  const began = makeRestored({
    ...{ lineageId, oldGeneration: 1, newGeneration: generation, size: 2n, head: 3n },
    root: new Uint8Array(32).fill(7),
    restoreId: `01930000-0000-7000-8000-0000000000e${generation}`,
    restoredAtUnixMs: 1_790_000_000_000,
    actor: { kind: 'service', id: 'restore' },
    ...{ reason: '', lineageCommits: 0n, last: undefined, rotations: [], privateKey },
  })
  await republish(
    admin,
    [...taken, began].map(({ commitId: messageId, bytes: payload, ...at }) => ({
      ...at,
      messageId,
      payload,
    })),
    { ingest: spec.ingest, stream, lastSequence: 0n, allowsBatches: false },
  )
  await approve(generation)
}

const approve = (generation: number): Promise<void> =>
  publishApproval(nats.admin, nats.spec, {
    ...{ stream: `EVT_${generation}`, lineageId: nats.lineageId, generation },
    ...{ serverIds: [nats.server.serverId], allowsBatches: false, durability: 'log' as const },
    ...{ sequence: 3n, approvedAtUnixMs: Date.now() },
  })

/** One life of an agent, as far as its interfaces go. */
async function live() {
  const pinned = await loadGeneration(folder, identity)
  const pin = pinOf(identity, pinned)
  const saved: SavedState = await openSavedState(join(folder, 'desired.journal'), pin, log)
  const stopping = new AbortController()
  const life = { saved, trouble: 'not yet', isRepinned: false, changes: 0 }
  const following = follow({
    open,
    pin,
    feeds: [
      savedFeed({
        ...{ name: 'interfaces', filter: interfaceFilter(nodeId), consumer: nodeId, saved, log },
        onChange: () => {
          life.changes++
        },
      }),
    ],
    async onSuccessor(opened) {
      const seen = { logKey: identity.logVerifierKey, size: 0n, root: new Uint8Array() }
      await pinSuccessor(folder, opened, pin, seen)
      life.isRepinned = true
    },
    isPinned: (opened) => isPinned(opened, pinned),
    onLog: () => {},
    onTrouble: (_, reason) => {
      life.trouble = reason
    },
    log,
    signal: stopping.signal,
  })
  return {
    life,
    peers: () => saved.state.interfaces.get(interfaceId)?.peers.size,
    async end() {
      stopping.abort()
      await following
      await saved.close()
    },
  }
}

test('a node obeys a new generation through its signed Restored alone, and no other behind it', async () => {
  const before = await live()
  await until(() => before.peers() === 2 && before.life.trouble === '', 'the log of generation 1')

  // Somebody without the log's key: what is saved stays in force.
  await restore(2, 'EVT_1', stranger)
  await until(() => /no known key signed/.test(before.life.trouble), 'the refusal')
  expect(before.peers()).toBe(2)
  expect(before.life.isRepinned).toBe(false)

  await restore(3, 'EVT_2', first)
  await until(() => before.life.isRepinned, 'the decision')
  expect(before.peers()).toBe(2)
  await before.end()

  // As after a kill right behind the decision: the old state holds until the new one is known.
  const after = await live()
  expect(after.life.saved.isCutOff()).toBe(true)
  expect(after.peers()).toBe(2)
  await until(() => after.peers() === 1, 'the state of generation 3')
  expect(after.life.saved.isCutOff()).toBe(false)
  expect(after.life.saved.position().sequence).toBe(2n)
  await after.life.saved.settled()

  // The old generation, and another log that calls itself the third.
  await approve(1)
  await after.end()
  const refusing = await live()
  await until(() => /generation 1, which this node does not obey/.test(refusing.life.trouble), 'no')
  await restore(3, 'EVT_3', stranger)
  await until(() => /generation 3, which this node does not obey/.test(refusing.life.trouble), 'no')
  expect(refusing.peers()).toBe(1)
  await refusing.end()
}, 60_000)
