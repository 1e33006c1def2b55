export { reserveOf, type VolumeName, type VolumeSpec, type VolumeState } from './disk-gate.ts'
export { ComparisonFailed, Forked, NothingToRepair, RepairStale } from './errors.ts'
export type { Durability } from './judge.ts'
export { type KeepLogOptions, keepLog, type LogKeeper } from './keeper.ts'
export type { Trusted } from './repair.ts'
export {
  type Incident,
  type IncidentKind,
  incidentKinds,
  type LogKeeperState,
  type Verification,
  type WriteState,
} from './state.ts'
export type { Disk } from './witnesses.ts'
