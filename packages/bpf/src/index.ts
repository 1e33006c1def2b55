export {
  type Attached,
  type AttachTarget,
  attachedTo,
  attachIngress,
  attachTc,
  detachTc,
  detachXdp,
  type Hook,
  type IngressHook,
  type IngressPrograms,
  sweepPins,
} from './attach/attach.ts'
export { BpfLink } from './attach/link.ts'
export type { Direction } from './attach/tcx.ts'
export type { XdpMode } from './attach/xdp.ts'
export {
  type Blob,
  type BlobMemory,
  type BlobMetrics,
  type BlobOptions,
  buildBlob,
  mostBytes,
  sizeClass,
  stampGeneration,
} from './blob/build-blob.ts'
export { type Decompiled, decompile } from './blob/decompile.ts'
export { BlobInvalid, PolicyTooLarge } from './blob/errors.ts'
export {
  type AssignedSlots,
  assignSlots,
  bucketKey,
  counterKey,
  isBucketOfSource,
  noSlots,
  type Slots,
} from './blob/slots.ts'
export { openPinFolder, type PinFolder, type PinFolderOptions, removePinFolder } from './bpffs.ts'
export { possibleCpus } from './cpus.ts'
export { deviceName, ifindexOf } from './devices.ts'
export { BpfLoadFailed, BpfRefused, BpfUnavailable, isRefusal } from './errors.ts'
export { type Feature, type FeatureName, probeFeatures, probeXdp } from './features.ts'
export * from './gen/layout.ts'
export { findLibbpf, type Libbpf, type LibbpfPlaces, openLibbpf } from './libbpf.ts'
export {
  type Batch,
  BpfMap,
  type MapInfo,
  type MapKey,
  type NewMap,
  type UpdateMode,
} from './map.ts'
export { BpfObject, type Constant, type ObjectSource } from './object.ts'
export { unpin } from './pin.ts'
export { BpfProgram, type ProgramInfo, type TestResult, type TestRun } from './program.ts'
