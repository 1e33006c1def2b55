import { randomBytes } from 'node:crypto'
import { newId } from '@holdfast/domain'
import {
  cosignText,
  followRotations,
  formatCheckpoint,
  formatSignatureLine,
  openCheckpoint,
  parseNote,
  parseVerifierKey,
  type Signer,
  signer,
  verifyConsistency,
  witnessName,
} from '@holdfast/merkle'
import { sql } from '@holdfast/postgres'
import { holdfast } from '@holdfast/proto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { person } from './testing/suite.ts'
import { startTreeSuite, type TreeSuite, until } from './testing/tree-suite.ts'

const { WitnessChallenge, WitnessState } = holdfast.agent.v1
const organizationId = newId<string>()

let suite: TreeSuite
const stops: (() => void)[] = []
beforeAll(async () => {
  suite = await startTreeSuite()
})
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})
afterAll(() => suite.close())

interface Seen {
  readonly size: bigint
  readonly root: Uint8Array
  readonly logLine: string
}

interface Witness {
  readonly nodeId: string
  readonly key: Signer
  seen: Seen
  refusal: string
  tell(by?: Signer, seen?: Seen): void
  start(): void
}

/** A node that cosigns as an honest one does, on the subjects of its own NATS user. */
async function enrolled(name: string): Promise<Witness> {
  const nodeId = await suite.facts.enroll(organizationId, name)
  await suite.projections.reached(await suite.log.head())
  const { connection, requests } = suite.nats.admin.link
  const key = signer(witnessName(suite.log.lineageId, nodeId), randomBytes(32), 'cosignature/v1')
  const node: Witness = {
    nodeId,
    key,
    seen: { size: 0n, root: new Uint8Array(), logLine: '' },
    refusal: '',
    tell(by = key, seen = node.seen) {
      const text = seen.size === 0n ? '' : formatCheckpoint({ origin: suite.origin, ...seen })
      requests.tell(
        `tlm.node.${nodeId}.witness`,
        WitnessState.encode({
          publicKey: by.key.publicKey,
          size: Number(seen.size),
          root: seen.root,
          refusal: node.refusal,
          logSignature: seen.logLine,
          cosignature:
            seen.size === 0n
              ? ''
              : formatSignatureLine(cosignText(text, by, BigInt(Math.floor(Date.now() / 1000)))),
        }).finish(),
      )
    },
    start() {
      const subscription = connection.subscribe(`ctl.audit.witness.${nodeId}`, {
        callback: (_, { data }) => {
          const challenge = WitnessChallenge.decode(data)
          const chain = followRotations(
            challenge.logVerifierKey,
            challenge.rotations.map(({ statement, signature }) => ({
              statement: new Uint8Array(statement ?? []),
              signature: new Uint8Array(signature ?? []),
            })),
          )
          const { size, root } = openCheckpoint(challenge.note, chain)
          const { seen } = node
          const follows =
            seen.size === 0n ||
            verifyConsistency({
              fromSize: BigInt(challenge.fromSize),
              fromRoot: seen.root,
              toSize: size,
              toRoot: root,
              path: challenge.path.map((hash) => new Uint8Array(hash)),
            })
          if (!follows) node.refusal = 'the log did not only grow'
          else {
            const [line] = parseNote(challenge.note).signatures
            node.seen = { size, root, logLine: line ? formatSignatureLine(line) : '' }
          }
          node.tell()
        },
      })
      stops.push(() => subscription.unsubscribe())
      node.tell()
    },
  }
  return node
}

const witness = async (nodeId: string) =>
  (await suite.proofs.listWitnesses()).witnesses?.find((one) => one.nodeId === nodeId)

test('a node is shown what is signed, cosigns it, and its signature is in the note', async () => {
  const node = await enrolled('a')
  node.start()
  await until(() => node.seen.size > 0n)
  await until(async () => ((await witness(node.nodeId))?.size ?? 0) > 0)
  const first = await suite.proofs.getCheckpoint({ size: Number(node.seen.size) })
  expect(first.checkpoint?.witnesses).toContain(node.nodeId)
  const { keys } = await suite.proofs.listSigningKeys()
  const opened = openCheckpoint(
    first.checkpoint?.note ?? '',
    followRotations(parseVerifierKey(keys?.[0]?.verifierKey ?? ''), []),
    [node.key.key],
  )
  expect(opened.cosignatures).toHaveLength(1)

  // Again only after a while, with a proof from where it stands.
  const before = node.seen.size
  await suite.grow(30)
  await suite.settled()
  suite.advance(16_000)
  await until(() => node.seen.size > before)
  expect(node.refusal).toBe('')
  expect(await witness(node.nodeId)).toMatchObject({ organizationId, refusal: '' })
})

test('a witness belongs to its organization', async () => {
  const theirs = await suite.proofs.listWitnesses({}, person('AUDITOR', organizationId))
  const others = await suite.proofs.listWitnesses({}, person('AUDITOR', newId<string>()))
  expect(theirs.witnesses?.length).toBeGreaterThan(0)
  expect(others.witnesses).toEqual([])
})

