import type { LogKeeperState } from '@holdfast/log-guard'

/** A log and an archive that agree, and what differs. */
export const stateWith = (more: Partial<LogKeeperState> = {}): LogKeeperState => ({
  writes: 'open',
  reason: '',
  firstBadSequence: 0n,
  serverId: 'NA',
  durability: 'log+archive',
  lineageId: '0192b0c4-0000-7000-8000-000000000001',
  generation: 1,
  archiveDirectory: '/srv/archive',
  lastSequence: 1042n,
  archivedSequence: 1042n,
  sealedSequence: 1000n,
  segments: 3,
  archiveBytes: 5_000,
  logBytes: 6_000,
  logMaxBytes: 1_000_000,
  verifiedAtUnixMs: 1_790_000_000_000,
  verifiedSequence: 1000n,
  incidents: [],
  volumes: [],
  ...more,
})
