import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { newId } from '@holdfast/domain'
import { provisionAccess } from '@holdfast/event-log/admin'
import {
  followRotations,
  formatConsistencyProof,
  formatEntryProof,
  type KeyChain,
  leafHash,
  openTombstone,
  parseConsistencyProof,
  parseEntryProof,
  parseVerifierKey,
  TreeHead,
  verifyConsistencyProof,
  verifyEntryProof,
} from '@holdfast/merkle'
import { sql } from '@holdfast/postgres'
import { holdfast } from '@holdfast/proto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { knock } from './testing/knock.ts'
import { person } from './testing/suite.ts'
import { accessRetentionMs, startTreeSuite, type TreeSuite, until } from './testing/tree-suite.ts'

const { Tree, TombstoneReason } = holdfast.audit.v1
const tree = Tree.TREE_ACCESS

let suite: TreeSuite
beforeEach(async () => {
  suite = await startTreeSuite()
})
afterEach(() => suite.close())

const bytes = (value: Uint8Array | null | undefined) => new Uint8Array(value ?? [])

async function keys() {
  const [first, ...others] = (await suite.proofs.listSigningKeys()).keys ?? []
  return {
    firstKey: parseVerifierKey(first?.verifierKey ?? ''),
    rotations: others.map(({ rotationStatement, rotationSignature }) => ({
      statement: bytes(rotationStatement),
      signature: bytes(rotationSignature),
    })),
  }
}
async function chain(): Promise<KeyChain> {
  const { firstKey, rotations } = await keys()
  return followRotations(firstKey, rotations)
}

/** As the gateway makes it. */
async function proofOf(sequence: number): Promise<string> {
  const { entry, checkpoint, path, firstSequence } = await suite.proofs.getAccessProof({ sequence })
  return formatEntryProof({
    entry: {
      sequence: BigInt(entry?.sequence ?? 0),
      subject: entry?.subject ?? '',
      messageId: entry?.messageId ?? '',
      payload: bytes(entry?.payload),
    },
    proof: {
      index: BigInt(sequence - (firstSequence ?? 0)),
      path: (path ?? []).map(bytes),
      note: checkpoint?.note ?? '',
      extra: undefined,
    },
    ...(await keys()),
  })
}

/** The last checkpoint of the present tree, once it covers the sequence. */
async function signed(sequence: bigint) {
  await until(async () => {
    const { epoch, last } = suite.tree.accessStatus()
    if (epoch && last && epoch.first + last.size > sequence) return true
    return `${epoch?.origin} has ${last?.size}: ${suite.tree.accessStatus().waitsFor}`
  })
  return (await suite.proofs.getCheckpoint({ tree })).checkpoint
}

async function consistency(from: string, to: string): Promise<string> {
  const sizeOf = (note: string) => Number(note.split('\n')[1])
  const { path } = await suite.proofs.getConsistencyProof({
    fromSize: sizeOf(from),
    toSize: sizeOf(to),
    tree,
  })
  return formatConsistencyProof({ from, to, path: (path ?? []).map(bytes), ...(await keys()) })
}

test('records are proven by their stored bytes, and their tree only grows', async () => {
  await signed(await knock(suite.nats, 3))
  const early = (await suite.proofs.getCheckpoint({ tree })).checkpoint?.note ?? ''
  await suite.proofs.rotateSigningKey()
  const last = await knock(suite.nats, 300)
  await signed(last)
  for (const sequence of [1, 2, 256, 257, Number(last)]) {
    const document = parseEntryProof(await proofOf(sequence))
    expect(document.entry.subject).toBe('access.auth')
    const checkpoint = verifyEntryProof(document, await chain())
    expect(checkpoint.access?.first).toBe(1n)
    const changed = { ...document.entry, messageId: newId<string>() }
    expect(() => verifyEntryProof({ ...document, entry: changed }, chainNow)).toThrow()
  }
  const late = (await suite.proofs.getCheckpoint({ tree })).checkpoint?.note ?? ''
  verifyConsistencyProof(parseConsistencyProof(await consistency(early, late)), await chain())
  expect(late.split('\n')[3]).toMatch(/^log [1-9]\d*$/)
})

