export {
  type CarriedOver,
  type RevocationFacts,
  type Revocations,
  revocations,
} from './revocations.ts'
