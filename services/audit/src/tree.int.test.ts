import { readFile } from 'node:fs/promises'
import { newId } from '@holdfast/domain'
import {
  followRotations,
  openCheckpoint,
  parseVerifierKey,
  verifyConsistency,
  verifyInclusion,
} from '@holdfast/merkle'
import { sql } from '@holdfast/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { putInWriting } from './checkpoints/change-key.ts'
import { person } from './testing/suite.ts'
import { startTreeSuite, type TreeSuite, until } from './testing/tree-suite.ts'
import { leafOf } from './tree/leaf-feed.ts'

let suite: TreeSuite
beforeAll(async () => {
  suite = await startTreeSuite()
})
afterAll(() => suite.close())

const bytes = (value: Uint8Array | null | undefined) => new Uint8Array(value ?? [])
const paths = (path: readonly Uint8Array[] | null | undefined) => (path ?? []).map(bytes)

async function chain() {
  const { keys } = await suite.proofs.listSigningKeys()
  const rotations = (keys ?? []).flatMap((key) =>
    key.rotationStatement?.length
      ? {
          statement: bytes(key.rotationStatement),
          signature: bytes(key.rotationSignature),
        }
      : [],
  )
  return followRotations(keys?.[0]?.verifierKey ?? '', rotations)
}

test('what is stored is in a signed tree soon, and its root is that of the log', async () => {
  await suite.grow(300)
  const size = await suite.settled()
  const { checkpoint } = await suite.proofs.getCheckpoint()
  expect(checkpoint?.size).toBe(Number(size))
  const opened = openCheckpoint(checkpoint?.note ?? '', await chain())
  expect(opened).toMatchObject({ origin: suite.origin, size })
  expect(opened.root).toEqual(await suite.rootOf(size))
  await until(async () => (await readFile(suite.checkpointFile, 'utf8')) === checkpoint?.note)
})

test('an entry is proven by its stored bytes', async () => {
  const size = await suite.settled()
  const { checkpoint } = await suite.proofs.getCheckpoint()
  for (const sequence of [1n, 2n, 256n, 257n, size]) {
    const answer = await suite.proofs.getEntryProof({ sequence: Number(sequence) })
    const commit = await suite.log.read(sequence)
    expect(bytes(answer.entry?.payload)).toEqual(commit?.bytes)
    expect(answer.entry?.messageId).toBe(commit?.commitId)
    expect(answer.commit?.aggregateType).toBe(commit?.aggregateType)
    const claim = {
      leaf: commit ? leafOf(commit) : new Uint8Array(),
      index: sequence - 1n,
      size,
      path: paths(answer.path),
      root: bytes(checkpoint?.root),
    }
    expect(verifyInclusion(claim)).toBe(true)
  }
  await expect(suite.proofs.getEntryProof({ sequence: Number(size) + 1 })).rejects.toMatchObject({
    code: 'audit.entry_not_found',
  })
})

test('every checkpoint begins with those before it, and older sizes can be proven', async () => {
  await suite.grow(30)
  await suite.settled()
  const { checkpoints = [] } = await suite.proofs.listCheckpoints({ limit: 500 })
  expect(checkpoints?.length).toBeGreaterThan(1)
  const [last] = checkpoints ?? []
  for (const one of checkpoints ?? []) {
    const proof = await suite.proofs.getConsistencyProof({ fromSize: one.size ?? 0 })
    const claim = {
      fromSize: BigInt(one.size ?? 0),
      fromRoot: bytes(one.root),
      toSize: BigInt(last?.size ?? 0),
      toRoot: bytes(last?.root),
      path: paths(proof.path),
    }
    expect(verifyConsistency(claim)).toBe(true)
  }
  await expect(
    suite.proofs.getConsistencyProof({ fromSize: 1, toSize: Number(last?.size) + 1000 }),
  ).rejects.toMatchObject({ code: 'audit.size_unknown' })
  await expect(suite.proofs.getCheckpoint({ size: 1_000_000 })).rejects.toMatchObject({
    code: 'audit.checkpoint_not_found',
  })
})

test('checkpoints are listed page by page', async () => {
  const all = (await suite.proofs.listCheckpoints({ limit: 500 })).checkpoints ?? []
  const sizes: (number | null | undefined)[] = []
  let cursor = ''
  do {
    const page = await suite.proofs.listCheckpoints({ limit: 1, cursor })
    sizes.push(...(page.checkpoints ?? []).map(({ size }) => size))
    cursor = page.nextCursor ?? ''
  } while (cursor !== '')
  expect(sizes).toEqual(all.map(({ size }) => size))
})