test('a record is for those who may see its organization', async () => {
  const [ours, theirs] = [newId<string>(), newId<string>()]
  await knock(suite.nats, 1, ours)
  await knock(suite.nats, 1)
  await signed(2n)
  const auditor = person('AUDITOR', ours)
  expect((await suite.proofs.getAccessProof({ sequence: 1 }, auditor)).entry?.sequence).toBe(1)
  const unseen = { code: 'audit.access_record_not_found' }
  await expect(suite.proofs.getAccessProof({ sequence: 2 }, auditor)).rejects.toMatchObject(unseen)
  const stranger = person('AUDITOR', theirs)
  await expect(suite.proofs.getAccessProof({ sequence: 1 }, stranger)).rejects.toMatchObject(unseen)
  await expect(suite.proofs.getAccessProof({ sequence: 99 }, stranger)).rejects.toMatchObject(
    unseen,
  )
  await expect(suite.proofs.getCheckpoint({ tree, epoch: 'x' })).rejects.toMatchObject({
    code: 'invalid',
  })
  await expect(suite.proofs.getCheckpoint({ tree, epoch: '1-1' })).rejects.toMatchObject({
    code: 'audit.access_epoch_not_found',
  })
})

test('a stream that was made anew ends the tree and begins another, under another name', async () => {
  await signed(await knock(suite.nats, 5))
  const before = await proofOf(4)
  await suite.nats.admin.link.api.call('STREAM.DELETE.ACCESS')
  await provisionAccess(suite.nats.admin, { ...suite.nats.spec, accessMaxBytes: 1024 * 1024 })
  await knock(suite.nats, 7)
  await suite.restart()
  await signed(7n)
  const [now, old] = (await suite.proofs.listAccessEpochs()).epochs ?? []
  expect(old?.endedBecause).toBe('the stream was made anew')
  expect([old?.size, now?.size]).toEqual([5, 7])
  expect(suite.endedEpochs.map(({ because }) => because)).toEqual(['the stream was made anew'])
  verifyEntryProof(parseEntryProof(before), await chain())
  verifyEntryProof(parseEntryProof(await proofOf(4)), await chain())
  // The old one's records are gone with the stream, and nobody takes new ones for them.
  await expect(
    suite.proofs.getAccessProof({ sequence: 4, epoch: old?.epoch ?? '' }),
  ).rejects.toMatchObject({ code: 'audit.access_record_gone' })
})

test('a stream that lost its end, and counted on from there, is no continuation', async () => {
  const { nats } = suite
  await signed(await knock(nats, 20))
  const streams = join(nats.storeDirectory, 'jetstream')
  const kept = `${nats.storeDirectory}-kept`
  await nats.restart({ isKilled: true, whileDown: () => cp(streams, kept, { recursive: true }) })
  await signed(await knock(nats, 10))
  const lost = await proofOf(25)
  const [before] = (await suite.proofs.listAccessEpochs()).epochs ?? []
  await suite.restart(async () => {
    await nats.restart({
      isKilled: true,
      async whileDown() {
        const account = (await accounts(streams))[0] ?? ''
        const place = join(account, 'streams', 'ACCESS')
        await rm(join(streams, place), { recursive: true })
        await cp(join(kept, place), join(streams, place), { recursive: true })
      },
    })
    // More than what was lost, so that the end alone shows nothing.
    await knock(nats, 15)
  })
  await signed(35n)
  const [now, old] = (await suite.proofs.listAccessEpochs()).epochs ?? []
  expect(old).toMatchObject({
    epoch: before?.epoch,
    size: 30,
    keptToSequence: 20,
    endedBecause: 'the stream lost records 21 to 30',
  })
  expect(now).toMatchObject({ firstSequence: 21, size: 15 })
  verifyEntryProof(parseEntryProof(lost), await chain())
  const replaced = parseEntryProof(await proofOf(25))
  verifyEntryProof(replaced, await chain())
  expect(replaced.entry.messageId).not.toBe(parseEntryProof(lost).entry.messageId)
  // What is left of the old one is proven by it.
  verifyEntryProof(parseEntryProof(await proofOf(20)), await chain())
  await rm(kept, { recursive: true })
})

