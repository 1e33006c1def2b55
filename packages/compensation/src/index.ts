export {
  type AnyCompensable,
  type Compensable,
  type Compensation,
  compensable,
  type Members,
  type Outlook,
  type Passage,
  type Wanted,
} from './compensable.ts'
export { CommitNotFound, NotCompensable, ParentMissing, RestorePlanStale } from './errors.ts'
export {
  isSame,
  nodeSealedFact,
  nodeSealedIn,
  type SealedFact,
  sealedFact,
  sealedIn,
} from './facts.ts'
export { type CompensationParts, compensationHandlers } from './handlers.ts'
export { valueIn } from './merge.ts'
export { requireOrganization } from './require-organization.ts'
