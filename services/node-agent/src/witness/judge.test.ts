import { randomBytes } from 'node:crypto'
import {
  consistencyProof,
  cosignText,
  formatCheckpoint,
  formatOrigin,
  MemoryTiles,
  openNote,
  rawLeafHash,
  signer,
  signNote,
  signRotation,
  TileBuilder,
  witnessName,
} from '@holdfast/merkle'
import { expect, test } from 'vitest'
import { type Challenge, judge } from './judge.ts'
import type { WitnessView } from './view.ts'

const pin = { lineageId: '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10', generation: 1 }
const nodeId = '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a11'
const origin = formatOrigin(pin)
const logSigner = signer(origin, randomBytes(32))
const witness = signer(witnessName(pin.lineageId, nodeId), randomBytes(32), 'cosignature/v1')
const now = 1_795_000_000n

/** A log of so many leaves; another `history` is another log. */
async function logOf(history: string) {
  const tiles = new MemoryTiles()
  const builder = TileBuilder.empty()
  const heads: { size: bigint; root: Uint8Array }[] = [{ size: 0n, root: builder.root() }]
  for (let at = 1; at <= 40; at++) {
    tiles.write(builder.append(rawLeafHash(Buffer.from(`${history}${at}`))))
    heads.push({ size: BigInt(at), root: builder.root() })
  }
  tiles.write(builder.partial())
  const noteOf = (size: number, by = logSigner): string => {
    const head = heads[size]
    if (!head) throw new Error('no such size')
    return signNote(formatCheckpoint({ origin, ...head }), by)
  }
  return {
    noteOf,
    async challenge(from: number, to: number): Promise<Challenge> {
      const sizes = { fromSize: BigInt(from), toSize: BigInt(to) }
      const path = await consistencyProof({ ...sizes, tiles: tiles.read })
      const logKey = logSigner.key.text
      return { note: noteOf(to), fromSize: sizes.fromSize, path, rotations: [], logKey }
    },
  }
}

const nothing: WitnessView = {
  logKey: logSigner.key.text,
  pinnedBy: 'enrolment',
  size: 0n,
  root: new Uint8Array(),
  note: '',
  refusal: '',
}
const judged = (view: WitnessView, challenge: Challenge) =>
  judge(view, challenge, pin, witness, now)
async function seen(size: number): Promise<WitnessView> {
  const judgement = judged(nothing, await (await logOf('a')).challenge(0, size))
  if (judgement.type !== 'cosigned') throw new Error(judgement.type)
  return judgement.view
}

test('what follows is cosigned, and the cosignature verifies', async () => {
  const log = await logOf('a')
  const judgement = judged(await seen(7), await log.challenge(7, 21))
  expect(judgement).toMatchObject({ type: 'cosigned', view: { size: 21n, refusal: '' } })
  if (judgement.type !== 'cosigned') return
  const { verified } = openNote(judgement.view.note, [logSigner.key, witness.key])
  expect(verified.map(({ key }) => key.text).sort()).toEqual(
    [logSigner.key.text, witness.key.text].sort(),
  )
  expect(verified.find(({ key }) => key.text === witness.key.text)?.timeSeconds).toBe(now)
})

test('another history is refused, also one of the same length, and what was seen stays', async () => {
  const view = await seen(7)
  const other = await logOf('b')
  for (const challenge of [await other.challenge(7, 21), await other.challenge(0, 7)]) {
    const judgement = judged(view, challenge)
    expect(judgement.type).toBe('refused')
    if (judgement.type !== 'refused') return
    expect(judgement.view).toMatchObject({ size: 7n, root: view.root, note: view.note })
    expect(judgement.view.refusal).not.toBe('')
  }
})

test('a refusal ends with the first checkpoint that follows', async () => {
  const refusal = 'the log signed two histories'
  const view = { ...(await seen(7)), refusal }
  const log = await logOf('a')
  expect(judged(view, await log.challenge(7, 7))).toMatchObject({
    type: 'cosigned',
    view: { refusal: '' },
  })
  expect(judged(view, await log.challenge(7, 8))).toMatchObject({ view: { refusal: '' } })
})

test('what proves nothing is passed over: older, from elsewhere, of others, unsigned', async () => {
  const log = await logOf('a')
  const view = await seen(7)
  const stranger = signer(origin, randomBytes(32))
  const good = await log.challenge(7, 21)
  const foreign = formatOrigin({ ...pin, generation: 2 })
  const passedOver: Challenge[] = [
    await log.challenge(0, 5),
    await log.challenge(7, 7),
    await log.challenge(6, 21),
    { ...good, note: log.noteOf(21, stranger) },
    { ...good, note: 'no note at all\n' },
    { ...good, note: good.note.replaceAll(origin, foreign) },
  ]
  for (const challenge of passedOver) expect(judged(view, challenge).type).toBe('passed_over')
})

test('without a pinned key the first one seen is kept', async () => {
  const log = await logOf('a')
  const first = judged(
    { ...nothing, logKey: '', pinnedBy: 'first_sight' },
    await log.challenge(0, 3),
  )
  expect(first).toMatchObject({ type: 'cosigned', view: { logKey: logSigner.key.text } })
  const stranger = signer(origin, randomBytes(32))
  const later = { ...(await log.challenge(3, 9)), note: log.noteOf(9, stranger) }
  const claim = { ...later, logKey: stranger.key.text }
  if (first.type === 'cosigned') expect(judged(first.view, claim).type).toBe('passed_over')
})

test('a new key is believed when the old one vouches for it', async () => {
  const log = await logOf('a')
  const next = signer(origin, randomBytes(32))
  const rotation = signRotation(logSigner, next.key, 10n)
  const challenge = { ...(await log.challenge(7, 21)), note: log.noteOf(21, next) }
  const view = await seen(7)
  expect(judged(view, challenge).type).toBe('passed_over')
  expect(judged(view, { ...challenge, rotations: [rotation] }).type).toBe('cosigned')
})

test('a cosignature is the witness’s own and no one else’s', () => {
  expect(() => cosignText('x\n', logSigner, now)).toThrow()
})