test('damaged tiles are mended from the leaves; damaged leaves end the tree', async () => {
  const last = await knock(suite.nats, 300)
  await signed(last)
  await suite.postgres.execute(sql`
    update audit.access_tiles set hashes = set_byte(hashes, 3, get_byte(hashes, 3) # 1)
    where level = 1 and tile = 0`)
  await until(() => suite.proofs.getAccessProof({ sequence: 290 }).then(() => true, String))
  expect((await suite.proofs.listAccessEpochs()).epochs).toHaveLength(1)
  const before = await proofOf(2)
  await suite.postgres.execute(sql`
    update audit.access_tiles set hashes = set_byte(hashes, 3, get_byte(hashes, 3) # 1)
    where level = 0 and tile = 0`)
  await suite.restart()
  await expect(suite.proofs.getAccessProof({ sequence: 3 })).rejects.toMatchObject({
    code: 'audit.tree_behind',
  })
  await until(async () => {
    await suite.proofs.getAccessProof({ sequence: 3 }).catch(() => undefined)
    return ((await suite.proofs.listAccessEpochs()).epochs ?? []).length === 2
  })
  await signed(last)
  expect(suite.endedEpochs).toMatchObject([{ because: 'its tiles are damaged' }])
  verifyEntryProof(parseEntryProof(before), await chain())
  verifyEntryProof(parseEntryProof(await proofOf(2)), await chain())
})

test('a tombstone is signed for what is that old and in the tree, and nothing else', async () => {
  await signed(await knock(suite.nats, 20))
  const [epoch] = (await suite.proofs.listAccessEpochs()).epochs ?? []
  const request = {
    epoch: epoch?.epoch ?? '',
    firstSequence: 3,
    lastSequence: 12,
    newestAtUnixMs: Date.now(),
    reason: TombstoneReason.TOMBSTONE_REASON_EXPIRED,
  }
  const refused = { code: 'audit.tombstone_refused' }
  await expect(suite.proofs.signAccessTombstone(request)).rejects.toMatchObject(refused)
  suite.advance(accessRetentionMs + 60_000)
  await expect(suite.proofs.signAccessTombstone(request)).rejects.toMatchObject(refused)
  const root = await rootOf(3, 12)
  const other = root.slice()
  other[0] = (other[0] ?? 0) ^ 1
  await expect(suite.proofs.signAccessTombstone({ ...request, root: other })).rejects.toMatchObject(
    refused,
  )
  await expect(
    suite.proofs.signAccessTombstone({ ...request, root, lastSequence: 21 }),
  ).rejects.toMatchObject(refused)
  // The stream still has them.
  const never = TombstoneReason.TOMBSTONE_REASON_NEVER_ARCHIVED
  await expect(
    suite.proofs.signAccessTombstone({ ...request, root, reason: never }),
  ).rejects.toMatchObject(refused)
  const { note, leaves } = await suite.proofs.signAccessTombstone({ ...request, root })
  expect(leaves).toHaveLength(320)
  expect(openTombstone(note ?? '', await chain())).toMatchObject({
    first: 3n,
    last: 12n,
    reason: 'expired',
  })
})

let chainNow: KeyChain
beforeEach(async () => {
  chainNow = await chain()
})

async function rootOf(first: number, last: number): Promise<Uint8Array> {
  const head = TreeHead.empty()
  for (let sequence = first; sequence <= last; sequence++) {
    const { entry } = await suite.proofs.getAccessProof({ sequence })
    head.append(
      leafHash({
        sequence: BigInt(sequence),
        subject: entry?.subject ?? '',
        messageId: entry?.messageId ?? '',
        payload: bytes(entry?.payload),
      }),
    )
  }
  return head.root()
}

/** Folders of accounts that have streams. */
async function accounts(streams: string): Promise<readonly string[]> {
  const names = await readdir(streams)
  return names.filter((name) => name.startsWith('A'))
}
