import { randomBytes } from 'node:crypto'
import {
  consistencyProof,
  followRotations,
  formatCheckpoint,
  formatOrigin,
  inclusionProof,
  leafHash,
  MemoryTiles,
  parseConsistencyProof,
  parseEntryProof,
  parseTlogProof,
  signer,
  signNote,
  TileBuilder,
  verifyBundle,
  verifyConsistencyProof,
  verifyEntryProof,
} from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'
import { beforeAll, expect, test } from 'vitest'
import { bearer, type FakeGateway, fakeGateway } from '../testing/fake-gateway.ts'

const audit = holdfast.audit.v1
const origin = formatOrigin({ lineageId: '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10', generation: 1 })
const seed = randomBytes(32)
const key = signer(origin, seed)
const accessOrigin = `${origin}/access/1780000000000-11`
const accessTiles = new MemoryTiles()
let accessNote = ''
const chain = followRotations(key.key, [])
const size = 300

const leafOf = (sequence: number) => ({
  sequence: BigInt(sequence),
  subject: `evt.network.interface.${sequence % 7}`,
  messageId: `commit-${sequence}`,
  payload: Buffer.from(`payload ${sequence}`),
})
const entryOf = (sequence: number) => ({ ...leafOf(sequence), sequence })
const tiles = new MemoryTiles()
const roots: Uint8Array[] = []
const noteOf = (at: number) =>
  signNote(formatCheckpoint({ origin, size: BigInt(at), root: roots[at] ?? new Uint8Array() }), key)
const checkpointOf = (at: number) => ({ size: at, root: roots[at] ?? null, note: noteOf(at) })

let gateway: FakeGateway
beforeAll(async () => {
  const builder = TileBuilder.empty()
  roots.push(builder.root())
  for (let at = 1; at <= size; at++) {
    tiles.write(builder.append(leafHash(leafOf(at))))
    roots.push(builder.root())
  }
  tiles.write(builder.partial())
  const access = TileBuilder.empty()
  for (let at = 11; at < 11 + size; at++)
    accessTiles.write(access.append(leafHash({ ...leafOf(at), subject: 'access.auth' })))
  accessTiles.write(access.partial())
  const text = formatCheckpoint({
    origin: accessOrigin,
    size: BigInt(size),
    root: access.root(),
    extensions: ['log 7'],
  })
  accessNote = signNote(text, signer(accessOrigin, seed))
  gateway = await fakeGateway({
    proofs: {
      getCheckpoint: async ({ size: at }) =>
        new audit.GetCheckpointResponse({ checkpoint: checkpointOf(at || size) }),
      listCheckpoints: async () =>
        new audit.ListCheckpointsResponse({ checkpoints: [size, 256, 100].map(checkpointOf) }),
      listSigningKeys: async () =>
        new audit.ListSigningKeysResponse({ keys: [{ verifierKey: key.key.text }] }),
      getEntryProof: async ({ sequence = 0, size: at }) => {
        const of = { index: BigInt((sequence ?? 0) - 1), size: BigInt(at || size) }
        const path = [...(await inclusionProof({ ...of, tiles: tiles.read }))]
        const entry = entryOf(sequence ?? 0)
        return new audit.GetEntryProofResponse({
          entry,
          path,
          checkpoint: checkpointOf(at || size),
        })
      },
      // The stream began with record 11; its tree has the same leaves for the test's sake.
      getAccessProof: async ({ sequence = 0, epoch }) => {
        const index = BigInt((sequence ?? 0) - 11)
        const path = [
          ...(await inclusionProof({ index, size: BigInt(size), tiles: accessTiles.read })),
        ]
        return new audit.GetAccessProofResponse({
          entry: { ...entryOf(sequence ?? 0), subject: 'access.auth' },
          path,
          firstSequence: 11,
          epoch: epoch ?? '',
          checkpoint: { size, note: accessNote },
        })
      },
      getConsistencyProof: async ({ fromSize, toSize }) => {
        const [from, to] = [fromSize ?? 0, toSize || size]
        const of = { fromSize: BigInt(from), toSize: BigInt(to) }
        const path = [...(await consistencyProof({ ...of, tiles: tiles.read }))]
        const [fromRoot, toRoot] = [roots[from] ?? null, roots[to] ?? null]
        return new audit.GetConsistencyProofResponse({
          ...{ fromSize: from, toSize: to, fromRoot, toRoot, path },
        })
      },
      readEntries: async ({ fromSequence, toSequence }) => {
        const from = fromSequence ?? 0
        const to = Math.min(toSequence ?? 0, from + 49)
        const entries = Array.from({ length: to - from + 1 }, (_, at) => entryOf(from + at))
        const nextSequence = to === toSequence ? 0 : to + 1
        return new audit.ReadEntriesResponse({ entries, nextSequence })
      },
    },
  })
})

