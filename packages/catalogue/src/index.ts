export { type AccessAction, accessActions, accessCode } from './access-actions.ts'
export {
  type Action,
  actionOf,
  actions,
  isWithin,
  type ObjectKind,
  objectKinds,
} from './actions.ts'
export {
  fieldName,
  printCommit,
  printEventData,
  printUrl,
  roleWords,
  type SealedValue,
} from './print-commit.ts'
export { type Deed, deedsOf, type Target } from './targets.ts'
