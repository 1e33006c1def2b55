import type { LogState, LogVolume } from '../model.ts'
import { ago, bytes } from '../output.ts'
import type { Check } from './firewall-checks.ts'

/** What to do about a log nobody may write to; undefined when there is nothing. */
export function advice(state: LogState): string | undefined {
  switch (state.writes) {
    case 'open':
    case 'unknown':
      return undefined
    case 'checking':
      return 'log and archive are being compared; this ends by itself'
    case 'exhausted':
      return 'make room on the disk named above; writing goes on by itself'
    case 'frozen':
      return state.first_bad_sequence === null
        ? "put right what the reason names; 'holdfast operator log status' tells when it is"
        : "keep copies of the data directory and the archive before you decide; 'holdfast operator log repair --help' says how"
  }
}

/** The lines of `doctor` about log and archive. */
export function logChecks(state: LogState, nowMs: number): readonly Check[] {
  return [
    writesCheck(state),
    archiveCheck(state, nowMs),
    durabilityCheck(state),
    sizeCheck(state),
    ...state.volumes.map(diskCheck),
  ]
}

function writesCheck(state: LogState): Check {
  const { writes, reason } = state
  if (writes === 'open') return { name: 'changes', state: 'ok', detail: 'are taken' }
  const remedy = advice(state)
  return {
    name: 'changes',
    state: writes === 'checking' ? 'warning' : 'failed',
    detail: `${writes}: ${reason || 'are not taken'}`,
    ...(remedy === undefined ? {} : { remedy }),
  }
}

function archiveCheck(state: LogState, nowMs: number): Check {
  const { archived_sequence, last_sequence, archive, verified_at, verified_sequence } = state
  const behind = BigInt(last_sequence) - BigInt(archived_sequence)
  const holds = `${archived_sequence} commits in ${archive.directory} (${segmentsOf(archive)})`
  const compared = verified_at
    ? `compared up to ${verified_sequence} ${ago(verified_at, nowMs)}`
    : 'not compared as a whole yet'
  return behind > slackCommits
    ? {
        name: 'archive',
        state: 'warning',
        detail: `${behind} commits behind the log: ${holds}`,
        remedy: 'logs/backup.log says why: its disk may be slow, full or gone',
      }
    : { name: 'archive', state: 'ok', detail: `holds ${holds}, ${compared}` }
}

/** How many files, and what they take. */
export const segmentsOf = ({ segments, bytes: taken }: LogState['archive']): string =>
  `${segments} ${segments === '1' ? 'segment' : 'segments'}, ${bytes(taken)}`

/** What may be on its way from one to the other at any moment. */
const slackCommits = 1_000n

function durabilityCheck({ durability }: LogState): Check {
  return durability === 'log+archive'
    ? { name: 'durability', state: 'ok', detail: 'an answer waits for log and archive' }
    : {
        name: 'durability',
        state: 'warning',
        detail: 'an answer waits for the log alone: a damaged disk can lose what was acknowledged',
        remedy: 'start the suite with HOLDFAST_DURABILITY=log+archive',
      }
}

function sizeCheck({ log_bytes, log_max_bytes }: LogState): Check {
  const share = Number(log_max_bytes) > 0 ? Number(log_bytes) / Number(log_max_bytes) : 0
  const detail = `${bytes(log_bytes)} of ${bytes(log_max_bytes)} (${Math.round(share * 100)} %)`
  return { name: 'log size', state: share >= 0.8 ? 'warning' : 'ok', detail }
}

function diskCheck(volume: LogVolume): Check {
  const free = Number(volume.free_bytes)
  const reserve = Number(volume.reserve_bytes)
  const detail = `${bytes(free)} of ${bytes(volume.total_bytes)} free at ${volume.directory}; below ${bytes(reserve)} nothing is changed`
  const name = `disk of the ${volume.name}`
  if (free >= 2 * reserve) return { name, state: 'ok', detail }
  return {
    name,
    state: free < reserve ? 'failed' : 'warning',
    detail,
    remedy: 'make room there, or move what is not of Holdfast',
  }
}