const ask = (url: string, accept = '*/*') =>
  gateway.app.inject({ url: `/api/v1${url}`, headers: { ...bearer(), accept } })

async function verified(bundle: Buffer) {
  async function* chunks() {
    yield new Uint8Array(bundle)
  }
  const reading = verifyBundle(chunks(), { pinned: key.key })
  const findings = []
  for (;;) {
    const next = await reading.next()
    if (next.done) return { findings, report: next.value }
    findings.push(next.value)
  }
}

test.each([
  ['/audit/bundle', 300n],
  ['/audit/bundle?to=299', 299n],
  ['/audit/bundle?from=2&to=2', 1n],
  ['/audit/bundle?from=101', 200n],
  ['/audit/bundle?from=257&to=300', 44n],
])('%s verifies', async (url, entries) => {
  const answer = await ask(url)
  expect(answer.statusCode).toBe(200)
  const { findings, report } = await verified(answer.rawPayload)
  expect(findings).toEqual([])
  expect(report).toMatchObject({ entries, isIntact: true, isComplete: true, isKeyTrusted: true })
})

test('a range that is not covered is refused by field, before anything is sent', async () => {
  for (const [url, field] of [
    ['/audit/bundle?to=301', 'to'],
    ['/audit/bundle?from=7&to=6', 'from'],
  ]) {
    const answer = await ask(url ?? '')
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors[0].field).toBe(field)
  }
})

test('an entry comes with a proof that verifies, or as the bare proof', async () => {
  const document = await ask('/audit/log/17/proof?size=100')
  const proof = parseEntryProof(document.body)
  expect(verifyEntryProof(proof, chain).size).toBe(100n)
  expect(document.headers['content-disposition']).toContain('entry-17.json')
  const bare = await ask('/audit/log/17/proof', 'text/plain')
  expect(parseTlogProof(bare.body).index).toBe(16n)
})

test('two checkpoints come as one document that verifies', async () => {
  const { body } = await ask('/audit/consistency/document?from=100&to=256')
  const { from, to } = verifyConsistencyProof(parseConsistencyProof(body), chain)
  expect([from.size, to.size]).toEqual([100n, 256n])
})

test('the note alone, for who asks for text', async () => {
  const { body, headers } = await ask('/audit/checkpoint?size=100', 'text/plain')
  expect(body).toBe(noteOf(100))
  expect(headers['content-type']).toContain('text/plain')
})

test('an access record comes with its proof, at its place in its tree', async () => {
  const answer = await ask('/audit/access/42/proof?epoch=1780000000000-11')
  expect(answer.headers['content-disposition']).toContain('access-42.json')
  const document = parseEntryProof(answer.body)
  expect(document.proof.index).toBe(31n)
  expect(verifyEntryProof(document, chain)).toMatchObject({ access: { first: 11n } })
  const text = await ask('/audit/access/42/proof', 'text/plain')
  expect(parseTlogProof(text.body).index).toBe(31n)
  for (const bad of ['0', 'x', '1.5']) {
    expect((await ask(`/audit/access/${bad}/proof`)).statusCode).toBe(400)
  }
  expect((await ask('/audit/access/42/proof?epoch=x')).statusCode).toBe(400)
  expect((await ask('/audit/checkpoint?log=flows')).statusCode).toBe(400)
})