test('an organization sees its own entries and nobody else’s', async () => {
  const [acme, other] = [newId<string>(), newId<string>()]
  await suite.facts.enroll(acme, 'a')
  const sequence = Number(await suite.log.head())
  await suite.settled()
  const ask = (role: Parameters<typeof person>[0], ...where: string[]) =>
    suite.proofs.getEntryProof({ sequence }, person(role, ...where))
  await expect(ask('AUDITOR', acme)).resolves.toMatchObject({ entry: { sequence } })
  await expect(ask('ORG_ADMIN', acme, other)).resolves.toMatchObject({ entry: { sequence } })
  for (const asked of [ask('AUDITOR', other), ask('VIEWER', acme)])
    await expect(asked).rejects.toMatchObject({ code: 'audit.entry_not_found' })
  // The key's own commit belongs to no organization.
  const key = (await suite.proofs.listSigningKeys()).keys?.[0]?.sinceSequence ?? 0
  await expect(
    suite.proofs.getEntryProof({ sequence: key }, person('ORG_ADMIN', acme)),
  ).rejects.toMatchObject({ code: 'audit.entry_not_found' })
  await expect(
    suite.proofs.readEntries({ fromSequence: 1, toSequence: 2 }, person('ORG_ADMIN', acme)),
  ).rejects.toMatchObject({ code: 'audit.entry_not_found' })
})

test('entries are read page by page, whole and in order', async () => {
  const head = await suite.settled()
  const sequences: number[] = []
  for (let from = 1; from !== 0; ) {
    const page = await suite.proofs.readEntries({ fromSequence: from, toSequence: 1_000_000 })
    sequences.push(...(page.entries ?? []).map(({ sequence }) => sequence ?? 0))
    from = page.nextSequence ?? 0
  }
  expect(sequences).toEqual(Array.from({ length: Number(head) }, (_, at) => at + 1))
})

test('a checkpoint can be asked for, and covers what was stored before', async () => {
  await suite.restart(undefined, { everyMs: 3_600_000, commits: 1_000_000n })
  await suite.grow(3)
  const head = await suite.log.head()
  const { checkpoint } = await suite.proofs.signCheckpoint()
  expect(BigInt(checkpoint?.size ?? 0)).toBeGreaterThanOrEqual(head)
  await suite.restart()
})

test('another instance answers as well, and asks the leading one to sign', async () => {
  const another = suite.another()
  try {
    await suite.grow(2)
    const head = await suite.log.head()
    const call = { signal: new AbortController().signal, caller: person('SUPER_ADMIN', '*') }
    // as: no handler here looks at more of a call
    const answer = await another.proofs.signCheckpoint({} as never, call as never)
    expect(BigInt(answer.checkpoint?.size ?? 0)).toBeGreaterThanOrEqual(head)
    expect(another.status().isLeading).toBe(false)
  } finally {
    await another.stop()
  }
})

test('a new key is introduced by the old one, and signs from then on', async () => {
  await suite.settled()
  const before = await suite.proofs.getCheckpoint()
  const { key } = await suite.proofs.rotateSigningKey()
  expect(key?.isActive).toBe(true)
  await suite.grow(3)
  await suite.settled()
  const { keys = [] } = await suite.proofs.listSigningKeys()
  expect(keys?.map(({ isActive }) => isActive)).toEqual([false, true])
  const { checkpoint } = await suite.proofs.getCheckpoint()
  const opened = openCheckpoint(checkpoint?.note ?? '', await chain())
  expect(Buffer.from(opened.signedBy.publicKey)).toEqual(Buffer.from(bytes(key?.publicKey)))
  // What the old key signed before stays good.
  openCheckpoint(before.checkpoint?.note ?? '', await chain())
  expect(parseVerifierKey(key?.verifierKey ?? '').name).toBe(suite.origin)
})

test('a change of keys that a crash cut short is finished', async () => {
  const head = await suite.settled()
  await suite.restart(() =>
    putInWriting(suite.keyTools, {
      commandId: newId(),
      isKeyed: false,
      actor: { kind: 'service', id: 'test' },
      correlationId: newId(),
    }),
  )
  await until(async () => (await suite.log.head()) > head)
  await suite.settled()
  const { keys = [] } = await suite.proofs.listSigningKeys()
  expect(keys?.length).toBe(3)
  const { checkpoint } = await suite.proofs.getCheckpoint()
  const opened = openCheckpoint(checkpoint?.note ?? '', await chain())
  expect(opened.signedBy.until).toBeUndefined()
  expect(await suite.postgres.query(sql`select from audit.key_changes`)).toEqual([])
})
