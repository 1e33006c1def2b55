export {
  isRetriable,
  isStorageError,
  StorageBroken,
  StorageDenied,
  StorageFull,
  StorageInvalidAnswer,
  StorageKindUnavailable,
  StorageNotFound,
  StorageRefused,
  StorageUnreachable,
} from './errors.ts'
export { keyRefusal } from './keys.ts'
export type { KindAddress, KindDefinition } from './kind.ts'
export { storageKinds } from './kinds.ts'
export { addressesOf, checkSettings, kindNamed, openStorage } from './open.ts'
export { type RetryPolicy, retrying } from './retrying.ts'
export { isSecret } from './settings.ts'
export { type Surroundings, type SurroundingsData, surroundingsOf } from './surroundings.ts'
export { type TestStep, type TestStepName, testStepNames, testSteps } from './test-steps.ts'
export type * from './types.ts'
