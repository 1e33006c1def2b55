import type { Auditor } from '../auditor.ts'
import type { VerifyResult } from '../result.ts'
import { exitCodeOf } from '../result.ts'
import { keys, witnesses } from './small-log.ts'

/** Knows the first key and nothing else. */
export const auditor: Auditor = {
  keys: [keys.first.key],
  witnesses: [],
  witnessesNeeded: 0,
  known: [],
  allowsUnpinned: false,
}

/** Wants both witnesses, too. */
export const strict: Auditor = {
  ...auditor,
  witnesses: [witnesses.anna.key, witnesses.ben.key],
  witnessesNeeded: 2,
}

/** One witness, who cosigned every checkpoint there is. */
export const watchful: Auditor = { ...strict, witnesses: [witnesses.anna.key], witnessesNeeded: 1 }

/** Thousands of verifications in one test: seconds, and more on a busy machine. */
export const exhaustive = 240_000

export async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** What a test looks at, in one line. */
export const summary = (result: VerifyResult) => ({
  exit: exitCodeOf(result),
  firstBad: result.findings.firstBad,
  codes: result.findings.kept.map(({ code }) => code),
})