test('what is not signed by the node is not heard, nor is a node that does not exist', async () => {
  const node = await enrolled('b')
  const { requests } = suite.nats.admin.link
  const subject = (id: string) => `tlm.node.${id}.witness`
  const forged = WitnessState.encode({
    publicKey: node.key.key.publicKey,
    size: 3,
    root: new Uint8Array(32),
    cosignature: '— x AAAA\n',
  }).finish()
  const { invalid } = suite.tree.status()
  for (const data of [forged, Buffer.from('rubbish'), new Uint8Array(100_000)]) {
    requests.tell(subject(node.nodeId), data)
    const want = suite.tree.status().invalid
    await until(() => suite.tree.status().invalid > want)
  }
  expect(suite.tree.status().invalid).toBe(invalid + 3)
  expect(await witness(node.nodeId)).toBeUndefined()
  const stranger = newId<string>()
  requests.tell(subject(stranger), WitnessState.encode({ publicKey: randomBytes(32) }).finish())
  node.tell()
  await until(async () => (await witness(node.nodeId)) !== undefined)
  expect(await witness(stranger)).toBeUndefined()
})

test('a refusal is an alarm until it ends, and another key is noticed', async () => {
  const node = await enrolled('c')
  node.start()
  await until(async () => ((await witness(node.nodeId))?.size ?? 0) > 0)
  node.refusal = 'the log did not only grow'
  node.tell()
  await until(() => suite.tree.readiness().reason?.includes('did not only grow') === true)
  expect((await witness(node.nodeId))?.refusal).toBe('the log did not only grow')
  expect(suite.tree.status().frozen).toBeUndefined()
  node.refusal = ''
  const other = signer(node.key.key.name, randomBytes(32), 'cosignature/v1')
  node.tell(other)
  await until(() => suite.tree.readiness().reason === undefined)
  expect((await witness(node.nodeId))?.verifierKey).toBe(other.key.text)
  const [row] = await suite.postgres.query<{ key_changed_at: Date | null }>(
    sql`select key_changed_at from audit.witnesses where node_id = ${node.nodeId}::uuid`,
  )
  expect(row?.key_changed_at).not.toBeNull()
})

test('a node that says it saw another log is an alarm, and stops nobody', async () => {
  const node = await enrolled('d')
  const head = await suite.settled()
  node.tell(node.key, { size: head, root: new Uint8Array(32).fill(1), logLine: '' })
  await until(async () => ((await witness(node.nodeId))?.refusal ?? '').includes('another log'))
  node.tell(node.key, { size: head + 1000n, root: new Uint8Array(32).fill(1), logLine: '' })
  await until(async () => ((await witness(node.nodeId))?.refusal ?? '').includes('more than'))
  expect((await witness(node.nodeId))?.size).toBe(0)
  await suite.grow(2)
  expect(await suite.settled()).toBeGreaterThan(head)
  await suite.facts.deleteNode(organizationId, node.nodeId)
  await suite.projections.reached(await suite.log.head())
  expect(await witness(node.nodeId)).toBeUndefined()
})

test('a database that lost its checkpoints waits for a witness, and goes on from what it saw', async () => {
  const node = await enrolled('e')
  node.start()
  await until(async () => ((await witness(node.nodeId))?.size ?? 0) > 0)
  const { size } = node.seen
  await suite.restart(
    async () => {
      await suite.postgres.execute(
        sql`truncate audit.checkpoints, audit.cosignatures, audit.witnesses, audit.tiles, audit.tree_position`,
      )
    },
    { witnessPatienceMs: 600_000 },
  )
  await suite.grow(1)
  expect(await suite.checkpoints()).toEqual([])
  node.tell()
  await until(async () => (await suite.checkpoints()).some((one) => one.size === size))
  await suite.settled()
  expect((await suite.proofs.getCheckpoint({ size: Number(size) })).checkpoint?.witnesses).toEqual([
    node.nodeId,
  ])
  await suite.restart()
})

test('a witness that can show a signed history we do not have freezes signing', async () => {
  const node = await enrolled('f')
  const head = await suite.settled()
  const { keys } = await suite.proofs.listSigningKeys()
  const stolen = await suite.keyTools.keyFiles.find(new Uint8Array(keys?.[0]?.publicKey ?? []))
  const root = new Uint8Array(32).fill(5)
  const text = formatCheckpoint({ origin: suite.origin, size: head, root })
  const by = signer(suite.origin, stolen ?? new Uint8Array(32))
  const line = formatSignatureLine({
    name: by.key.name,
    keyId: by.key.keyId,
    bytes: by.sign(Buffer.from(text)),
  })
  node.tell(node.key, { size: head, root, logLine: line })
  await until(() => suite.tree.status().frozen?.includes('two checkpoints') === true)
  await suite.grow(2)
  await expect(suite.proofs.signCheckpoint()).rejects.toMatchObject({
    code: 'audit.signing_frozen',
  })
})
