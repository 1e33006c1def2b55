export {
  type Action,
  actionOf,
  actions,
  isWithin,
  type ObjectKind,
  objectKinds,
} from './actions.ts'
export { printCommit, printEventData, roleWords, type SealedValue } from './print-commit.ts'
