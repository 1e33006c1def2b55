import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  addSignatures,
  consistencyProof,
  cosignText,
  emptyRoot,
  FormatError,
  followRotations,
  formatCheckpoint,
  formatConsistencyProof,
  formatEntryProof,
  formatSignatureLine,
  formatTlogProof,
  inclusionProof,
  leafData,
  leafHash,
  MemoryTiles,
  openCheckpoint,
  openNote,
  openRotation,
  parseCheckpoint,
  parseConsistencyProof,
  parseEntryProof,
  parseSignatureLine,
  parseTilePath,
  parseTlogProof,
  parseVerifierKey,
  rawLeafHash,
  signer,
  signNote,
  signRotation,
  TileBuilder,
  TreeHead,
  tilePath,
  verifyBundle,
  verifyConsistency,
  verifyConsistencyProof,
  verifyEntryProof,
  verifyInclusion,
  verifyTlogProof,
  witnessName,
  writeBundle,
} from './index.ts'

const file = (name: string) => readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8')
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const unhex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
const published = JSON.parse(file('published.json'))
const own = JSON.parse(file('holdfast.json'))

async function treeOf(hashes: readonly Uint8Array[]) {
  const builder = TileBuilder.empty()
  const tiles = new MemoryTiles()
  for (const hash of hashes) tiles.write(builder.append(hash))
  tiles.write(builder.partial())
  return { builder, tiles: tiles.read }
}

describe('what others published', () => {
  const { rfc6962, notes, checkpoints, cosignature, tiles } = published
  const leaves: Uint8Array[] = rfc6962.leaves.map((data: string) => rawLeafHash(unhex(data)))
  const root = (size: number) => unhex(rfc6962.roots[size])

  test('roots of the test tree of RFC 6962', () => {
    const head = TreeHead.empty()
    const roots = [head.root()]
    for (const leaf of leaves) {
      head.append(leaf)
      roots.push(head.root())
    }
    expect(roots.map(hex)).toEqual(rfc6962.roots)
  })

  test('its proofs', async () => {
    const { tiles: read } = await treeOf(leaves)
    for (const { index, size, path } of rfc6962.inclusion) {
      const at = { index: BigInt(index), size: BigInt(size) }
      const proof = await inclusionProof({ ...at, tiles: read })
      expect(proof.map(hex)).toEqual(path)
      const leaf = leaves[index] ?? emptyRoot
      expect(verifyInclusion({ ...at, leaf, path: proof, root: root(size) })).toBe(true)
    }
    const whole = await treeOf(leaves)
    for (const { from, to, path } of rfc6962.consistency) {
      const of = { fromSize: BigInt(from), toSize: BigInt(to) }
      const { tiles: readSmaller } = to === 8 ? whole : await treeOf(leaves.slice(0, to))
      const proof = await consistencyProof({ ...of, tiles: readSmaller })
      expect(proof.map(hex)).toEqual(path)
      const roots = { fromRoot: root(from), toRoot: root(to) }
      expect(verifyConsistency({ ...of, ...roots, path: proof })).toBe(true)
    }
  })

  test.each(notes.good as { key: string; note: string; seed?: string }[])('note of $key', (one) => {
    const key = parseVerifierKey(one.key)
    expect(key.text).toBe(one.key)
    const opened = openNote(one.note, [key])
    expect(opened.verified).toHaveLength(1)
    expect(opened.unknown).toHaveLength(one.note.split('— ').length - 2)
    if (one.seed === undefined) return
    const by = signer(key.name, new Uint8Array(Buffer.from(one.seed, 'base64')))
    expect(by.key.text).toBe(one.key)
    expect(signNote(opened.text, by)).toBe(one.note)
  })

  test.each(notes.badKeys as string[])('no verifier key: %s', (key) => {
    expect(() => parseVerifierKey(key)).toThrow(FormatError)
  })

  test('a checkpoint of Go', () => {
    const [{ text, origin, size, leaf }] = checkpoints
    const read = parseCheckpoint(text)
    expect(read).toMatchObject({ origin, size: BigInt(size), extensions: [] })
    expect(read.root).toEqual(rawLeafHash(Buffer.from(leaf)))
    expect(formatCheckpoint(read)).toBe(text)
  })

  test('the layout of a cosignature', () => {
    const signature = parseSignatureLine(cosignature.line)
    expect(signature.name).toBe(cosignature.name)
    expect(signature.keyId.toString(16)).toBe(cosignature.keyId)
    expect(Buffer.from(signature.bytes).readBigUInt64BE()).toBe(BigInt(cosignature.timeSeconds))
    expect(signature.bytes).toHaveLength(72)
    expect(formatSignatureLine(signature)).toBe(cosignature.line)
  })

  test('paths of tiles', () => {
    for (const { level, index, width, path } of tiles.paths) {
      expect(tilePath({ level, index: BigInt(index), width })).toBe(path)
      expect(parseTilePath(path)).toEqual({ level, index: BigInt(index), width })
    }
  })
})

