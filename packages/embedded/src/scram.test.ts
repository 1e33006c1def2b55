import { expect, test } from 'vitest'
import { scramVerifier, verifierMatches } from './scram.ts'

test('a verifier agrees with the one published', () => {
  // RFC 7677, section 3: user `user`, password `pencil`; keys as derived there.
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  expect(scramVerifier('pencil', salt)).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  )
})

test('only its own password fits', () => {
  const verifier = scramVerifier('pencil')
  expect(verifierMatches(verifier, 'pencil')).toBe(true)
  expect(verifierMatches(verifier, 'Pencil')).toBe(false)
  expect(verifierMatches('', 'pencil')).toBe(false)
})
