import type { ConfigDrift } from '@holdfast/event-log/admin'
import type { FreezeCause } from './judge.ts'

/** Why nobody may write, and what a human does about it. */
export const freezeReason = (cause: FreezeCause, firstBad: bigint): string =>
  `${what[cause](firstBad)}; ${decide}`

const decide =
  'look at both with `holdfast operator log verify`, then decide with `holdfast operator log repair` which one is right'

const what: Readonly<Record<FreezeCause, (firstBad: bigint) => string>> = {
  different: (at) => `log and archive hold different commits at sequence ${at}`,
  both_damaged: (at) => `neither log nor archive can show commit ${at}`,
  both_short: (at) => `log and archive both end before commit ${at}, which was acknowledged`,
  rewritten: (at) => `commit ${at} is not the one that was acknowledged`,
  unwitnessed: () =>
    'the log holds commits, and neither its archive nor the position file is there to compare it with',
}

export const gapReason = (firstBad: bigint): string =>
  `the running log cannot show commit ${firstBad}, and has later ones; restart NATS to have the log compared and healed, or ${decide}`

export const forkReason = (sequence: bigint): string => freezeReason('different', sequence)

export const shrunkReason = (last: bigint, archived: bigint): string =>
  `the running log ends at ${last}, and commit ${archived} was acknowledged: somebody emptied or replaced it; ${decide}`

export const driftReason = (drift: readonly ConfigDrift[]): string => {
  const settings = drift.map(({ setting }) => setting).join(', ')
  return drift.some(({ setting }) => setting === 'name')
    ? `the stream of the log is gone: somebody deleted it; ${decide}`
    : `somebody changed the settings of the log (${settings}); set them back, then it goes on by itself`
}

export const foreignPositionReason = (path: string): string =>
  `the position file ${path} is that of another log; move it away if you know why, or ${decide}`
