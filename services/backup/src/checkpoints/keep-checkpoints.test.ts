import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatCheckpoint, formatOrigin, signer, signNote, signRotation } from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepCheckpoints } from './keep-checkpoints.ts'

const lineageId = '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10'
const origin = formatOrigin({ lineageId, generation: 1 })
const first = signer(origin, randomBytes(32))
const second = signer(origin, randomBytes(32))
const noteOf = (size: number, by = first) =>
  signNote(
    formatCheckpoint({ origin, size: BigInt(size), root: new Uint8Array(32).fill(size) }),
    by,
  )

let directory: string
let send: (note: string) => void
let keys: holdfast.audit.v1.SigningKey.$Properties[]
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-notes-'))
  keys = [{ verifierKey: first.key.text }]
})
afterEach(() => rmSync(directory, { recursive: true }))

const kept = () => readdirSync(join(directory, lineageId, 'checkpoints')).sort()
const start = (keep?: number, pinned?: () => Promise<ReadonlySet<bigint>>) =>
  keepCheckpoints({
    log: {
      lineageId,
      onSignal: (subject, handler) => {
        send = (note) => handler(Buffer.from(note), subject)
        return () => {}
      },
    },
    proofs: {
      listSigningKeys: async () => new holdfast.audit.v1.ListSigningKeysResponse({ keys }),
    },
    directory,
    logger: createTelemetry('test', { level: 'silent' }).log,
    ...(keep === undefined ? {} : { keep }),
    ...(pinned === undefined ? {} : { pinned }),
  })

async function sent(keeper: { stop(): Promise<void> }, ...notes: string[]): Promise<void> {
  for (const note of notes) {
    send(note)
    await keeper.stop() // waits for what is under way; the subscription of the test stays
  }
}

test('keeps what the log signed, as it is, and the newest of it', async () => {
  const keeper = start(3)
  await sent(keeper, ...[3, 5, 8, 9].map((size) => noteOf(size)))
  expect(kept()).toEqual(['5.note', '8.note', '9.note'])
  expect(readFileSync(join(directory, lineageId, 'checkpoints/9.note'), 'utf8')).toBe(noteOf(9))
})

test('learns of a new key by itself', async () => {
  const keeper = start()
  await sent(keeper, noteOf(3))
  const { statement, signature } = signRotation(first, second.key, 3n)
  const verifierKey = second.key.text
  keys.push({ verifierKey, rotationStatement: statement, rotationSignature: signature })
  await sent(keeper, noteOf(7, second))
  expect(kept()).toEqual(['3.note', '7.note'])
})

test('takes nothing else: strangers’ notes, answers of the server, rubbish', async () => {
  const keeper = start()
  const rubbish = [noteOf(7, second), '{"type":"io.nats.jetstream.api.v1"}', '', '\0']
  await sent(keeper, noteOf(3), ...rubbish)
  expect(kept()).toEqual(['3.note'])
})

test('what a restore can be undone to stays, and nothing goes while nobody can tell', async () => {
  let pinned: () => Promise<ReadonlySet<bigint>> = async () => new Set([3n])
  const keeper = start(2, () => pinned())
  await sent(keeper, ...[3, 5, 8, 9].map((size) => noteOf(size)))
  expect(kept()).toEqual(['3.note', '9.note'])
  pinned = () => Promise.reject(new Error('no database'))
  await sent(keeper, noteOf(11), noteOf(12))
  expect(kept()).toEqual(['11.note', '12.note', '3.note', '9.note'])
  pinned = async () => new Set()
  await sent(keeper, noteOf(14))
  expect(kept()).toEqual(['12.note', '14.note'])
})