describe('our own formats stay as they are', async () => {
  const leaves = own.leaves.map((leaf: Record<string, string>) => ({
    sequence: BigInt(leaf['sequence'] ?? ''),
    subject: leaf['subject'],
    messageId: leaf['messageId'],
    payload: unhex(leaf['payload'] ?? ''),
  }))
  const origin = `holdfast/${own.lineageId}/1`
  const { tiles, builder } = await treeOf(leaves.map(leafHash))
  const first = signer(origin, unhex(own.keys.first.seed))
  const second = signer(origin, unhex(own.keys.second.seed))
  const witness = signer(
    witnessName(own.lineageId, own.nodeId),
    unhex(own.keys.witness.seed),
    'cosignature/v1',
  )
  const firstKey = first.key
  const rotation = signRotation(first, second.key, 3n)
  const chain = followRotations(first.key, [rotation])
  const text = (size: number) =>
    formatCheckpoint({ origin, size: BigInt(size), root: unhex(own.roots[size]) })

  test('leaves, roots, head', () => {
    const head = TreeHead.empty()
    for (const [i, leaf] of leaves.entries()) {
      expect(hex(leafData(leaf))).toBe(own.leaves[i].leafData)
      expect(hex(leafHash(leaf))).toBe(own.leaves[i].leafHash)
      head.append(leafHash(leaf))
      expect(hex(head.root())).toBe(own.roots[i + 1])
    }
    expect(hex(head.toBytes())).toBe(own.head)
    expect(builder.root()).toEqual(head.root())
  })

  test('keys, checkpoint, rotation, cosignature', () => {
    expect(first.key.text).toBe(own.keys.first.verifierKey)
    expect(second.key.text).toBe(own.keys.second.verifierKey)
    expect(witness.key.text).toBe(own.keys.witness.verifierKey)
    expect(signNote(text(3), first)).toBe(own.checkpoint)
    expect(Buffer.from(rotation.statement).toString()).toBe(own.rotation.statement)
    expect(Buffer.from(rotation.signature).toString('base64')).toBe(own.rotation.signature)
    expect(openRotation(rotation)).toMatchObject({ lastSize: 3n, lineageId: own.lineageId })
    const cosignature = cosignText(text(5), witness, BigInt(own.cosigned.timeSeconds))
    expect(formatSignatureLine(cosignature)).toBe(own.cosigned.line)
    expect(addSignatures(signNote(text(5), second), cosignature)).toBe(own.cosigned.note)
    const opened = openCheckpoint(own.cosigned.note, chain, [witness.key])
    expect(opened).toMatchObject({ origin, size: 5n, generation: 1 })
    expect(opened.cosignatures).toMatchObject([{ key: witness.key, timeSeconds: 1790000000n }])
  })

  test('proofs', async () => {
    const path = await inclusionProof({ index: 1n, size: 5n, tiles })
    const proof = { index: 1n, path, note: own.cosigned.note, extra: undefined }
    expect(formatTlogProof(proof)).toBe(file('entry.tlog-proof'))
    const read = parseTlogProof(file('entry.tlog-proof'))
    expect(verifyTlogProof(read, leafHash(leaves[1]), chain).size).toBe(5n)

    const entry = { entry: leaves[1], proof, firstKey, rotations: [rotation] }
    expect(formatEntryProof(entry)).toBe(file('entry.json'))
    const opened = verifyEntryProof(parseEntryProof(file('entry.json')), chain, [witness.key])
    expect(opened.cosignatures).toHaveLength(1)

    const consistency = {
      from: own.checkpoint,
      to: own.cosigned.note,
      path: await consistencyProof({ fromSize: 3n, toSize: 5n, tiles }),
      firstKey,
      rotations: [rotation],
    }
    expect(formatConsistencyProof(consistency)).toBe(file('consistency.json'))
    const both = verifyConsistencyProof(parseConsistencyProof(file('consistency.json')), chain)
    expect([both.from.size, both.to.size]).toEqual([3n, 5n])
  })

  test.each([
    ['whole.hfbundle', 1n, 5n],
    ['part.hfbundle', 4n, 4n],
  ])('%s', async (name, from, to) => {
    const left = (await TileBuilder.restore(from - 1n, tiles)).head().state().hashes
    const header = { lineageId: own.lineageId, generation: 1, first: from, last: to, left }
    const lines = writeBundle({
      header: { ...header, firstKey, rotations: [rotation] },
      entries: leaves.slice(Number(from) - 1, Number(to)),
      checkpoints: [own.checkpoint, own.cosigned.note],
      consistency: (fromSize, toSize) => consistencyProof({ fromSize, toSize, tiles }),
    })
    let written = ''
    for await (const line of lines) written += line
    expect(written).toBe(file(name))
    async function* chunks() {
      yield Buffer.from(written)
    }
    const options = { pinned: firstKey, witnesses: [witness.key], minWitnesses: 1 }
    const { value, done } = await verifyBundle(chunks(), options).next()
    expect(done).toBe(true)
    expect(value).toMatchObject({ isIntact: true, isComplete: true, witnessedSize: 5n })
  })

  test.each(['merkle.md', 'checkpoint.md', 'proof.md', 'bundle.md', 'tombstone.md'])(
    'docs/formats/%s shows these vectors',
    (name) => {
      const path = new URL(`../../../docs/formats/${name}`, import.meta.url)
      const shown = readFileSync(path, 'utf8')
      const blocks = [...shown.matchAll(/<!-- vector: (\S+) -->\n+```\w*\n([\s\S]*?)```/g)]
      expect(blocks.length).toBeGreaterThan(0)
      for (const [, where = '', block] of blocks) expect(block, where).toBe(vector(where))
    },
  )
})

/** `holdfast.json#/leaves/0/leafHash`, or a file as a whole. */
function vector(where: string): string {
  const [name = '', pointer] = where.split('#/')
  if (pointer === undefined) return file(name)
  let value = JSON.parse(file(name))
  for (const step of pointer.split('/')) value = value[step]
  return String(value).replace(/\n?$/, '\n')
}
