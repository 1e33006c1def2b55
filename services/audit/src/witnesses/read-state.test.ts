import {
  cosignText,
  formatCheckpoint,
  formatSignatureLine,
  signer,
  witnessName,
} from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'
import { expect, test } from 'vitest'
import { readWitnessState } from './read-state.ts'

const lineageId = '01930000-0000-7000-8000-000000000001'
const nodeId = '01930000-0000-7000-8000-0000000000a1'
const about = { origin: `holdfast/${lineageId}/2`, lineageId, nodeId }
const key = signer(witnessName(lineageId, nodeId), new Uint8Array(32).fill(5), 'cosignature/v1')
const root = new Uint8Array(32).fill(7)

const said = (origin: string, isSigned = true): Uint8Array => {
  const text = formatCheckpoint({ origin, size: 5n, root })
  const line = formatSignatureLine(cosignText(text, key, 1_790_000_000n))
  return holdfast.agent.v1.WitnessState.encode({
    ...{ publicKey: key.key.publicKey, size: 5, root },
    ...(isSigned ? { cosignature: line } : {}),
  }).finish()
}

test('what a node cosigned of this generation is its word', () => {
  expect(readWitnessState(said(about.origin), about)).toMatchObject({ size: 5n, root })
  expect(readWitnessState(said(about.origin), about)?.cosignature).toBeDefined()
})

test('what it cosigned of the generation before is none', () => {
  expect(readWitnessState(said(`holdfast/${lineageId}/1`), about)).toBeUndefined()
})

test('a node a restore led here only says where a proof for it begins', () => {
  const claim = readWitnessState(said(about.origin, false), about)
  expect(claim).toMatchObject({ size: 5n, cosignature: undefined, note: undefined })
})
