export { BpfLoadFailed, BpfRefused, BpfUnavailable, isRefusal } from './errors.ts'
export { type Libbpf, type LibbpfPlaces, openLibbpf } from './libbpf.ts'
export {
  type Batch,
  BpfMap,
  type MapInfo,
  type MapKey,
  type NewMap,
  type UpdateMode,
} from './map.ts'
export { BpfObject, type Constant, type ObjectSource } from './object.ts'
export { BpfProgram, type ProgramInfo, type TestResult, type TestRun } from './program.ts'
