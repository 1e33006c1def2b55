import type { LogKeeperState, Verification, WriteState } from '@holdfast/log-guard'
import { holdfast } from '@holdfast/proto'

const { WriteState: Writes } = holdfast.backup.v1

const writeStates: Readonly<Record<WriteState, holdfast.backup.v1.WriteState>> = {
  open: Writes.WRITE_STATE_OPEN,
  checking: Writes.WRITE_STATE_CHECKING,
  exhausted: Writes.WRITE_STATE_EXHAUSTED,
  frozen: Writes.WRITE_STATE_FROZEN,
}

export const printState = (state: LogKeeperState): holdfast.backup.v1.LogState.$Properties => ({
  writes: writeStates[state.writes],
  reason: state.reason,
  firstBadSequence: Number(state.firstBadSequence),
  lastSequence: Number(state.lastSequence),
  archivedSequence: Number(state.archivedSequence),
  durability: state.durability,
  lineageId: state.lineageId,
  generation: state.generation,
  archiveDirectory: state.archiveDirectory,
  segments: state.segments,
  archiveBytes: state.archiveBytes,
  sealedSequence: Number(state.sealedSequence),
  verifiedAtUnixMs: state.verifiedAtUnixMs,
  verifiedSequence: Number(state.verifiedSequence),
  incidents: state.incidents.map((incident) => ({
    atUnixMs: incident.atUnixMs,
    kind: incident.kind,
    detail: incident.detail,
    firstSequence: Number(incident.firstSequence),
    lastSequence: Number(incident.lastSequence),
  })),
  volumes: state.volumes.map((volume) => ({
    name: volume.name,
    directory: volume.directory,
    freeBytes: Number(volume.freeBytes),
    totalBytes: Number(volume.totalBytes),
    reserveBytes: Number(volume.reserveBytes),
  })),
  logMaxBytes: state.logMaxBytes,
  logBytes: state.logBytes,
})

export const printVerification = (
  found: Verification,
): holdfast.backup.v1.VerifyLogResponse.$Properties => ({
  isEqual: found.isEqual,
  compared: Number(found.compared),
  firstBadSequence: Number(found.firstBadSequence),
  detail: found.detail,
  tookMs: Math.round(found.tookMs),
})
