import { expect, test } from 'vitest'
import { signer } from './keys.ts'
import { formatManifestStatement, openManifestStatement, signManifest } from './manifest-note.ts'
import { followRotations } from './rotation.ts'

const origin = 'holdfast/01890a5d-ac96-774b-bcce-b302099a8057/2'
const by = signer(origin, new Uint8Array(32).fill(1))
const chain = followRotations(by.key, [])
const statement = {
  origin,
  sha256: new Uint8Array(32).fill(7),
  signedAtUnixMs: 1_790_000_000_000,
  logSize: 42n,
}

test('a statement is five lines, opens by the key of the log, and says whose manifest it is', () => {
  expect(formatManifestStatement(statement)).toBe(
    [
      'holdfast-manifest/v1',
      origin,
      'sha256 BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=',
      'signed 1790000000000',
      'log 42',
      '',
    ].join('\n'),
  )
  expect(openManifestStatement(signManifest(statement, by), chain)).toMatchObject(statement)
})

test('a bent statement, and one of somebody else, is refused', () => {
  const note = Buffer.from(signManifest(statement, by))
  for (let at = 0; at < note.length; at++) {
    const bent = Buffer.from(note)
    bent[at] = (bent[at] ?? 0) ^ 1
    expect(() => openManifestStatement(bent, chain)).toThrow()
  }
  const other = signer(origin, new Uint8Array(32).fill(2))
  expect(() => openManifestStatement(signManifest(statement, other), chain)).toThrow(
    'no known key signed',
  )
  const foreign = 'holdfast/01890a5d-ac96-774b-bcce-b302099a8058/2'
  const theirs = signManifest(
    { ...statement, origin: foreign },
    signer(foreign, new Uint8Array(32).fill(1)),
  )
  expect(() => openManifestStatement(theirs, chain)).toThrow('another log')
})
