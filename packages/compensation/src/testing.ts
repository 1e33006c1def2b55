// For the tests of services whose objects are brought back.

export { type LawAnswer, type LawCase, restoreTo, undoOf } from './law.ts'
export {
  type Outcomes,
  planned,
  type Restorer,
  type RestoreWish,
  restore,
  undo,
} from './restoring.ts'
export { type Step, stepsOf, type Traced, type WaysBack, waysBack } from './ways-back.ts'
