import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventLog } from '@holdfast/event-log'
import {
  emptyRoot,
  formatCheckpoint,
  formatOrigin,
  parseSignatureLine,
  parseVerifierKey,
  signer,
  signNote,
  verifyNoteSignature,
} from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openWitness, type Witness } from './witness.ts'

const { WitnessChallenge, WitnessState } = holdfast.agent.v1
const pin = { lineageId: '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10', generation: 1 }
const nodeId = '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a11'
const logSigner = signer(formatOrigin(pin), randomBytes(32))
const privateKey = randomBytes(32)
const root = new Uint8Array(32).fill(7)

let dataFolder: string
let told: holdfast.agent.v1.WitnessState[]
let show: (data: Uint8Array) => void
beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'holdfast-witness-'))
  told = []
})
afterEach(() => rmSync(dataFolder, { recursive: true }))

async function open(): Promise<Witness> {
  const { log, registry } = createTelemetry('test', { level: 'silent' })
  const witness = await openWitness({
    ...pin,
    nodeId,
    privateKey,
    logKey: logSigner.key.text,
    dataFolder,
    registry,
    log,
    now: () => 1_795_000_000_000,
  })
  const connection: Pick<EventLog, 'signal' | 'onSignal'> = {
    signal: (_subject, data) => void told.push(new WitnessState(WitnessState.decode(data))),
    onSignal: (subject, handler) => {
      show = (data) => handler(data, subject)
      return () => {}
    },
  }
  witness.connected(connection as EventLog)
  return witness
}
const challenge = (size: bigint, at: Uint8Array = root): Uint8Array => {
  const text = formatCheckpoint({ origin: formatOrigin(pin), size, root: at })
  return WitnessChallenge.encode({ note: signNote(text, logSigner) }).finish()
}

test('tells where it stands, cosigns what it is shown, and remembers it', async () => {
  const first = await open()
  expect(told.at(-1)).toMatchObject({ size: 0, cosignature: '', refusal: '' })
  show(challenge(3n))
  await first.stop()
  const state = told.at(-1)
  expect(state).toMatchObject({ size: 3, refusal: '' })
  const text = formatCheckpoint({ origin: formatOrigin(pin), size: 3n, root })
  const own = parseVerifierKey(first.status().verifier_key)
  const cosignature = parseSignatureLine(state?.cosignature ?? '')
  expect(verifyNoteSignature(text, cosignature, own).key.text).toBe(own.text)
  const ofLog = parseSignatureLine(state?.logSignature ?? '')
  expect(verifyNoteSignature(text, ofLog, logSigner.key).key.text).toBe(logSigner.key.text)

  const again = await open()
  expect(told.at(-1)).toMatchObject({ size: 3 })
  await again.stop()
})

test('another history is refused, told, and kept as evidence once', async () => {
  const witness = await open()
  show(challenge(3n))
  show(challenge(3n, emptyRoot))
  show(challenge(3n, emptyRoot))
  await witness.stop()
  expect(told.at(-1)).toMatchObject({ size: 3, refusal: expect.stringContaining('two histories') })
  expect(witness.status().refusal).toContain('two histories')
  const evidence = readdirSync(dataFolder).filter((name) => name.startsWith('witness-evidence'))
  expect(evidence).toHaveLength(1)
})

test('rubbish changes nothing', async () => {
  const witness = await open()
  show(Buffer.from('not a message'))
  show(new Uint8Array())
  await witness.stop()
  expect(witness.status()).toMatchObject({ size: '0', refusal: '' })
})
